import { resolve } from 'node:path';
import { readDatasetList, type DatasetItem } from '../files/dataset-list.ts';
import { readNpyFile } from '../files/npy.ts';
import { StudioError } from '../network/errors.ts';
import type { InputDatabase } from '../network/input-meta.ts';
import type { Tensor } from '../network/tensor.ts';
import { sampleShape } from './preprocess.ts';
import { loadSample, pictureSizeOf, sampleOfArray } from './sample.ts';

/** Samples of one database of the input meta file, by number. */
export interface SampleSource {
  /** Number of samples. */
  length: number;
  /** Values per port of the database, preprocessed, in port order. */
  load(index: number): Promise<Float32Array[]>;
  label(index: number): number | undefined;
  /** Width and height of the first port's picture before it is resized; undefined where it is none. */
  pictureSize(index: number): Promise<{ width: number; height: number } | undefined>;
}

/**
 * Opens a database: TEXT (a list of files) or NPY (one array, samples along the first axis). The list's
 * files are looked up at once, their contents are read when asked for.
 * @param cwd what relative paths start from
 * @throws StudioError 'dataset-invalid', 'inputmeta-invalid' for other types, 'file-missing', ...
 */
export async function openDatabase(database: InputDatabase, cwd: string): Promise<SampleSource> {
  if (database.type === 'TEXT') {
    const items = await readDatasetList(database.path, { columns: database.ports.length, cwd });
    return listSource(database, items);
  }
  if (database.type === 'NPY') return arraySource(database, await readNpyFile(resolve(cwd, database.path)));
  throw new StudioError(
    'inputmeta-invalid',
    `databases of type ${database.type} are not supported`,
    { file: database.path },
    'Use type TEXT with a list of files, or NPY.',
  );
}

function listSource(database: InputDatabase, items: readonly DatasetItem[]): SampleSource {
  const item = (index: number): DatasetItem => {
    const found = items[index];
    if (!found) throw new RangeError(`sample ${index} of ${items.length}`);
    return found;
  };
  return {
    length: items.length,
    label: (index) => item(index).label,
    pictureSize: (index) => pictureSizeOf(item(index).paths[0] ?? ''),
    load: (index) => {
      const { paths, line } = item(index);
      const place = { file: database.path, line };
      return Promise.all(database.ports.map((port, column) => loadSample(paths[column] ?? '', port, place)));
    },
  };
}

function arraySource(database: InputDatabase, samples: Tensor): SampleSource {
  const [port] = database.ports;
  const wanted = port ? sampleShape(port) : [];
  const given = samples.shape.slice(1);
  const fits = given.length === wanted.length && given.every((dim, axis) => dim === wanted[axis]);
  if (!port || database.ports.length > 1 || !fits || !(samples.shape[0] > 0)) {
    throw new StudioError(
      'dataset-invalid',
      `an array of shape [${samples.shape.join(',')}] cannot feed one input of samples [${wanted.join(',')}]`,
      { file: database.path },
    );
  }
  return {
    length: samples.shape[0],
    label: () => undefined,
    pictureSize: () => Promise.resolve(undefined),
    load: async (index) => [sampleOfArray(samples, index, port)],
  };
}
