import { openDatabase } from '../dataset/database.ts';
import { loadSample, pictureSizeOf } from '../dataset/sample.ts';
import { StudioError } from '../network/errors.ts';
import type { InputMeta } from '../network/input-meta.ts';
import type { Network } from '../network/network.ts';
import type { JobContext } from './context.ts';
import { ports } from './load.ts';

/** What the inputs of a network hold for one sample. */
export interface SampleInputs {
  /** In the order of the input layers, in the network's layout. */
  values: Float32Array[];
  /** Of the picture before it was resized. */
  size: { width: number; height: number } | undefined;
}

/** A sample of the dataset by its number, or of a file for a network with one input. */
export async function loadInputs(
  sample: number | string,
  network: Network,
  meta: InputMeta,
  { cwd = '.' }: JobContext,
): Promise<SampleInputs> {
  if (typeof sample === 'string') {
    const all = ports(meta);
    if (all.length !== 1) {
      throw new StudioError('usage', `the network has ${all.length} inputs, one file cannot fill them`);
    }
    return { values: [await loadSample(sample, all[0])], size: await pictureSizeOf(sample) };
  }
  const values = new Map<string, Float32Array>();
  let size: SampleInputs['size'];
  for (const [index, database] of meta.databases.entries()) {
    const source = await openDatabase(database, cwd);
    const at = sample % source.length;
    const loaded = await source.load(at);
    database.ports.forEach(({ lid }, port) => values.set(lid, loaded[port]));
    if (index === 0) size = await source.pictureSize(at);
  }
  return { values: network.inputs.map(({ key }) => values.get(key) ?? new Float32Array()), size };
}

/** The same sample for every place of a batch. */
export function repeated(inputs: readonly Float32Array[], batch: number): Float32Array[] {
  return inputs.map((values) => {
    const all = new Float32Array(values.length * batch);
    for (let index = 0; index < batch; index++) all.set(values, index * values.length);
    return all;
  });
}
