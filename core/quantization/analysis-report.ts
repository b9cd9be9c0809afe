import { z } from 'zod';
import { StudioError } from '../network/errors.ts';
import type { Analysis } from './analysis.ts';
import type { ErrorMeasure } from './error-measure.ts';

/** Raised when a reader of the old form would misunderstand the new one. */
export const ANALYSIS_VERSION = 1;

const measureSchema = z.object({
  /** dB; null = no error at all. */
  sqnr: z.number().nullable(),
  cosine: z.number(),
  maxError: z.number(),
  clipped: z.number(),
});

const tensorSchema = z.object({
  ref: z.string(),
  layer: z.string(),
  op: z.string(),
  kind: z.enum(['activation', 'weight']),
  /** null = the table has no entry. */
  requested: z.string().nullable(),
  delivered: z.string(),
  min: z.number(),
  max: z.number(),
  entropy: z.number(),
  stored: measureSchema,
  /** null on weights. */
  single: measureSchema.nullable(),
  entire: measureSchema.nullable(),
  histogram: z
    .object({
      /** Bin b = first + k holds b*width <= x < (b+1)*width; b < 0: b*width < x <= (b+1)*width. */
      width: z.number(),
      first: z.number(),
      counts: z.array(z.number()),
      /** Exact zeros, which no bin counts. */
      zeros: z.number(),
    })
    .nullable(),
});

/** The form of NAME.analysis.json. */
export const analysisSchema = z.object({
  schemaVersion: z.literal(ANALYSIS_VERSION),
  /** The network's name. */
  network: z.string(),
  /** Samples that were run. */
  samples: z.number(),
  tensors: z.array(tensorSchema),
  /** Layer key → format, for `customized_quantize_layers`. */
  suggested: z.record(z.string(), z.string()),
});

/** What NAME.analysis.json holds: the error of every tensor, for programs. */
export type AnalysisReport = z.output<typeof analysisSchema>;

/** The report of an analysis. */
export function analysisReport(
  network: string,
  { samples, tensors }: Analysis,
  suggested: ReadonlyMap<string, string>,
): AnalysisReport {
  return {
    schemaVersion: ANALYSIS_VERSION,
    network,
    samples,
    tensors: tensors.map(({ histogram, requested, stored, single, entire, ...rest }) => ({
      ...rest,
      requested: requested ?? null,
      stored: plainMeasure(stored),
      single: single ? plainMeasure(single) : null,
      entire: entire ? plainMeasure(entire) : null,
      histogram: histogram
        ? {
            width: histogram.width,
            first: histogram.first,
            counts: Array.from(histogram.counts),
            zeros: histogram.zeros,
          }
        : null,
    })),
    suggested: Object.fromEntries(suggested),
  };
}

/** JSON knows no infinity. */
function plainMeasure({ sqnr, ...rest }: ErrorMeasure): AnalysisReport['tensors'][number]['stored'] {
  return { ...rest, sqnr: Number.isFinite(sqnr) ? sqnr : null };
}

/** Reads the text of a NAME.analysis.json. @throws StudioError 'file-malformed' */
export function parseAnalysis(text: string, file?: string): AnalysisReport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StudioError('file-malformed', 'this is no JSON', { file });
  }
  const result = analysisSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new StudioError(
    'file-malformed',
    `"${issue.path.map(String).join('.')}" is not as an analysis of version ${ANALYSIS_VERSION} has it: ${issue.message}`,
    { file },
    'Run "pegasus quantize --compute-entropy" again.',
  );
}
