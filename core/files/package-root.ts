import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StudioError } from '../network/errors.ts';

interface Package {
  root: string;
  version: string;
}

let found: Package | undefined;

/** The folder that holds our package.json, wherever the running file was bundled to. */
export function packageRoot(): string {
  found ??= findPackage();
  return found.root;
}

/** Our own version, as package.json states it. */
export function packageVersion(): string {
  found ??= findPackage();
  return found.version;
}

function findPackage(): Package {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = dirname(folder)) {
    const version = versionIn(folder);
    if (version !== undefined) return { root: folder, version };
    if (folder === dirname(folder)) break;
  }
  throw new StudioError(
    'file-missing',
    `no package.json of Nibble Studio above ${start}`,
    {},
    'Install Nibble Studio again.',
  );
}

function versionIn(folder: string): string | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (typeof content !== 'object' || content === null) return undefined;
    const { name, version } = content as { name?: unknown; version?: unknown };
    return name === 'nibble-studio' && typeof version === 'string' ? version : undefined;
  } catch {
    return undefined; // a folder without a (readable) package.json: look further up
  }
}

/**
 * A path below the package that other programs read: in a packaged studio such files lie beside the archive that only
 * Electron can look into.
 */
export function outsidePath(...parts: readonly string[]): string {
  const root = packageRoot();
  return join(root.endsWith('.asar') ? `${root}.unpacked` : root, ...parts);
}
