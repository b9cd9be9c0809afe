import type { DeviceParam } from '../device/graph.ts';
import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import { elementCount, transpose, type Shape, type Tensor } from '../network/tensor.ts';
import { channelFirst } from './axes.ts';
import type { LowerContext, Operand, OpSpec, ShapeContext } from './spec.ts';
import { deviceWindow, readWindow, windowOutput, windowParameters, type Window } from './window.ts';

function nhwc(shape: Shape, layer: string): readonly [number, number, number, number] {
  if (shape.length !== 4) {
    throw new StudioError('shape-mismatch', `needs a tensor of rank 4, got [${shape.join(',')}]`, { layer });
  }
  return [shape[0], shape[1], shape[2], shape[3]];
}

function convolutionShape({ layer, inputs }: ShapeContext): Shape[] {
  const [batch, height, width] = nhwc(inputs[0], layer.key);
  const window = readWindow(layer, height, width);
  const [outHeight, outWidth] = windowOutput(window, height, width, false, layer.key);
  return [[batch, outHeight, outWidth, layer.int('weights')]];
}

/** A weight is [kh, kw, in/group, out]; other layouts are refused, naming both shapes. */
function checkWeight(context: LowerContext, weight: Tensor, expected: Shape): void {
  if (weight.shape.join() === expected.join()) return;
  throw new StudioError(
    'shape-mismatch',
    `weight is [${weight.shape.join(',')}], the parameters ask for [${expected.join(',')}]`,
    { layer: context.layer.key },
  );
}

/** A device node before it is emitted. */
interface NodeSpec {
  op: string;
  params: Readonly<Record<string, DeviceParam>>;
  inputs: readonly number[];
}

/** The node of a 2-D convolution on an input that lies channel-first; the weight has four axes. */
export function convolutionNode(
  context: LowerContext,
  input: Operand,
  window: Window,
  weight: Tensor,
): NodeSpec {
  const { layer } = context;
  const [, , , channels] = nhwc(input.shape, layer.key);
  const outputs = layer.int('weights');
  const group = layer.int('group_number', 1);
  if (group < 1 || channels % group !== 0 || outputs % group !== 0) {
    throw new StudioError(
      'parameter-invalid',
      `${group} groups do not divide ${channels} → ${outputs} channels`,
      { layer: layer.key },
    );
  }
  const [kh, kw] = window.kernel;
  checkWeight(context, weight, [kh, kw, channels / group, outputs]);
  const depthwise = group > 1 && group === channels;
  const multiplier = depthwise ? outputs / channels : 0;
  const weightId = context.constant(
    'weight',
    depthwise ? [kw, kh, channels, multiplier] : [kw, kh, channels / group, outputs],
    depthwise ? depthwiseLayout(weight, channels, multiplier) : transpose(weight, [3, 2, 0, 1]),
    { kind: 'weight', channelDim: depthwise ? 2 : 3 },
  );
  const biasId = context.bias(input, weightId, outputs);
  const { ksize, stride, pad, dilation } = deviceWindow(window);
  return {
    op: group > 1 && !depthwise ? 'GROUPED_CONV2D' : 'CONV2D',
    params: { ksize, stride, pad, weights: outputs, group, dilation, multiplier },
    inputs: [input.tensor, weightId, biasId],
  };
}

function lowerConvolution(context: LowerContext): void {
  const order = channelFirst(4);
  const input = context.ordered(context.inputs[0], order);
  const [, height, width] = nhwc(input.shape, context.layer.key);
  const window = readWindow(context.layer, height, width);
  const { op, params, inputs } = convolutionNode(context, input, window, context.coefficient('weight'));
  context.emit(op, params, inputs, [order]);
}

/** [kh,kw,1,C*M] → (M,C,kh,kw), where output channel c*M+m belongs to input channel c. */
function depthwiseLayout(weight: Tensor, channels: number, multiplier: number): Tensor {
  const [kh, kw] = weight.shape;
  const split: Tensor = { ...weight, shape: [kh, kw, channels, multiplier] };
  return transpose(split, [3, 2, 0, 1]);
}

function convolutionMacs(layer: Layer, inputs: readonly Shape[], outputs: readonly Shape[]): number {
  const perOutput =
    (layer.int('ksize_h', 1) * layer.int('ksize_w', 1) * inputs[0][3]) / layer.int('group_number', 1);
  return elementCount(outputs[0]) * perOutput;
}

/** [kh, kw, in/group, out] and one bias per output. */
function kernelShapes(layer: Layer, [data]: readonly Shape[]): Readonly<Record<string, Shape>> {
  const inner = data[data.length - 1] / layer.int('group_number', 1);
  const outputs = layer.int('weights');
  const weight = [layer.int('ksize_h', 1), layer.int('ksize_w', 1), inner, outputs];
  return layer.flag('bias', true) ? { weight, bias: [outputs] } : { weight };
}

/** Outputs of one input channel share a scale in a depthwise filter, whose device layout is [kw,kh,C,M]. */
export function outputsPerScale(layer: Layer, weight: Tensor): number {
  const [inner, outputs] = weight.shape.slice(-2);
  const group = layer.int('group_number', 1);
  return group > 1 && inner === 1 ? Math.max(1, outputs / group) : 1;
}

