import { z } from 'zod';
import { StudioError } from '../../network/errors.ts';
import type { RangeAlgorithm } from '../../quantization/ranges/algorithm.ts';
import { validPairs, VALID_QTYPES } from '../../quantization/schemes.ts';
import { SUGGESTED_FORMAT } from '../../quantization/suggest.ts';
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
/** What `--algorithm auto` aims at. */
export const TARGET_COSINE = 0.99;
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
    .describe('apply customized_quantize_layers of the table: writes NAME.quantize.json and the table anew'),
  rebuild: z.boolean().default(false).describe('make the table; a trailing softmax stays float'),
  rebuildAll: z.boolean().default(false).describe('make the table, everything quantized'),
  algorithm: z
    .enum(['normal', 'moving_average', 'kl_divergence', 'auto', 'percentile', 'mse'])
    .default('normal')
    .describe(
      'how ranges are chosen: normal (smallest and largest value), moving_average (of the steps), kl_divergence (keeps ' +
        'the distribution), auto (kl_divergence, and the fewest layers in a wider type that reach the target); beyond ' +
        'the vendor: percentile, mse (least squared error)',
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
      'histogram bins, a power of two, with --algorithm kl_divergence or auto (deprecated: --divergence-first-quantize-bits)',
    ),
  divergenceFirstQuantizeBits: z
    .int()
    .min(BITS.min)
    .max(BITS.max)
    .optional()
    .describe(`m for 2^m histogram bins, with --algorithm kl_divergence or auto (default: ${BITS.usual})`),
  percentile: z
    .number()
    .gt(50)
    .lte(100)
    .optional()
    .describe(
      `share of the values that ranges keep, in %, with --algorithm percentile (default: ${PERCENTILE}); beyond the vendor`,
    ),
  computeEntropy: z
    .boolean()
    .default(false)
    .describe(
      'measure the error of each layer: writes entropy.txt and NAME.analysis.json, and suggests ' +
        'customized_quantize_layers; the batch size must be 1',
    ),
  MLE: z
    .boolean()
    .default(false)
    .describe(
      'minimise the error of each layer: narrower ranges of activations and weights, and bias correction, where they ' +
        'help; changed biases go to the .data file (the first one is kept as NAME.original.data)',
    ),
  biasCorrection: z.boolean().default(false).describe('only the bias correction of --MLE; beyond the vendor'),
  crossLayerEqualization: z
    .boolean()
    .default(false)
    .describe(
      'even out the channels of neighbouring layers first, the float numbers stay; changed weights go to the .data ' +
        'file (the first one is kept as NAME.original.data); beyond the vendor',
    ),
  splitHeadScales: z
    .boolean()
    .default(false)
    .describe(
      'keep a concat at the end of the network float, so that each part of a detection head has a scale of its own; ' +
        'beyond the vendor',
    ),
  targetCosine: z
    .number()
    .gt(0)
    .lte(1)
    .optional()
    .describe(
      `cosine similarity that every output should reach, with --algorithm auto (default: ${TARGET_COSINE}); beyond the vendor`,
    ),
  targetAccuracyDrop: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe(
      'percentage points of top-1 accuracy that may be lost on the labelled dataset, with --algorithm auto, in place ' +
        'of --target-cosine; beyond the vendor',
    ),
  autoFormat: z
    .string()
    .optional()
    .describe(
      `type of the layers that --algorithm auto chooses (default: ${SUGGESTED_FORMAT}); beyond the vendor`,
    ),
  target: z
    .string()
    .optional()
    .describe('the chip, as a PID (0X88), --optimize name or chip name: advice and warnings then fit it'),
  outputData: z
    .string()
    .optional()
    .describe(
      'where --MLE, --bias-correction and --cross-layer-equalization write the coefficients (default: --model-data)',
    ),
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
  refuseUnfitting(given);
  return mode;
}

/** Which algorithms an option goes with. */
const GOES_WITH: readonly [keyof QuantizeOptions, string, readonly string[]][] = [
  ['movingAverageWeight', '--moving-average-weight', ['moving_average']],
  ['divergenceNbins', '--divergence-nbins', ['kl_divergence', 'auto']],
  ['divergenceFirstQuantizeBits', '--divergence-first-quantize-bits', ['kl_divergence', 'auto']],
  ['percentile', '--percentile', ['percentile']],
  ['targetCosine', '--target-cosine', ['auto']],
  ['targetAccuracyDrop', '--target-accuracy-drop', ['auto']],
  ['autoFormat', '--auto-format', ['auto']],
];

/** Switches that are about making a table, not about applying one. */
const REBUILD_ONLY = [
  ['computeEntropy', '--compute-entropy'],
  ['MLE', '--MLE'],
  ['biasCorrection', '--bias-correction'],
  ['crossLayerEqualization', '--cross-layer-equalization'],
  ['splitHeadScales', '--split-head-scales'],
] as const satisfies readonly (readonly [keyof QuantizeOptions, string])[];

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
  if (given.targetCosine !== undefined && given.targetAccuracyDrop !== undefined) {
    throw new StudioError('usage', '--target-cosine and --target-accuracy-drop exclude each other');
  }
  if (
    given.outputData !== undefined &&
    !given.MLE &&
    !given.biasCorrection &&
    !given.crossLayerEqualization
  ) {
    throw new StudioError(
      'usage',
      '--output-data goes with --MLE, --bias-correction or --cross-layer-equalization',
    );
  }
  if (given.hybrid) {
    const misplaced: string[] = REBUILD_ONLY.filter(([key]) => given[key]).map(([, name]) => name);
    if (given.algorithm !== 'normal') misplaced.push(`--algorithm ${given.algorithm}`);
    if (misplaced.length > 0) {
      throw new StudioError(
        'usage',
        `${misplaced.join(', ')} ${misplaced.length > 1 ? 'go' : 'goes'} with --rebuild`,
      );
    }
  }
}

/** The algorithm with its numbers. @throws StudioError 'usage' */
export function algorithmOf(given: QuantizeOptions): RangeAlgorithm {
  switch (given.algorithm) {
    case 'moving_average':
      return { name: 'moving_average', weight: given.movingAverageWeight ?? MOVING_AVERAGE_WEIGHT };
    case 'kl_divergence':
    case 'auto':
      return { name: 'kl_divergence', bins: binsOf(given) };
    case 'percentile':
      return { name: 'percentile', percentile: given.percentile ?? PERCENTILE };
    case 'mse':
      return { name: 'mse' };
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
