import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, type TypePlan } from '../device/types.ts';
import { StudioError } from '../network/errors.ts';
import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { inferShapes, shapeOf } from '../ops/shapes.ts';
import { addErrors, errorsOf, measureOf, noErrors } from '../quantization/error-measure.ts';
import { Simulator } from '../simulator/simulator.ts';
import type { MeasuredModel } from './models.ts';
import type { Workspace } from './workspace.ts';

const PICTURES = 10;

const PER_CHANNEL = { quantizer: 'perchannel_symmetric_affine' };
const SPLIT = { splitHeadScales: true };

const WAYS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['asymmetric_affine uint8', {}],
  ['asymmetric_affine uint8, `--split-head-scales`', SPLIT],
  ['asymmetric_affine uint8, `--split-head-scales --MLE`', { ...SPLIT, MLE: true }],
  ['perchannel_symmetric_affine int8', PER_CHANNEL],
  ['perchannel_symmetric_affine int8, `--split-head-scales`', { ...PER_CHANNEL, ...SPLIT }],
  ['dynamic_fixed_point int16', { quantizer: 'dynamic_fixed_point', qtype: 'int16' }],
];

/** The error of the parts of a detector's only output. */
export interface HeadErrors {
  /** Layers whose outputs the concat joins, in order, and how many channels each has. */
  parts: { op: string; channels: number }[];
  /** SQNR of each part in dB, by way to quantize. */
  ways: { title: string; sqnr: number[] }[];
}

/**
 * Quantizes a detector whose output is one concat of boxes and scores in several ways, and measures each part.
 * @throws StudioError 'network-invalid' when the network does not end with a concat
 */
export async function measureHeads(model: MeasuredModel, workspace: Workspace): Promise<HeadErrors> {
  const { network } = workspace;
  const concat = lastConcat(network);
  const shapes = inferShapes(network);
  const parts = concat.inputs.map((ref) => ({
    op: network.layer(ref.layer).op,
    channels: shapeOf(shapes, formatRef(ref)).at(-1) ?? 1,
  }));
  const outputs = (subject: Network, plan: TypePlan): Promise<Float32Array[]> =>
    outputsOf(subject, plan, model, workspace);
  const float = await outputs(network, floatPlan('float32'));
  const ways: HeadErrors['ways'] = [];
  for (const [title, options] of WAYS) {
    const quantized = await workspace.quantize({ rebuild: true, ...options });
    ways.push({ title, sqnr: partErrors(parts, float, await outputs(quantized.network, quantized.plan)) });
  }
  return { parts, ways };
}

/** The concat that only copies and the output follow. */
function lastConcat(network: Network): Layer {
  let [layer] = network.outputs;
  while (layer.op !== 'concat') {
    const [before] = layer.inputs;
    if (layer.inputs.length !== 1 || !['output', 'permute', 'reshape'].includes(layer.op)) {
      throw new StudioError('network-invalid', 'the network does not end with a concat', {
        layer: layer.key,
      });
    }
    layer = network.layer(before.layer);
  }
  return layer;
}

async function outputsOf(
  network: Network,
  plan: TypePlan,
  { calibration }: MeasuredModel,
  workspace: Workspace,
): Promise<Float32Array[]> {
  const simulator = new Simulator(lowerNetwork(network, { plan, batch: 1 }).graph);
  try {
    const found: Float32Array[] = [];
    for await (const { inputs } of workspace.samples(calibration, PICTURES)) {
      found.push(simulator.run([...inputs.values()])[0].values.slice());
    }
    return found;
  } finally {
    simulator.dispose();
  }
}

/** The model's own output has the channels second: each part is one block. */
function partErrors(
  parts: HeadErrors['parts'],
  float: readonly Float32Array[],
  ours: readonly Float32Array[],
): number[] {
  const total = parts.reduce((sum, { channels }) => sum + channels, 0);
  let first = 0;
  return parts.map(({ channels }) => {
    const sums = noErrors();
    float.forEach((values, picture) => {
      const area = values.length / total;
      const [from, to] = [first * area, (first + channels) * area];
      addErrors(sums, errorsOf(values.subarray(from, to), ours[picture].subarray(from, to)));
    });
    first += channels;
    return measureOf(sums).sqnr;
  });
}
