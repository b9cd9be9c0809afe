import type { ParameterValue } from '../../../network/layer.ts';
import { toFloat32, type Shape, type Tensor } from '../../../network/tensor.ts';
import { floatCopy, floatTransposed, Unsupported, type Builder } from '../builder.ts';
import { channelLastOrder, type Draft, type DraftRef } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import type { OperatorFamily } from '../operator.ts';
import { readWindow, windowOutput, type Window } from '../window.ts';
import { convolveDepth, convolveDynamic } from './convolution-composed.ts';
import { transposeComposed, transposedWindow, transposeLine } from './transposed-composed.ts';

/** A zero bias where the node has none: every convolution of a network has a bias. */
function biasOf(node: OnnxNode, builder: Builder, index: number, channels: number): Tensor {
  if (!builder.present(node, index))
    return { type: 'float32', shape: [channels], data: new Float32Array(channels) };
  return floatCopy(builder.requireConstant(node, index, 'the bias'), [channels]);
}

/** ONNX [out, in/group, ...kernel] to [...kernel, in/group, out]. */
function kernelLast(weight: Tensor): Tensor {
  const rank = weight.shape.length;
  return floatTransposed(weight, [...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1, 0]);
}

function emitConvolution(
  node: OnnxNode,
  builder: Builder,
  shape: Shape,
  type: Draft,
  order: readonly number[],
): void {
  builder.emit(node, 0, { shape, type: 'float32', order, ref: { draft: type, port: 0 } });
}

/** Which way a convolution takes: the layer of the NPU where its kernel is constant, else a composition. */
function convert(node: OnnxNode, builder: Builder): void {
  const rank = builder.shapeOf(node, 0).length;
  if (rank < 3) throw node.invalid(`the input has rank ${rank}`);
  if (rank > 5) throw new Unsupported(`convolution of rank ${rank}`);
  const fixed = [1, 2].every((index) => !builder.present(node, index) || builder.constant(node, index));
  if (!fixed) return convolveDynamic(node, builder);
  if (rank === 5) return convolveDepth(node, builder);
  convertLayer(node, builder);
}

function convertLayer(node: OnnxNode, builder: Builder): void {
  const weight = builder.requireConstant(node, 1, 'the weight');
  const input = builder.value(node, 0);
  const rank = input.shape.length;
  if (weight.shape.length !== rank)
    throw node.invalid(`the weight has rank ${weight.shape.length}, the input ${rank}`);
  const groups = node.int('group', 1);
  const [channels, perGroup] = weight.shape;
  if (groups < 1 || perGroup * groups !== input.shape[1] || channels % groups !== 0) {
    throw node.invalid(
      `${input.shape[1]} input channels in ${groups} groups do not fit the weight [${weight.shape.join(',')}]`,
    );
  }
  const window = readWindow(node, input.shape.slice(2), weight.shape.slice(2));
  const shape = [input.shape[0], channels, ...windowOutput(node, input.shape.slice(2), window, false)];
  const order = channelLastOrder(rank);
  const source = builder.ordered(input, order);
  const coefficients = [
    ['weight', kernelLast(weight)],
    ['bias', biasOf(node, builder, 2, channels)],
  ] as const;
  const spec =
    rank === 4
      ? { op: 'convolution', parameters: planeParameters(channels, groups, window) }
      : lineSpec(channels, groups, input.shape[1], window);
  emitConvolution(
    node,
    builder,
    shape,
    builder.layer(node, { ...spec, inputs: [source], coefficients }),
    order,
  );
}

function planeParameters(weights: number, groups: number, window: Window): [string, ParameterValue][] {
  const { kernel, strides, begin, end, dilations } = window;
  return [
    ['padding_mode', 'CONSTANT'],
    ['weights', weights],
    ['padding', 'VALID'],
    ['bias', true],
    ['group_number', groups],
    ['regularize', false],
    ['ksize_h', kernel[0]],
    ['ksize_w', kernel[1]],
    ['stride_h', strides[0]],
    ['stride_w', strides[1]],
    ['pad_h', begin[0]],
    ['pad_w', begin[1]],
    ['dilation', [1, ...dilations, 1]],
    ['pad_method', 'padding_const'],
    ['pad', [begin[0], end[0], begin[1], end[1]]],
  ];
}

