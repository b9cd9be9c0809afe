import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { StudioError } from '../network/errors.ts';
import { changed } from './project-files.ts';

/** JSON files of a project that are not its network. */
const OTHERS = /(?:\.quantize|\.analysis)\.json$|^(?:nibble|package|package-lock|tsconfig)\.json$/;

/**
 * The network a folder is about: NAME.json with NAME.data beside it, or the only one there is.
 * @returns its path @throws StudioError 'file-missing', 'usage' when there are several
 */
export async function findModel(folder: string): Promise<string> {
  const file = basename(folder);
  const info = await stat(folder).catch(() => undefined);
  if (!info?.isDirectory()) throw new StudioError('file-missing', 'there is no such project', { file });
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json') && !OTHERS.test(name));
  const whole = await keep(names, (name) => changed(join(folder, name.replace(/\.json$/, '.data'))));
  const [found, ...more] = whole.length > 0 ? whole : names;
  if (found === undefined) {
    throw new StudioError('file-missing', 'the folder holds no network (.json)', { file });
  }
  const own = [found, ...more].find((name) => name === `${file}.json`);
  if (own === undefined && more.length > 0) {
    throw new StudioError(
      'usage',
      `the folder holds several networks: ${[found, ...more].slice(0, 5).join(', ')}`,
      { file },
      'Open one of the files instead of the folder.',
    );
  }
  return join(folder, own ?? found);
}

async function keep<T>(items: readonly T[], test: (item: T) => Promise<unknown>): Promise<T[]> {
  const results = await Promise.all(items.map(test));
  return items.filter((_, index) => results[index] !== undefined);
}
