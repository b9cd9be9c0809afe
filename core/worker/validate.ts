import { z } from 'zod';
import { StudioError } from '../network/errors.ts';
import type { JobId, ModelSource } from './contract.ts';
import type { NodeDataFormat } from './contract-graph.ts';
import type {
  InputDraft,
  PreviewRequest,
  ProjectId,
  ProjectJobName,
  SampleBatch,
} from './contract-project.ts';

/** Files of one model: a network, its weights and a few companions. */
export const MAX_FILES = 64;
/** Bytes one import may bring; the server's message limit is the same. */
export const MAX_IMPORT_BYTES = 2 ** 30;
const MAX_NAME = 1024;
const MAX_PATH = 4096;

const fileName = z
  .string()
  .min(1)
  .max(MAX_NAME)
  // A name is shown and matched, never opened; separators in it would only mislead.
  .refine((name) => !/[\\/\0]/.test(name), 'a file name must not contain a path');

/** A file of the page's. */
export const namedBytes = z.object({ name: fileName, bytes: z.instanceof(Uint8Array) });

const source = z.union([
  z.strictObject({ files: z.array(namedBytes).min(1).max(MAX_FILES) }),
  z.strictObject({
    paths: z
      .array(
        z
          .string()
          .min(1)
          .max(MAX_PATH)
          .refine((path) => !path.includes('\0')),
      )
      .min(1)
      .max(MAX_FILES),
  }),
]);

const projectId = z
  .string()
  .min(1)
  .max(MAX_PATH)
  .refine((id) => !id.includes('\0'));

/** A name with one folder in front at most: `cat/1.png`. */
const sampleName = z
  .string()
  .min(1)
  .max(MAX_NAME)
  .regex(/^(?:[^\\/\0]+\/)?[^\\/\0]+$/, 'a sample has one folder at most');

const sampleBatch = z.strictObject({
  input: z.string().min(1).max(MAX_PATH),
  files: z
    .array(z.object({ name: sampleName, bytes: z.instanceof(Uint8Array) }))
    .min(1)
    .max(1000),
  classes: z.array(z.string().min(1).max(MAX_NAME)).max(100_000),
});

const finite = z.number();
const inputForm = z.strictObject({
  lid: z.string().min(1).max(MAX_PATH),
  category: z.enum(['image', 'frequency', 'undefined']),
  layout: z.enum(['nhwc', 'nchw']),
  shape: z.array(z.int().positive()).min(1).max(8),
  fitting: z.string().min(1).max(64).regex(/^\w+$/),
  reverseChannel: z.boolean(),
  mean: z.array(finite).max(65_536),
  scale: z.union([finite, z.array(finite).max(65_536)]),
});

const inputDraft = z.union([
  z.strictObject({ inputs: z.array(inputForm).max(1000) }),
  z.strictObject({ text: z.string().max(2 ** 20) }),
]);

const sampleIndex = z.int().nonnegative();
const inputKey = z.string().min(1).max(MAX_PATH);

const previewRequest = z.strictObject({
  input: inputKey,
  index: sampleIndex,
  draft: inputForm.optional(),
});

const jobId = z.string().regex(/^[\w-]{1,64}$/);
const layerKey = z.string().min(1).max(65_536);

/** A source of the right form and a size we accept. */
export function checkSource(value: unknown): ModelSource {
  const checked = parse(source, value, 'model source');
  if ('files' in checked) {
    const total = checked.files.reduce((sum, file) => sum + file.bytes.byteLength, 0);
    if (total > MAX_IMPORT_BYTES) {
      throw new StudioError(
        'file-unreadable',
        'the files are larger than 1 GiB together',
        { file: checked.files[0]?.name },
        'Import the model with the command line and open the .json it writes.',
      );
    }
  }
  return checked;
}

/** A project the page may ask for; whether it exists is another matter. */
export function checkProjectId(value: unknown): ProjectId {
  return parse(projectId, value, 'project');
}

export function checkSampleBatch(value: unknown): SampleBatch {
  return parse(sampleBatch, value, 'batch of samples');
}

export function checkDraft(value: unknown): InputDraft {
  return parse(inputDraft, value, 'input description');
}

export function checkPreview(value: unknown): PreviewRequest {
  return parse(previewRequest, value, 'preview');
}

/** One sample of one input. */
export function checkSample(input: unknown, index: unknown): { input: string; index: number } {
  return { input: parse(inputKey, input, 'input'), index: parse(sampleIndex, index, 'sample') };
}

export function checkIndices(value: unknown): number[] {
  return parse(z.array(sampleIndex).max(10_000_000), value, 'list of samples');
}

export function checkRunNumber(value: unknown): number {
  return parse(z.int().positive(), value, 'run');
}

/** Inferences to time. */
export function checkRuns(value: unknown): number {
  return parse(z.int().min(0).max(100), value, 'number of runs');
}

/** A file that the page read. */
export function checkNamedBytes(value: unknown): z.output<typeof namedBytes> {
  return parse(namedBytes, value, 'file');
}

/** A program to export node data for. */
export function checkNodeDataFormat(value: unknown): NodeDataFormat {
  return parse(z.enum(['netron', 'model-explorer']), value, 'format');
}

/** Name of a quantity. */
export function checkQuantity(value: unknown): string | null {
  return parse(z.string().max(MAX_NAME).nullable(), value, 'quantity');
}

export function checkProjectJob(value: unknown): ProjectJobName {
  return parse(z.enum(['quantize']), value, 'job');
}

/** A PID, or null. */
export function checkTarget(value: unknown): string | null {
  return parse(z.string().max(64).nullable(), value, 'chip');
}

/** A job name of ours. */
export function checkJob(value: unknown): JobId {
  return parse(jobId, value, 'job');
}

/** A layer key; whether it exists is the network's business. */
export function checkKey(value: unknown): string {
  return parse(layerKey, value, 'layer key');
}

/** A value from the page, in the right form. @throws StudioError 'usage' */
export function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const first = result.error.issues[0];
  throw new StudioError('usage', `the studio sent a bad ${what}: ${first?.message ?? 'unknown problem'}`);
}
