import { StudioError } from './errors.ts';

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
  if (perm.every((from, to) => from === to)) return tensor;
  const shape = perm.map((from) => tensor.shape[from] ?? 0);
  const strides = rowMajorStrides(tensor.shape);
  const data = allocateElements(tensor.type, tensor.data.length);
  const merged = mergeAxes(
    shape,
    perm.map((from) => strides[from] ?? 0),
  );
  if (data.length > 0) copyStrided(asWords(tensor.data), asWords(data), merged.sizes, merged.steps);
  return { type: tensor.type, shape, data };
}

/** Drops axes of size 1 and joins neighbours that are one run in the source, so that inner loops get long. */
function mergeAxes(shape: Shape, sourceSteps: readonly number[]): { sizes: number[]; steps: number[] } {
  const sizes: number[] = [];
  const steps: number[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    const last = sizes.length - 1;
    if (shape[axis] === 1) continue;
    if (last >= 0 && steps[last] === sourceSteps[axis] * shape[axis]) {
      sizes[last] *= shape[axis];
      steps[last] = sourceSteps[axis];
    } else {
      sizes.push(shape[axis]);
      steps.push(sourceSteps[axis]);
    }
  }
  return { sizes, steps };
}

/** Columns that are moved together: their source lines stay in the first-level cache even at bad strides. */
const TILE = 16;

/** Fills `target` in C order of `sizes`, reading `source` with one step per axis. */
function copyStrided(source: Words, target: Words, sizes: readonly number[], steps: readonly number[]): void {
  const last = sizes.length - 1;
  if (last < 0 || steps[last] === 1) {
    copyRuns(source, target, sizes, steps);
    return;
  }
  // Rows are what lies together in the source, columns what lies together in the target.
  const row = steps.indexOf(Math.min(...steps));
  const targetSteps = rowMajorStrides(sizes);
  const others = sizes.map((_, axis) => axis).filter((axis) => axis !== row && axis !== last);
  const pick = (values: readonly number[]): number[] => others.map((axis) => values[axis]);
  const walk = { sizes: pick(sizes), from: pick(steps), to: pick(targetSteps) };
  for (let column = 0; column < sizes[last]; column += TILE) {
    const block: Block = {
      rows: sizes[row],
      columns: Math.min(TILE, sizes[last] - column),
      rowStep: steps[row],
      columnStep: steps[last],
      targetRowStep: targetSteps[row],
    };
    forEachOffset(walk, (from, to) =>
      copyBlock(source, target, from + column * steps[last], to + column, block),
    );
  }
}

/** Array views by element width: moving needs no types, and few kinds of array keep the loops fast. */
type Words = Uint8Array | Uint16Array | Uint32Array | Float64Array;

function asWords({ buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: width }: ElementArray): Words {
  const kinds = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Float64Array };
  return new kinds[width as 1 | 2 | 4 | 8](buffer as ArrayBuffer, byteOffset, byteLength / width);
}

interface Block {
  rows: number;
  columns: number;
  rowStep: number;
  columnStep: number;
  targetRowStep: number;
}

function copyBlock(source: Words, target: Words, from: number, to: number, block: Block): void {
  const { rows, columns, rowStep, columnStep, targetRowStep } = block;
  for (let row = 0; row < rows; row++) {
    const write = to + row * targetRowStep;
    for (let column = 0, read = from + row * rowStep; column < columns; column++, read += columnStep) {
      target[write + column] = source[read];
    }
  }
}

/** Copies where the innermost axis is one run in both arrays. */
function copyRuns(source: Words, target: Words, sizes: readonly number[], steps: readonly number[]): void {
  const run = sizes.at(-1) ?? 1;
  let at = 0;
  forEachOffset({ sizes: sizes.slice(0, -1), from: steps.slice(0, -1), to: [] }, (from) => {
    target.set(source.subarray(from, from + run), at);
    at += run;
  });
}

interface Walk {
  sizes: readonly number[];
  from: readonly number[];
  to: readonly number[];
}

/** Visits every index of `sizes` in C order with its offsets in both arrays. */
function forEachOffset(walk: Walk, visit: (from: number, to: number) => void): void {
  const { sizes, from: fromSteps, to: toSteps } = walk;
  const index = sizes.map(() => 0);
  let from = 0;
  let to = 0;
  for (;;) {
    visit(from, to);
    let axis = sizes.length - 1;
    for (; axis >= 0; axis--) {
      index[axis] += 1;
      from += fromSteps[axis];
      to += toSteps[axis] ?? 0;
      if (index[axis] < sizes[axis]) break;
      from -= fromSteps[axis] * sizes[axis];
      to -= (toSteps[axis] ?? 0) * sizes[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** Elements to skip for a step along each axis of a C-order array. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}
