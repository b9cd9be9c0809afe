import { mkdir, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { copyFileAtomic } from '../files/atomic.ts';
import { StudioError } from '../network/errors.ts';
import { changed, fingerprint, type ProjectFiles } from './project-files.ts';
import type { Project } from './project.ts';
import { readSettings, writeSettings, type RunRecord } from './project-settings.ts';

/** Fingerprints of what a quantization is made from. */
export async function basisOf(project: Project): Promise<RunRecord['basis']> {
  const { files } = project;
  const { meta } = await project.inputMeta();
  const lists = await Promise.all(project.lists(meta).map(fingerprint));
  return {
    model: await fingerprint(files.model),
    data: await fingerprint(await sourceData(files)),
    inputMeta: await fingerprint(files.inputMeta),
    lists: lists.join(),
  };
}

/**
 * The coefficients as they were imported: NAME.original.data, as long as NAME.data is that file or what one of our runs
 * made of it. After a new import the old original means nothing.
 */
export async function sourceData(files: ProjectFiles): Promise<string> {
  const original = await fingerprint(files.originalData);
  if (original === '') return files.data;
  const now = await fingerprint(files.data);
  if (now === original) return files.originalData;
  const { runs } = await readSettings(files);
  for (const { number } of runs) {
    if (now === (await fingerprint(runFiles(files, number).data))) return files.originalData;
  }
  return files.data;
}

/** The run whose table is the project's; undefined = none, or it was changed outside. */
export async function currentRun(files: ProjectFiles): Promise<RunRecord | undefined> {
  const { runs, current } = await readSettings(files);
  const table = await fingerprint(files.table);
  const same = table === '' ? [] : runs.filter((run) => run.table === table);
  return same.find(({ number }) => number === current) ?? same.at(-1);
}

/** Files of a run's folder, by the same names as in the project. */
export function runFiles(
  files: ProjectFiles,
  number: number,
): Record<'table' | 'data' | 'hybrid' | 'analysis' | 'entropy', string> {
  return filesIn(files, files.run(number));
}

/** The same of any folder. */
export function filesIn({ name }: ProjectFiles, folder: string): ReturnType<typeof runFiles> {
  const file = (ending: string): string => join(folder, `${name}${ending}`);
  return {
    table: file('.quantize'),
    data: file('.data'),
    hybrid: file('.quantize.json'),
    analysis: file('.analysis.json'),
    entropy: join(folder, 'entropy.txt'),
  };
}

/** Work in a fresh runs/.unfinished-NAME; the folder is gone afterwards, unless it has become a run. */
export async function inUnfinished<T>(files: ProjectFiles, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = files.unfinishedRun();
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Gives the folder of a finished run its number and makes it the project's. */
export async function keepRun(
  files: ProjectFiles,
  made: Omit<RunRecord, 'number' | 'table'>,
): Promise<RunRecord> {
  const settings = await readSettings(files);
  let number = settings.lastRun + 1;
  // A folder may have been copied without its settings.
  while ((await changed(runFiles(files, number).table)) !== undefined) number++;
  await rm(files.run(number), { recursive: true, force: true });
  await rename(files.unfinishedRun(), files.run(number));
  const record: RunRecord = { ...made, number, table: await fingerprint(runFiles(files, number).table) };
  await writeSettings(files, { ...settings, lastRun: number, runs: [...settings.runs, record] });
  await useRun(files, number);
  return record;
}

/**
 * Makes the files of a run the project's. The old table goes first and the new one comes last: whatever interrupts this, no
 * table stands beside files it is not about.
 */
export async function useRun(files: ProjectFiles, number: number): Promise<void> {
  const run = runFiles(files, number);
  if ((await changed(run.table)) === undefined) {
    throw new StudioError('file-missing', `the files of run ${number} are gone`, { file: files.run(number) });
  }
  const source = await sourceData(files);
  await unlink(files.table).catch(() => undefined);
  if ((await changed(run.data)) !== undefined) {
    if (source === files.data) await copyFileAtomic(files.data, files.originalData);
    await copyFileAtomic(run.data, files.data);
  } else if (source === files.originalData) {
    await copyFileAtomic(files.originalData, files.data);
  }
  const { hybrid, analysis, entropy } = filesIn(files, files.folder);
  await copyOrRemove(run.hybrid, hybrid);
  await copyOrRemove(run.analysis, analysis);
  await copyOrRemove(run.entropy, entropy);
  await copyFileAtomic(run.table, files.table);
  await writeSettings(files, { ...(await readSettings(files)), current: number });
}

async function copyOrRemove(from: string, to: string): Promise<void> {
  if ((await changed(from)) !== undefined) return copyFileAtomic(from, to);
  await unlink(to).catch(() => undefined);
}
