import { composed, type Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import type { ActivationName } from '../activation-names.ts';
import { activated, activationOf } from './activation.ts';
import { normalized } from './norm.ts';
import { asList, asPicture, scaled, step } from './step.ts';

/** Inputs of a connected layer from `first` on, in the order of the file. */
export function matrixInputs(c: Composer, first: number, isNormalized: boolean) {
  const at = (index: number): string => c.input(first + index);
  const statistics = isNormalized ? [2, 3, 4].map(at) : ['', '', ''];
  const [scales, mean, variance] = statistics;
  return { biases: at(0), weights: at(1), scales, mean, variance };
}

type MatrixInputs = ReturnType<typeof matrixInputs>;

/** The matrix product, batch norm and activation of one connected layer, for lists [N, inputs]. */
export function multiplied(
  c: Composer,
  node: OnnxNode,
  x: string,
  matrix: MatrixInputs,
  activation: ActivationName,
): string {
  const inputs = [x, matrix.weights, ...(matrix.scales === '' ? [matrix.biases] : [])];
  const sums = step(c, 'Gemm', inputs, { transB: 1 - node.int('transposed', 0) });
  const whole = matrix.scales === '' ? sums : normalized(c, node, sums, matrix);
  return activated(c, whole, activation);
}

/** {@link multiplied} for many lists one after the other: all share one constant instead of having a copy each. */
export function repeatedly(
  c: Composer,
  node: OnnxNode,
  matrix: MatrixInputs,
  activation: ActivationName,
): (x: string) => string {
  const turned = node.int('transposed', 0) === 0 ? c.transpose(matrix.weights, [1, 0]) : matrix.weights;
  const weights = c.shared(turned);
  return (x) => {
    const product = step(c, 'MatMul', [x, weights]);
    const isNormalized = matrix.scales !== '';
    const whole = isNormalized
      ? normalized(c, node, product, matrix)
      : step(c, 'Add', [product, matrix.biases]);
    return activated(c, whole, activation);
  };
}

const connected = composed((c, node) => {
  const x = asList(c, c.input(0));
  c.output(0, multiplied(c, node, x, matrixInputs(c, 1, c.has(5)), activationOf(node)));
});

const softmax = composed((c, node) => {
  const colder = (x: string): string => scaled(c, x, 1 / node.float('temperature', 1));
  if (node.int('spatial', 0) !== 0)
    return c.output(0, c.main('Softmax', [colder(asPicture(c, c.input(0)))], { axis: 1 }));
  const x = asList(c, c.input(0));
  const groups = node.int('groups', 1);
  const [batch, size] = c.shape(x);
  if (groups === 1) return c.output(0, c.main('Softmax', [colder(x)], { axis: 1 }));
  const parts = c.reshape(x, [batch, groups, size / groups]);
  c.output(0, c.reshape(c.main('Softmax', [colder(parts)], { axis: 2 }), [batch, size]));
});

const activation = composed((c, node) => c.output(0, activated(c, c.input(0), activationOf(node))));

const batchnorm = composed((c, node) => {
  const [biases, scales, mean, variance] = [1, 2, 3, 4].map((index) => c.input(index));
  c.output(0, normalized(c, node, asPicture(c, c.input(0)), { biases, scales, mean, variance }));
});

/**
 * x * (kappa + alpha * sum of squares)^-beta over `size` channels around each. Darknet never adds the square of channel
 * size / 2 but takes it off behind it, so it is missing in every sum; networks are trained with that.
 */
const normalization = composed((c, node) => {
  const x = asPicture(c, c.input(0));
  const [, channels] = c.shape(x);
  const size = node.int('size', 5);
  const [behind, ahead] = [Math.floor((size - 1) / 2), Math.floor(size / 2)];
  const alpha = node.float('alpha', 0);
  const mixing = new Float32Array(channels * channels);
  for (let to = 0; to < channels; to++) {
    for (let from = Math.max(0, to - behind); from <= Math.min(channels - 1, to + ahead); from++)
      mixing[to * channels + from] += alpha;
    mixing[to * channels + ahead] -= alpha;
  }
  const kappa = new Float32Array(channels).fill(node.float('kappa', 1));
  const squares = step(c, 'Mul', [x, x]);
  const kernel = [c.floats(mixing, [channels, channels, 1, 1]), c.floats(kappa)];
  const sums = step(c, 'Conv', [squares, ...kernel]);
  const powers = step(c, 'Pow', [sums, c.scalar(-node.float('beta', 0))]);
  c.output(0, c.main('Mul', [x, powers]));
});

const l2norm = composed((c) => {
  const x = asPicture(c, c.input(0));
  c.output(0, c.main('LpNormalization', [x], { axis: 1, p: 2 }));
});

/** Sections about all values alike. */
export const dense: OperatorFamily = {
  'darknet:activation': { convert: activation },
  'darknet:batchnorm': { convert: batchnorm },
  'darknet:connected': { convert: connected },
  'darknet:l2norm': { convert: l2norm },
  'darknet:normalization': { convert: normalization },
  'darknet:softmax': { convert: softmax },
};
