import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** One file of the built page. */
export interface PageFile {
  /** With a leading slash, as it is asked for. */
  path: string;
  bytes: Uint8Array;
}

/**
 * Reads the whole built page (a few files, well under 10 MB). What is served is looked up in this map by
 * its exact name, so that no path, however spelled, can lead out of the folder.
 */
export async function readPageFiles(root: string): Promise<Map<string, PageFile>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry): Promise<PageFile> => {
        const file = join(entry.parentPath, entry.name);
        return { path: `/${relative(root, file).split(sep).join('/')}`, bytes: await readFile(file) };
      }),
  );
  return new Map(files.map((file) => [file.path, file]));
}
