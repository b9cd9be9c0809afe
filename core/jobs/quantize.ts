import { z } from 'zod';
import { batches } from '../dataset/batches.ts';
import { writeQuantizeFile } from '../files/quantize-file.ts';
import { StudioError } from '../network/errors.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { calibrate } from '../quantization/calibrate.ts';
import { resolveScheme } from '../quantization/schemes.ts';
import { buildTable } from '../quantization/table.ts';
import type { JobContext } from './context.ts';
import { batchSizeOf, loadInputMeta, loadNetwork, networkStem } from './load.ts';
import {
  batchSizeOption,
  dataOption,
  deviceOption,
  inputMetaOption,
  iterationsOption,
  modelOption,
  parseOptions,
} from './options.ts';

/** Options of `quantize` (user guide 3.6.9). */
export const quantizeOptions = z.object({
  model: modelOption,
  modelData: dataOption,
  modelQuantize: z
    .string()
    .optional()
    .describe('the table to write (default: NAME.quantize beside the network)'),
  batchSize: batchSizeOption,
  iterations: iterationsOption,
  device: deviceOption,
  withInputMeta: inputMetaOption,
  quantizer: z.string().default('asymmetric_affine').describe('how numbers are quantized: asymmetric_affine'),
  qtype: z.string().default('uint8').describe('stored type: uint8'),
  hybrid: z
    .boolean()
    .default(false)
    .describe('apply customized_quantize_layers of the table (not available yet)'),
  rebuild: z.boolean().default(false).describe('make the table; a trailing softmax stays float'),
  rebuildAll: z.boolean().default(false).describe('make the table, everything quantized'),
  algorithm: z
    .enum(['normal', 'moving_average', 'kl_divergence', 'auto'])
    .default('normal')
    .describe('how ranges are chosen; only normal (smallest and largest value) is available yet'),
  movingAverageWeight: z
    .number()
    .optional()
    .describe('weight of a new batch, with --algorithm moving_average'),
  divergenceNbins: z.int().optional().describe('histogram bins, with --algorithm kl_divergence (deprecated)'),
  divergenceFirstQuantizeBits: z
    .int()
    .optional()
    .describe('2^m histogram bins, with --algorithm kl_divergence'),
  computeEntropy: z.boolean().default(false).describe('measure the error of each layer (not available yet)'),
  MLE: z.boolean().default(false).describe('minimise the error of each layer (not available yet)'),
});

type QuantizeOptions = z.output<typeof quantizeOptions>;

/** What quantization wrote. */
export interface QuantizeResult {
  file: string;
  table: QuantizeTable;
  /** Calibration samples used. */
  samples: number;
}

/** Refuses what this version can't do, and modes that exclude each other. */
function checkModes(given: QuantizeOptions): void {
  const modes = [
    given.hybrid && '--hybrid',
    given.rebuild && '--rebuild',
    given.rebuildAll && '--rebuild-all',
  ].filter((mode): mode is string => mode !== false);
  if (modes.length > 1) throw new StudioError('usage', `${modes.join(' and ')} exclude each other`);
  const later = [
    given.hybrid && '--hybrid',
    given.algorithm !== 'normal' && `--algorithm ${given.algorithm}`,
    given.computeEntropy && '--compute-entropy',
    given.MLE && '--MLE',
  ].filter((item): item is string => item !== false);
  if (later.length > 0) throw new StudioError('usage', `${later.join(', ')}: not available in this version`);
  if (modes.length === 0) {
    throw new StudioError('usage', 'nothing to do: give --rebuild to make the quantize table');
  }
}

/** `pegasus quantize`: calibrates over the dataset and writes NAME.quantize. */
export async function quantizeJob(options: unknown, context: JobContext): Promise<QuantizeResult> {
  const given = parseOptions(quantizeOptions, options);
  checkModes(given);
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
  const table = buildTable(network, { scheme, ranges, all: given.rebuildAll });
  const file = given.modelQuantize ?? `${networkStem(given.model)}.quantize`;
  signal.throwIfAborted();
  await writeQuantizeFile(file, table);
  context.log('I', `Dump net quantize tensor table to ${file}`);
  context.log('I', 'End quantization...');
  context.progress(1, 'quantized');
  return { file, table, samples: batchSize * iterations };
}
