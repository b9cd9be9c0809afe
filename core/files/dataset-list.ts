import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { counted } from '../network/counted.ts';
import { StudioError } from '../network/errors.ts';
import { summarize } from '../network/network.ts';
import { readTextOf } from './atomic.ts';

/** One line of a dataset list: a sample. */
export interface DatasetItem {
  /** 1-based line in the list. */
  line: number;
  /** One path per port, as written; absolute and existing after {@link readDatasetList}. */
  paths: string[];
  /** Class number behind the paths. */
  label?: number;
}

/** Where relative paths start, and how many ports a line feeds. */
export interface DatasetListOptions {
  /** Number of ports of the database: paths per line. */
  columns: number;
  /** Current directory of the user; relative paths are tried here first, then beside the list. */
  cwd?: string;
}

/** No calibration set comes near. */
const MAX_LINES = 10_000_000;
/** Files looked up at a time. */
const PARALLEL = 64;

/**
 * Parses a list: `path [path ...] [label]` per line, separated by blanks. Empty lines, `#` comment lines,
 * CRLF and a missing newline at the end are fine.
 * @throws StudioError 'dataset-invalid' with file and line
 */
export function parseDatasetList(text: string, columns: number, file?: string): DatasetItem[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
  if (lines.length > MAX_LINES) throw invalid(`more than ${MAX_LINES} lines`, file);
  const items: DatasetItem[] = [];
  lines.forEach((content, index) => {
    const trimmed = content.trim();
    if (trimmed !== '' && !trimmed.startsWith('#')) items.push(parseLine(trimmed, index + 1, columns, file));
  });
  if (items.length === 0) throw invalid('the list has no samples', file);
  return items;
}

function parseLine(content: string, line: number, columns: number, file: string | undefined): DatasetItem {
  const words = content.split(/[ \t]+/);
  const label = words.length === columns + 1 ? words.at(-1) : undefined;
  if (label !== undefined && /^-?\d{1,9}$/.test(label))
    return { line, paths: words.slice(0, columns), label: Number(label) };
  if (words.length === columns) return { line, paths: words };
  // A single path may hold blanks; for several there is no telling where one ends.
  if (columns === 1) return { line, paths: [content] };
  throw new StudioError(
    'dataset-invalid',
    `${counted(words.length, 'path')} on a line, but the network reads ${columns} inputs from this list`,
    { file, line },
    'Write one path per input, separated by blanks.',
  );
}

/**
 * Reads a dataset list and finds its files. All missing ones are reported at once.
 * @throws StudioError 'dataset-invalid' with list, line and path, 'file-missing', 'file-unreadable'
 */
export async function readDatasetList(path: string, options: DatasetListOptions): Promise<DatasetItem[]> {
  const cwd = options.cwd ?? process.cwd();
  const file = resolve(cwd, path);
  const items = parseDatasetList(await readTextOf(file), options.columns, path);
  const bases = [cwd, dirname(file)];
  const missing: { line: number; path: string }[] = [];
  for (let from = 0; from < items.length; from += PARALLEL) {
    const group = items.slice(from, from + PARALLEL);
    missing.push(...(await Promise.all(group.map((item) => locate(item, bases)))).flat());
  }
  if (missing.length > 0) throw missingFiles(missing, path);
  return items;
}

/** Makes the paths of an item absolute; returns those that lead to no file. */
async function locate(
  item: DatasetItem,
  bases: readonly string[],
): Promise<{ line: number; path: string }[]> {
  const found = await Promise.all(item.paths.map((path) => locateFile(path, bases)));
  const missing = item.paths.filter((_, index) => found[index] === undefined);
  item.paths = item.paths.map((path, index) => found[index] ?? path);
  return missing.map((path) => ({ line: item.line, path }));
}

async function locateFile(path: string, bases: readonly string[]): Promise<string | undefined> {
  const candidates = isAbsolute(path) ? [path] : bases.map((base) => resolve(base, path));
  for (const candidate of candidates) {
    const info = await stat(candidate).catch(() => undefined);
    if (info?.isFile()) return candidate;
  }
  return undefined;
}

function missingFiles(missing: readonly { line: number; path: string }[], list: string): StudioError {
  const lines = summarize(missing.map((entry) => `line ${entry.line}: ${entry.path}`));
  return new StudioError(
    'dataset-invalid',
    `${counted(missing.length, 'file')} of the dataset cannot be found (${lines})`,
    { file: list, line: missing[0]?.line },
    'Paths are relative to the current directory, or else to the folder of the list.',
  );
}

function invalid(message: string, file: string | undefined): StudioError {
  return new StudioError('dataset-invalid', message, { file });
}
