import { z } from 'zod';
import { StudioError } from '../network/errors.ts';
import type { BuildKind, DumpsRequest, Requantization, VerifySample } from './contract-export.ts';
import { MAX_IMPORT_BYTES, namedBytes, parse } from './validate.ts';

/** Characters of a pasted text: a terminal session is shorter. */
const MAX_PASTED = 2 ** 20;
/** Bytes of a picture to look at. */
const MAX_SAMPLE = 64 * 2 ** 20;

const sample = z.union([
  z.strictObject({ index: z.int().nonnegative() }),
  z.strictObject({
    file: namedBytes.refine(({ bytes }) => bytes.byteLength <= MAX_SAMPLE, 'the file is larger than 64 MiB'),
  }),
]);

/** Layers of the longest networks are some thousand. */
const MAX_DUMPS = 20_000;

const dumps = z.strictObject({
  files: z.array(namedBytes).min(1).max(MAX_DUMPS),
  against: z.enum(['quantized', 'float32', 'float16']),
  sample,
  requantization: z.enum(['exact', 'npu']),
});

/** A text that may name boards. */
export function checkPasted(value: unknown): string {
  return parse(z.string().max(MAX_PASTED), value, 'text');
}

/** A post-processing description, or null. */
export function checkPostProcessText(value: unknown): string | null {
  return parse(z.string().max(MAX_PASTED).nullable(), value, 'post-processing description');
}

/** A name; whether the export has such a file is another matter. */
export function checkCaseFile(value: unknown): string {
  return parse(z.string().min(1).max(2048), value, 'file name');
}

/** A case that can be built here. */
export function checkBuildKind(value: unknown): BuildKind {
  return parse(z.enum(['case', 'unify']), value, 'case');
}

/** How integer sums become codes. */
export function checkRequantization(value: unknown): Requantization {
  return parse(z.enum(['exact', 'npu']), value, 'requantization');
}

/** A sample of the set, or a file. */
export function checkVerifySample(value: unknown): VerifySample {
  return parse(sample, value, 'sample');
}

/** Dumps of a size that we accept. */
export function checkDumps(value: unknown): DumpsRequest {
  const checked = parse(dumps, value, 'layer dumps');
  const total = checked.files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  if (total <= MAX_IMPORT_BYTES) return checked;
  throw new StudioError(
    'file-unreadable',
    'the files are larger than 1 GiB together',
    {},
    'Compare them with "pegasus compare dumps".',
  );
}
