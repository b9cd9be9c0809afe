import type { Layer } from '../network/layer.ts';
import { StudioError } from '../network/errors.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { channelFirst } from './axes.ts';
import { convolutionNode, outputsPerScale } from './convolution.ts';
import { isCeil, poolingParams } from './pooling.ts';
import type { LowerContext, Operand, OpSpec, ParameterSpec, ShapeContext } from './spec.ts';
import { samePadding, windowOutput, type Window } from './window.ts';

/** [N, L, C] or an error. */
function nlc(shape: Shape, layer: string): readonly [number, number, number] {
  if (shape.length !== 3) {
    throw new StudioError('shape-mismatch', `needs a tensor of rank 3, got [${shape.join(',')}]`, { layer });
  }
  return [shape[0], shape[1], shape[2]];
}

/** The window of a line, seen as one of height 1. */
function lineWindow(layer: Layer, length: number): Window {
  const size = layer.int('ksize', 1);
  const stride = layer.int('stride', 1);
  const list = layer.ints('dilation', [1]);
  const dilation = list.length === 3 ? list[1] : (list[0] ?? 1);
  if (Math.min(size, stride, dilation) < 1) {
    throw new StudioError('parameter-invalid', 'window sizes must be at least 1', { layer: layer.key });
  }
  const [front, back] = linePadding(layer, length, size, stride, dilation);
  return {
    kernel: [1, size],
    stride: [1, stride],
    dilation: [1, dilation],
    pad: [0, 0, front, back],
  };
}

function linePadding(
  layer: Layer,
  length: number,
  size: number,
  stride: number,
  dilation: number,
): readonly [number, number] {
  if (layer.text('pad_method', 'padding_const') === 'padding_const') {
    const [front = 0, back = 0] = layer.ints('pad', [0, 0]);
    return [front, back];
  }
  return layer.text('padding', 'VALID') === 'SAME' ? samePadding(length, size, stride, dilation) : [0, 0];
}

/** The value as a picture of height 1, channel-first on the device. */
function asPicture(context: LowerContext): Operand {
  const [source] = context.inputs;
  const [batch, length, channels] = nlc(source.shape, context.layer.key);
  const line = context.ordered(source, channelFirst(3));
  const size = [length, 1, channels, batch];
  return context.helper('RESHAPE', { size }, [line.tensor], [batch, 1, length, channels], {
    order: channelFirst(4),
    like: source,
  });
}

/** The line that a picture of height 1 holds is the layer's output. */
function emitLine(context: LowerContext, op: string, params: LineParams, inputs: readonly number[]): void {
  const [batch, length, channels] = nlc(context.shape(), context.layer.key);
  const order = channelFirst(4);
  const picture = context.helper(op, params, inputs, [batch, 1, length, channels], { order });
  context.emit('RESHAPE', { size: [length, channels, batch] }, [picture.tensor], [channelFirst(3)]);
}

type LineParams = Parameters<LowerContext['emit']>[1];

function lineOutput(layer: Layer, length: number, ceil: boolean): number {
  return windowOutput(lineWindow(layer, length), 1, length, ceil, layer.key)[1];
}

function convolutionShape({ layer, inputs }: ShapeContext): Shape[] {
  const [batch, length] = nlc(inputs[0], layer.key);
  return [[batch, lineOutput(layer, length, false), layer.int('weights')]];
}

/** CONV2D on a picture of height 1: what ovxlib makes of its CONV1D too. */
function lowerConvolution(context: LowerContext): void {
  const weight = context.coefficient('weight');
  const [size, inputs, outputs] = nlc(weight.shape, context.layer.key);
  const input = asPicture(context);
  const window = lineWindow(context.layer, input.shape[2]);
  const node = convolutionNode(context, input, window, { ...weight, shape: [1, size, inputs, outputs] });
  emitLine(context, node.op, node.params, node.inputs);
}

function lowerPooling(context: LowerContext): void {
  const input = asPicture(context);
  const window = lineWindow(context.layer, input.shape[2]);
  emitLine(context, 'POOL', poolingParams(context, window, input.shape), [input.tensor]);
}

const windowParameters: Readonly<Record<string, ParameterSpec>> = {
  ksize: { type: 'int', fallback: 1, meaning: 'window length' },
  stride: { type: 'int', fallback: 1, meaning: 'step' },
  padding: { type: 'text', fallback: 'VALID', meaning: 'SAME or VALID; decisive when pad_method is auto' },
  pad_method: { type: 'text', fallback: 'padding_const', meaning: 'padding_const = use pad' },
  pad: { type: 'ints', fallback: [0, 0], meaning: '[begin, end]' },
};

const convolution = (op: string, summary: string): OpSpec => ({
  op,
  summary,
  parameters: {
    weights: { type: 'int', meaning: 'output channels' },
    bias: { type: 'flag', fallback: true, meaning: 'a bias coefficient exists' },
    group_number: { type: 'int', fallback: 1, meaning: 'groups; equal to the input channels = depthwise' },
    multiplier: { type: 'int', fallback: 1, meaning: 'depthwise: outputs per input channel' },
    padding_mode: { type: 'text', fallback: 'CONSTANT', meaning: 'zero fill' },
    dilation: { type: 'ints', fallback: [1, 1, 1], meaning: '[N, L, C]' },
    ...windowParameters,
  },
  coefficients: ['weight', 'bias'],
  coefficientShapes: (layer, [data]): Record<string, Shape> => {
    const outputs = layer.int('weights');
    const weight = [layer.int('ksize', 1), data[data.length - 1] / layer.int('group_number', 1), outputs];
    return layer.flag('bias', true) ? { weight, bias: [outputs] } : { weight };
  },
  quantizedCoefficients: ['weight', 'bias'],
  outputsPerScale,
  fusesActivation: true,
  arity: [1, 1],
  range: 'own',
  shapes: convolutionShape,
  lower: lowerConvolution,
  macs: (layer, inputs, outputs) =>
    (elementCount(outputs[0]) * layer.int('ksize', 1) * inputs[0][2]) / layer.int('group_number', 1),
});

/** Convolution and pooling of [N, L, C]. Weights are stored [k, in/group, out]. */
export const lineOps: readonly OpSpec[] = [
  convolution('conv1d', '1-D convolution'),
  convolution('depthwise_conv1d', '1-D convolution of each channel on its own'),
  convolution('group_conv1d', 'grouped 1-D convolution'),
  {
    op: 'pool1d',
    summary: '1-D max or average pooling',
    parameters: {
      type: { type: 'text', fallback: 'MAX', meaning: 'MAX or AVG' },
      round_type: { type: 'text', fallback: 'ceil', meaning: 'output size rounding: ceil (Caffe) or floor' },
      count_include_pad: { type: 'int', fallback: 0, meaning: 'AVG: 1 = padded zeros count' },
      ...windowParameters,
    },
    arity: [1, 1],
    range: (layer) => (layer.text('type', 'MAX') === 'MAX' ? 'same' : 'own'),
    shapes: ({ layer, inputs }) => {
      const [batch, length, channels] = nlc(inputs[0], layer.key);
      return [[batch, lineOutput(layer, length, isCeil(layer)), channels]];
    },
    lower: lowerPooling,
    macs: (layer, _inputs, outputs) =>
      layer.text('type', 'MAX') === 'MAX' ? 0 : elementCount(outputs[0]) * layer.int('ksize', 1),
  },
];
