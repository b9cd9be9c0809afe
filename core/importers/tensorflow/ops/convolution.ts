import { Unsupported } from '../../onnx/builder.ts';
import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import {
  asGiven,
  channelsFirst,
  layoutOf,
  ofSpace,
  padding,
  spatialAttribute,
  type Layout,
} from './layout.ts';
import { formula, integers, upTo } from './operands.ts';

/** [...kernel, in, out] to ONNX's [out, in, ...kernel]; for transposed convolutions, too: [...kernel, out, in]. */
const kernelFirst = (c: Composer, weight: string): string => {
  const spatial = c.shape(weight).length - 2;
  return c.transpose(weight, [spatial + 1, spatial, ...upTo(spatial)]);
};

/** [h, w, channels, multiplier] to ONNX's [channels * multiplier, 1, h, w]. */
function depthwiseKernel(c: Composer, weight: string): string {
  const [h, w, channels, multiplier] = c.shape(weight);
  return c.reshape(c.transpose(weight, [2, 3, 0, 1]), [channels * multiplier, 1, h, w]);
}

/** Shape of the weight, which has to have the rank of the input. */
function weightShape(c: Composer, node: OnnxNode, weight: string, rank: number): readonly number[] {
  const shape = c.shape(weight);
  if (shape.length !== rank) throw node.invalid(`the weight has rank ${shape.length}, the input ${rank}`);
  return shape;
}

/** A convolution of x with a weight [...kernel, in, out]. */
export function convolve(c: Composer, node: OnnxNode, x = c.input(0), weight = c.input(1)): string {
  const layout = layoutOf(node, c.shape(x).length);
  const inputs = weightShape(c, node, weight, layout.spatial + 2)[layout.spatial];
  const channels = c.shape(x)[layout.channelsLast ? layout.spatial + 1 : 1];
  const attributes = {
    strides: spatialAttribute(node, layout, 'strides'),
    dilations: spatialAttribute(node, layout, 'dilations'),
    group: channels / inputs,
    ...padding(node, layout),
  };
  return asGiven(
    c,
    layout,
    c.main('Conv', [channelsFirst(c, layout, x), kernelFirst(c, weight)], attributes),
  );
}

export function convolveDepthwise(c: Composer, node: OnnxNode): string {
  const x = c.input(0);
  const layout = layoutOf(node, c.shape(x).length);
  const group = weightShape(c, node, c.input(1), 4)[2];
  const dilations = node.ints('dilations') ?? [];
  const attributes = {
    strides: spatialAttribute(node, layout, 'strides'),
    // Old graphs leave them out, or give one number per picture axis.
    dilations: dilations.length === 2 ? dilations : spatialAttribute(node, layout, 'dilations'),
    group,
    ...padding(node, layout),
  };
  const weight = depthwiseKernel(c, c.input(1));
  return asGiven(c, layout, c.main('Conv', [channelsFirst(c, layout, x), weight], attributes));
}

/** Padding of the forward convolution along one axis, in front. */
function forwardPadding(node: OnnxNode, layout: Layout, size: number, axis: number, reach: number): number {
  const mode = padding(node, layout);
  if ('pads' in mode) return mode.pads[axis];
  if (mode.auto_pad === 'VALID') return 0;
  const stride = spatialAttribute(node, layout, 'strides')[axis];
  return Math.floor(Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size) / 2);
}

/**
 * The gradient of a convolution, which is how transposed convolutions are written. The size of the result is input 0;
 * padding is that of the forward convolution.
 */
function transposedAttributes(
  node: OnnxNode,
  layout: Layout,
  kernel: readonly number[],
  from: readonly number[],
  to: readonly number[],
) {
  const strides = spatialAttribute(node, layout, 'strides');
  const dilations = spatialAttribute(node, layout, 'dilations');
  const begin: number[] = [];
  const end: number[] = [];
  const extra: number[] = [];
  kernel.forEach((size, axis) => {
    const reach = (size - 1) * dilations[axis] + 1;
    begin.push(forwardPadding(node, layout, to[axis], axis, reach));
    const rest = (from[axis] - 1) * strides[axis] + reach - begin[axis] - to[axis];
    end.push(Math.max(0, rest));
    extra.push(Math.max(0, -rest));
  });
  return { strides, dilations, pads: [...begin, ...end], output_padding: extra };
}

