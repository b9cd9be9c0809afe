import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';
import { product } from '../../onnx/numeric.ts';

/** Axes of a reduction; all when none are given. */
export function reducedAxes(c: TorchComposer, rank: number): number[] {
  return c.axes('dim', rank) ?? Array.from({ length: rank }, (_, axis) => axis);
}

/** One reduction with its axes and keepdim. A scalar stays as it is. */
export function reduced(c: TorchComposer, type: string, x: string): string {
  const rank = c.shape(x).length;
  if (rank === 0) return x;
  return c.main(type, [x, c.ints(reducedAxes(c, rank))], { keepdims: Number(c.flag('keepdim')) });
}

/** Of reals, or of integers with truths counted. */
const counted = (type: string): TorchOperator =>
  torchOperator('self dim keepdim dtype', (c) => {
    const x = c.tensor('self');
    return reduced(c, type, c.type(x) === 'bool' ? c.cast(x, 'int64') : x);
  });

const ofReals = (type: string): TorchOperator =>
  torchOperator('self dim keepdim dtype', (c) => reduced(c, type, c.float(c.tensor('self'))));

/** max and min: over everything, along an axis with indices, or of two tensors. */
function extreme(reduce: string, argument: string, pair: string): TorchOperator {
  return torchOperator(
    'self dim keepdim',
    (c) => {
      const x = c.tensor('self');
      if (c.isTensor('dim')) return c.main(pair, [x, c.tensor('dim')]);
      const values = reduced(c, reduce, x);
      if (!c.given('dim') || c.shape(x).length === 0) return values;
      const axis = c.axis('dim', c.shape(x).length);
      return [values, c.op(argument, [x], { axis, keepdims: Number(c.flag('keepdim')) })];
    },
    { results: (c) => (c.given('dim') && !c.isTensor('dim') ? 2 : 1) },
  );
}

const argument = (type: string): TorchOperator =>
  torchOperator('self dim keepdim', (c) => {
    const x = c.float(c.tensor('self'));
    const shape = c.shape(x);
    const keepdims = Number(c.flag('keepdim'));
    if (c.given('dim')) return c.main(type, [x], { axis: c.axis('dim', shape.length), keepdims });
    const flat = c.reshape(x, [product(shape)]);
    return c.main(type, [flat], { axis: 0, keepdims: 0 });
  });

/** The mean of squared differences; `correction` is subtracted from the count. */
function varianceOf(c: TorchComposer, x: string, correction: number): { variance: string; mean: string } {
  const axes = reducedAxes(c, c.shape(x).length);
  const mean = c.mean(x, axes);
  const difference = c.sub(x, mean);
  const keepdims = Number(c.flag('keepdim'));
  const square = c.op('ReduceMean', [c.mul(difference, difference), c.ints(axes)], { keepdims });
  const count = axes.reduce((all, axis) => all * c.shape(x)[axis], 1);
  const variance =
    correction === 0 ? square : c.mul(square, c.scalar(count / Math.max(count - correction, 1e-30)));
  const shown = keepdims === 1 ? mean : c.op('Squeeze', [mean, c.ints(axes)]);
  return { variance, mean: shown };
}

/** `var(x, unbiased)`, `var(x, dim, unbiased, keepdim)` and `var(x, dim, correction=1, keepdim)`. */
const spread = (root: boolean, withMean: boolean): TorchOperator =>
  torchOperator(
    'self dim unbiased keepdim correction',
    (c) => {
      const unbiased = typeof c.argument('dim') === 'boolean' ? c.flag('dim') : c.flag('unbiased', true);
      const correction = c.given('correction') ? c.number('correction') : Number(unbiased);
      const { variance, mean } = varianceOf(c, c.float(c.tensor('self')), correction);
      const result = root ? c.op('Sqrt', [variance]) : variance;
      return withMean ? [result, mean] : result;
    },
    { results: withMean ? 2 : 1 },
  );

/** Whether any or all elements are not zero. */
const quantifier = (type: 'ReduceMax' | 'ReduceMin'): TorchOperator =>
  torchOperator('self dim keepdim', (c) => {
    const x = c.tensor('self');
    const truths = c.type(x) === 'bool' ? x : c.op('Not', [c.op('Equal', [x, c.isFloat(x) ? c.scalar(0) : c.integer(0)])]); // prettier-ignore
    return c.cast(reduced(c, type, c.cast(truths, 'float32')), 'bool');
  });

function logSumExp(c: TorchComposer): string {
  return reduced(c, 'ReduceLogSumExp', c.float(c.tensor('self')));
}

/** Reductions along axes. */
export const reductions: Readonly<Record<string, TorchOperator>> = {
  'aten::sum': counted('ReduceSum'),
  'aten::mean': ofReals('ReduceMean'),
  'aten::prod': counted('ReduceProd'),
  'aten::amax': counted('ReduceMax'),
  'aten::amin': counted('ReduceMin'),
  'aten::max': extreme('ReduceMax', 'ArgMax', 'Max'),
  'aten::min': extreme('ReduceMin', 'ArgMin', 'Min'),
  'aten::argmax': argument('ArgMax'),
  'aten::argmin': argument('ArgMin'),
  'aten::var': spread(false, false),
  'aten::std': spread(true, false),
  'aten::var_mean': spread(false, true),
  'aten::std_mean': spread(true, true),
  'aten::any': quantifier('ReduceMax'),
  'aten::all': quantifier('ReduceMin'),
  'aten::logsumexp': torchOperator('self dim keepdim', logSumExp),
};
