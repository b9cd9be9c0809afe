import { z } from 'zod';
import { StudioError } from '../network/errors.ts';
import type { JobId, ModelSource } from './contract.ts';

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

const namedBytes = z.object({ name: fileName, bytes: z.instanceof(Uint8Array) });

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

/** A job name of ours. */
export function checkJob(value: unknown): JobId {
  return parse(jobId, value, 'job');
}

/** A layer key; whether it exists is the network's business. */
export function checkKey(value: unknown): string {
  return parse(layerKey, value, 'layer key');
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const first = result.error.issues[0];
  throw new StudioError('usage', `the studio sent a bad ${what}: ${first?.message ?? 'unknown problem'}`);
}