function resultSize(c: Composer, node: OnnxNode, layout: Layout): number[] {
  const sizes = integers(c, 0, 'a result size');
  if (sizes.length === layout.spatial + 2) return ofSpace(layout, sizes);
  if (sizes.length === layout.spatial) return sizes;
  throw node.invalid(`the result size has ${sizes.length} numbers`);
}

function transposeConvolve(c: Composer, node: OnnxNode): string {
  const x = c.input(2);
  const layout = layoutOf(node, c.shape(x).length);
  const kernel = weightShape(c, node, c.input(1), layout.spatial + 2).slice(0, layout.spatial);
  const size = resultSize(c, node, layout);
  const attributes = transposedAttributes(node, layout, kernel, ofSpace(layout, c.shape(x)), size);
  const inputs = [channelsFirst(c, layout, x), kernelFirst(c, c.input(1))];
  return asGiven(c, layout, c.main('ConvTranspose', inputs, { ...attributes, group: 1 }));
}

function transposeDepthwise(c: Composer, node: OnnxNode): string {
  const x = c.input(2);
  const layout = layoutOf(node, c.shape(x).length);
  const [h, w, channels, multiplier] = weightShape(c, node, c.input(1), 4);
  if (multiplier !== 1) throw new Unsupported('more than one result per channel');
  const size = resultSize(c, node, layout);
  const attributes = transposedAttributes(node, layout, [h, w], ofSpace(layout, c.shape(x)), size);
  const inputs = [channelsFirst(c, layout, x), depthwiseKernel(c, c.input(1))];
  return asGiven(c, layout, c.main('ConvTranspose', inputs, { ...attributes, group: channels }));
}

/**
 * SpaceToBatchND, a convolution without padding and BatchToSpaceND, written by hand before convolutions had rates:
 * inputs x, weight, block shape, paddings, crops. Crops take from the padding, which steps of 1 allow.
 */
function convolveDilated(c: Composer, node: OnnxNode): string {
  const x = c.input(0);
  const layout: Layout = { channelsLast: true, spatial: c.shape(x).length - 2 };
  const strides = spatialAttribute(node, layout, 'strides');
  if (node.text('padding', 'VALID') !== 'VALID' || strides.some((step) => step !== 1))
    throw new Unsupported('a convolution with padding or steps between SpaceToBatchND and BatchToSpaceND');
  const block = integers(c, 2, 'a block shape');
  if (block.length !== layout.spatial) throw new Unsupported(`a block shape of ${block.length} axes`);
  const [paddings, crops] = [integers(c, 3, 'a padding'), integers(c, 4, 'a crop')];
  const side = (from: number): number[] =>
    block.map((_, axis) => paddings[2 * axis + from] - crops[2 * axis + from]);
  const [begin, end] = [side(0), side(1)];
  const cropped = (amounts: readonly number[]): number[] => [0, 0, ...amounts.map((pad) => Math.min(0, pad))];
  const picture = c.pad(channelsFirst(c, layout, x), cropped(begin), cropped(end));
  const depthwise = node.opType === 'DilatedDepthwise';
  const weight = depthwise ? depthwiseKernel(c, c.input(1)) : kernelFirst(c, c.input(1));
  const attributes = {
    dilations: block,
    group: depthwise ? c.shape(c.input(1))[2] : 1,
    pads: [...begin, ...end].map((pad) => Math.max(0, pad)),
  };
  return asGiven(c, layout, c.main('Conv', [picture, weight], attributes));
}

/** Convolutions and their gradients, channel-last or channel-first. */
export const convolution: OperatorFamily = {
  'tf:Conv2D': formula((c, node) => convolve(c, node)),
  'tf:Conv3D': formula((c, node) => convolve(c, node)),
  'tf:DepthwiseConv2dNative': formula(convolveDepthwise),
  'tf:Conv2DBackpropInput': formula(transposeConvolve),
  'tf:Conv3DBackpropInputV2': formula(transposeConvolve),
  'tf:DepthwiseConv2dNativeBackpropInput': formula(transposeDepthwise),
  'tf:DilatedConv': formula(convolveDilated),
  'tf:DilatedDepthwise': formula(convolveDilated),
};
