import { tensorOnBytes } from '../../network/deferred.ts';
import { StudioError } from '../../network/errors.ts';
import type { ModelHome } from '../options.ts';
import {
  allocateElements,
  bytesPerElement,
  elementCount,
  viewElements,
  type ElementArray,
  type ElementType,
  type Shape,
  type Tensor,
} from '../../network/tensor.ts';
import { readExternal } from './external-data.ts';
import { FLOAT8, float8Value } from './float8.ts';
import { toInteger, type ProtoSparseTensor, type ProtoTensor } from './schema.ts';

/** ONNX TensorProto.DataType numbers of the element types we hold. */
const TYPES: ReadonlyMap<number, ElementType> = new Map([
  [1, 'float32'],
  [2, 'uint8'],
  [3, 'int8'],
  [4, 'uint16'],
  [5, 'int16'],
  [6, 'int32'],
  [7, 'int64'],
  [9, 'bool'],
  [10, 'float16'],
  [11, 'float64'],
  [12, 'uint32'],
  // uint64 only carries sizes and indices in practice; as int64 it keeps its bits.
  [13, 'int64'],
  // 8-bit floats are read as what they stand for, 4-bit integers as whole bytes.
  [17, 'float32'],
  [18, 'float32'],
  [19, 'float32'],
  [20, 'float32'],
  [21, 'uint8'],
  [22, 'int8'],
]);

/** The plainest number of each type comes first in {@link TYPES}, and so stays here. */
const NUMBERS: ReadonlyMap<ElementType, number> = new Map(
  [...TYPES].reverse().map(([number, type]) => [type, number]),
);

/** ONNX's number of an element type; 0, its "undefined", where it has none. */
export function onnxType(type: ElementType): number {
  return NUMBERS.get(type) ?? 0;
}

const UINT4 = 21;
const INT4 = 22;

const BFLOAT16 = 16;

/** The element type of an ONNX type number, or undefined for types we do not hold (string, complex, ...). */
export function elementType(onnxType: number): ElementType | undefined {
  return onnxType === BFLOAT16 ? 'float32' : TYPES.get(onnxType);
}

/** Whether an ONNX type number is one of the 8-bit floats, which we can read but not round to. */
export const isFloat8 = (onnxType: number | undefined): boolean =>
  onnxType !== undefined && FLOAT8.has(onnxType);

/** Smallest and largest value of the 4-bit integer types. */
export function smallIntegerLimits(onnxType: number | undefined): readonly [number, number] | undefined {
  return onnxType === UINT4 ? [0, 15] : onnxType === INT4 ? [-8, 7] : undefined;
}

/** Dimensions of a tensor. Throws when one is negative or the product is too large. */
function tensorShape(dims: ProtoTensor['dims'], name: string): number[] {
  const shape = dims.map(toInteger);
  if (shape.length > 32)
    throw new StudioError('file-malformed', `tensor "${name}" has ${shape.length} dimensions`);
  try {
    elementCount(shape);
  } catch {
    throw new StudioError(
      'file-malformed',
      `tensor "${name}" has impossible dimensions [${shape.join(',')}]`,
    );
  }
  return shape;
}

/**
 * The values of a TensorProto. raw_data and packed float/double data become views of the file's bytes.
 * @param home where external data files may be; without it external data is an error.
 * @throws StudioError file-malformed when the data does not fill the declared dimensions.
 */
export function decodeTensor(proto: ProtoTensor, home?: ModelHome): Tensor {
  const type = elementType(proto.dataType);
  if (!type) {
    throw new StudioError(
      'op-unsupported',
      `tensor "${proto.name}" has element type ${proto.dataType}, which is not supported`,
    );
  }
  if (proto.segment) throw new StudioError('op-unsupported', `tensor "${proto.name}" is stored in segments`);
  const shape = tensorShape(proto.dims, proto.name);
  const count = elementCount(shape);
  const width = bytesPerElement(type);
  const bytes = storedBytes(proto, type, count * width, home);
  if (bytes) {
    checkCount(proto.name, shape, Math.floor(bytes.length / width), count);
    return tensorOnBytes(type, shape, bytes.subarray(0, count * width));
  }
  const data = tensorElements(proto, type, count, home);
  checkCount(proto.name, shape, data.length, count);
  return { type, shape, data };
}

function checkCount(name: string, shape: Shape, found: number, count: number): void {
  if (found === count) return;
  throw new StudioError(
    'file-malformed',
    `truncated: tensor "${name}" holds ${found} values but [${shape.join(',')}] needs ${count}`,
  );
}

/** The elements of a tensor where the file holds them as they are in memory; undefined where it codes them. */
function storedBytes(
  proto: ProtoTensor,
  type: ElementType,
  size: number,
  home?: ModelHome,
): Uint8Array | undefined {
  if (proto.dataType === BFLOAT16 || isFloat8(proto.dataType) || smallIntegerLimits(proto.dataType))
    return undefined;
  if (proto.dataLocation === 1) return readExternal(proto, size, home);
  if (proto.rawData.length > 0) return proto.rawData;
  if (type === 'float32') return joined(proto.floatData);
  return type === 'float64' ? joined(proto.doubleData) : undefined;
}

