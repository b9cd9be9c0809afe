import { floatPlan, quantizedPlan } from '../../device/types.ts';
import { Network } from '../../network/network.ts';
import { coefficientKey, type QuantizeTable } from '../../network/quantize-table.ts';
import { formatRef } from '../../network/layer.ts';
import { floatTensor } from '../../network/tensor.ts';
import { samplesPerRun } from '../../simulator/batching.ts';
import { forEachRun, type CalibrationRun } from '../calibrate.ts';
import type { Histogram } from '../ranges/histogram.ts';
import { Simulation, type TensorError } from './simulation.ts';
import { storedValues } from './stored-values.ts';

/** What one pass over the calibration data tells about two ways to store the weights. */
export interface Survey {
  /** Of the float network's activations. */
  histograms: ReadonlyMap<string, Histogram>;
  /** One for each given table: what only its weights do to each layer. */
  weights: readonly WeightEffect[];
}

/** Effect of quantized weights on layers that get exact inputs and are exact otherwise. */
export interface WeightEffect {
  /** By `@layer:out0`. */
  errors: ReadonlyMap<string, TensorError>;
  /** Layer key → by how much each output channel's mean is too low. */
  shifts: ReadonlyMap<string, Float64Array>;
}

/**
 * Runs the float network and, for each table, the same network with its weights quantized and all else in float,
 * layer by layer on the float network's values.
 * @param refs activations to take histograms of
 */
export async function survey(
  network: Network,
  tables: readonly QuantizeTable[],
  refs: ReadonlySet<string>,
  run: CalibrationRun,
): Promise<Survey> {
  const batch = samplesPerRun(network, run.batchSize);
  const open: Simulation[] = [];
  const simulate = (of: Network): Simulation => {
    const simulation = new Simulation(of, floatPlan('float32'), batch, run.signal);
    open.push(simulation);
    return simulation;
  };
  try {
    const float = simulate(network);
    const variants = tables.map((table) => simulate(withStoredWeights(network, table)));
    const channels = biasedChannels(network, float);
    for (const simulation of open) simulation.simulator.startChannelStats([...channels.values()]);
    for (const variant of variants) variant.compareWith(float, float.refs());
    const measured = new Map(
      [...refs].flatMap((ref) => {
        const tensor = float.tensor(ref);
        return tensor === undefined ? [] : [[ref, tensor] as const];
      }),
    );
    float.simulator.startHistograms([...new Set(measured.values())]);
    await forEachRun(network, run, (inputs) => {
      float.simulator.execute(inputs);
      for (const variant of variants) variant.simulator.runCompared(inputs, 'single');
    });
    return {
      histograms: new Map([...measured].map(([ref, tensor]) => [ref, float.simulator.histogram(tensor)])),
      weights: variants.map((variant) => ({
        errors: variant.errors(),
        shifts: new Map([...channels].map(([key, { tensor }]) => [key, shift(float, variant, tensor)])),
      })),
    };
  } finally {
    for (const simulation of open) simulation.dispose();
  }
}

/** Mean of the float network less the variant's, per channel; 0 where one is not finite. */
function shift(float: Simulation, variant: Simulation, tensor: number): Float64Array {
  const wanted = float.simulator.channelStats(tensor);
  const got = variant.simulator.channelStats(tensor);
  return wanted.sum.map((sum, channel) => (sum - got.sum[channel]) / Math.max(wanted.count, 1) || 0);
}

/** The same layers with the weights as the table stores them. */
function withStoredWeights(network: Network, table: QuantizeTable): Network {
  const copy = copyOf(network);
  for (const [key, tensors] of network.coefficients) {
    const weight = tensors.get('weight');
    const entry = table.entries.get(coefficientKey(key, 'weight'));
    const stored = weight && entry && storedValues(weight, entry);
    if (weight && stored) copy.setCoefficient(key, 'weight', floatTensor(weight.shape, stored));
  }
  return copy;
}

/** A network with the same layers and coefficients, whose coefficients can be replaced. */
export function copyOf(network: Network): Network {
  const copy = new Network(network.meta, network.layers.values());
  for (const [key, tensors] of network.coefficients) copy.coefficients.set(key, new Map(tensors));
  return copy;
}

/** Layer key → output tensor and its channel axis (W,H,C,N), for layers with a weight and a bias per channel. */
function biasedChannels(network: Network, float: Simulation): Map<string, { tensor: number; axis: number }> {
  const channels = new Map<string, { tensor: number; axis: number }>();
  for (const layer of network.layers.values()) {
    const bias = network.coefficient(layer.key, 'bias');
    const tensor = float.tensor(formatRef({ layer: layer.key, port: 0 }));
    if (!bias || !network.coefficient(layer.key, 'weight') || tensor === undefined) continue;
    const { order, size } = float.simulator.graph.tensors[tensor];
    // Networks count channels along the last axis.
    const axis = order.length - 1 - order.indexOf(order.length - 1);
    if (order.length === size.length && size[axis] === bias.data.length)
      channels.set(layer.key, { tensor, axis });
  }
  return channels;
}

/** How far a quantized network is from the float one, each running as a whole. */
export async function compareWhole(
  float: Network,
  quantized: Network,
  table: QuantizeTable,
  refs: Iterable<string>,
  run: CalibrationRun,
): Promise<Map<string, TensorError>> {
  const batch = samplesPerRun(float, run.batchSize);
  const reference = new Simulation(float, floatPlan('float32'), batch, run.signal);
  try {
    const simulation = new Simulation(quantized, quantizedPlan(table), batch, run.signal);
    try {
      simulation.compareWith(reference, refs);
      await forEachRun(float, run, (inputs) => {
        reference.simulator.execute(inputs);
        simulation.simulator.runCompared(inputs, 'entire');
      });
      return simulation.errors();
    } finally {
      simulation.dispose();
    }
  } finally {
    reference.dispose();
  }
}
