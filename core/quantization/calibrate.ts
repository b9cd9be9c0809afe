import { StudioError } from '../network/errors.ts';
import type { Network } from '../network/network.ts';
import { floatPlan } from '../device/types.ts';
import { lowerNetwork } from '../device/lower.ts';
import { inputsInOrder, parts, samplesPerRun } from '../simulator/batching.ts';
import { Simulator } from '../simulator/simulator.ts';
import type { Range } from './entries.ts';

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
  const batch = samplesPerRun(network, options.batchSize);
  const { graph, values } = lowerNetwork(network, { plan: floatPlan('float32'), batch });
  const simulator = new Simulator(graph);
  try {
    simulator.resetRanges();
    let done = 0;
    for await (const { inputs } of options.batches) {
      for (const run of parts(inputsInOrder(network, inputs), options.batchSize / batch)) {
        options.signal.throwIfAborted();
        simulator.run(run);
      }
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
