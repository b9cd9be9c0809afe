import { setImmediate as nextTurn } from 'node:timers/promises';
import { StudioError } from '../../network/errors.ts';
import type { OnnxGraph, TensorInfo } from '../onnx/graph.ts';
import type { Translation } from '../onnx/translate.ts';
import type { ImportOptions } from '../options.ts';
import { openArchive } from './archive.ts';
import { Evaluator } from './evaluator.ts';
import { argumentsOf, bindForward, feedingOf, tensorsOf } from './forward.ts';
import { openModel, rootOf, type TorchModel } from './model.ts';
import { ObjectReader } from './objects.ts';
import { torchOperators } from './ops/index.ts';
import { IntegerInput, Tracer } from './tracer.ts';
import { Undecided } from './undecided.ts';
import type { Value } from './values.ts';

/** Longest time between two looks at what else is to do, in ms. */
const TURN = 20;

/**
 * Reads a TorchScript archive of torch.jit.save. Its program is evaluated with the sizes of the inputs, so that
 * modules, loops and branches become a plain graph.
 * @throws StudioError file-malformed, usage, op-unsupported or cancelled
 */
export async function readPytorch(bytes: Uint8Array, options: ImportOptions): Promise<Translation> {
  const graph = await traced(openModel(await openArchive(bytes)), options);
  return {
    graph,
    framework: 'pytorch',
    endings: /\.(pt|pth|pt2|torchscript)$/i,
    family: Object.fromEntries(torchOperators),
  };
}

/** The file does not say types: an input that serves as indices holds integers, which the program then starts with. */
async function traced(model: TorchModel, options: ImportOptions): Promise<OnnxGraph> {
  const integers = new Set<string>();
  for (;;) {
    try {
      return await trace(model, options, integers);
    } catch (error) {
      if (!(error instanceof IntegerInput) || integers.has(error.input)) throw error;
      integers.add(error.input);
    }
  }
}

async function trace(
  model: TorchModel,
  options: ImportOptions,
  integers: ReadonlySet<string>,
): Promise<OnnxGraph> {
  const tracer = new Tracer();
  const objects = new ObjectReader(model.load, (name, load) => tracer.weight(name, load));
  const constant = (name: string): Value | undefined => model.constant(name, objects);
  const evaluator = new Evaluator({ program: model.program, tracer, objects, constant });
  const root = rootOf(model);
  const forward = evaluator.method(root, 'forward');
  if (!forward) throw new StudioError('file-malformed', `its module ${root.type} has no forward method`);
  const feeding = feedingOf(forward.definition, options.inputs ?? []);
  const bound = bindForward(feeding, options, integers);
  const inputs = new Map(bound.map((input) => [input.name, tracer.input(input)]));
  const args = argumentsOf(feeding, (name) => {
    const input = inputs.get(name);
    if (!input) throw new StudioError('usage', `the input "${name}" has no size`);
    return input;
  });
  const keywords = new Map([...args].map(([i, value]) => [forward.definition.parameters[i + 1].name, value]));
  const outputs = await outputsOf(evaluator.call(forward, [], keywords), tracer, options);
  const infos = bound.map(({ name, modelType, shape }): TensorInfo => ({
    name,
    type: modelType,
    onnxType: 0,
    shape,
  }));
  for (const info of infos) tracer.infos.set(info.name, info);
  return {
    nodes: tracer.nodes,
    inputs: infos,
    outputs: outputs.map(
      (name) => tracer.infos.get(name) ?? { name, type: undefined, onnxType: 0, shape: undefined },
    ),
    infos: tracer.infos,
    initializers: tracer.initializers,
    onnxTypes: new Map(),
    opset: 0,
  };
}

/** Names of the program's results. Where it can not go on, the tensors that it could not get any further than. */
async function outputsOf(
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
async function finished(
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
