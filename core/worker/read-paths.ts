import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { StudioError } from '../network/errors.ts';
import type { NamedBytes } from './contract.ts';
import { MAX_IMPORT_BYTES } from './validate.ts';

/** Reads the chosen files; problems are sentences that name the file. */
export async function readPaths(paths: readonly string[], signal: AbortSignal): Promise<NamedBytes[]> {
  const files: NamedBytes[] = [];
  let total = 0;
  for (const path of paths) {
    const file = basename(path);
    try {
      const info = await stat(path);
      if (!info.isFile()) throw new StudioError('file-unreadable', 'this is not a file', { file });
      total += info.size;
      if (total > MAX_IMPORT_BYTES) {
        throw new StudioError('file-unreadable', 'the files are larger than 1 GiB together', { file });
      }
      files.push({ name: file, bytes: await readFile(path, { signal }) });
    } catch (error) {
      throw asStudioError(error, file);
    }
  }
  return files;
}

function asStudioError(error: unknown, file: string): unknown {
  if (error instanceof StudioError || !(error instanceof Error)) return error;
  if (error.name === 'AbortError') return new StudioError('cancelled', 'the import was cancelled');
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return new StudioError('file-missing', 'the file does not exist', { file });
  if (code === 'EACCES') return new StudioError('file-unreadable', 'the file may not be read', { file });
  return new StudioError('file-unreadable', 'the file cannot be read', { file });
}
