import type { DeviceGraph, DeviceTensor } from '../device/graph.ts';
import { constantValues } from '../device/constant-values.ts';
import { lowerNetwork, type LoweredNetwork } from '../device/lower.ts';
import { isFloatType } from '../device/stored-constant.ts';
import { floatPlan, quantizedPlan } from '../device/types.ts';
import type { Network } from '../network/network.ts';
import { sameFormat } from '../network/number-format.ts';
import { elementCount } from '../network/tensor.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { inputsInOrder, parts, samplesPerRun } from '../simulator/batching.ts';
import type { NativeHistogram } from '../simulator/native.ts';
import { Simulator } from '../simulator/simulator.ts';
import type { CalibrationRun } from './calibrate.ts';
import {
  addErrors,
  channelErrorsOf,
  entropyOf,
  errorsOf,
  measureOf,
  noErrors,
  oneSource,
  type ErrorMeasure,
} from './error-measure.ts';
import { fusedActivations } from './table.ts';

/** The error of one tensor in its several senses. */
export interface TensorAnalysis {
  /** `@layer:out0` or `@layer:weight`. */
  ref: string;
  layer: string;
  op: string;
  kind: 'activation' | 'weight';
  /** Format the table asks for, e.g. `asymmetric_affine-u8`; undefined when it lists no entry. */
  requested: string | undefined;
  /** Format the device graph really has. */
  delivered: string;
  /** Smallest and largest float value seen. */
  min: number;
  max: number;
  /** Values of the float network; absent for weights. */
  histogram?: NativeHistogram;
  /** The float values stored in this format and read back. */
  stored: ErrorMeasure;
  /** This layer alone is quantized; its inputs come from the float network. Absent for weights. */
  single?: ErrorMeasure;
  /** The whole network is quantized. Absent for weights. */
  entire?: ErrorMeasure;
  /** {@link entropyOf} the channels of `single` (weights: of `stored`); a vector of features is one source. */
  entropy: number;
}

/** What {@link analyze} found. */
export interface Analysis {
  /** Samples that were run. */
  samples: number;
  /** In layer order; weights after activations. */
  tensors: TensorAnalysis[];
}

const BINS = 512;
const MODES = ['stored', 'single', 'entire'] as const;

/** A tensor of the network that both graphs hold in the same layout. */
interface Pair {
  ref: string;
  ours: DeviceTensor;
  theirs: DeviceTensor;
  /** W,H,C,N index of the channels, the network's last axis. */
  axis: number;
}

/**
 * Runs the float and the quantized network side by side and measures the error of every tensor: stored alone, with
 * only its layer quantized, and with everything quantized.
 */
export async function analyze(
  network: Network,
  table: QuantizeTable,
  options: CalibrationRun,
): Promise<Analysis> {
  const batch = samplesPerRun(network, options.batchSize);
  const float = lowerNetwork(network, { plan: floatPlan('float32'), batch });
  const quantized = lowerNetwork(network, { plan: quantizedPlan(table), batch });
  const units = fusedUnits(network, table);
  const pairs = pairsOf(float, quantized, units);
  const { signal } = options;
  const reference = new Simulator(float.graph, { keepAll: true, signal });
  const simulator = new Simulator(quantized.graph, { keepAll: true, signal });
  try {
    const sums = MODES.map(() => pairs.map(noErrors));
    const channels = pairs.map(({ ours, axis }) => noChannelErrors(ours.size[axis]));
    const vectors = pairs.map(({ ours, axis }) => elementCount(ours.size) === batch * ours.size[axis]);
    const ids = pairs.map(({ ours, theirs, axis }) => ({ ours: ours.id, theirs: theirs.id, axis }));
    reference.startHistograms(
      pairs.map(({ theirs }) => theirs.id),
      BINS,
    );
    let done = 0;
    for await (const { inputs } of options.batches) {
      for (const run of parts(inputsInOrder(network, inputs), options.batchSize / batch)) {
        signal.throwIfAborted();
        reference.execute(run);
        MODES.forEach((mode, index) => {
          simulator.compareWith(reference, ids);
          simulator.runCompared(run, mode);
          simulator.comparison().forEach((errors, pair) => {
            addErrors(sums[index][pair], errors);
            if (mode === 'single') addChannels(channels[pair], errors.channels);
          });
        });
      }
      options.onBatch(++done);
    }
    const activations = pairs.map((pair, index) => {
      const [stored, single, entire] = sums.map((list) => list[index]);
      const histogram = reference.histogram(pair.theirs.id);
      return {
        ...identify(network, table, pair.ref, 'activation', pair.ours),
        min: histogram.min,
        max: histogram.max,
        histogram,
        stored: measureOf(stored),
        single: measureOf(single),
        entire: measureOf(entire),
        entropy: entropyOf(vectors[index] ? oneSource(single) : channels[index]),
      };
    });
    const measured = new Map(activations.map((tensor) => [tensor.ref, tensor]));
    const producers = [...units].flatMap(([producer, activation]) => {
      const unit = measured.get(activation);
      return unit ? [{ ...unit, ref: producer, ...layerOf(network, producer) }] : [];
    });
    return {
      samples: done * options.batchSize,
      tensors: [
        ...inLayerOrder(network, [...activations, ...producers]),
        ...weightsOf(network, table, float.graph, quantized.graph),
      ],
    };
  } finally {
    reference.dispose();
    simulator.dispose();
  }
}

