import { StudioError } from '../../network/errors.ts';
import { allocateElements, rowMajorStrides, type ElementArray, type Tensor } from '../../network/tensor.ts';
import { foldedCount } from '../onnx/numeric.ts';
import type { SparseDimension, Sparsity } from './model.ts';

/** A dimension of the compressed form and what it counts. */
interface Level extends SparseDimension {
  /** Elements of the dense tensor that one index further is. */
  stride: number;
  limit: number;
}

/**
 * The dense form of a tensor stored as nested lists of dense and compressed (CSR) dimensions, some of them split into
 * blocks. @param values the stored elements, in the order of the lists
 * @throws StudioError file-malformed when the lists do not describe a tensor of this shape
 */
export function densify(name: string, values: Tensor, { order, blockMap, dimensions }: Sparsity): Tensor {
  const { shape, type, data } = values;
  const bad = (why: string): StudioError =>
    new StudioError('file-malformed', `sparse tensor "${name}": ${why}`);
  const rank = shape.length;
  const blocks = blockMap.map((_, i) => dimensions[rank + i]?.size ?? 0);
  if (order.length !== rank + blockMap.length || dimensions.length !== order.length)
    throw bad(`${order.length} levels for ${rank} dimensions and ${blockMap.length} blocks`);
  if ([...order].sort((a, b) => a - b).some((dim, i) => dim !== i))
    throw bad('its levels are no permutation');
  if (blocks.some((size, i) => size < 1 || !(shape[blockMap[i]] % size === 0)))
    throw bad('blocks do not fit');
  const strides = rowMajorStrides(shape);
  const blockOf = (dim: number): number =>
    blockMap.reduce((all, d, i) => (d === dim ? all * blocks[i] : all), 1);
  const levels = order.map((dim, level): Level => {
    const whole = dim < rank ? dim : blockMap[dim - rank];
    const inner = dim < rank ? blockOf(whole) : 1;
    const limit = dim < rank ? shape[whole] / inner : blocks[dim - rank];
    return { ...dimensions[level], stride: strides[whole] * inner, limit };
  });
  for (const { size, limit, segments } of levels)
    if (!segments && size !== limit) throw bad(`a level of ${size} where ${limit} are needed`);
  const dense = allocateElements(type, foldedCount(shape));
  fill(dense, data, levels, bad);
  return { type, shape, data: dense };
}

/** Puts the stored elements where the lists say. */
function fill(
  dense: ElementArray,
  values: ElementArray,
  levels: readonly Level[],
  bad: (why: string) => StudioError,
): void {
  let next = 0;
  // Every level of a valid tensor visits each element at most once.
  let steps = (dense.length + 1) * levels.length;
  const visit = (level: number, parent: number, offset: number): void => {
    if (level === levels.length) {
      if (next >= values.length) throw bad('it has too few values');
      dense[offset] = values[next++] as never;
      return;
    }
    const { segments, indices, limit, stride } = levels[level];
    const first = segments ? (segments[parent] ?? NaN) : 0;
    const end = segments ? (segments[parent + 1] ?? NaN) : limit;
    if (!(first >= 0 && end >= first)) throw bad('a list of it ends before it begins');
    for (let i = first; i < end; i++) {
      const index = indices ? (indices[i] ?? -1) : i;
      if (index < 0 || index >= limit || --steps < 0) throw bad(`an index of it is ${index} of ${limit}`);
      visit(level + 1, segments ? i : parent * limit + i, offset + index * stride);
    }
  };
  visit(0, 0, 0);
}
