import { Unsupported } from '../../onnx/builder.ts';
import { composed } from '../../onnx/compose.ts';
import { broadcastShapes, filled, fromNumbers, integersOf, numbersOf } from '../../onnx/numeric.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { storedType } from '../tensor-types.ts';
import { computed, knownIntegers, knownTensor } from './helpers.ts';

const shapeOf = composed((c, node) => {
  const shape = c.shape(c.input(0));
  const { element } = storedType(node.int('output_type', 0));
  const type = element === 'int64' ? element : 'int32';
  c.output(0, c.constant(fromNumbers(type, [shape.length], shape)));
});

const rank = composed((c) => c.output(0, c.filled(c.shape(c.input(0)).length, [], 'int32')));

const zerosLike = composed((c) => {
  const x = c.input(0);
  c.output(0, c.filled(0, c.shape(x), c.type(x)));
});

/** Inputs: shape, value. */
const fill = composed((c, node) => {
  const shape = knownIntegers(c, node, 0, 'the shape');
  const value = c.known(c.input(1));
  if (!value) return c.output(0, c.main('Expand', [c.input(1), c.ints(shape)]));
  c.output(0, c.filled(numbersOf(value)[0], shape, value.type));
});

/** Inputs: start, limit, step. */
const range = composed((c, node) => {
  const [start, limit, step] = ['start', 'limit', 'step'].map((what, i) =>
    knownTensor(c, node, i, `the ${what}`),
  );
  const [from, to, by] = [start, limit, step].map((tensor) => numbersOf(tensor)[0]);
  const count = Math.max(0, Math.ceil((to - from) / by));
  if (!Number.isSafeInteger(count)) throw node.invalid(`a range from ${from} to ${to} in steps of ${by}`);
  c.output(
    0,
    computed(c, start.type, [count], (i) => from + i * by),
  );
});

/** The common shape of two shapes. */
const broadcastArgs = composed((c, node) => {
  const shapes = [0, 1].map((index) => integersOf(knownTensor(c, node, index, 'a shape')));
  const shape = broadcastShapes(shapes);
  c.output(0, c.constant(fromNumbers(c.type(c.input(0)), [shape.length], shape)));
});

const broadcastTo = composed((c, node) => {
  const shape = knownIntegers(c, node, 1, 'the shape');
  c.output(0, c.main('Expand', [c.input(0), c.ints(shape)]));
});

const tile = composed((c, node) => {
  const times = knownIntegers(c, node, 1, 'the repeats');
  if (times.some((count) => count < 1)) throw new Unsupported('a result without elements');
  const still = times.every((count) => count === 1);
  c.output(0, still ? c.input(0) : c.main('Tile', [c.input(0), c.ints(times)]));
});

/** Axes turned round, by steps of -1. */
const reverse = composed((c, node) => {
  const axes = knownIntegers(c, node, 1, 'the axes');
  if (axes.length === 0) return c.output(0, c.input(0));
  const lists = [filled(axes.length, -1), filled(axes.length, -(2 ** 31)), axes, filled(axes.length, -1)];
  c.output(0, c.main('Slice', [c.input(0), ...lists.map((list) => c.ints(list))]));
});

/** Operators that measure, fill and repeat. */
export const measures: OperatorFamily = {
  'tflite:BROADCAST_ARGS': { convert: broadcastArgs },
  'tflite:BROADCAST_TO': { convert: broadcastTo },
  'tflite:FILL': { convert: fill },
  'tflite:RANGE': { convert: range },
  'tflite:RANK': { convert: rank },
  'tflite:REVERSE_V2': { convert: reverse },
  'tflite:SHAPE': { convert: shapeOf },
  'tflite:TILE': { convert: tile },
  'tflite:ZEROS_LIKE': { convert: zerosLike },
};
