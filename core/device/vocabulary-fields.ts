/** How the C headers declare a field: scalar, fixed array (`[]`) or pointer to an array (`*`). */
export type FieldType =
  | 'u8'
  | 'u32'
  | 'i32'
  | 'f32'
  | 'bool'
  | 'enum'
  | 'string'
  | 'u32[]'
  | 'i32[]'
  | 'f32[]'
  | 'bool[]'
  | 'u32*'
  | 'i32*'
  | 'f32*';

/** One field of an op's parameter struct. */
export interface FieldInfo {
  type: FieldType;
  /** Elements of a fixed array; 1 otherwise. */
  count: number;
  /** Enums: the C constants the field takes. */
  values?: readonly string[];
  /** Pointers: what the case code calls the local array that it points to. */
  local?: string;
  /** Pointers: the field that holds the array's length. */
  lengthField?: string;
}

/** Which fields of `vx_param` the case code writes for an op. */
export type VxKind = 'none' | 'conv' | 'mul' | 'pool';

/** One ovxlib op. */
export interface OpInfo {
  /** `VSI_NN_OP_*` value. */
  value: number;
  /** Member of the `nn_param` union; undefined where the op has no parameters. */
  member: string | undefined;
  /** By name, in the order in which case code writes them. */
  fields: Readonly<Record<string, FieldInfo>>;
  vx: VxKind;
}

const scalar = (type: FieldType): FieldInfo => ({ type, count: 1 });

/** Scalar fields. */
export const u8 = scalar('u8');
/** @see u8 */
export const u32 = scalar('u32');
/** @see u8 */
export const i32 = scalar('i32');
/** @see u8 */
export const f32 = scalar('f32');
/** @see u8 */
export const bool = scalar('bool');
/** @see u8 */
export const text = scalar('string');

/** A fixed array of `count` elements. */
export function array(type: 'u32' | 'i32' | 'f32' | 'bool', count: number): FieldInfo {
  return { type: `${type}[]`, count };
}

/** A pointer to an array called `local` in case code, with its length in `lengthField`. */
export function pointer(type: 'u32' | 'i32' | 'f32', local: string, lengthField?: string): FieldInfo {
  const info: FieldInfo = { type: `${type}*`, count: 1, local };
  return lengthField === undefined ? info : { ...info, lengthField };
}

/** An enum that takes these C constants. */
export function oneOf(values: readonly string[]): FieldInfo {
  return { type: 'enum', count: 1, values };
}

/** An op with a parameter struct. */
export function op(
  value: number,
  member: string,
  fields: Record<string, FieldInfo>,
  vx: VxKind = 'none',
): OpInfo {
  return { value, member, fields, vx };
}

/** An op without parameters. */
export function plain(value: number): OpInfo {
  return { value, member: undefined, fields: {}, vx: 'none' };
}
