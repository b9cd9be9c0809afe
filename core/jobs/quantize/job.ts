import { batches } from '../../dataset/batches.ts';
import { writeQuantizeFile } from '../../files/quantize-file.ts';
import type { QuantizeTable } from '../../network/quantize-table.ts';
import { calibrate } from '../../quantization/calibrate.ts';
import { resolveScheme } from '../../quantization/schemes.ts';
import { buildTable } from '../../quantization/table.ts';
import type { JobContext } from '../context.ts';
import { batchSizeOf, loadInputMeta, loadNetwork, networkStem } from '../load.ts';
import { parseOptions } from '../options.ts';
import { modeOf, quantizeOptions, type QuantizeOptions } from './options.ts';

/** What quantization wrote. */
export interface QuantizeResult {
  file: string;
  table: QuantizeTable;
  /** Calibration samples used. */
  samples: number;
}

/** `pegasus quantize`: calibrates over the dataset and writes NAME.quantize. */
export async function quantizeJob(options: unknown, context: JobContext): Promise<QuantizeResult> {
  const given = parseOptions(quantizeOptions, options);
  return rebuild(given, modeOf(given) === 'rebuild-all', context);
}

/** `--rebuild` and `--rebuild-all`. */
async function rebuild(given: QuantizeOptions, all: boolean, context: JobContext): Promise<QuantizeResult> {
  const scheme = resolveScheme(given.quantizer, given.qtype);
  context.progress(0, 'reading the network');
  const network = await loadNetwork(given.model, given.modelData, context);
  const meta = await loadInputMeta(given.withInputMeta, network, context);
  const batchSize = batchSizeOf(given.batchSize, meta);
  const { iterations } = given;
  const { signal } = context;
  const started = performance.now();
  const ranges = await calibrate(network, {
    batchSize,
    batches: batches(meta, { batchSize, iterations, signal }),
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
  const table = buildTable(network, { scheme, ranges, all });
  const file = given.modelQuantize ?? `${networkStem(given.model)}.quantize`;
  signal.throwIfAborted();
  await writeQuantizeFile(file, table);
  context.log('I', `Dump net quantize tensor table to ${file}`);
  context.log('I', 'End quantization...');
  context.progress(1, 'quantized');
  return { file, table, samples: batchSize * iterations };
}
