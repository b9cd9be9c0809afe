import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { StudioError } from '../network/errors.ts';
import { isAlive } from './project-lock.ts';

/** The files of a project, by the names pegasus gives them. */
export class ProjectFiles {
  readonly folder: string;
  readonly name: string;
  readonly model: string;
  readonly data: string;
  /** The coefficients before a correction; there only if there was one. */
  readonly originalData: string;
  readonly inputMeta: string;
  readonly table: string;
  /** The network of a hybrid quantization. */
  readonly hybrid: string;
  readonly analysis: string;
  readonly samples: string;
  readonly classes: string;
  /** The post-processing description. */
  readonly postProcess: string;
  readonly settings: string;

  /** @param model path of NAME.json */
  constructor(model: string) {
    const folder = dirname(model);
    const name = basename(model, '.json');
    const file = (ending: string): string => join(folder, `${name}${ending}`);
    this.folder = folder;
    this.name = name;
    this.model = model;
    this.data = file('.data');
    this.originalData = file('.original.data');
    this.inputMeta = file('_inputmeta.yml');
    this.table = file('.quantize');
    this.hybrid = file('.quantize.json');
    this.analysis = file('.analysis.json');
    this.samples = join(folder, 'samples');
    this.classes = join(folder, 'classes.txt');
    this.postProcess = file('_postprocess_file.yml');
    this.settings = join(folder, 'nibble.json');
  }

  /** A path as files of the project spell it. */
  inFolder(path: string): string {
    return resolve(this.folder, path);
  }

  /** Folder of a finished run. */
  run(number: number): string {
    return join(this.folder, 'runs', `${this.name}-${number}`);
  }

  /** Folder of a run that has not finished; whatever is in it may be deleted when nobody works there. */
  unfinishedRun(): string {
    return join(this.folder, 'runs', `.unfinished-${this.name}`);
  }
}

/** Milliseconds since 1970 of the last change; undefined = no such file. */
export async function changed(path: string): Promise<number | undefined> {
  return stat(path).then(
    (info) => (info.isFile() ? info.mtimeMs : undefined),
    () => undefined,
  );
}

/** @throws StudioError 'file-missing' for a project that has no coefficients */
export async function needCoefficients({ data, name }: ProjectFiles): Promise<void> {
  if ((await changed(data)) !== undefined) return;
  throw new StudioError('file-missing', 'the coefficients are missing', { file: `${name}.data` });
}

const hashes = new Map<string, string>();
/** Hashes kept: several files of a few projects. */
const MAX_HASHES = 500;

/** No file system is coarser but FAT, with 2 s. */
const COARSE_MS = 2000;

/** Milliseconds since 1970 when files were last put into a folder or taken out. */
export async function folderChanged(path: string): Promise<number | undefined> {
  return stat(path).then(
    (info) => info.mtimeMs,
    () => undefined,
  );
}

/** Names the contents of a file; read again only when time or size of the file changed. '' = no such file. */
export async function fingerprint(path: string): Promise<string> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) return '';
  const key = `${path}\0${info.mtimeMs}\0${info.size}`;
  const known = hashes.get(key);
  if (known !== undefined) return known;
  const hash = createHash('sha1');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  const found = hash.digest('hex');
  if (hashes.size >= MAX_HASHES) hashes.clear();
  // The clock of file systems is coarse: a file that just changed may change again without a new time.
  if (Date.now() - info.mtimeMs > COARSE_MS) hashes.set(key, found);
  return found;
}

/** Temporary files of writers that died: `.nibble-PID-RANDOM.tmp`. */
const LEFTOVER = /^\.nibble-(\d+)-[0-9a-f]+\.tmp$/;
/** A writer that lives touches its file more often. */
const ABANDONED_MS = 60_000;

/** Deletes what a killed program left half written in a folder. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = Number(LEFTOVER.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid)) continue;
    const path = join(folder, name);
    const time = await changed(path);
    const old = time !== undefined && Date.now() - time > ABANDONED_MS;
    if (old || !isAlive(pid)) await unlink(path).catch(() => undefined);
  }
}
