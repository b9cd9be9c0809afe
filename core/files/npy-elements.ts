import { StudioError } from '../network/errors.ts';
import {
  bytesPerElement,
  elementCount,
  transpose,
  viewElements,
  type ElementType,
  type Shape,
  type Tensor,
} from '../network/tensor.ts';

/** A NumPy number type: how its bytes become elements. */
export interface NpyType {
  type: ElementType;
  /** uint64 is read into int64 when the values fit. */
  unsigned64: boolean;
  bigEndian: boolean;
  bytes: number;
}

const kinds = new Map<string, ElementType>([
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
  ['i1', 'int8'],
  ['i2', 'int16'],
  ['i4', 'int32'],
  ['i8', 'int64'],
  ['u1', 'uint8'],
  ['u2', 'uint16'],
  ['u4', 'uint32'],
  ['u8', 'int64'],
  ['b1', 'bool'],
]);

/**
 * The type a NumPy type text (`<f4`, `|u1`, `>i2`, also without byte order) names.
 * @throws StudioError 'file-malformed' for complex numbers, texts, objects, dates, ...
 */
export function parseNpyType(descr: string): NpyType {
  const match = /^([<>=|]?)([a-z]\d)$/.exec(descr);
  const type = match ? kinds.get(match[2]) : undefined;
  if (!match || !type) {
    throw new StudioError(
      'file-malformed',
      `elements of type "${descr}" are not supported`,
      {},
      'Store plain integers or floats.',
    );
  }
  return { type, unsigned64: match[2] === 'u8', bigEndian: match[1] === '>', bytes: bytesPerElement(type) };
}

const codes: Record<ElementType, string> = {
  float32: 'f4',
  float64: 'f8',
  float16: 'f2',
  int8: 'i1',
  uint8: 'u1',
  int16: 'i2',
  uint16: 'u2',
  int32: 'i4',
  uint32: 'u4',
  int64: 'i8',
  bool: 'b1',
};

/** NumPy's code of an element type without byte order: `f4`. */
export function npyCode(type: ElementType): string {
  return codes[type];
}

/** NumPy's byte order mark of an element type: single bytes have none. */
export function npyByteOrder(type: ElementType): '<' | '|' {
  return bytesPerElement(type) === 1 ? '|' : '<';
}

/**
 * A C-order tensor from the bytes of a NumPy array; a view where order and alignment allow it.
 * `bytes` must have the exact length.
 * @throws StudioError 'shape-mismatch' or 'file-malformed'
 */
export function tensorFromBytes(
  npy: NpyType,
  shape: Shape,
  fortranOrder: boolean,
  bytes: Uint8Array,
): Tensor {
  const count = elementCount(shape);
  if (count * npy.bytes !== bytes.length) {
    throw new StudioError(
      'file-malformed',
      `${bytes.length} bytes do not fill [${shape.join(',')}] of ${npy.type}`,
    );
  }
  const data = viewElements(npy.type, npy.bigEndian ? swapped(bytes, npy.bytes) : plainView(bytes));
  if (npy.unsigned64 && data instanceof BigInt64Array && data.some((value) => value < 0n)) {
    throw new StudioError('file-malformed', 'it holds an unsigned integer beyond 63 bits');
  }
  return fortranOrder ? fromFortran(npy.type, shape, data) : { type: npy.type, shape, data };
}

/** Fortran order is C order of the reversed shape. */
function fromFortran(type: ElementType, shape: Shape, data: Tensor['data']): Tensor {
  if (shape.length < 2 || data.length === 0) return { type, shape, data };
  const perm = shape.map((_, axis) => shape.length - 1 - axis);
  return { ...transpose({ type, shape: shape.toReversed(), data }, perm), shape };
}

/** `slice` of a Buffer does not copy, that of a Uint8Array does; what follows needs the latter. */
function plainView(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const copy = Buffer.from(new Uint8Array(bytes).buffer);
  if (size === 2) copy.swap16();
  else if (size === 4) copy.swap32();
  else if (size === 8) copy.swap64();
  return plainView(copy);
}
