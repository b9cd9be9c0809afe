import { tensorOnBytes } from '../../network/deferred.ts';
import { StudioError } from '../../network/errors.ts';
import { bytesPerElement, elementCount, type Tensor } from '../../network/tensor.ts';
import { toInteger } from '../onnx/schema.ts';
import type { ModelFile } from '../options.ts';
import { decode, type ProtoBundleEntry } from './schema.ts';
import { readTable } from './sstable.ts';
import { knownShape, widened } from './tensor-proto.ts';
import { elementTypeOf } from './types.ts';

const BFLOAT16 = 14;

/** The variables of a SavedModel by their key in the checkpoint. */
export interface Bundle {
  has(key: string): boolean;
  /** A view of the data file. @throws StudioError file-malformed or op-unsupported */
  load(key: string): Tensor;
}

/**
 * Reads the checkpoint of a SavedModel: an index of variables and files with their bytes.
 * @param files the companions of the model; only those that are named like a checkpoint are read
 * @returns undefined where there is no index among them
 * @throws StudioError file-malformed
 */
export function readBundle(files: readonly ModelFile[]): Bundle | undefined {
  const index = files.find(({ name }) => name.endsWith('.index'));
  if (!index) return undefined;
  const entries = readTable(index.bytes, index.name);
  const header = decode('BundleHeader', entries.get('') ?? new Uint8Array(0), 'the header of a checkpoint');
  if (header.endianness !== 0)
    throw new StudioError('op-unsupported', 'the checkpoint was written by a big-endian computer', {
      file: index.name,
    });
  const count = Math.max(1, header.numShards);
  return {
    has: (key) => key !== '' && entries.has(key),
    load: (key) => {
      const bytes = entries.get(key);
      if (!bytes)
        throw new StudioError('file-malformed', `the checkpoint has no "${key}"`, { file: index.name });
      const entry = decode('BundleEntry', bytes, 'an entry of a checkpoint');
      return tensorOf(entry, key, shard(files, index.name, entry.shardId, count));
    },
  };
}

function shard(files: readonly ModelFile[], index: string, number: number, count: number): ModelFile {
  const digits = (value: number): string => String(value).padStart(5, '0');
  const name = `${index.slice(0, -'.index'.length)}.data-${digits(number)}-of-${digits(count)}`;
  const file = files.find((one) => one.name === name);
  if (!file) {
    throw new StudioError(
      'file-missing',
      `the variables are in "${name}", which was not given`,
      {},
      'Give all files of the SavedModel.',
    );
  }
  return file;
}

function tensorOf(entry: ProtoBundleEntry, key: string, file: ModelFile): Tensor {
  const type = elementTypeOf(entry.dtype);
  if (!type) throw new StudioError('op-unsupported', `variable "${key}" has element type ${entry.dtype}`);
  if (entry.slices.length > 0)
    throw new StudioError('op-unsupported', `variable "${key}" is stored in parts`);
  const shape = knownShape(entry.shape, `variable "${key}"`);
  const stored = entry.dtype === BFLOAT16 ? 'uint16' : type;
  const size = elementCount(shape) * bytesPerElement(stored);
  const [offset, length] = [toInteger(entry.offset), toInteger(entry.size)];
  if (length !== size || offset < 0 || offset + length > file.bytes.length) {
    throw new StudioError('file-malformed', `truncated: variable "${key}" is not where the index says`, {
      file: file.name,
    });
  }
  const tensor = tensorOnBytes(stored, shape, file.bytes.subarray(offset, offset + length));
  return entry.dtype === BFLOAT16 ? widened(tensor) : tensor;
}
