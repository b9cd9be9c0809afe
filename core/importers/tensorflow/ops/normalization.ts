import { Unsupported } from '../../onnx/builder.ts';
import type { Composer } from '../../onnx/compose.ts';
import { filled, numbersOf, product } from '../../onnx/numeric.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { activate } from './elementwise.ts';
import { asGiven, channelsFirst, layoutOf } from './layout.ts';
import { composition, formula, upTo } from './operands.ts';

/** x with a bias per channel: the last axis, or axis 1 of channel-first data. */
export function addBias(c: Composer, node: OnnxNode, x: string, bias: string): string {
  const { length: rank } = c.shape(x);
  const first = node.text('data_format', 'NHWC').startsWith('NC') && rank > 2;
  const placed = first ? c.reshape(bias, [...c.shape(bias), ...filled(rank - 2, 1)]) : bias;
  return c.main('Add', [x, placed]);
}

const biasAdd = formula((c, node) => addBias(c, node, c.input(0), c.input(1)));

/** Normalization with stored statistics, or with those of the batch itself, as models of one picture have it. */
const fusedBatchNorm = composition((c, node) => {
  if ([1, 2, 3, 4, 5].some((index) => c.wants(index)))
    throw new Unsupported('statistics of the batch as results');
  const x = c.input(0);
  const layout = layoutOf(node, c.shape(x).length);
  const picture = channelsFirst(c, layout, x);
  const epsilon = node.float('epsilon', Math.fround(1e-4));
  const training = node.int('is_training', 1) !== 0;
  const result = training ? ownStatistics(c, picture, epsilon) : storedStatistics(c, picture, epsilon);
  const normal = asGiven(c, layout, result);
  const beside = node.int('num_side_inputs', 0) > 0 ? c.add(normal, c.input(5)) : normal;
  const activation = node.text('activation_mode', 'Identity');
  c.output(0, activation === 'Identity' ? beside : activate(c, node, beside, activation));
});

function storedStatistics(c: Composer, picture: string, epsilon: number): string {
  return c.main('BatchNormalization', [picture, ...[1, 2, 3, 4].map((index) => c.input(index))], { epsilon });
}

/** Whether all numbers of a constant are the same one. */
function holds(c: Composer, name: string, value: number): boolean {
  const known = c.known(name);
  return known !== undefined && Array.from(numbersOf(known)).every((item) => item === value);
}

/** Every channel of one picture normalized by itself, without scale and shift: the rows of a layer norm. */
function rowNorm(c: Composer, picture: string, epsilon: number): string {
  const shape = c.shape(picture);
  const width = product(shape.slice(2));
  const inputs = [
    c.reshape(picture, [shape[1], width]),
    c.filled(1, [width], 'float32'),
    c.filled(0, [width], 'float32'),
  ];
  return c.reshape(c.main('LayerNormalization', inputs, { axis: -1, epsilon }), shape);
}

/** Mean and variance over everything but the channels; of one picture they are those of an instance. */
function ownStatistics(c: Composer, picture: string, epsilon: number): string {
  const shape = c.shape(picture);
  const { length: rank } = shape;
  if (shape[0] === 1 && shape[rank - 1] === 1 && holds(c, c.input(1), 1) && holds(c, c.input(2), 0))
    return rowNorm(c, picture, epsilon);
  if (shape[0] === 1) return c.main('InstanceNormalization', [picture, c.input(1), c.input(2)], { epsilon });
  const axes = upTo(rank).filter((axis) => axis !== 1);
  const difference = c.sub(picture, c.mean(picture, axes));
  const variance = c.mean(c.mul(difference, difference), axes);
  const normal = c.main('Div', [difference, c.op('Sqrt', [c.add(variance, c.scalar(epsilon))])]);
  const perChannel = (index: number): string => c.reshape(c.input(index), [shape[1], ...filled(rank - 2, 1)]);
  return c.add(c.mul(normal, perChannel(1)), perChannel(2));
}

/** The first batch norm of all: x, mean, variance, beta, gamma; channel-last. */
const globalBatchNorm = formula((c, node) => {
  const layout = { channelsLast: true, spatial: c.shape(c.input(0)).length - 2 };
  const [x, mean, variance, beta, gamma] = [0, 1, 2, 3, 4].map((index) => c.input(index));
  const scaled = node.int('scale_after_normalization', 0) !== 0;
  const scale = scaled ? gamma : c.filled(1, c.shape(mean), 'float32');
  const inputs = [channelsFirst(c, layout, x), scale, beta, mean, variance];
  const epsilon = node.float('variance_epsilon', 0);
  return asGiven(c, layout, c.main('BatchNormalization', inputs, { epsilon }));
});

/** TensorFlow's alpha is for every neighbour, ONNX's for all of them. */
const localResponse = formula((c, node) => {
  const layout = { channelsLast: true, spatial: c.shape(c.input(0)).length - 2 };
  const size = 2 * node.int('depth_radius', 5) + 1;
  const attributes = {
    size,
    alpha: node.float('alpha', 1) * size,
    beta: node.float('beta', 0.5),
    bias: node.float('bias', 1),
  };
  return asGiven(c, layout, c.main('LRN', [channelsFirst(c, layout, c.input(0))], attributes));
});

/** Half the sum of the squares. */
const halfSquares = formula((c) => {
  const x = c.input(0);
  const sum = c.op('ReduceSum', [c.mul(x, x)], { keepdims: 0 });
  return c.main('Mul', [sum, c.scalar(0.5)]);
});

/** Biases and normalizations. */
export const normalization: OperatorFamily = {
  'tf:_FusedBatchNormEx': fusedBatchNorm,
  'tf:BiasAdd': biasAdd,
  'tf:BiasAddV1': biasAdd,
  'tf:BatchNormWithGlobalNormalization': globalBatchNorm,
  'tf:FusedBatchNorm': fusedBatchNorm,
  'tf:FusedBatchNormV2': fusedBatchNorm,
  'tf:FusedBatchNormV3': fusedBatchNorm,
  'tf:L2Loss': halfSquares,
  'tf:LRN': localResponse,
};
