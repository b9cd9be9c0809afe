import { batches } from '../../dataset/batches.ts';
import type { Network } from '../../network/network.ts';
import { calibrate } from '../../quantization/calibrate.ts';
import type { Range } from '../../quantization/entries.ts';
import type { JobContext } from '../context.ts';
import { batchSizeOf, loadInputMeta } from '../load.ts';
import type { QuantizeOptions } from './options.ts';

/** Ranges of all tensors over the dataset, and how many samples they were measured on. */
export interface Measurement {
  ranges: Map<string, Range>;
  samples: number;
}

/** Runs the float network over the samples of the input description. */
export async function measure(
  given: QuantizeOptions,
  network: Network,
  context: JobContext,
): Promise<Measurement> {
  const meta = await loadInputMeta(given.withInputMeta, network, context);
  const batchSize = batchSizeOf(given.batchSize, meta);
  const { iterations } = given;
  const { signal, cwd } = context;
  const started = performance.now();
  const ranges = await calibrate(network, {
    batchSize,
    batches: batches(meta, { batchSize, iterations, signal, cwd }),
    signal,
    onBatch: (done) => {
      const seconds = (performance.now() - started) / 1000;
      const rate = (done * batchSize) / Math.max(seconds, 1e-3);
      context.progress(
        0.05 + (0.9 * done) / iterations,
        `calibrating: ${done * batchSize} samples, ${rate.toFixed(0)}/s`,
      );
    },
  });
  return { ranges, samples: batchSize * iterations };
}
