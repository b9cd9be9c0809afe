import { composed, type Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { activated, knownIntegers, padding } from './helpers.ts';
import { channelFirstOrder, channelLastOrder } from '../../onnx/draft.ts';

/** Axis letters of the spatial axes, by how many there are. */
const SPATIAL: Readonly<Record<number, readonly string[]>> = { 2: ['h', 'w'], 3: ['d', 'h', 'w'] };

/** One attribute per spatial axis: `stride_h`, `stride_w`. */
const perAxis = (node: OnnxNode, stem: string, spatial: number, fallback = 1): number[] =>
  SPATIAL[spatial].map((axis) => node.int(`${stem}_${axis}`, fallback));

/** The optional input, as a list. */
const optional = (c: Composer, index: number): string[] => (c.has(index) ? [c.input(index)] : []);

/** A convolution of a channel-last input with a kernel in ONNX's order, and the fused activation. */
function convolve(c: Composer, node: OnnxNode, kernel: string, groups: number): void {
  const { length: rank } = c.shape(c.input(0));
  const spatial = rank - 2;
  const x = c.transpose(c.input(0), channelFirstOrder(rank));
  const result = c.main('Conv', [x, kernel, ...optional(c, 2)], {
    ...padding(node),
    group: groups,
    strides: perAxis(node, 'stride', spatial),
    dilations: perAxis(node, 'dilation', spatial),
  });
  c.output(0, c.transpose(activated(c, node, result), channelLastOrder(rank)));
}

function requireRanks(c: Composer, node: OnnxNode, data: number, kernel: number, rank: number): void {
  const [x, w] = [c.shape(c.input(data)), c.shape(c.input(kernel))];
  if (x.length !== rank || w.length !== rank)
    throw node.invalid(`an input [${x.join(',')}] with a kernel [${w.join(',')}]`);
}

/** Kernel [out, h, w, in / groups]. */
const conv2d = composed((c, node) => {
  requireRanks(c, node, 0, 1, 4);
  const kernel = c.input(1);
  const channels = c.shape(c.input(0))[3];
  convolve(c, node, c.transpose(kernel, [0, 3, 1, 2]), channels / c.shape(kernel)[3]);
});

/** Kernel [1, h, w, in * multiplier]. */
const depthwise = composed((c, node) => {
  requireRanks(c, node, 0, 1, 4);
  convolve(c, node, c.transpose(c.input(1), [3, 0, 1, 2]), c.shape(c.input(0))[3]);
});

/** Kernel [d, h, w, in / groups, out]. */
const conv3d = composed((c, node) => {
  requireRanks(c, node, 0, 1, 5);
  const kernel = c.input(1);
  const channels = c.shape(c.input(0))[4];
  convolve(c, node, c.transpose(kernel, [4, 3, 0, 1, 2]), channels / c.shape(kernel)[3]);
});

/**
 * A transposed convolution of a channel-last input to an output of known size.
 * @param inputs numbers of the node's inputs that hold data and bias
 * @param kernel in ONNX's order: [in, out, ...size]
 * @param size of the output's spatial axes
 */
export function transposed(
  c: Composer,
  node: OnnxNode,
  inputs: { data: number; bias: number },
  kernel: string,
  size: readonly number[],
): void {
  const data = c.input(inputs.data);
  const shape = c.shape(data);
  const { length: rank } = shape;
  const strides = perAxis(node, 'stride', rank - 2);
  if (strides.some((stride) => stride < 1)) throw node.invalid(`strides are [${strides.join(',')}]`);
  const taps = c.shape(kernel).slice(2);
  const same = padding(node).auto_pad !== 'VALID';
  const begin = size.map((to, i) => {
    const total = (Math.ceil(to / strides[i]) - 1) * strides[i] + taps[i] - to;
    return same ? Math.floor(Math.max(0, total) / 2) : 0;
  });
  const end = size.map((to, i) => (shape[i + 1] - 1) * strides[i] + taps[i] - begin[i] - to);
  const x = c.transpose(data, channelFirstOrder(rank));
  const result = c.main('ConvTranspose', [x, kernel, ...optional(c, inputs.bias)], {
    strides,
    pads: [...begin, ...end.map((amount) => Math.max(0, amount))],
    output_padding: end.map((amount) => Math.max(0, -amount)),
  });
  c.output(0, c.transpose(activated(c, node, result), channelLastOrder(rank)));
}

/** Inputs: shape of the output, kernel [out, h, w, in], x, bias. */
const transposeConv = composed((c, node) => {
  requireRanks(c, node, 2, 1, 4);
  const size = knownIntegers(c, node, 0, 'the shape of the output').slice(1, 3);
  transposed(c, node, { data: 2, bias: 3 }, c.transpose(c.input(1), [3, 0, 1, 2]), size);
});

/** Inputs: shape of the output, kernel [d, h, w, out, in], x, bias. */
const transposeConv3d = composed((c, node) => {
  requireRanks(c, node, 2, 1, 5);
  const size = knownIntegers(c, node, 0, 'the shape of the output').slice(1, 4);
  transposed(c, node, { data: 2, bias: 3 }, c.transpose(c.input(1), [4, 3, 0, 1, 2]), size);
});

/** Convolutions of channel-last tensors. */
export const convolution: OperatorFamily = {
  'tflite:CONV_2D': { convert: conv2d },
  'tflite:DEPTHWISE_CONV_2D': { convert: depthwise },
  'tflite:CONV_3D': { convert: conv3d },
  'tflite:TRANSPOSE_CONV': { convert: transposeConv },
  'tflite:CONV_3D_TRANSPOSE': { convert: transposeConv3d },
};
