import { batches, type Batch } from '../../dataset/batches.ts';
import type { InputMeta } from '../../network/input-meta.ts';
import type { CalibrationRun } from '../../quantization/calibrate.ts';
import type { JobContext } from '../context.ts';

/** What the passes over the calibration data have in common. */
export interface PassOptions {
  meta: InputMeta;
  batchSize: number;
  iterations: number;
  /** How many passes there will be at most. */
  count: number;
  /** Sees every batch of the first pass. */
  inspect: (this: void, batch: Batch) => void;
}

/** Reading the network and writing the result take the rest of the bar. */
const SHARE = { start: 0.05, length: 0.9 };

/** Passes over the calibration data, with one progress bar for all of them. */
export class Passes {
  private done = 0;

  constructor(
    private readonly options: PassOptions,
    private readonly context: JobContext,
  ) {}

  /** The next pass; `text` says what it is for. */
  next(text: string): CalibrationRun {
    const { meta, batchSize, iterations, count, inspect } = this.options;
    const { signal, cwd } = this.context;
    const index = this.done++;
    const started = performance.now();
    const stream = batches(meta, { batchSize, iterations, signal, cwd });
    return {
      batchSize,
      batches: index === 0 ? inspected(stream, inspect) : stream,
      signal,
      onBatch: (done) => {
        const rate = (done * batchSize) / Math.max((performance.now() - started) / 1000, 1e-3);
        const left = ((iterations - done) * batchSize) / rate;
        this.context.progress(
          SHARE.start + (SHARE.length * (index + done / iterations)) / count,
          `${text}: ${done * batchSize} of ${iterations * batchSize} samples, ${rate.toFixed(rate < 10 ? 1 : 0)}/s, ${duration(left)} left`,
        );
      },
    };
  }
}

async function* inspected(
  stream: AsyncIterable<Batch>,
  inspect: (batch: Batch) => void,
): AsyncGenerator<Batch> {
  for await (const batch of stream) {
    inspect(batch);
    yield batch;
  }
}

/** `48 s`, `3 min`. */
function duration(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