const kernelParameters = {
  weights: { type: 'int', meaning: 'output channels' },
  bias: { type: 'flag', fallback: true, meaning: 'a bias coefficient exists' },
  group_number: { type: 'int', fallback: 1, meaning: 'groups; equal to the input channels = depthwise' },
  regularize: { type: 'flag', fallback: false, meaning: 'training only' },
  ...windowParameters,
} as const;

function deconvolutionShape({ layer, inputs }: ShapeContext): Shape[] {
  const [batch, height, width] = nhwc(inputs[0], layer.key);
  if (layer.has('output_shape') && layer.ints('output_shape').length === 4) {
    const [, outHeight, outWidth] = layer.ints('output_shape');
    return [[batch, outHeight, outWidth, layer.int('weights')]];
  }
  const { kernel, stride, pad } = deconvolutionWindow(layer, height, width);
  const outHeight = (height - 1) * stride[0] + kernel[0] - pad[0] - pad[1] + layer.int('output_padding_h', 0);
  const outWidth = (width - 1) * stride[1] + kernel[1] - pad[2] - pad[3] + layer.int('output_padding_w', 0);
  return [[batch, outHeight, outWidth, layer.int('weights')]];
}

/** SAME on a transposed convolution means output = input * stride. */
function deconvolutionWindow(layer: Layer, height: number, width: number) {
  const auto =
    layer.text('pad_method', 'auto') !== 'padding_const' && layer.text('padding', 'VALID') === 'SAME';
  return auto
    ? readWindow(layer, height * layer.int('stride_h', 1), width * layer.int('stride_w', 1))
    : readWindow(layer, height, width);
}

function lowerDeconvolution(context: LowerContext): void {
  const { layer } = context;
  const order = channelFirst(4);
  const input = context.ordered(context.inputs[0], order);
  const [, height, width, channels] = nhwc(input.shape, layer.key);
  const { kernel, stride, pad } = deconvolutionWindow(layer, height, width);
  const outputs = layer.int('weights');
  const group = layer.int('group_number', 1);
  if (group < 1 || channels % group !== 0 || outputs % group !== 0) {
    throw new StudioError(
      'parameter-invalid',
      `${group} groups do not divide ${channels} → ${outputs} channels`,
      { layer: layer.key },
    );
  }
  const [kh, kw] = kernel;
  const weight = context.coefficient('weight');
  const perGroup = channels / group;
  checkWeight(context, weight, [kh, kw, perGroup, outputs]);
  const weightId = context.constant('weight', [kw, kh, perGroup, outputs], transpose(weight, [3, 2, 0, 1]), {
    kind: 'weight',
    channelDim: 3,
  });
  const biasId = context.bias(input, weightId, outputs);
  const [, outHeight, outWidth] = context.shape();
  const extra = [
    outWidth - ((width - 1) * stride[1] + kw - pad[2] - pad[3]),
    outHeight - ((height - 1) * stride[0] + kh - pad[0] - pad[1]),
  ];
  context.emit(
    'DECONVOLUTION',
    {
      ksize: [kw, kh],
      stride: [stride[1], stride[0]],
      pad: [pad[2], pad[3], pad[0], pad[1]],
      weights: outputs,
      group,
      output_padding: extra,
    },
    [input.tensor, weightId, biasId],
    [order],
  );
}

/** 2-D convolutions. Weights are stored [kh, kw, in/group, out]. */
export const convolutionOps: readonly OpSpec[] = [
  {
    op: 'convolution',
    summary: '2-D convolution, also depthwise and grouped',
    parameters: {
      ...kernelParameters,
      dilation: { type: 'ints', fallback: [1, 1, 1, 1], meaning: '[N, H, W, C]' },
    },
    coefficients: ['weight', 'bias'],
    coefficientShapes: kernelShapes,
    quantizedCoefficients: ['weight', 'bias'],
    outputsPerScale,
    fusesActivation: true,
    arity: [1, 1],
    range: 'own',
    shapes: convolutionShape,
    lower: lowerConvolution,
    macs: convolutionMacs,
  },
  {
    op: 'deconvolution',
    summary: 'transposed 2-D convolution',
    parameters: {
      ...kernelParameters,
      output_shape: {
        type: 'ints',
        fallback: [],
        meaning: '[N, H, W, C] of the output; wins over arithmetic',
      },
      output_padding_h: { type: 'int', fallback: 0, meaning: 'extra rows' },
      output_padding_w: { type: 'int', fallback: 0, meaning: 'extra columns' },
    },
    coefficients: ['weight', 'bias'],
    coefficientShapes: kernelShapes,
    quantizedCoefficients: ['weight', 'bias'],
    outputsPerScale: () => 1,
    fusesActivation: true,
    arity: [1, 1],
    range: 'own',
    shapes: deconvolutionShape,
    lower: lowerDeconvolution,
    macs: (layer, inputs) =>
      (elementCount(inputs[0]) * layer.int('ksize_h', 1) * layer.int('ksize_w', 1) * layer.int('weights')) /
      layer.int('group_number', 1),
  },
];
