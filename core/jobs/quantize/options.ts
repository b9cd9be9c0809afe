import { z } from 'zod';
import { StudioError } from '../../network/errors.ts';
import { validPairs, VALID_QTYPES } from '../../quantization/schemes.ts';
import {
  batchSizeOption,
  dataOption,
  deviceOption,
  inputMetaOption,
  iterationsOption,
  modelOption,
} from '../options.ts';

/** Options of `quantize` (user guide 3.6.9). */
export const quantizeOptions = z.object({
  model: modelOption,
  modelData: dataOption,
  modelQuantize: z
    .string()
    .optional()
    .describe('the table to write, or with --hybrid to change (default: NAME.quantize beside the network)'),
  batchSize: batchSizeOption,
  iterations: iterationsOption,
  device: deviceOption,
  withInputMeta: inputMetaOption,
  quantizer: z
    .string()
    .default('asymmetric_affine')
    .describe(`how numbers are quantized: ${Object.keys(VALID_QTYPES).join(', ')}`),
  qtype: z.string().optional().describe(`stored type; pairs with the quantizer: ${validPairs()}`),
  hybrid: z
    .boolean()
    .default(false)
    .describe(
      'give the layers in customized_quantize_layers of the table their types; writes NAME.quantize.json',
    ),
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

export type QuantizeOptions = z.output<typeof quantizeOptions>;

/** What the command does to the table. */
export type QuantizeMode = 'rebuild' | 'rebuild-all' | 'hybrid';

/** The one mode that is asked for. @throws StudioError 'usage' when there is none, or more than one. */
export function modeOf(given: QuantizeOptions): QuantizeMode {
  const modes: QuantizeMode[] = [];
  if (given.hybrid) modes.push('hybrid');
  if (given.rebuild) modes.push('rebuild');
  if (given.rebuildAll) modes.push('rebuild-all');
  const [mode] = modes;
  if (modes.length > 1) {
    throw new StudioError('usage', `${modes.map((name) => `--${name}`).join(' and ')} exclude each other`);
  }
  if (mode === undefined) {
    throw new StudioError(
      'usage',
      'nothing to do: give --rebuild to make the quantize table, or --hybrid to apply its customized layers',
    );
  }
  refuseLater(given);
  return mode;
}

/** Refuses what this version can't do. */
function refuseLater(given: QuantizeOptions): void {
  const later = [
    given.algorithm !== 'normal' && `--algorithm ${given.algorithm}`,
    given.computeEntropy && '--compute-entropy',
    given.MLE && '--MLE',
  ].filter((item): item is string => item !== false);
  if (later.length > 0) throw new StudioError('usage', `${later.join(', ')}: not available in this version`);
}
