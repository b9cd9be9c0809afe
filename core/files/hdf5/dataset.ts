import { elementCount, rowMajorStrides, type Shape, type Tensor } from '../../network/tensor.ts';
import { tensorOnBytes } from '../../network/deferred.ts';
import { Cursor, damaged, UNDEFINED_ADDRESS, type Hdf5Bytes } from './cursor.ts';
import { readDataspace, readDatatype, type Hdf5Type } from './datatype.ts';
import { readFilters, unfilter, type Filter } from './filters.ts';
import { MESSAGE, type Message } from './header.ts';
import { eachLeaf } from './tree.ts';

/** How often larger than packed values may be: deflate can not exceed 1032. */
const MAX_RATIO = 1032;

/** An array in the file; its values are read when they are asked for. */
export interface Hdf5Dataset {
  shape: Shape;
  /** A view of the file where the values lie in one piece. @throws StudioError file-malformed */
  tensor(): Tensor;
}

/** Whether an object's header is that of a dataset. */
export const isDataset = (messages: readonly Message[]): boolean =>
  messages.some(({ type }) => type === MESSAGE.layout);

/** @throws StudioError file-malformed when what the header says can't be */
export function readDataset(file: Hdf5Bytes, messages: readonly Message[]): Hdf5Dataset {
  const body = (type: number): Cursor => {
    const found = messages.find((message) => message.type === type);
    if (!found) throw damaged('an array has no shape, type or place');
    if (found.shared) throw damaged('an array of a named type, which Keras does not write');
    return found.body;
  };
  const shape = readDataspace(body(MESSAGE.dataspace)) ?? [0];
  const type = readDatatype(body(MESSAGE.datatype));
  const packed = messages.find((message) => message.type === MESSAGE.filters);
  const filters = packed ? readFilters(packed.body) : [];
  const layout = body(MESSAGE.layout);
  const start = layout.at;
  if (messages.some((message) => message.type === MESSAGE.externalFiles))
    throw damaged('values in other files, which are not read');
  return {
    shape,
    tensor: () => {
      layout.at = start;
      const size = elementCount(shape) * type.size;
      return elements(type, shape, size === 0 ? new Uint8Array() : storedBytes({ file, layout, shape, type, filters, size })); // prettier-ignore
    },
  };
}

/** What is needed to find the values of an array. */
interface Stored {
  file: Hdf5Bytes;
  layout: Cursor;
  shape: Shape;
  type: Hdf5Type;
  filters: readonly Filter[];
  /** Bytes of all values. */
  size: number;
}

function elements(type: Hdf5Type, shape: Shape, bytes: Uint8Array): Tensor {
  if (type.kind === 'numbers') return tensorOnBytes(type.type, shape, bytes);
  if (type.kind !== 'bfloat16')
    throw damaged(`an array of ${type.kind === 'other' ? type.name : 'texts'} in place of numbers`);
  const wide = new Uint8Array(bytes.length * 2);
  for (let i = 0; i < bytes.length; i += 2) wide.set(bytes.subarray(i, i + 2), i * 2 + 2);
  return tensorOnBytes('float32', shape, wide);
}

function storedBytes(stored: Stored): Uint8Array {
  const { layout, file, size } = stored;
  const version = layout.u8();
  const kind = version === 3 || version === 4 ? layout.u8() : -1;
  if (kind === 0) return exactly(layout.raw(layout.u16()), size);
  if (kind === 1) {
    const address = layout.address();
    if (address === UNDEFINED_ADDRESS) throw damaged('an array whose values were never written');
    return new Cursor(file, address, size).raw(size);
  }
  if (kind === 2 && version === 3) return chunkedBytes(stored);
  throw damaged("an array in a layout of HDF5's newest or oldest versions, which Keras does not write");
}

function exactly(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length < size) throw damaged('an array is not whole');
  return bytes.subarray(0, size);
}

function chunkedBytes({ file, layout, shape, type, filters, size }: Stored): Uint8Array {
  const rank = layout.u8() - 1;
  const tree = layout.address();
  const chunk = Array.from({ length: Math.max(0, rank) }, () => layout.u32());
  if (rank !== shape.length || chunk.includes(0) || rank < 1)
    throw damaged('chunks that do not fit their array');
  const limit = file.bytes.length * MAX_RATIO;
  const chunkSize = chunk.reduce((all, dim) => all * dim, type.size);
  if (size > limit || chunkSize > limit || chunkSize > 2 ** 31)
    throw damaged('an array that is larger than the file can hold');
  const target = new Uint8Array(size);
  const keySize = 8 + 8 * (rank + 1);
  eachLeaf(file, tree, { type: 1, keySize }, (key, address) => {
    const length = key.u32();
    const mask = key.u32();
    const offset = chunk.map(() => key.number(8));
    const stored = new Cursor(file, address, length).raw(length);
    const values = unfilter(stored, filters, mask, chunkSize, type.size);
    placeChunk(values, chunk, target, shape, offset, type.size);
  });
  return target;
}

/** Copies the part of a chunk that lies inside the array, row by row. */
function placeChunk(
  values: Uint8Array,
  chunk: Shape,
  target: Uint8Array,
  shape: Shape,
  offset: readonly number[],
  width: number,
): void {
  const inside = chunk.map((dim, axis) => Math.min(dim, shape[axis] - offset[axis]));
  if (inside.some((dim) => dim <= 0)) return;
  const from = rowMajorStrides(chunk);
  const to = rowMajorStrides(shape);
  const last = shape.length - 1;
  const rows = elementCount(inside.slice(0, last));
  const row = inside[last] * width;
  for (let i = 0; i < rows; i++) {
    let rest = i;
    let source = 0;
    let place = offset[last];
    for (let axis = last - 1; axis >= 0; axis--) {
      const index = rest % inside[axis];
      rest = Math.floor(rest / inside[axis]);
      source += index * from[axis];
      place += (index + offset[axis]) * to[axis];
    }
    target.set(values.subarray(source * width, source * width + row), place * width);
  }
}
