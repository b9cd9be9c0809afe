import { Unsupported } from '../../onnx/builder.ts';
import { composed, type Composer } from '../../onnx/compose.ts';
import { filled, numbersOf } from '../../onnx/numeric.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { elementCount } from '../../../network/tensor.ts';
import { knownIntegers, knownTensor } from './helpers.ts';

/** Elements of a window that are combined one by one. */
const MOST_TAPS = 256;

/** Puts `gaps[axis]` times the fill between neighbours. */
export function spreadOut(c: Composer, x: string, gaps: readonly number[], fill: number): string {
  return gaps.reduce((name, gap, axis) => {
    const shape = c.shape(name);
    if (gap === 0 || shape[axis] < 2) return name;
    const raised = c.reshape(name, [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]);
    const rank = shape.length + 1;
    const behind = filled(rank, 0).map((_, i) => (i === axis + 1 ? gap : 0));
    const padded = c.pad(raised, filled(rank, 0), behind, fill);
    const wide = shape.map((dim, i) => (i === axis ? dim * (gap + 1) : dim));
    return c.slice(c.reshape(padded, wide), axis, 0, wide[axis] - gap);
  }, x);
}

/** Sizes, steps and distances of a window on every axis. */
export interface WindowSteps {
  window: readonly number[];
  strides: readonly number[];
  dilations: readonly number[];
}

/** Combines the elements of each window; the input is padded already. */
export function windowed(c: Composer, x: string, steps: WindowSteps, type: string): string {
  const { window, strides, dilations } = steps;
  const shape = c.shape(x);
  const taps = elementCount(window);
  if (taps > MOST_TAPS) throw new Unsupported(`a window of ${taps} elements`);
  const sizes = shape.map(
    (dim, i) => Math.floor((dim - (window[i] - 1) * dilations[i] - 1) / strides[i]) + 1,
  );
  if (sizes.some((size) => !(size >= 1))) throw new Unsupported('a window larger than what it slides over');
  const parts = Array.from({ length: taps }, (_, tap) => {
    let rest = tap;
    return window.reduceRight((name, dim, axis) => {
      const begin = (rest % dim) * dilations[axis];
      rest = Math.floor(rest / dim);
      return c.slice(name, axis, begin, sizes[axis], strides[axis]);
    }, x);
  });
  return parts.reduce((all, part) => c.op(type, [all, part]));
}

/** The schema's ReduceWindowFunction. */
const FUNCTIONS = ['', 'Add', 'Mul', 'Min', 'Max', 'And', 'Or'];

/** Inputs: x, initial value, window, strides, dilations of the window. */
const reduceWindow = composed((c, node) => {
  const type = FUNCTIONS[node.int('function', 0)] ?? '';
  if (type === '') throw new Unsupported('windows with an unknown function');
  const [window, strides, dilations] = [2, 3, 4].map((i) => knownIntegers(c, node, i, 'the window'));
  const { length: rank } = c.shape(c.input(0));
  const lists = [window, strides, dilations];
  if (lists.some((list) => list.length !== rank || list.some((number) => number < 1)))
    throw node.invalid('the window does not fit the input');
  const x = c.input(0);
  c.output(0, c.main(type, [windowed(c, x, { window, strides, dilations }, type), c.input(1)]));
});

/** Inputs: x, steps, fill. */
const dilate = composed((c, node) => {
  const steps = knownIntegers(c, node, 1, 'the steps');
  if (steps.some((step) => step < 1)) throw node.invalid(`steps of [${steps.join(',')}]`);
  const fill = numbersOf(knownTensor(c, node, 2, 'the fill'))[0];
  c.output(0, spreadOut(c, c.input(0), steps.map((step) => step - 1), fill)); // prettier-ignore
});

/** Windows on any axis, and gaps between elements. */
export const windows: OperatorFamily = {
  'tflite:DILATE': { convert: dilate },
  'tflite:REDUCE_WINDOW': { convert: reduceWindow },
};
