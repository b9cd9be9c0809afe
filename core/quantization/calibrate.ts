import { StudioError } from '../network/errors.ts';
import type { Network } from '../network/network.ts';
import { floatPlan } from '../device/types.ts';
import { lowerNetwork } from '../device/lower.ts';
import { Simulator } from '../simulator/simulator.ts';
import type { Range } from './table.ts';

/** One batch of calibration data: input layer key → float32 values in that input's own layout. */
export interface CalibrationBatch {
  inputs: ReadonlyMap<string, Float32Array>;
}

/** What {@link calibrate} needs. */
export interface CalibrateOptions {
  batchSize: number;
  batches: AsyncIterable<CalibrationBatch>;
  signal: AbortSignal;
  /** After each batch: how many are done. */
  onBatch(done: number): void;
}

/**
 * Runs the float32 network over the calibration batches and measures every tensor's smallest and largest
 * value (algorithm `normal`). Statistics are taken in native code next to the data.
 * @returns ranges by `@layer:out0`
 */
export async function calibrate(network: Network, options: CalibrateOptions): Promise<Map<string, Range>> {
  const { graph, values } = lowerNetwork(network, { plan: floatPlan('float32'), batch: options.batchSize });
  const simulator = new Simulator(graph);
  try {
    simulator.resetRanges();
    let done = 0;
    for await (const batch of options.batches) {
      options.signal.throwIfAborted();
      simulator.run(inputsInOrder(network, batch.inputs));
      options.onBatch(++done);
    }
    if (done === 0) throw new StudioError('dataset-invalid', 'the dataset gave no samples to calibrate with');
    const range = simulator.ranges();
    const ranges = new Map<string, Range>();
    for (const [ref, { tensor }] of values) {
      const seen = tensor >= 0 ? range(tensor) : undefined;
      if (seen) ranges.set(ref, seen);
    }
    return ranges;
  } finally {
    simulator.dispose();
  }
}

/** A batch's values in the order of the network's input layers. */
export function inputsInOrder(network: Network, inputs: ReadonlyMap<string, Float32Array>): Float32Array[] {
  return network.inputs.map((layer) => {
    const values = inputs.get(layer.key);
    if (!values)
      throw new StudioError('dataset-invalid', 'the dataset has no column for this input', {
        layer: layer.key,
      });
    return values;
  });
}
