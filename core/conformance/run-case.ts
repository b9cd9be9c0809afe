import { lowerNetwork } from '../device/lower.ts';
import { floatPlan } from '../device/types.ts';
import { importOnnx } from '../importers/onnx/import.ts';
import { encodeModel } from '../importers/onnx/encode.ts';
import type { ProtoModel, ProtoTensor } from '../importers/onnx/schema.ts';
import { decodeTensor } from '../importers/onnx/tensor-data.ts';
import { describeError, StudioError } from '../network/errors.ts';
import { toNumbers, type Tensor } from '../network/tensor.ts';
import { Simulator, type TensorValue } from '../simulator/simulator.ts';
import { readCase, type ConformanceCase, type DataSet } from './case.ts';
import { deviceBytes, difference, toleranceFor, valueOf } from './compare.ts';
import { asDeclared, bindModel, constantOperands } from './operands.ts';
import { outOfScope } from './scope.ts';

/** What came of a case. */
export type Outcome = 'pass' | 'fail' | 'unsupported' | 'out-of-scope';

/** The result of one case. */
export interface CaseResult {
  name: string;
  /** Operator the case is about, for the table. */
  op: string;
  outcome: Outcome;
  /** Why it did not pass. */
  reason?: string;
  /** Graph inputs that were stored in the model, because the import asked for constants. */
  constantOperands?: string[];
  milliseconds: number;
}

/** Runs one case and says what came of it; never throws for what a case can cause. */
export async function runCase(folder: string): Promise<CaseResult> {
  const started = performance.now();
  const name = folder.replace(/^.*[\\/]/, '');
  const result = await judge(folder).catch((error: unknown): Verdict => ({ op: '?', ...verdictOf(error) }));
  return { name, ...result, milliseconds: Math.round(performance.now() - started) };
}

type Verdict = Omit<CaseResult, 'name' | 'milliseconds'>;

async function judge(folder: string): Promise<Verdict> {
  const one = readCase(folder);
  const op = operatorOf(one.model);
  const outside = outOfScope(one);
  if (outside !== undefined) return { op, outcome: 'out-of-scope', reason: outside };
  // What holds nothing is known: it can be stored.
  const empty = emptyInputs(one);
  const first = await attempt(one, empty);
  if (first.outcome !== 'unsupported') return { op, ...first };
  const stored = new Set([...constantOperands(one.model), ...empty]);
  const kept = graphInputs(one.model).filter((input) => stored.has(input));
  if (kept.length === 0) return { op, ...first };
  return { op, ...(await attempt(one, stored)), constantOperands: kept };
}

function emptyInputs({ model, sets }: ConformanceCase): Set<string> {
  const empty = model.graph?.input.filter((_, index) =>
    sets.some(({ inputs }) => inputs.at(index)?.dims.some((dim) => Number(dim) === 0)),
  );
  return new Set(empty?.map(({ name }) => name));
}

const graphInputs = (model: ProtoModel): string[] => model.graph?.input.map(({ name }) => name) ?? [];

function operatorOf({ graph }: ProtoModel): string {
  const ops = [...new Set(graph?.node.map(({ opType }) => opType).filter((op) => op !== 'Constant'))];
  return ops.length === 0 ? 'Constant' : ops.length === 1 ? ops[0] : '(several)';
}

async function attempt(
  one: ConformanceCase,
  stored: ReadonlySet<string>,
): Promise<{ outcome: Outcome; reason?: string }> {
  try {
    for (const set of one.sets) {
      const problem = await runSet(one, set, stored);
      if (problem !== undefined) return { outcome: 'fail', reason: problem };
    }
    return { outcome: 'pass' };
  } catch (error) {
    return verdictOf(error);
  }
}

function verdictOf(error: unknown): { outcome: Outcome; reason: string } {
  const unsupported = error instanceof StudioError && error.code === 'op-unsupported';
  const text = error instanceof StudioError ? error.toString() : `bug: ${describeError(error)}`;
  return { outcome: unsupported ? 'unsupported' : 'fail', reason: text };
}

async function runSet(
  one: ConformanceCase,
  set: DataSet,
  stored: ReadonlySet<string>,
): Promise<string | undefined> {
  const inputs = set.inputs.filter((tensor): tensor is ProtoTensor => tensor !== undefined);
  const bound = bindModel(one.model, inputs, stored);
  const network = await importOnnx(encodeModel(bound), { name: one.name, folder: one.folder });
  const fed = new Map(
    one.model.graph?.input.flatMap((info, index) => {
      const tensor = inputs.at(index);
      return tensor ? [[info.name, asDeclared(tensor, info)] as const] : [];
    }),
  );
  const { graph } = lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 });
  const simulator = new Simulator(graph, { threads: 1 });
  try {
    const bytes = network.inputs.map(({ name }, index) => {
      const proto = fed.get(name);
      if (!proto) throw new Error(`the case has no data for input "${name}"`);
      return deviceBytes(graph.tensors[graph.inputs[index]], decodeTensor(proto, { folder: one.folder }));
    });
    return compareOutputs(simulator.runRaw(bytes), set, one.model);
  } finally {
    simulator.dispose();
  }
}

function compareOutputs(
  results: readonly TensorValue[],
  set: DataSet,
  model: ProtoModel,
): string | undefined {
  if (results.length !== set.outputs.length)
    return `${results.length} outputs instead of ${set.outputs.length}`;
  for (const [index, stored] of set.outputs.entries()) {
    if (!stored) continue;
    const proto = asDeclared(stored, model.graph?.output.at(index));
    const got = valueOf(results[index]);
    const fixed = isFixedSize(model, model.graph?.output.at(index)?.name ?? '');
    const problem = difference(fixed ? packed(got) : got, decodeTensor(proto), toleranceFor(proto));
    if (problem !== undefined) return `output ${index}: ${problem}`;
  }
  return undefined;
}

/** Whether an output is a list of boxes, which the device fills up with rows of -1. */
function isFixedSize(model: ProtoModel, output: string): boolean {
  const producer = model.graph?.node.find((node) => node.output.includes(output));
  return producer?.opType === 'NonMaxSuppression';
}

/** The rows [picture, class, box] without those that hold none. */
function packed(tensor: Tensor): Tensor {
  const rows = Array.from(toNumbers(tensor)).filter((_, at, all) => all[at - (at % 3)] !== -1);
  return { type: 'int32', shape: [rows.length / 3, 3], data: Int32Array.from(rows) };
}
