import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { ImportOptions } from '../importers/options.ts';
import { StudioError } from '../network/errors.ts';
import type { JobContext } from './context.ts';
import { importTensorflowOptions } from './import-options.ts';
import { importJob, type ImportResult } from './import.ts';
import { parseOptions } from './options.ts';

/** What a model consists of on disk. */
interface ModelFiles {
  model: string;
  companions: string[];
  /** Of the network, where the file's own says nothing. */
  name?: string;
}

/** `pegasus import tensorflow`: a .pb file or the folder of a SavedModel → .json + .data. */
export async function importTensorflowJob(options: unknown, context: JobContext): Promise<ImportResult> {
  const { predefFile, meanValues, stdValues, subgraphs, ...given } = parseOptions(
    importTensorflowOptions,
    options,
  );
  const { model, companions, name } = await modelFiles(given.model);
  const stem = name === undefined ? undefined : join(dirname(resolve(given.model)), name);
  const written = stem === undefined ? {} : { outputModel: `${stem}.json`, outputData: `${stem}.data` };
  const own: Partial<ImportOptions> = {
    ...(name === undefined ? {} : { name }),
    ...(meanValues === undefined ? {} : { means: parseReals('--mean-values', meanValues) }),
    ...(stdValues === undefined ? {} : { deviations: parseReals('--std-values', stdValues) }),
    ...(subgraphs === undefined ? {} : { subgraphs: parseSubgraphs(subgraphs) }),
  };
  return importJob('tensorflow', { ...written, ...given, model }, context, {
    companions: [...companions, ...(predefFile === undefined ? [] : [predefFile])],
    options: own,
  });
}

/** Where a SavedModel keeps its graph. */
const SAVED_GRAPH = 'saved_model.pb';

async function modelFiles(path: string): Promise<ModelFiles> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  if (!isFolder && basename(path) !== SAVED_GRAPH) return { model: path, companions: [] };
  const folder = isFolder ? path : dirname(path);
  const variables = join(folder, 'variables');
  const files = await readdir(variables).catch(() => []);
  return {
    model: join(folder, SAVED_GRAPH),
    companions: files
      .filter((file) => /\.(index|data-\d+-of-\d+)$/.test(file))
      .map((file) => join(variables, file)),
    ...(isFolder ? { name: basename(resolve(folder)) } : {}),
  };
}

/** Numbers separated by commas. Throws 'usage'. */
function parseReals(option: string, text: string): number[] {
  return text.split(',').map((item) => {
    const value = Number(item);
    if (item.trim() === '' || !Number.isFinite(value))
      throw new StudioError(
        'usage',
        `${option}: "${item}" in "${text}" is not a number`,
        {},
        "Write '128.0,128.0'.",
      );
    return value;
  });
}

/** Parses `in1,in2#out1,out2;in3#out3`. Throws 'usage'. */
function parseSubgraphs(text: string): NonNullable<ImportOptions['subgraphs']> {
  const points = (list: string): string[] => list.split(',').map((name) => name.trim());
  return text.split(';').map((part) => {
    const lists = part.split('#').map(points);
    const [inputs, outputs] = lists;
    if (lists.length !== 2 || lists.flat().includes('')) {
      throw new StudioError(
        'usage',
        `--subgraphs: "${part}" is not a list of input points, '#' and a list of output points`,
        {},
        "Write 'in1,in2#out1,out2;in3#out3'.",
      );
    }
    return { inputs, outputs };
  });
}
