import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writeFileAtomic } from '../files/atomic.ts';
import { StudioError } from '../network/errors.ts';
import type { NamedBytes } from './contract.ts';
import { hasEnding } from './formats.ts';
import { findModelFiles, stem, type ModelFiles, type ModelReader } from './import-model.ts';
import { changed, type ProjectFiles } from './project-files.ts';
import { readSettings, writeSettings } from './project-settings.ts';
import { readPaths } from './read-paths.ts';
import { SOURCE_FOLDER, type SourceRecord } from './source-record.ts';

/** Remembers what a project was imported from. */
export async function rememberSource(files: ProjectFiles, source: SourceRecord): Promise<void> {
  await writeSettings(files, { ...(await readSettings(files)), source });
}

/** Puts the files of a model into a project. @returns their names from its folder on, in this order */
export async function keepSource(folder: string, given: readonly NamedBytes[]): Promise<string[]> {
  await makeFolder(join(folder, SOURCE_FOLDER));
  for (const { name, bytes } of given) await writeFileAtomic(join(folder, SOURCE_FOLDER, name), bytes);
  return given.map(({ name }) => `${SOURCE_FOLDER}/${name}`);
}

/** Paths of the model that a project was imported from, the main file first; undefined = it is not there. */
export async function sourcePaths(
  files: ProjectFiles,
  readers: readonly ModelReader[],
): Promise<string[] | undefined> {
  const { source } = await readSettings(files);
  const named = source?.files.map((name) => files.inFolder(name)) ?? [];
  const [main, ...others] = await existing(named);
  if (main !== undefined && main === named[0]) return [main, ...others];
  return source ? undefined : sourceBeside(files, readers);
}

/** The model that `pegasus import` read, as long as it lies beside the network under its name. */
async function sourceBeside(
  files: ProjectFiles,
  readers: readonly ModelReader[],
): Promise<string[] | undefined> {
  const names = await readdir(files.folder).catch(() => []);
  for (const { format } of readers.filter(converts)) {
    const main = names.find((name) => stem(name, format.extensions) === files.name && name !== files.name);
    if (main === undefined) continue;
    const paired = await companionsBeside(files.folder, main, format);
    return [main, ...paired].map((name) => join(files.folder, name));
  }
  return undefined;
}

/** Names of the files in a folder that a model cannot do without: those of its name, else the only ones of their kind. */
export async function companionsBeside(
  folder: string,
  main: string,
  { asks = [], extensions }: ModelReader['format'],
): Promise<string[]> {
  const names = asks.length === 0 ? [] : await readdir(folder).catch(() => []);
  return asks.flatMap(({ ending, of }) => {
    if (of && !of.test(main)) return [];
    const found = names.filter((name) => hasEnding(name, [ending]));
    return (
      found.find((name) => stem(name, [ending]) === stem(main, extensions)) ??
      (found.length === 1 ? found : [])
    );
  });
}

const converts = (reader: ModelReader): boolean => reader.graph !== undefined;

async function existing(paths: readonly string[]): Promise<string[]> {
  const times = await Promise.all(paths.map(changed));
  return paths.filter((_, index) => times[index] !== undefined);
}

/** The model that a project was imported from, read again only when a file of it changed. */
export class ProjectSource {
  private last: { key: string; model: Promise<ModelFiles> } | undefined;

  constructor(private readonly readers: readonly ModelReader[]) {}

  /** @throws StudioError 'file-missing' when the project has none */
  async read(files: ProjectFiles): Promise<ModelFiles> {
    const model = await this.find(files);
    if (model) return model;
    const hint = `Put it into ${SOURCE_FOLDER}, or open the model anew.`;
    throw new StudioError(
      'file-missing',
      'the model this was imported from is gone',
      { file: files.name },
      hint,
    );
  }

  /** Undefined when the project has none. */
  async find(files: ProjectFiles): Promise<ModelFiles | undefined> {
    const paths = await sourcePaths(files, this.readers);
    if (!paths) return undefined;
    const key = JSON.stringify([paths, await Promise.all(paths.map(changed))]);
    if (this.last?.key !== key) {
      const model = this.load(paths);
      // Whoever asks gets the error; here it only must not count as unhandled.
      model.catch(() => undefined);
      this.last = { key, model };
    }
    return this.last.model;
  }

  private async load(paths: readonly string[]): Promise<ModelFiles> {
    const read = await readPaths(paths, new AbortController().signal);
    return findModelFiles(read, this.readers.filter(converts));
  }
}