/** Elements that must be decoded one by one. */
function tensorElements(
  proto: ProtoTensor,
  type: ElementType,
  count: number,
  home?: ModelHome,
): ElementArray {
  if (isFloat8(proto.dataType) || smallIntegerLimits(proto.dataType))
    return smallElements(proto, type, count, home);
  if (proto.dataType === BFLOAT16) return widenBfloat16(bfloat16Bits(proto, count, home));
  const runs = proto.dataType === 13 || proto.dataType === 12 ? proto.uint64Data : proto.int64Data;
  if (type === 'int64' || type === 'uint32') return varints(runs, type, count);
  return varints(proto.int32Data, type, count);
}

function bfloat16Bits(proto: ProtoTensor, count: number, home?: ModelHome): Uint16Array {
  const raw = proto.dataLocation === 1 ? readExternal(proto, count * 2, home) : proto.rawData;
  return (
    raw.length > 0 ? viewElements('uint16', raw) : varints(proto.int32Data, 'uint16', count)
  ) as Uint16Array;
}

/** Elements of 8 bits that are floats, or of 4 bits. */
function smallElements(proto: ProtoTensor, type: ElementType, count: number, home?: ModelHome): ElementArray {
  const four = !isFloat8(proto.dataType);
  const size = four ? Math.ceil(count / 2) : count;
  const bytes =
    proto.dataLocation === 1
      ? readExternal(proto, size, home)
      : proto.rawData.length > 0
        ? proto.rawData
        : Uint8Array.from(varints(proto.int32Data, 'uint8', size) as Uint8Array);
  if (bytes.length !== size) return allocateElements(type, 0);
  const elements = allocateElements(type, count);
  for (let i = 0; i < count; i++) {
    const code = four ? (bytes[i >> 1] >> ((i & 1) * 4)) & 15 : bytes[i];
    const value = !four
      ? float8Value(proto.dataType, code)
      : proto.dataType === INT4 && code > 7
        ? code - 16
        : code;
    elements[i] = value as never;
  }
  return elements;
}

/** bfloat16 numbers are the upper halves of float32 ones. */
export function widenBfloat16(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = bits[i] << 16;
  return new Float32Array(wide.buffer);
}

/** Runs of bytes as one; a single run stays a view. */
export function joined(runs: readonly Uint8Array[]): Uint8Array {
  if (runs.length === 1) return runs[0];
  const all = new Uint8Array(runs.reduce((sum, run) => sum + run.length, 0));
  let at = 0;
  for (const run of runs) {
    all.set(run, at);
    at += run.length;
  }
  return all;
}

/** Decodes packed varints; at most `limit + 1` of them, so that a wrong count is seen but never costs memory. */
function varints(runs: readonly Uint8Array[], type: ElementType, limit: number): ElementArray {
  const bytes = joined(runs);
  const data = allocateElements(type, Math.min(bytes.length, limit + 1));
  const wide = data instanceof BigInt64Array ? data : undefined;
  let length = 0;
  let low = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    low |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte & 0x80) {
      if (shift > 63n) throw new StudioError('file-malformed', 'a packed integer is longer than 64 bits');
      continue;
    }
    if (length === data.length) break;
    if (wide) wide[length++] = BigInt.asIntN(64, low);
    else data[length++] = Number(BigInt.asIntN(32, low)) as never;
    low = 0n;
    shift = 0n;
  }
  return data.subarray(0, length);
}

/** A sparse tensor made dense. Indices are flat [count] or per axis [count, rank]. */
export function decodeSparseTensor(proto: ProtoSparseTensor, home?: ModelHome): Tensor {
  const { values: protoValues, indices: protoIndices } = proto;
  if (!protoValues || !protoIndices)
    throw new StudioError('file-malformed', 'a sparse tensor has no values or indices');
  const values = decodeTensor(protoValues, home);
  const indices = decodeTensor(protoIndices, home);
  const shape = tensorShape(proto.dims, protoValues.name);
  const data = allocateElements(values.type, elementCount(shape));
  const rank = indices.shape.length === 2 ? shape.length : 1;
  for (let i = 0; i < values.data.length; i++) {
    let flat = 0;
    for (let axis = 0; axis < rank; axis++) {
      flat = (rank === 1 ? 0 : flat * shape[axis]) + Number(indices.data[i * rank + axis] ?? -1);
    }
    if (!(flat >= 0 && flat < data.length)) {
      throw new StudioError(
        'file-malformed',
        `an index of sparse tensor "${protoValues.name}" is outside its shape`,
      );
    }
    data[flat] = values.data[i] as never;
  }
  return { type: values.type, shape, data };
}
