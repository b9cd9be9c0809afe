import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Absolute path of a file of the shared reference folder, looked for beside the repository and one level
 * further up; undefined when it is not on this machine (the test then skips itself).
 */
export function sharedPath(rel: string): string | undefined {
  return [resolve(root, '../shared', rel), resolve(root, '../../shared', rel)].find((path) =>
    existsSync(path),
  );
}
