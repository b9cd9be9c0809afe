import { createHash } from 'node:crypto';
import { mkdir, unlink } from 'node:fs/promises';
import { basename, extname, join, relative } from 'node:path';
import { loadSample } from '../dataset/sample.ts';
import { decodeText, readTextOf, writeFileAtomic } from '../files/atomic.ts';
import { parseDatasetList, type DatasetItem } from '../files/dataset-list.ts';
import { StudioError } from '../network/errors.ts';
import type { InputMeta, InputPort } from '../network/input-meta.ts';
import type { NamedBytes } from './contract.ts';
import type { AddedSamples, SampleBatch } from './contract-project.ts';
import { changed, fingerprint, type ProjectFiles } from './project-files.ts';
import { listFor, listPath, readClasses } from './sample-set.ts';

/** Files that say which class samples have, or what classes are called. */
const TEXT = /\.(?:txt|csv)$/i;

/**
 * Puts files into the samples folder and into the input's list. What cannot be read as a sample of this input is
 * rejected with the reason; nothing of it stays.
 */
export async function addSamples(
  files: ProjectFiles,
  meta: InputMeta,
  batch: SampleBatch,
): Promise<AddedSamples> {
  const { list, port } = listFor(files, meta, batch.input);
  const several = meta.databases.length > 1;
  const folder = several
    ? join(files.samples, String(meta.databases.findIndex(({ ports }) => ports.includes(port))))
    : files.samples;
  const classes = await classNumbers(files, batch.classes);
  const items = await readItems(list);
  const listed = new Set(items.map(({ paths }) => paths[0]));
  const result: AddedSamples = { added: 0, labelled: 0, rejected: [] };
  await mkdir(folder, { recursive: true });
  for (const file of batch.files.filter(({ name }) => !TEXT.test(name))) {
    try {
      const path = listPath(files.folder, await store(folder, file, port));
      if (listed.has(path)) throw new StudioError('usage', 'it is in the list already');
      const label = classes.get(folderOf(file.name));
      listed.add(path);
      items.push({ line: 0, paths: [path], ...(label === undefined ? {} : { label }) });
      result.added++;
    } catch (error) {
      result.rejected.push({ name: file.name, reason: reasonOf(error) });
    }
  }
  for (const file of batch.files.filter(({ name }) => TEXT.test(name))) {
    try {
      result.labelled += await readLabels(files, file, items);
    } catch (error) {
      result.rejected.push({ name: file.name, reason: reasonOf(error) });
    }
  }
  if (result.added + result.labelled > 0) await writeItems(list, items);
  return result;
}

/** Takes samples out of all lists; their files are deleted where they lie in the project's samples folder. */
export async function removeSamples(
  files: ProjectFiles,
  meta: InputMeta,
  indices: readonly number[],
): Promise<void> {
  const gone = new Set(indices);
  for (const { ports } of meta.databases) {
    const { list } = listFor(files, meta, ports[0]?.lid ?? '');
    const items = await readItems(list);
    const kept = items.filter((_, index) => !gone.has(index));
    await writeItems(list, kept);
    const used = new Set(kept.flatMap(({ paths }) => paths));
    for (const path of items.flatMap(({ paths }) => paths)) {
      const inside = !relative(files.samples, join(files.folder, path)).startsWith('..');
      if (inside && !used.has(path)) await unlink(join(files.folder, path)).catch(() => undefined);
    }
  }
}

async function readItems(list: string): Promise<DatasetItem[]> {
  if ((await changed(list)) === undefined) return [];
  const text = await readTextOf(list);
  return text.trim() === '' ? [] : parseDatasetList(text, 1, list);
}

async function writeItems(list: string, items: readonly DatasetItem[]): Promise<void> {
  const lines = items.map(({ paths, label }) => (label === undefined ? paths[0] : `${paths[0]} ${label}`));
  await writeFileAtomic(list, lines.map((line) => `${line}\n`).join(''));
}

/** Writes a sample's file under a name that is free, and reads it as the calibration will. @returns its path */
async function store(folder: string, { name, bytes }: NamedBytes, port: InputPort): Promise<string> {
  const hash = createHash('sha1').update(bytes).digest('hex');
  // Blanks separate the columns of a list.
  const file = basename(name)
    .replace(/[^\p{L}\p{N}._-]+/gu, '_')
    .replace(/^\.+/, '_');
  const [stem, ending] = [file.slice(0, file.length - extname(file).length), extname(file)];
  for (let copy = 1; ; copy++) {
    const path = join(folder, copy === 1 ? file : `${stem}-${copy}${ending}`);
    const found = await fingerprint(path);
    if (found === hash) return path;
    if (found !== '') continue;
    await writeFileAtomic(path, bytes);
    try {
      await loadSample(path, port);
      return path;
    } catch (error) {
      await unlink(path).catch(() => undefined);
      throw error;
    }
  }
}

const folderOf = (name: string): string => (name.includes('/') ? name.slice(0, name.indexOf('/')) : '');

/** Numbers of class folders: those of classes.txt, else their own if they are numbers, else in sorted order. */
async function classNumbers(files: ProjectFiles, folders: readonly string[]): Promise<Map<string, number>> {
  if (folders.length === 0) return new Map();
  if (folders.every((folder) => /^\d{1,9}$/.test(folder)))
    return new Map(folders.map((folder) => [folder, Number(folder)]));
  const known = await readClasses(files);
  const all = [...known, ...folders.filter((folder) => !known.includes(folder))];
  if (all.length > known.length) await writeFileAtomic(files.classes, `${all.join('\n')}\n`);
  return new Map(all.map((folder, index) => [folder, index]));
}

/** A list of names and class numbers gives labels; a list of names alone becomes classes.txt. @returns labels given */
async function readLabels(
  files: ProjectFiles,
  { name, bytes }: NamedBytes,
  items: DatasetItem[],
): Promise<number> {
  const text = decodeText(bytes, name).replaceAll(',', ' ');
  const lines = parseDatasetList(text, 1, name);
  const labels = new Map(lines.map(({ paths, label }) => [basename(paths[0]), label]));
  if (lines.every(({ label }) => label === undefined)) {
    if (!/class|label|name/i.test(name)) throw new StudioError('usage', 'the list has no class numbers');
    await writeFileAtomic(files.classes, text);
    return 0;
  }
  let given = 0;
  for (const item of items) {
    const label = labels.get(basename(item.paths[0]));
    if (label === undefined) continue;
    item.label = label;
    given++;
  }
  if (given === 0) throw new StudioError('usage', 'it names none of the samples; add the pictures first');
  return given;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof StudioError)) return error instanceof Error ? error.message : String(error);
  return error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
}
