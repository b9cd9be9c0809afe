import { lowerNetwork } from '../device/lower.ts';
import type { DeviceGraph } from '../device/graph.ts';
import { fixedBatch, inputsInOrder } from '../simulator/batching.ts';
import type { NativeRequantization } from '../simulator/native.ts';
import { Simulator, type TensorValue } from '../simulator/simulator.ts';
import { judge, type Score } from './measure.ts';
import type { LabelledModel } from './models.ts';
import { PICTURES, type Quantized, type Workspace } from './workspace.ts';

/** Operators whose sums are requantized. */
const SUMMING = new Set(['CONV2D', 'GROUPED_CONV2D', 'CONV1D', 'DECONVOLUTION', 'FCL']);

const MODES = ['exact', 'npu7', 'npu8'] as const;

/** What a way to requantize does to a uint8 network. */
export interface RequantizationScore {
  mode: NativeRequantization;
  score: Score;
  /** Share of the results of such layers that are another code than in exact mode, on the same inputs. */
  changed: number;
  /** Most steps between two such results. */
  steps: number;
  /** Shares of the network's outputs that are 0, 1, 2, ... steps from those in exact mode; none if they are no codes. */
  outputs: number[];
}

/** Judges the uint8 network of a model in every mode, and compares its codes with those of exact mode. */
export async function measureRequantization(
  model: LabelledModel,
  workspace: Workspace,
): Promise<RequantizationScore[]> {
  const quantized = await workspace.quantize({
    quantizer: 'asymmetric_affine',
    qtype: 'uint8',
    rebuild: true,
  });
  const [, ...scores] = await judge(
    model,
    workspace,
    MODES.map((requantization) => ({ ...quantized, requantization })),
  );
  const found: RequantizationScore[] = [];
  for (const [index, mode] of MODES.entries()) {
    found.push({ mode, score: scores[index], ...(await compare(mode, quantized, model, workspace)) });
  }
  return found;
}

async function compare(
  mode: NativeRequantization,
  { network, plan }: Quantized,
  model: LabelledModel,
  workspace: Workspace,
): Promise<Omit<RequantizationScore, 'mode' | 'score'>> {
  const { graph } = lowerNetwork(network, { plan, batch: fixedBatch(network) ?? 1 });
  const simulators = (['exact', mode] as const).map(
    (requantization) => new Simulator(graph, { keepAll: true, requantization }),
  );
  const [exact, other] = simulators;
  try {
    other.compareWith(
      exact,
      summed(graph).map((id) => ({ ours: id, theirs: id })),
    );
    const distances: number[] = [];
    for await (const { inputs } of workspace.samples(model.labels, PICTURES)) {
      const given = inputsInOrder(network, inputs);
      const wanted = exact.run(given);
      other.run(given).forEach((value, port) => addDistances(distances, value, wanted[port]));
      other.runCompared(given, 'single');
    }
    const all = distances.reduce((sum, count) => sum + count, 0);
    return { ...changes(graph, other), outputs: distances.map((count) => count / all) };
  } finally {
    for (const simulator of simulators) simulator.dispose();
  }
}

const summed = (graph: DeviceGraph): number[] =>
  graph.nodes.filter(({ op }) => SUMMING.has(op)).flatMap(({ outputs }) => outputs);

/** Counts codes by how far they are apart. */
function addDistances(counts: number[], { tensor, values }: TensorValue, wanted: TensorValue): void {
  const { quantization } = tensor;
  if (quantization.kind !== 'affine') return;
  values.forEach((value, index) => {
    const distance = Math.round(Math.abs(value - wanted.values[index]) / quantization.scale);
    while (counts.length <= distance) counts.push(0);
    counts[distance]++;
  });
}

/** Errors in steps: where none is larger than one, their squares count them. */
function changes(graph: DeviceGraph, simulator: Simulator): Pick<RequantizationScore, 'changed' | 'steps'> {
  let [changed, count, steps] = [0, 0, 0];
  for (const { ours, noise, maxError, count: elements } of simulator.comparison()) {
    const { quantization } = graph.tensors[ours];
    if (quantization.kind !== 'affine') continue;
    changed += noise / quantization.scale ** 2;
    count += elements;
    steps = Math.max(steps, Math.round(maxError / quantization.scale));
  }
  return { changed: changed / count, steps };
}
