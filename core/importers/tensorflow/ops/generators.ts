import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { filled, foldedCount, fromNumbers } from '../../onnx/numeric.ts';
import type { Operator, OperatorFamily } from '../../onnx/operator.ts';
import { DataSized } from '../../onnx/data-sized.ts';
import { formula, integer, integers, numbers } from './operands.ts';

const fill = formula((c) => {
  const dims = integers(c, 0, 'a shape');
  const value = c.input(1);
  const known = c.known(value);
  if (known) return c.op('Expand', [value, c.ints(dims)]);
  return c.main('Expand', [c.reshape(value, filled(dims.length, 1)), c.ints(dims)]);
});

const like = (value: number): Operator =>
  formula((c) => c.filled(value, c.shape(c.input(0)), c.type(c.input(0))));

const range = formula((c, node) => {
  const [start, limit, delta] = [0, 1, 2].map((index) => numbers(c, index, 'a range')[0] ?? 0);
  const count = Math.ceil((limit - start) / delta);
  if (!Number.isFinite(count)) throw node.invalid(`a range from ${start} to ${limit} by ${delta}`);
  const values = Float64Array.from(
    { length: foldedCount([Math.max(0, count)]) },
    (_, i) => start + i * delta,
  );
  return c.constant(fromNumbers(c.type(c.input(0)), [values.length], values));
});

const linSpace = formula((c, node) => {
  const [start, stop] = [0, 1].map((index) => numbers(c, index, 'a range')[0] ?? 0);
  const count = integer(c, node, 2, 'a number of steps');
  if (count < 1 || count > 2 ** 24) throw node.invalid(`${count} steps`);
  const values = Float64Array.from({ length: count }, (_, i) =>
    count === 1 ? start : start + ((stop - start) * i) / (count - 1),
  );
  return c.constant(fromNumbers('float32', [count], values));
});

/** Ones (or the first value) at the indices; indices outside hit nothing. */
function oneHot(c: Composer, node: OnnxNode): string {
  const depth = integer(c, node, 1, 'a depth');
  const [on, off] = [2, 3].map((index) => c.input(index));
  const values = c.concat([c.reshape(off, [1]), c.reshape(on, [1])], 0);
  return c.main('OneHot', [c.input(0), c.ints([depth]), values], { axis: node.int('axis', -1) });
}

/** Places of what is not zero: how many there are, the data decide. */
const whereTrue = formula((c) => {
  const x = c.input(0);
  if (!c.known(x)) throw new DataSized();
  return c.transpose(c.op('NonZero', [x]), [1, 0]);
});

/** Operators that make tensors. */
export const generators: OperatorFamily = {
  'tf:Fill': fill,
  'tf:LinSpace': linSpace,
  'tf:OneHot': formula(oneHot),
  'tf:OnesLike': like(1),
  'tf:Range': range,
  'tf:Where': whereTrue,
  'tf:ZerosLike': like(0),
};
