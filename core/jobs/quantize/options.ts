import { z } from 'zod';
import { StudioError } from '../../network/errors.ts';
import type { RangeAlgorithm } from '../../quantization/ranges/algorithm.ts';
import { validPairs, VALID_QTYPES } from '../../quantization/schemes.ts';
import {
  batchSizeOption,
  dataOption,
  deviceOption,
  inputMetaOption,
  iterationsOption,
  modelOption,
} from '../options.ts';

const MOVING_AVERAGE_WEIGHT = 0.01;
const PERCENTILE = 99.99;
/** What the simulator's histograms can have. */
const BITS = { min: 6, max: 14, usual: 11 };

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
  quantizer: z
    .string()
    .default('asymmetric_affine')
    .describe(`how numbers are quantized: ${Object.keys(VALID_QTYPES).join(', ')}`),
  qtype: z.string().optional().describe(`stored type; pairs with the quantizer: ${validPairs()}`),
  hybrid: z
    .boolean()
    .default(false)
    .describe('apply customized_quantize_layers of the table (not available yet)'),
  rebuild: z.boolean().default(false).describe('make the table; a trailing softmax stays float'),
  rebuildAll: z.boolean().default(false).describe('make the table, everything quantized'),
  algorithm: z
    .enum(['normal', 'moving_average', 'kl_divergence', 'auto', 'percentile', 'mse'])
    .default('normal')
    .describe(
      'how ranges are chosen: normal (smallest and largest value), moving_average (of the steps), kl_divergence (keeps ' +
        'the distribution); auto is not available yet; beyond the vendor: percentile, mse (least squared error)',
    ),
  movingAverageWeight: z
    .number()
    .gt(0)
    .lte(1)
    .optional()
    .describe(
      `weight of a new step, above 0 to 1, with --algorithm moving_average (default: ${MOVING_AVERAGE_WEIGHT})`,
    ),
  divergenceNbins: z
    .int()
    .optional()
    .describe(
      'histogram bins, a power of two, with --algorithm kl_divergence (deprecated: --divergence-first-quantize-bits)',
    ),
  divergenceFirstQuantizeBits: z
    .int()
    .min(BITS.min)
    .max(BITS.max)
    .optional()
    .describe(`m for 2^m histogram bins, with --algorithm kl_divergence (default: ${BITS.usual})`),
  percentile: z
    .number()
    .gt(50)
    .lte(100)
    .optional()
    .describe(
      `share of the values that ranges keep, in %, with --algorithm percentile (default: ${PERCENTILE}); beyond the vendor`,
    ),
  computeEntropy: z.boolean().default(false).describe('measure the error of each layer (not available yet)'),
  MLE: z
    .boolean()
    .default(false)
    .describe(
      'minimise the error of each layer: narrower ranges of activations and weights, and bias correction, where they ' +
        'help; changed biases go to the .data file (the first one is kept as NAME.original.data)',
    ),
  biasCorrection: z.boolean().default(false).describe('only the bias correction of --MLE; beyond the vendor'),
  outputData: z
    .string()
    .optional()
    .describe('where --MLE and --bias-correction write the coefficients (default: --model-data)'),
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
    throw new StudioError('usage', 'nothing to do: give --rebuild to make the quantize table');
  }
  refuseLater(given);
  refuseUnfitting(given);
  return mode;
}

/** Refuses what this version can't do. */
function refuseLater(given: QuantizeOptions): void {
  const later = [
    given.hybrid && '--hybrid',
    given.algorithm === 'auto' && '--algorithm auto',
    given.computeEntropy && '--compute-entropy',
  ].filter((item): item is string => item !== false);
  if (later.length > 0) throw new StudioError('usage', `${later.join(', ')}: not available in this version`);
}

/** Which algorithms an option goes with. */
const GOES_WITH: readonly [keyof QuantizeOptions, string, readonly string[]][] = [
  ['movingAverageWeight', '--moving-average-weight', ['moving_average']],
  ['divergenceNbins', '--divergence-nbins', ['kl_divergence', 'auto']],
  ['divergenceFirstQuantizeBits', '--divergence-first-quantize-bits', ['kl_divergence', 'auto']],
  ['percentile', '--percentile', ['percentile']],
];

/** Refuses options that would have no effect, or contradict each other. */
function refuseUnfitting(given: QuantizeOptions): void {
  for (const [key, name, algorithms] of GOES_WITH) {
    if (given[key] !== undefined && !algorithms.includes(given.algorithm)) {
      throw new StudioError('usage', `${name} goes with --algorithm ${algorithms.join(' or ')}`);
    }
  }
  if (given.divergenceNbins !== undefined && given.divergenceFirstQuantizeBits !== undefined) {
    throw new StudioError(
      'usage',
      '--divergence-nbins and --divergence-first-quantize-bits exclude each other',
    );
  }
  if (given.outputData !== undefined && !given.MLE && !given.biasCorrection) {
    throw new StudioError('usage', '--output-data goes with --MLE or --bias-correction');
  }
}

/** The algorithm with its numbers. @throws StudioError 'usage' */
export function algorithmOf(given: QuantizeOptions): RangeAlgorithm {
  switch (given.algorithm) {
    case 'moving_average':
      return { name: 'moving_average', weight: given.movingAverageWeight ?? MOVING_AVERAGE_WEIGHT };
    case 'kl_divergence':
      return { name: 'kl_divergence', bins: binsOf(given) };
    case 'percentile':
      return { name: 'percentile', percentile: given.percentile ?? PERCENTILE };
    case 'mse':
      return { name: 'mse' };
    case 'auto':
    case 'normal':
      return { name: 'normal' };
  }
}

function binsOf({
  divergenceNbins: bins,
  divergenceFirstQuantizeBits: bits = BITS.usual,
}: QuantizeOptions): number {
  if (bins === undefined) return 2 ** bits;
  const [least, most] = [2 ** BITS.min, 2 ** BITS.max];
  if (Number.isInteger(Math.log2(bins)) && bins >= least && bins <= most) return bins;
  throw new StudioError(
    'usage',
    `--divergence-nbins: ${bins} is not a power of two from ${least} to ${most}`,
  );
}
