import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const folders = [process.env.NIBBLE_SHARED, join(root, '../shared'), join(root, '../../shared')];

/**
 * A file of the reference material that is not part of the repository; undefined when it is not there.
 * Looked for in the folder that NIBBLE_SHARED names, else in `shared` beside the checkout or its parent.
 */
export function sharedPath(relative: string): string | undefined {
  const candidates = folders.flatMap((folder) => (folder ? [join(folder, relative)] : []));
  return candidates.find((path) => existsSync(path));
}
