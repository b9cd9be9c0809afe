import type { ElementType, Shape } from '../../network/tensor.ts';
import { damaged, type Cursor } from './cursor.ts';

/** How elements are stored, as far as we read them. */
export type Hdf5Type =
  | { kind: 'numbers'; type: ElementType; size: number }
  | { kind: 'bfloat16'; size: number }
  | { kind: 'text'; size: number; padding: number }
  /** Texts of any length, in a heap. */
  | { kind: 'texts'; size: number }
  | { kind: 'other'; size: number; name: string };

const CLASSES = ['integers', 'floats', 'times', 'texts', 'bits', 'opaque bytes', 'records', 'references', 'enumerations', 'lists', 'arrays']; // prettier-ignore

const INTEGERS: Readonly<Record<string, ElementType>> = {
  '1s': 'int8', '1u': 'uint8', '2s': 'int16', '2u': 'uint16', '4s': 'int32', '4u': 'uint32', '8s': 'int64', '8u': 'int64',
}; // prettier-ignore

const FLOATS: Readonly<Record<number, ElementType>> = { 2: 'float16', 4: 'float32', 8: 'float64' };

/** Reads a datatype message. */
export function readDatatype(cursor: Cursor): Hdf5Type {
  const kind = cursor.u8() & 15;
  const [bits] = [cursor.u8(), cursor.u16()];
  const size = cursor.u32();
  if (size === 0) throw damaged('elements of no size');
  const other = (name = CLASSES[kind] ?? 'unknown elements'): Hdf5Type => ({ kind: 'other', size, name });
  if (kind === 3) return { kind: 'text', size, padding: bits & 15 };
  if (kind === 9) return (bits & 15) === 1 ? { kind: 'texts', size } : other();
  if (kind === 8) return enumeration(cursor, size);
  if (kind !== 0 && kind !== 1) return other();
  if ((bits & 0x41) !== 0) return other('numbers of another byte order');
  if (kind === 0) {
    const type = INTEGERS[`${size}${(bits & 8) === 0 ? 'u' : 's'}`];
    return type ? { kind: 'numbers', type, size } : other();
  }
  cursor.skip(5);
  const exponent = cursor.u8();
  if (size === 2 && exponent === 8) return { kind: 'bfloat16', size };
  const type = FLOATS[size];
  return type && exponent === { 2: 5, 4: 8, 8: 11 }[size] ? { kind: 'numbers', type, size } : other();
}

/** h5py stores truth values as an enumeration of bytes. */
function enumeration(cursor: Cursor, size: number): Hdf5Type {
  return size === 1 && (cursor.u8() & 15) === 0
    ? { kind: 'numbers', type: 'bool', size }
    : { kind: 'other', size, name: 'enumerations' };
}

/** Reads a dataspace message: the shape; undefined = it holds nothing. */
export function readDataspace(cursor: Cursor): Shape | undefined {
  const version = cursor.u8();
  const rank = cursor.u8();
  cursor.skip(1);
  if (version === 1) cursor.skip(5);
  else if (version === 2) {
    if (cursor.u8() === 2) return undefined;
  } else throw damaged('a shape of unknown kind');
  if (rank > 32) throw damaged(`a shape of ${rank} dimensions`);
  return Array.from({ length: rank }, () => cursor.length());
}