interface ChannelSums {
  signal: Float64Array;
  noise: Float64Array;
}

const noChannelErrors = (channels: number): ChannelSums => ({
  signal: new Float64Array(channels),
  noise: new Float64Array(channels),
});

function addChannels(sums: ChannelSums, more: ChannelSums): void {
  more.signal.forEach((value, channel) => (sums.signal[channel] += value));
  more.noise.forEach((value, channel) => (sums.noise[channel] += value));
}

/**
 * Producer reference → reference of the clamping activation that shares its range. The two are one unit: what the
 * range cuts off the producer, the activation would cut off anyway, so only the activation's output is measured.
 */
export function fusedUnits(network: Network, table: QuantizeTable): Map<string, string> {
  return new Map(
    [...fusedActivations(network)].filter(([producer, activation]) => {
      const [own, other] = [table.entries.get(producer), table.entries.get(activation)];
      return own && other && sameFormat(own, other);
    }),
  );
}

/** References of real numbers in layer order; of several names of one device tensor, the first. */
export function pairsOf(
  float: LoweredNetwork,
  quantized: LoweredNetwork,
  units: ReadonlyMap<string, string>,
): Pair[] {
  const seen = new Set<number>();
  const pairs: Pair[] = [];
  for (const [ref, operand] of quantized.values) {
    if (units.has(ref)) continue;
    const other = float.values.get(ref);
    if (!other || operand.tensor < 0 || other.tensor < 0 || seen.has(operand.tensor)) continue;
    const ours = quantized.graph.tensors[operand.tensor];
    const theirs = float.graph.tensors[other.tensor];
    if (!isFloatType(theirs.type) || ours.size.join() !== theirs.size.join()) continue;
    if (operand.order.join() !== other.order.join()) continue;
    seen.add(operand.tensor);
    const rank = operand.order.length;
    pairs.push({ ref, ours, theirs, axis: rank - 1 - operand.order.indexOf(rank - 1) });
  }
  return pairs;
}

function weightsOf(
  network: Network,
  table: QuantizeTable,
  float: DeviceGraph,
  quantized: DeviceGraph,
): TensorAnalysis[] {
  const ours = new Map(quantized.tensors.map((tensor) => [tensor.name, tensor]));
  const result: TensorAnalysis[] = [];
  for (const theirs of float.tensors) {
    const mine = ours.get(theirs.name);
    if (theirs.role !== 'const' || !mine || !table.entries.has(theirs.name)) continue;
    if (theirs.name.endsWith(':bias') || !isFloatType(theirs.type)) continue;
    const values = constantValues(theirs);
    const stored = constantValues(mine);
    if (!values || !stored || values.length !== stored.length) continue;
    const errors = errorsOf(values, stored);
    result.push({
      ...identify(network, table, theirs.name, 'weight', mine),
      min: values.reduce((least, value) => Math.min(least, value), Infinity),
      max: values.reduce((most, value) => Math.max(most, value), -Infinity),
      stored: measureOf(errors),
      entropy: entropyOf(weightChannels(mine, values, stored)),
    });
  }
  return result;
}

/** Errors per output channel: the outermost dimension that is not 1 (a depthwise filter has one per channel). */
function weightChannels(tensor: DeviceTensor, values: Float32Array, stored: Float32Array) {
  const channels = tensor.size.findLast((dim) => dim > 1) ?? 1;
  const inner = Math.max(1, values.length / channels);
  return channelErrorsOf(values, stored, (index) => Math.floor(index / inner), channels);
}

function identify(
  network: Network,
  table: QuantizeTable,
  ref: string,
  kind: TensorAnalysis['kind'],
  tensor: DeviceTensor,
): Pick<TensorAnalysis, 'ref' | 'layer' | 'op' | 'kind' | 'requested' | 'delivered'> {
  const entry = table.entries.get(ref);
  return {
    ref,
    ...layerOf(network, ref),
    kind,
    requested: entry && `${entry.quantizer}-${entry.qtype}`,
    delivered: deliveredFormat(tensor),
  };
}

/** The layer that a reference or the name of a coefficient is about. */
function layerOf(network: Network, ref: string): Pick<TensorAnalysis, 'layer' | 'op'> {
  const layer = ref.slice(1, ref.lastIndexOf(':'));
  return { layer, op: network.layer(layer).op };
}

function inLayerOrder(network: Network, tensors: readonly TensorAnalysis[]): TensorAnalysis[] {
  const places = new Map([...network.layers.keys()].map((key, place) => [key, place]));
  return [...tensors].sort((a, b) => (places.get(a.layer) ?? 0) - (places.get(b.layer) ?? 0));
}

/** The format of a device tensor in the words of the quantize table. */
function deliveredFormat({ type, quantization }: DeviceTensor): string {
  const qtype = { uint8: 'u8', int8: 'i8', int16: 'i16' }[type as string] ?? type;
  switch (quantization.kind) {
    case 'none':
      return type;
    case 'affine':
      return `asymmetric_affine-${qtype}`;
    case 'dfp':
      return `dynamic_fixed_point-${qtype}`;
    case 'perchannel':
      return `perchannel_symmetric_affine-${qtype}`;
  }
}
