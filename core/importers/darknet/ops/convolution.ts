import { composed, type Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { positions, taps } from '../../onnx/ops/convolution-composed.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { activated, activationOf } from './activation.ts';
import { normalized } from './norm.ts';
import { asPicture, step } from './step.ts';

/** Inputs of a convolution from `first` on, in the order of the file: biases, with batch norm three more, the kernel. */
export function kernelInputs(c: Composer, first: number, isNormalized: boolean) {
  const at = (index: number): string => c.input(first + index);
  return isNormalized
    ? { biases: at(0), scales: at(1), mean: at(2), variance: at(3), weights: at(4), count: 5 }
    : { biases: at(0), scales: '', mean: '', variance: '', weights: at(1), count: 2 };
}

type KernelInputs = ReturnType<typeof kernelInputs>;

/** The convolution or its transpose, then batch norm, then the activation. */
export function convolved(
  c: Composer,
  node: OnnxNode,
  kernel: KernelInputs,
  make: (parameters: readonly string[]) => string,
): string {
  const isNormalized = kernel.scales !== '';
  const sums = make([kernel.weights, ...(isNormalized ? [] : [kernel.biases])]);
  return activated(c, isNormalized ? normalized(c, node, sums, kernel) : sums, activationOf(node));
}

const convolutional = composed((c, node) => {
  const x = asPicture(c, c.input(0));
  const kernel = kernelInputs(c, 1, c.has(5));
  const shape = node.intsOf('shape', 4, 0);
  const flipped = node.int('flipped', 0) !== 0;
  const weights = flipped ? c.reshape(c.transpose(kernel.weights, [1, 0]), shape) : kernel.weights;
  const [dilation, padding] = [node.int('dilation', 1), node.int('padding', 0)];
  const attributes = {
    group: node.int('groups', 1),
    strides: node.intsOf('strides', 2, 1),
    dilations: [dilation, dilation],
    pads: [padding, padding, padding, padding],
  };
  const make = (parameters: readonly string[]): string => c.main('Conv', [x, ...parameters], attributes);
  c.output(0, convolved(c, node, { ...kernel, weights }, make));
});

const deconvolutional = composed((c, node) => {
  const x = asPicture(c, c.input(0));
  const [stride, padding] = [node.int('stride', 1), node.int('padding', 0)];
  const attributes = { strides: [stride, stride], pads: [padding, padding, padding, padding] };
  const make = (parameters: readonly string[]): string =>
    c.main('ConvTranspose', [x, ...parameters], attributes);
  c.output(0, convolved(c, node, kernelInputs(c, 1, c.has(5)), make));
});

/** Every place has its own kernel: a product of matrices, [1, K] x [K, filters] at each place. */
const local = composed((c, node) => {
  const x = asPicture(c, c.input(0));
  const [size, stride, pad] = [node.int('size', 1), node.int('stride', 1), node.int('padding', 0)];
  const [biases, weights] = [c.input(1), c.input(2)];
  const [batch, channels] = c.shape(x);
  const [, filters, rows, columns] = c.shape(biases);
  const places = rows * columns;
  const window = {
    kernel: [size, size],
    strides: [stride, stride],
    dilations: [1, 1],
    begin: [0, 0],
    end: [0, 0],
  };
  const cuts = taps(c, c.pad(x, [0, 0, pad, pad], [0, 0, pad, pad]), window, [rows, columns]);
  const spread = c.concat(
    cuts.map((cut) => c.reshape(cut, [batch, channels, 1, places])),
    2,
  );
  // [N, C, K, places] -> [places, N, C * K]
  const read = c.reshape(c.transpose(spread, [3, 0, 1, 2]), [
    places,
    batch,
    channels * positions([size, size]).length,
  ]);
  const product = c.main('MatMul', [read, c.transpose(weights, [0, 2, 1])]);
  const picture = c.reshape(c.transpose(product, [1, 2, 0]), [batch, filters, rows, columns]);
  c.output(0, activated(c, step(c, 'Add', [picture, biases]), activationOf(node)));
});

/** Sections with kernels. */
export const convolutions: OperatorFamily = {
  'darknet:convolutional': { convert: convolutional },
  'darknet:deconvolutional': { convert: deconvolutional },
  'darknet:local': { convert: local },
};
