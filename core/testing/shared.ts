import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const roots = ['../../../shared/', '../../../../shared/'];

/**
 * Absolute path of a file of the shared reference material (real models, real tool outputs), or undefined
 * when this checkout has none beside it: tests that need it are skipped then.
 */
export function sharedPath(rel: string): string | undefined {
  for (const root of roots) {
    const path = fileURLToPath(new URL(root + rel, import.meta.url));
    if (existsSync(path)) return path;
  }
  return undefined;
}
