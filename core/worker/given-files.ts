import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StudioError } from '../network/errors.ts';
import type { NamedBytes, WireError } from './contract.ts';
import type { ImportChoices } from './contract-model.ts';
import { byExtension, hasEnding } from './formats.ts';
import { findModelFiles, missingFiles, type ModelFiles, type ModelReader } from './import-model.ts';
import { isForeign } from './input-meta-draft.ts';
import type { ModelAccess } from './model-access.ts';
import { changed, ProjectFiles } from './project-files.ts';
import { companionsBeside, keepSource } from './project-source.ts';
import { readPaths } from './read-paths.ts';

/** Files of a model, and where the main one lies (desktop). */
export interface GivenFiles {
  files: readonly NamedBytes[];
  /** By file name. */
  paths: ReadonlyMap<string, string>;
}

/** A model that did not become a project. */
export interface RefusedModel {
  given: GivenFiles;
  /** Undefined while the file to start from is missing. */
  model: ModelFiles | undefined;
  choices: ImportChoices | null;
  problem: WireError;
}

/** Whether a model begins with one of these files. */
function startsModel({ files }: GivenFiles, readers: readonly ModelReader[]): boolean {
  return readers.some(({ format }) => byExtension(...format.extensions)(files) !== undefined);
}

/** Whether all of these files are of the kinds that may come with a model. @param main its main file */
export function completesModel(
  { files }: GivenFiles,
  main: string,
  readers: readonly ModelReader[],
): boolean {
  const format = readers.find((reader) => hasEnding(main, reader.format.extensions))?.format;
  return format !== undefined && files.every(({ name }) => hasEnding(name, format.companions));
}

/** Files that came later join the model that waits for them. */
export function joinFiles(
  before: RefusedModel | undefined,
  now: GivenFiles,
  readers: readonly ModelReader[],
): GivenFiles {
  if (!before || (before.model && startsModel(now, readers))) return now;
  const names = new Set(now.files.map(({ name }) => name));
  return {
    files: [...before.given.files.filter(({ name }) => !names.has(name)), ...now.files],
    paths: new Map([...before.given.paths, ...now.paths]),
  };
}

/** The model that files are; of those on the desktop, with what lies beside them and they cannot do without. */
export async function modelOf(
  { files, paths }: GivenFiles,
  readers: readonly ModelReader[],
  signal: AbortSignal,
): Promise<ModelFiles> {
  const model = findModelFiles(files, readers);
  const path = paths.get(model.main.name);
  if (path === undefined) return model;
  const folder = dirname(path);
  const missing = missingFiles(model).length > 0;
  const beside = missing ? await companionsBeside(folder, model.main.name, model.reader.format) : [];
  const found = beside.filter((name) => !files.some((one) => one.name === name));
  const more = await readPaths(
    found.map((name) => join(folder, name)),
    signal,
  );
  return { ...model, others: [...model.others, ...more] };
}

/**
 * The files with those that a model asks for by name, where they lie in its folder (desktop).
 * @returns undefined when one is not there, or leads elsewhere
 */
export async function withNamed(
  given: GivenFiles,
  model: ModelFiles | undefined,
  names: readonly string[],
  signal: AbortSignal,
): Promise<GivenFiles | undefined> {
  const path = model && given.paths.get(model.main.name);
  const known = new Set(given.files.map(({ name }) => name));
  if (path === undefined || names.length === 0) return undefined;
  const found: string[] = [];
  for (const name of names) {
    const whole = join(dirname(path), name);
    const info = await lstat(whole).catch(() => undefined);
    if (isForeign(name) || known.has(basename(name)) || !info?.isFile()) return undefined;
    found.push(whole);
  }
  return { ...given, files: [...given.files, ...(await readPaths(found, signal))] };
}

/** @throws StudioError 'file-missing' that names what is missing */
export function requireFiles(model: ModelFiles, without: boolean): void {
  const missing = missingFiles(model).filter(({ optional }) => !(without && optional));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  throw new StudioError(
    'file-missing',
    `${model.reader.format.title} models have a file that ends in ${names.join(' and one in ')}, which was not given`,
    { file: model.main.name },
    'Add it.',
    { files: names },
  );
}

/** Whether more files or other choices could help. */
export async function canWait(
  model: ModelFiles | undefined,
  { details }: WireError,
  { files }: GivenFiles,
  readers: readonly ModelReader[],
  models: ModelAccess,
): Promise<boolean> {
  if (details?.files) return true;
  if (!model) return readers.some(({ format }) => byExtension(...format.companions)(files) !== undefined);
  return models.look(model).then(
    () => true,
    () => false,
  );
}

/** Whether NAME.data beside a model holds weights of the model itself: coefficients must not be written over them. */
export async function overwritesWeights(path: string): Promise<boolean> {
  const files = new ProjectFiles(path.replace(/\.[^.]*$/, '.json'));
  return (await changed(files.model)) === undefined && (await changed(files.data)) !== undefined;
}

/** Remembers the files of a model where they lie; those from elsewhere are copied. */
export async function keepBeside(path: string, { main, others }: ModelFiles): Promise<string[]> {
  const folder = dirname(path);
  const here = await Promise.all(others.map(({ name }) => changed(join(folder, name))));
  const foreign = others.filter((_, index) => here[index] === undefined);
  const kept = foreign.length === 0 ? [] : await keepSource(folder, foreign);
  return [main.name, ...others.filter((one) => !foreign.includes(one)).map(({ name }) => name), ...kept];
}
