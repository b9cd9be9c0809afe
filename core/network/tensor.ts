import { StudioError } from './errors.ts';
import { copyStrided, rowMajorStrides } from './strided-copy.ts';

export { rowMajorStrides };

/** Dimensions, outermost first (C order). In a network, 0 in front means "batch not fixed yet". */
export type Shape = readonly number[];

/** Element types a coefficient can have, by their NumPy-like names. */
export type ElementType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'bool';

/** Little-endian storage of {@link ElementType}; float16 is held as raw bits, bool as bytes 0/1. */
export type ElementArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array;

/** A constant array: a weight, a bias, the data of a `variable` layer, a folded tensor. */
export interface Tensor {
  type: ElementType;
  shape: Shape;
  /** C order, `elementCount(shape)` elements. */
  data: ElementArray;
}

const constructors = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const;

/** More elements than any network for these chips has; a file that asks for more is wrong or hostile. */
export const MAX_ELEMENTS = 2 ** 31 - 1;

/** Product of the dimensions. Throws when one is negative or the product leaves 31 bits. */
export function elementCount(shape: Shape): number {
  let count = 1;
  for (const dim of shape) {
    if (!Number.isInteger(dim) || dim < 0) throw new StudioError('shape-mismatch', `bad dimension ${dim}`);
    count *= dim;
    if (count > MAX_ELEMENTS) throw new StudioError('shape-mismatch', `[${shape.join(',')}] is too large`);
  }
  return count;
}

/** Bytes of one element. */
export function bytesPerElement(type: ElementType): number {
  return constructors[type].BYTES_PER_ELEMENT;
}

/** A zero-filled array for `count` elements of `type`. */
export function allocateElements(type: ElementType, count: number): ElementArray {
  return new constructors[type](count);
}

/** A typed view of little-endian bytes; copies only when the bytes are not aligned. */
export function viewElements(type: ElementType, bytes: Uint8Array): ElementArray {
  const make = constructors[type];
  const size = make.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new make(aligned.buffer as ArrayBuffer, aligned.byteOffset, Math.floor(aligned.byteLength / size));
}

/** A float32 tensor. Throws when the data does not fill the shape. */
export function floatTensor(shape: Shape, data: Float32Array): Tensor {
  if (elementCount(shape) !== data.length) {
    throw new StudioError('shape-mismatch', `${data.length} values do not fill [${shape.join(',')}]`);
  }
  return { type: 'float32', shape, data };
}

/** Values as float32, converted where the tensor has another type. */
export function toFloat32(tensor: Tensor): Float32Array {
  const { data, type } = tensor;
  if (type === 'float16') return Float32Array.from(data as Uint16Array, float16ToNumber);
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  return Float32Array.from(data as Float64Array);
}

/** Values as plain numbers; int64 must be exactly representable. */
export function toNumbers(tensor: Tensor): number[] {
  if (tensor.type === 'float16') return Array.from(tensor.data as Uint16Array, float16ToNumber);
  return Array.from(tensor.data as Float64Array, Number);
}

/** The value of IEEE binary16 bits. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * Moves elements so that output dimension i is input dimension `perm[i]` (numpy.transpose).
 * @returns a new tensor; the input when `perm` is the identity.
 */
export function transpose(tensor: Tensor, perm: readonly number[]): Tensor {
  if (isIdentity(perm)) return tensor;
  const data = allocateElements(tensor.type, tensor.data.length);
  transposeInto(tensor.data, data, tensor.shape, perm);
  return { type: tensor.type, shape: permuted(tensor.shape, perm), data };
}

/** {@link transpose} into memory of the caller's; both arrays hold the elements of `shape`. */
export function transposeInto(
  source: ElementArray,
  target: ElementArray,
  shape: Shape,
  perm: readonly number[],
): void {
  if (target.length > 0)
    copyStrided(source, target, permuted(shape, perm), permuted(rowMajorStrides(shape), perm));
}

/** Whether a permutation leaves every axis in its place. */
export const isIdentity = (perm: readonly number[]): boolean => perm.every((from, to) => from === to);

/** One number per axis, in the order of the transposed axes. */
export const permuted = (values: readonly number[], perm: readonly number[]): number[] =>
  perm.map((axis) => values[axis] ?? 0);
