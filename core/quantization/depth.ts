import type { LoweredNetwork } from '../device/lower.ts';
import type { Network } from '../network/network.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { fusedUnits, pairsOf } from './analysis.ts';
import { measureOf } from './error-measure.ts';

/** A layer's output in the quantized network against that in the float one. */
export interface LayerError {
  layer: string;
  op: string;
  cosine: number;
  /** In dB; Infinity without any error. */
  sqnr: number;
}

/** One way to run a network: lowered, and the simulator of that graph. */
export interface Lowered {
  lowered: LoweredNetwork;
  simulator: Simulator;
}

/**
 * Runs the quantized network beside the float one, node by node, and measures every layer with all layers before it
 * quantized too. Leaves the outputs of the run in both simulators; neither needs `keepAll`.
 * @param network the network of the quantized graph
 * @returns in the order of the graph
 */
export function errorsByDepth(
  network: Network,
  table: QuantizeTable,
  float: Lowered,
  quantized: Lowered,
  inputs: readonly Float32Array[],
): LayerError[] {
  const pairs = pairsOf(float.lowered, quantized.lowered, fusedUnits(network, table));
  quantized.simulator.compareWith(
    float.simulator,
    pairs.map(({ ours, theirs }) => ({ ours: ours.id, theirs: theirs.id })),
  );
  quantized.simulator.runCompared(inputs, 'together');
  return quantized.simulator.comparison().map((sums, index) => {
    const { ref } = pairs[index];
    const layer = ref.slice(1, ref.lastIndexOf(':'));
    const { cosine, sqnr } = measureOf(sums);
    return { layer, op: network.layer(layer).op, cosine, sqnr };
  });
}
