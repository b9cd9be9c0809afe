import { StudioError } from '../../network/errors.ts';
import {
  allocateElements,
  elementCount,
  float16ToNumber,
  type ElementType,
  type Shape,
  type Tensor,
} from '../../network/tensor.ts';

/** Constant folding that would make more elements than this is refused: a hostile file could fill the memory. */
const MAX_FOLDED = 2 ** 26;

/** Anything indexable that holds numbers. */
export type Numbers = ArrayLike<number>;

/** Product of dimensions; 1 of none. */
export const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1);

/** A list of `count` equal numbers. */
export const filled = (count: number, value: number): number[] => Array.from({ length: count }, () => value);

/** The values as numbers; a view where the element type allows it. int64 beyond 2^53 loses low bits. */
export function numbersOf(tensor: Tensor): Numbers {
  const { data, type } = tensor;
  if (data instanceof BigInt64Array) return Float64Array.from(data, Number);
  if (type === 'float16') return Float64Array.from(data, float16ToNumber);
  return data;
}

/** The values as a list of integers, limited to the safe range. For shapes, axes and indices. */
export function integersOf(tensor: Tensor): number[] {
  const limit = Number.MAX_SAFE_INTEGER;
  return Array.from(numbersOf(tensor), (value) => Math.max(-limit, Math.min(limit, Math.trunc(value))));
}

/** The only value of a constant, or undefined when it has several. */
export function scalarOf(tensor: Tensor | undefined): number | undefined {
  return tensor?.data.length === 1 ? numbersOf(tensor)[0] : undefined;
}

/** Elements of a shape, checked against the limit for folded constants. */
export function foldedCount(shape: Shape): number {
  const count = elementCount(shape);
  if (count > MAX_FOLDED)
    throw new StudioError('network-invalid', `a constant of shape [${shape.join(',')}] is too large`);
  return count;
}

/** A tensor of `type` from numbers; integers are truncated as C does. */
export function fromNumbers(type: ElementType, shape: Shape, values: Numbers): Tensor {
  const stored: ElementType = type === 'float16' ? 'float32' : type;
  const data = allocateElements(stored, foldedCount(shape));
  if (data.length !== values.length) {
    throw new StudioError('shape-mismatch', `${values.length} values do not fill [${shape.join(',')}]`);
  }
  if (data instanceof BigInt64Array) {
    for (let i = 0; i < data.length; i++) data[i] = toBigInt(values[i]);
  } else if (stored === 'bool') {
    for (let i = 0; i < data.length; i++) data[i] = values[i] === 0 ? 0 : 1;
  } else {
    for (let i = 0; i < data.length; i++) data[i] = values[i];
  }
  return { type: stored, shape, data };
}

/** A 1-D int64 tensor: what ONNX computes shapes with. */
export const integerList = (values: readonly number[]): Tensor =>
  fromNumbers('int64', [values.length], values);

function toBigInt(value: number): bigint {
  return Number.isFinite(value)
    ? BigInt.asIntN(64, BigInt(Math.trunc(value)))
    : value > 0
      ? 2n ** 63n - 1n
      : -(2n ** 63n);
}

/** The axis counted from the front. @throws StudioError network-invalid when it is outside the rank. */
export function frontAxis(axis: number, rank: number): number {
  const front = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(front) || front < 0 || front >= Math.max(rank, 1)) {
    throw new StudioError('network-invalid', `axis ${axis} is outside rank ${rank}`);
  }
  return front;
}

/** The common shape of operands by NumPy's rule. @throws StudioError shape-mismatch when there is none. */
export function broadcastShapes(shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let common = 1;
    for (const shape of shapes) {
      const dim = shape[axis - rank + shape.length] ?? 1;
      if (dim === 1 || dim === common) continue;
      if (common !== 1) {
        throw new StudioError(
          'shape-mismatch',
          `shapes ${shapes.map((s) => `[${s.join(',')}]`).join(' and ')} do not broadcast`,
        );
      }
      common = dim;
    }
    return common;
  });
}

/** The shape with ones in front up to `rank`. */
export const padRank = (shape: Shape, rank: number): number[] => [
  ...filled(Math.max(0, rank - shape.length), 1),
  ...shape,
];

/**
 * Walks a C-order output and tells, for each element, the offsets into operands with the given strides.
 * `visit(target, offsets)`; the offsets array is reused.
 */
export function walk(
  shape: Shape,
  strides: readonly (readonly number[])[],
  visit: (target: number, offsets: readonly number[]) => void,
): void {
  const total = elementCount(shape);
  const index = filled(shape.length, 0);
  const offsets = filled(strides.length, 0);
  for (let target = 0; target < total; target++) {
    visit(target, offsets);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] += 1;
      const wrapped = index[axis] === shape[axis];
      const steps = wrapped ? 1 - shape[axis] : 1;
      for (let i = 0; i < strides.length; i++) offsets[i] += strides[i][axis] * steps;
      if (!wrapped) break;
      index[axis] = 0;
    }
  }
}

/** Strides that read `shape` as if it were broadcast to `target`: 0 along repeated axes. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const padded = padRank(shape, target.length);
  let step = 1;
  const strides = filled(padded.length, 0);
  for (let axis = padded.length - 1; axis >= 0; axis--) {
    strides[axis] = padded[axis] === 1 ? 0 : step;
    step *= padded[axis];
  }
  return strides;
}
