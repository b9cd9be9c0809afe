import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../files/package-root.ts';
import { StudioError } from '../network/errors.ts';

/** Path of a built entry of out/node. @throws StudioError 'simulator-unavailable' where nothing was built */
export function builtFile(name: string): string {
  const file = join(packageRoot(), 'out/node', name);
  if (!existsSync(file))
    throw new StudioError('simulator-unavailable', `${file} is not built`, {}, 'Run "npm run build".');
  return file;
}
