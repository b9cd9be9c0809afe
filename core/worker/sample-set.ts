import { basename, join, relative, sep } from 'node:path';
import { openDatabase } from '../dataset/database.ts';
import { readTextOf } from '../files/atomic.ts';
import { readDatasetList, type DatasetItem } from '../files/dataset-list.ts';
import { counted } from '../network/counted.ts';
import { StudioError } from '../network/errors.ts';
import type { InputDatabase, InputMeta, InputPort } from '../network/input-meta.ts';
import type { SamplesView, SampleView } from './contract-project.ts';
import { isForeign } from './input-meta-draft.ts';
import type { ProjectFiles } from './project-files.ts';

/** One database with its samples. */
interface SampleColumn {
  database: InputDatabase;
  length: number;
  /** Null for an array file. */
  items: DatasetItem[] | null;
}

/** The calibration set as the input description has it. */
export class SampleSet {
  /** Samples; a shorter database starts over. */
  readonly length: number;

  private constructor(
    private readonly columns: readonly SampleColumn[],
    private readonly classes: readonly string[],
  ) {
    this.length = Math.max(0, ...columns.map(({ length }) => length));
  }

  /** Looks all files up. @throws StudioError 'dataset-invalid', 'file-missing', ... */
  static async open(files: ProjectFiles, meta: InputMeta): Promise<SampleSet> {
    const columns: SampleColumn[] = [];
    for (const database of meta.databases) columns.push(await openColumn(files, database));
    return new SampleSet(columns, await readClasses(files));
  }

  /** The file of a sample for an input, or null in an array file. @throws StudioError 'usage' */
  locate(
    input: string,
    index: number,
  ): { path: string | null; name: string; port: InputPort; database: InputDatabase } {
    for (const { database, items, length } of this.columns) {
      const column = database.ports.findIndex((port) => port.lid === input);
      if (column < 0) continue;
      if (!(index >= 0 && index < this.length)) break;
      const path = items?.[index % length]?.paths[column] ?? null;
      const name = path === null ? `${basename(database.path)}, sample ${index + 1}` : basename(path);
      return { path, name, port: database.ports[column], database };
    }
    throw new StudioError('usage', `there is no sample ${index} of input "${input}"`);
  }

  view(folder: string, fixed: string | null): SamplesView {
    const samples = Array.from({ length: this.length }, (_, index) => this.sample(index));
    return {
      lists: this.columns.map(({ database }) => database.path),
      fixed,
      samples,
      labelled: samples.filter(({ label }) => label !== null).length,
      classes: [...this.classes],
      warnings: this.warnings(folder),
    };
  }

  private sample(index: number): SampleView {
    const files = this.columns.flatMap(({ items, length, database }) =>
      items ? items[index % length].paths.map((path) => basename(path)) : [basename(database.path)],
    );
    const labels = this.columns.map(({ items, length }) => items?.[index % length].label);
    return { files, label: labels.find((label) => label !== undefined) ?? null };
  }

  private warnings(folder: string): string[] {
    const warnings: string[] = [];
    if (this.length < 32) {
      warnings.push(
        `${counted(this.length, 'sample')}: 50 to 200 that look like real use make better ranges.`,
      );
    }
    for (const { database, length, items } of this.columns) {
      if (length < this.length) {
        warnings.push(
          `${database.path} has ${length} of ${this.length} samples; it starts over when it ends.`,
        );
      }
      const used = items?.flatMap(({ paths }) => paths) ?? [];
      const again = used.length - new Set(used).size;
      if (again > 0) warnings.push(`${database.path} names ${counted(again, 'file')} more than once.`);
      const outside = used.filter((path) => relative(folder, path).startsWith('..')).length;
      if (outside > 0) {
        warnings.push(
          `${outside} file${outside === 1 ? ' lies' : 's lie'} outside of the project folder: it cannot be moved on its own.`,
        );
      }
    }
    return warnings;
  }
}

async function openColumn({ folder }: ProjectFiles, database: InputDatabase): Promise<SampleColumn> {
  if (database.type !== 'TEXT') {
    const { length } = await openDatabase(database, folder);
    return { database, length, items: null };
  }
  const items = await readDatasetList(database.path, { columns: database.ports.length, cwd: folder });
  return { database, length: items.length, items };
}

/** Class names, line 1 = class 0. */
export async function readClasses({ classes }: ProjectFiles): Promise<string[]> {
  try {
    const text = await readTextOf(classes);
    return text
      .split(/\r\n|\n|\r/)
      .map((line) => line.trim())
      .filter((line, at, all) => line !== '' || at < all.length - 1);
  } catch (error) {
    if (error instanceof StudioError && error.code === 'file-missing') return [];
    throw error;
  }
}

/** A path as it stands in a list: relative with slashes, so that the folder can be moved. */
export function listPath(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/');
}

/** The list that dropped files of an input go into. @throws StudioError 'usage' when there is none */
export function listFor(
  files: ProjectFiles,
  meta: InputMeta,
  input: string,
): { list: string; port: InputPort } {
  const database = meta.databases.find(({ ports }) => ports.some(({ lid }) => lid === input));
  const port = database?.ports[0];
  if (!database || !port) throw new StudioError('usage', `there is no input "${input}"`);
  const reason = fixedReason(database);
  if (reason !== null) throw new StudioError('usage', reason);
  return { list: join(files.folder, database.path), port };
}

/** Why samples cannot be added to a database from the studio; null = they can. */
export function fixedReason({ type, ports, path }: InputDatabase): string | null {
  if (type !== 'TEXT') return `${path} is an array file: change it where it was made.`;
  if (ports.length > 1) return `${path} has a column for each input: add lines to it in an editor.`;
  if (isForeign(path)) {
    return `${path} lies outside of the project: add lines to it in an editor.`;
  }
  return null;
}