function lineSpec(weights: number, groups: number, channels: number, window: Window) {
  const depthwise = groups > 1 && groups === channels;
  const parameters: [string, ParameterValue][] = [
    ['padding_mode', 'CONSTANT'],
    ['weights', weights],
    ['padding', 'VALID'],
    ['bias', true],
    ['group_number', groups],
    ['ksize', window.kernel[0]],
    ['stride', window.strides[0]],
    ['pad_method', 'padding_const'],
    ['pad', [window.begin[0], window.end[0]]],
    ['dilation', [1, window.dilations[0], 1]],
  ];
  if (depthwise) parameters.push(['multiplier', weights / channels]);
  return { op: depthwise ? 'depthwise_conv1d' : groups > 1 ? 'group_conv1d' : 'conv1d', parameters };
}

/**
 * ONNX [in, out/group, kh, kw] to [kh, kw, in/group, out], the arrangement of a convolution. The kernel is
 * not flipped: out[y * stride + ky - pad] += in[y] * weight[ky].
 */
function deconvolutionWeight(weight: Tensor, groups: number): Tensor {
  const [inputs, perGroup, height, width] = weight.shape;
  const inGroup = inputs / groups;
  const source = toFloat32(weight);
  const data = new Float32Array(source.length);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let i = 0; i < inGroup; i++) {
        for (let g = 0; g < groups; g++) {
          for (let o = 0; o < perGroup; o++) {
            data[at++] = source[(((g * inGroup + i) * perGroup + o) * height + y) * width + x];
          }
        }
      }
    }
  }
  return { type: 'float32', shape: [height, width, inGroup, perGroup * groups], data };
}

function convertTransposed(node: OnnxNode, builder: Builder): void {
  const { length: rank } = builder.shapeOf(node, 0);
  if (rank < 3) throw node.invalid(`the input has rank ${rank}`);
  if (rank > 5) throw new Unsupported(`transposed convolution of rank ${rank}`);
  const fixed = [1, 2].every((index) => !builder.present(node, index) || builder.constant(node, index));
  const plain = (node.ints('dilations') ?? []).every((step) => step === 1);
  if (!fixed || !plain || rank === 5) return transposeComposed(node, builder);
  if (rank === 3) return transposeLine(node, builder);
  const weight = builder.requireConstant(node, 1, 'the weight');
  const { window, output } = transposedWindow(node, builder.shapeOf(node, 0).slice(2), weight.shape.slice(2));
  // The layer can only cut the full output, not add to it.
  if ([...window.begin, ...window.end].some((pad) => pad < 0)) return transposeComposed(node, builder);
  convertDeconvolution(node, builder, window, output);
}

function convertDeconvolution(node: OnnxNode, builder: Builder, window: Window, output: number[]): void {
  const weight = builder.requireConstant(node, 1, 'the weight');
  const input = builder.value(node, 0);
  const groups = node.int('group', 1);
  if (weight.shape[0] !== input.shape[1] || groups < 1 || weight.shape[0] % groups !== 0) {
    throw node.invalid(`${input.shape[1]} input channels do not fit the weight [${weight.shape.join(',')}]`);
  }
  if (output.some((dim) => dim < 1)) throw node.invalid(`the output would be [${output.join(',')}]`);
  const channels = weight.shape[1] * groups;
  const order = channelLastOrder(4);
  const source: DraftRef = builder.ordered(input, order);
  const plane = new Map(planeParameters(channels, groups, window));
  plane.delete('padding_mode');
  plane.delete('dilation');
  plane.set('output_shape', [input.shape[0], ...output, channels]);
  const draft = builder.layer(node, {
    op: 'deconvolution',
    parameters: [...plane],
    inputs: [source],
    coefficients: [
      ['weight', deconvolutionWeight(weight, groups)],
      ['bias', biasOf(node, builder, 2, channels)],
    ],
  });
  emitConvolution(node, builder, [input.shape[0], channels, ...output], draft, order);
}

/** Conv and ConvTranspose of one, two and three dimensions. */
export const convolution: OperatorFamily = {
  Conv: { convert },
  ConvTranspose: { convert: convertTransposed },
};
