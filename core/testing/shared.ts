import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A file or folder of the reference collection beside the repository, or undefined where it is absent. */
export function sharedPath(rel: string): string | undefined {
  return ['../shared', '../../shared']
    .map((base) => resolve(root, base, rel))
    .find((path) => existsSync(path));
}
