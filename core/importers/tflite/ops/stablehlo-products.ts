import { Unsupported } from '../../onnx/builder.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { filled, numbersOf } from '../../onnx/numeric.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { elementCount } from '../../../network/tensor.ts';
import { formula } from './elementwise.ts';
import { knownTensor } from './helpers.ts';
import { spreadOut, windowed } from './windows.ts';

const axesOf = (node: OnnxNode, name: string): number[] => node.ints(name) ?? [];

/** Axes that are in none of the lists. */
const others = (rank: number, ...lists: readonly number[][]): number[] =>
  Array.from({ length: rank }, (_, axis) => axis).filter(
    (axis) => !lists.some((list) => list.includes(axis)),
  );

/** Products of matrices along any axes. */
const dot = formula((c, [left, right], node) => {
  const [a, b] = [c.shape(left), c.shape(right)];
  const [aBatch, bBatch] = ['left_batch', 'right_batch'].map((name) => axesOf(node, name));
  const [aInner, bInner] = ['left_contract', 'right_contract'].map((name) => axesOf(node, name));
  const aRows = others(a.length, aBatch, aInner);
  const bColumns = others(b.length, bBatch, bInner);
  const sizes = (shape: readonly number[], axes: readonly number[]): number[] =>
    axes.map((axis) => shape[axis]);
  const count = (shape: readonly number[], axes: readonly number[]): number =>
    elementCount(sizes(shape, axes));
  const batch = count(a, aBatch);
  const rows = c.reshape(c.transpose(left, [...aBatch, ...aRows, ...aInner]), [batch, count(a, aRows), count(a, aInner)]); // prettier-ignore
  const columns = c.reshape(c.transpose(right, [...bBatch, ...bInner, ...bColumns]), [batch, count(b, bInner), count(b, bColumns)]); // prettier-ignore
  const product = c.main('MatMul', [rows, columns]);
  return c.reshape(product, [...sizes(a, aBatch), ...sizes(a, aRows), ...sizes(b, bColumns)]);
});

/** The permutation that brings axes to their places. */
const placed = (axes: readonly number[]): number[] => axes.map((_, to) => axes.indexOf(to));

const convolution = formula((c, [x, kernel], node) => {
  const spatial = axesOf(node, 'input_spatial');
  const count = spatial.length;
  const list = (name: string, length: number, fallback: number): number[] =>
    node.intsOf(name, length, fallback);
  if ((node.ints('reversed') ?? []).some((flag) => flag !== 0)) throw new Unsupported('a reversed kernel');
  if (node.int('batch_groups', 1) !== 1) throw new Unsupported('groups of the batch');
  const first = c.transpose(x, [node.int('input_batch', 0), node.int('input_feature', 0), ...spatial]);
  const weight = c.transpose(kernel, [
    node.int('kernel_output', 0),
    node.int('kernel_input', 0),
    ...axesOf(node, 'kernel_spatial'),
  ]);
  const gaps = list('input_dilation', count, 1).map((step) => step - 1);
  const pads = list('padding', 2 * count, 0);
  const begin = [0, 0, ...spatial.map((_, i) => pads[2 * i])];
  const end = [0, 0, ...spatial.map((_, i) => pads[2 * i + 1])];
  const wide = spreadOut(c, first, [0, 0, ...gaps], 0);
  const result = c.main('Conv', [c.pad(wide, begin, end), weight], {
    strides: list('strides', count, 1),
    dilations: list('kernel_dilation', count, 1),
    group: node.int('groups', 1),
  });
  const order = [
    node.int('output_batch', 0),
    node.int('output_feature', 0),
    ...axesOf(node, 'output_spatial'),
  ];
  return c.transpose(result, placed(order));
});

/** What the operator in the body of a reduction is: for two elements, and along axes. */
const REDUCERS: Readonly<Record<string, readonly [string, string]>> = {
  ADD: ['Add', 'ReduceSum'],
  MULTIPLY: ['Mul', 'ReduceProd'],
  MUL: ['Mul', 'ReduceProd'],
  MAXIMUM: ['Max', 'ReduceMax'],
  MINIMUM: ['Min', 'ReduceMin'],
};

function reducerOf(node: OnnxNode): readonly [string, string] {
  const body = node.text('reducer', '').replace(/^STABLEHLO_/, '');
  if (!Object.hasOwn(REDUCERS, body))
    throw new Unsupported('a reduction by more than one sum, product, maximum or minimum');
  if (node.inputs.length !== 2) throw new Unsupported('a reduction of several tensors');
  return REDUCERS[body];
}

const reduce = formula((c, [x, first], node) => {
  const [pair, along] = reducerOf(node);
  const axes = axesOf(node, 'dimensions');
  return c.main(pair, [c.op(along, [x, c.ints(axes)], { keepdims: 0, noop_with_empty_axes: 1 }), first]);
});

const reduceWindow = formula((c, [x, first], node) => {
  const [pair] = reducerOf(node);
  const { length: rank } = c.shape(x);
  const list = (name: string, length = rank, fallback = 1): number[] => node.intsOf(name, length, fallback);
  const fill = numbersOf(knownTensor(c, node, 1, 'the initial value'))[0];
  const pads = list('padding', 2 * rank, 0);
  const wide = spreadOut(c, x, list('base_dilations').map((step) => step - 1), fill); // prettier-ignore
  const padded = c.pad(wide, pads.filter((_, i) => i % 2 === 0), pads.filter((_, i) => i % 2 === 1), fill); // prettier-ignore
  const steps = { window: list('window'), strides: list('strides'), dilations: list('dilations') };
  return c.main(pair, [windowed(c, padded, steps, pair), first]);
});

/** The form that picks whole slices along one axis. */
const gather = formula((c, [x, indices], node) => {
  const shape = c.shape(x);
  const [axis = -1, ...more] = axesOf(node, 'start_index_map');
  const sizes = node.intsOf('slice_sizes', shape.length, 1);
  const whole = sizes.every((size, i) => size === (i === axis ? 1 : shape[i]));
  const picks = axesOf(node, 'collapsed').join() === String(axis) && whole && more.length === 0;
  if (!picks) throw new Unsupported('indices of parts that are not whole slices of one axis');
  const places = c.shape(indices);
  const vector = node.int('index_vector_dim', 0);
  const batch = places.filter((_, i) => i !== vector);
  const picked = c.op('Gather', [x, c.reshape(indices, batch)], { axis });
  // The result has the axes of the slices where the node says, the others between them.
  const offsets = axesOf(node, 'offset_dims');
  const rank = offsets.length + batch.length;
  const kept = others(rank, batch.map((_, i) => axis + i)); // prettier-ignore
  const perm = filled(rank, 0);
  offsets.forEach((to, i) => (perm[to] = kept[i]));
  others(rank, offsets).forEach((to, i) => (perm[to] = axis + i));
  return c.transpose(picked, perm);
});

/** Operators of StableHLO that multiply, reduce and pick. */
export const stablehloProducts: OperatorFamily = {
  'tflite:STABLEHLO_CONVOLUTION': convolution,
  'tflite:STABLEHLO_DOT_GENERAL': dot,
  'tflite:STABLEHLO_GATHER': gather,
  'tflite:STABLEHLO_REDUCE': reduce,
  'tflite:STABLEHLO_REDUCE_WINDOW': reduceWindow,
};
