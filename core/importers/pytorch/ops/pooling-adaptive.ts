import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';
import { withBatch } from './pooling.ts';

/** Begin and end of the cell of each output along one axis. */
function cells(from: number, to: number): [number, number][] {
  return Array.from({ length: to }, (_, i) => [
    Math.floor((i * from) / to),
    Math.ceil(((i + 1) * from) / to),
  ]);
}

/** Sizes of the result; None keeps the size of the input. */
function target(c: TorchComposer, spatial: readonly number[]): number[] {
  const given = c.argument('output_size');
  const list: readonly unknown[] = Array.isArray(given) ? given : spatial.map(() => given);
  return spatial.map((dim, i) => (list[i] === null ? dim : Number(list[i])));
}

/** The mean of each cell as a product with a matrix. */
function meansAlong(c: TorchComposer, x: string, axis: number, to: number): string {
  const shape = c.shape(x);
  const from = shape[axis];
  if (from === to) return x;
  const weights = new Float32Array(from * to);
  cells(from, to).forEach(([begin, end], cell) => {
    for (let i = begin; i < end; i++) weights[i * to + cell] = 1 / (end - begin);
  });
  const last = shape.length - 1;
  const swap = shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
  const product = c.op('MatMul', [c.transpose(x, swap), c.floats(weights, [from, to])]);
  return c.transpose(product, swap);
}

/** The maximum of each cell, cell by cell. */
function maximaAlong(c: TorchComposer, x: string, axis: number, to: number): string {
  const from = c.shape(x)[axis];
  if (from === to) return x;
  const parts = cells(from, to).map(([begin, end]) =>
    c.op('ReduceMax', [c.slice(x, axis, begin, end - begin), c.ints([axis])], { keepdims: 1 }),
  );
  return c.concat(parts, axis);
}

/** One pooling where all cells are alike, else one axis after the other. */
function adaptive(c: TorchComposer, x: string, type: 'Max' | 'Average'): string {
  const spatial = c.shape(x).slice(2);
  const sizes = target(c, spatial);
  if (sizes.every((size) => size === 1)) return c.main(`Global${type}Pool`, [x]);
  if (sizes.every((size, i) => size === spatial[i])) return x;
  if (sizes.every((size, i) => size > 0 && spatial[i] % size === 0)) {
    const kernel = sizes.map((size, i) => spatial[i] / size);
    return c.main(`${type}Pool`, [x], { kernel_shape: kernel, strides: kernel });
  }
  const along = type === 'Max' ? maximaAlong : meansAlong;
  return sizes.reduce((y, size, i) => along(c, y, i + 2, size), x);
}

const pool = (type: 'Max' | 'Average', spatial: number): TorchOperator =>
  // Of the maxima PyTorch gives the places as well; nothing computes them.
  torchOperator(
    'self output_size',
    (c) => withBatch(c, c.float(c.tensor('self')), spatial, (x) => [adaptive(c, x, type)]),
    { results: type === 'Max' ? 2 : 1 },
  );

/** Pooling to a size that is asked for. */
export const adaptivePools: Readonly<Record<string, TorchOperator>> = {
  'aten::adaptive_avg_pool1d': pool('Average', 1),
  'aten::adaptive_avg_pool2d': pool('Average', 2),
  'aten::_adaptive_avg_pool2d': pool('Average', 2),
  'aten::adaptive_avg_pool3d': pool('Average', 3),
  'aten::adaptive_max_pool1d': pool('Max', 1),
  'aten::adaptive_max_pool2d': pool('Max', 2),
  'aten::adaptive_max_pool3d': pool('Max', 3),
};
