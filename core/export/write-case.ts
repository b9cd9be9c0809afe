import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeError, StudioError } from '../network/errors.ts';
import { writeFileAtomic } from '../files/atomic.ts';
import type { CaseFiles } from './case-files.ts';

/** Writes a project into a folder, which is made where it is missing. Other files there stay. */
export async function writeCase(folder: string, files: CaseFiles, signal?: AbortSignal): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, data] of files) {
      if (signal?.aborted) throw new StudioError('cancelled', 'the export was cancelled');
      const target = join(folder, name);
      await mkdir(dirname(target), { recursive: true });
      await writeFileAtomic(target, data);
    }
  } catch (error) {
    if (error instanceof StudioError) throw error;
    throw new StudioError('file-unwritable', describeError(error), { file: folder });
  }
}
