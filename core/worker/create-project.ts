import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { decodeText, writeFileAtomic } from '../files/atomic.ts';
import { writeCoefficients } from '../files/coefficients.ts';
import { parseInputMeta } from '../files/inputmeta-file.ts';
import { writeNetworkFile } from '../files/network-json.ts';
import { writeQuantizeFile } from '../files/quantize-file.ts';
import { StudioError } from '../network/errors.ts';
import type { NamedBytes } from './contract.ts';
import type { ImportedModel } from './import-model.ts';
import { refusePaths } from './input-meta-draft.ts';
import { changed, ProjectFiles } from './project-files.ts';
import { keepSource } from './project-source.ts';

const MAX_NAME = 80;
/** Folders of that name tried before giving up. */
const MAX_COPIES = 1000;
/** A folder that is being filled; one that stays was left by a killed program. */
const UNFINISHED = /^\.new-[0-9a-f]+$/;
const ABANDONED_MS = 3_600_000;

/** A file name of one word that every system takes, made of whatever the model is called. */
export function projectName(file: string): string {
  const stem = basename(file, extname(file)).normalize('NFC');
  const name = stem
    .replace(/[^\p{L}\p{N}._-]+/gu, '_')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, MAX_NAME);
  return name === '' || /^(?:con|prn|aux|nul|com\d|lpt\d|nibble)$/i.test(name) ? `model_${name}` : name;
}

/**
 * Makes a project of dropped files: a new folder NAME (or NAME-2, ...) under the root. It appears whole or not at all.
 * @param fill puts more files into the folder before it appears
 */
export async function createProject(
  root: string,
  model: ImportedModel,
  given: readonly NamedBytes[],
  fill: (folder: string) => Promise<void> = async () => undefined,
): Promise<ProjectFiles> {
  const name = projectName(model.file);
  const making = join(root, `.new-${randomBytes(8).toString('hex')}`);
  try {
    await mkdir(making, { recursive: true });
    await removeUnfinished(root);
    const files = new ProjectFiles(join(making, `${name}.json`));
    if (isNetwork(model.file)) await copyNetwork(files, model, given);
    else {
      await keepSource(making, given);
      await writeModel(files, model);
    }
    await fill(making);
    return new ProjectFiles(join(await claim(root, making, name), `${name}.json`));
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    if (error instanceof StudioError || !(error instanceof Error)) throw error;
    throw new StudioError('file-unwritable', `cannot make a project folder: ${error.message}`, {
      file: root,
    });
  }
}

/** Writes NAME.json and NAME.data beside a model file, unless newer ones are there already. */
export async function createBeside(path: string, model: ImportedModel): Promise<ProjectFiles> {
  const files = new ProjectFiles(join(dirname(path), `${basename(path, extname(path))}.json`));
  if (!(await isImported(path))) await writeModel(files, model);
  return files;
}

/** Whether NAME.json and NAME.data beside a model file are newer than it. */
export async function isImported(path: string): Promise<boolean> {
  const files = new ProjectFiles(join(dirname(path), `${basename(path, extname(path))}.json`));
  const source = (await changed(path)) ?? Infinity;
  const [network, data] = await Promise.all([changed(files.model), changed(files.data)]);
  return network !== undefined && data !== undefined && network >= source && data >= source;
}

/** Whether a file is a network of ours rather than a model to import. */
export function isNetwork(file: string): boolean {
  return file.toLowerCase().endsWith('.json');
}

/** Writes what an import made, over what an earlier one made. */
export async function writeModel(
  files: ProjectFiles,
  { network, quantization }: ImportedModel,
): Promise<void> {
  await writeCoefficients(files.data, network.coefficients);
  await writeNetworkFile(files.model, network);
  if (!quantization) return;
  // A hybrid network would be taken for the one that the new table is about.
  await unlink(files.hybrid).catch(() => undefined);
  await writeQuantizeFile(files.table, quantization);
}

/** Files of a network are copied as they are: a rewritten one would differ in what we do not know of. */
async function copyNetwork(
  files: ProjectFiles,
  model: ImportedModel,
  given: readonly NamedBytes[],
): Promise<void> {
  const targets: readonly (readonly [RegExp, string])[] = [
    [/\.data$/i, files.data],
    [/inputmeta\.ya?ml$/i, files.inputMeta],
    [/\.quantize$/i, files.table],
  ];
  for (const { name, bytes } of given) {
    const target = name === model.file ? files.model : targets.find(([pattern]) => pattern.test(name))?.[1];
    if (target === files.inputMeta) refusePaths(parseInputMeta(decodeText(bytes, name), name), [], name);
    if (target !== undefined) await writeFileAtomic(target, bytes);
  }
}

/** Gives the finished folder its name. @returns its path */
async function claim(root: string, making: string, name: string): Promise<string> {
  for (let copy = 1; copy < MAX_COPIES; copy++) {
    const folder = join(root, copy === 1 ? name : `${name}-${copy}`);
    try {
      // Fails where the folder exists: a rename onto it could replace an empty one.
      await mkdir(folder);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue;
      throw error;
    }
    await rm(folder, { recursive: true });
    await rename(making, folder);
    return folder;
  }
  throw new StudioError('file-unwritable', `there are too many projects called ${name}`, { file: root });
}

async function removeUnfinished(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!UNFINISHED.test(name)) continue;
    const folder = join(root, name);
    const info = await stat(folder).catch(() => undefined);
    if (info && Date.now() - info.mtimeMs > ABANDONED_MS) await rm(folder, { recursive: true, force: true });
  }
}
