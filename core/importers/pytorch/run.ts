import { setImmediate as nextTurn } from 'node:timers/promises';
import { StudioError } from '../../network/errors.ts';
import type { OnnxGraph, TensorInfo } from '../onnx/graph.ts';
import type { BoundInput } from '../onnx/inputs.ts';
import type { ImportOptions } from '../options.ts';
import { tensorsOf } from './forward.ts';
import type { TorchQuantization } from './quantization.ts';
import type { Tracer } from './tracer.ts';
import { Undecided } from './undecided.ts';
import type { Value } from './values.ts';

/** Longest time between two looks at what else is to do, in ms. */
const TURN = 20;

/** A program as a graph, and how it stores tensors. */
export interface Traced {
  graph: OnnxGraph;
  quantization: TorchQuantization;
  notes?: readonly string[];
}

/** What was recorded, as a graph. @param outputs names of the results */
export function traced(tracer: Tracer, bound: readonly BoundInput[], outputs: readonly string[]): Traced {
  const infos = bound.map(({ name, modelType, shape }): TensorInfo => ({
    name,
    type: modelType,
    onnxType: 0,
    shape,
  }));
  for (const info of infos) tracer.infos.set(info.name, info);
  const unsaid = (name: string): TensorInfo => ({ name, type: undefined, onnxType: 0, shape: undefined });
  const graph = {
    nodes: tracer.nodes,
    inputs: infos,
    outputs: outputs.map((name) => tracer.infos.get(name) ?? unsaid(name)),
    infos: tracer.infos,
    initializers: tracer.initializers,
    onnxTypes: new Map<string, number>(),
    opset: 0,
  };
  return { graph, quantization: tracer.quantization };
}

/** Names of the program's results. Where it can not go on, the tensors that it could not get any further than. */
export async function outputsOf(
  program: Generator<void, Value>,
  tracer: Tracer,
  options: ImportOptions,
): Promise<string[]> {
  try {
    const result = await finished(program, tracer, options);
    return tensorsOf(result).map((ref) => tracer.current(ref));
  } catch (error) {
    const unknown = tracer.nodes.flatMap(({ outputs }) => outputs.filter((name) => !tracer.infos.has(name)));
    if (error instanceof Undecided && unknown.length > 0) return unknown;
    // A program that stops behind the part that is wanted is good enough.
    const enough = options.outputs?.every((name) => tracer.infos.has(name));
    if (enough && error instanceof StudioError && error.code === 'op-unsupported') return [];
    throw error;
  }
}

/** Runs the program to its end, with pauses in which others get their turn. */
export async function finished(
  program: Generator<void, Value>,
  tracer: Tracer,
  { signal, progress }: ImportOptions,
): Promise<Value> {
  let turn = performance.now();
  for (let step = program.next(); ; step = program.next()) {
    if (step.done) return step.value;
    if (performance.now() - turn < TURN) continue;
    progress?.(0, `evaluating the program: ${tracer.nodes.length} operators`);
    await nextTurn();
    if (signal?.aborted) throw new StudioError('cancelled', 'the import was cancelled');
    turn = performance.now();
  }
}
