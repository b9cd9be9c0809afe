import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import type { Shape } from '../network/tensor.ts';
import { channelFirst } from './axes.ts';
import { isCeil } from './pooling.ts';
import type { LowerContext, OpSpec, ShapeContext } from './spec.ts';
import { deviceWindow, readWindow, windowOutput, windowParameters } from './window.ts';

function argmaxShape({ layer, inputs }: ShapeContext): Shape[] {
  const [batch, height, width, channels] = picture(inputs[0], layer);
  const window = readWindow(layer, height, width);
  const [rows, columns] = windowOutput(window, height, width, isCeil(layer), layer.key);
  const shape = [batch, rows, columns, channels];
  return [shape, shape];
}

function picture(shape: Shape, layer: Layer): readonly [number, number, number, number] {
  if (shape.length === 4) return [shape[0], shape[1], shape[2], shape[3]];
  throw new StudioError('shape-mismatch', `${layer.op} needs rank 4, got [${shape.join(',')}]`, {
    layer: layer.key,
  });
}

function lowerArgmax(context: LowerContext): void {
  const { layer } = context;
  const order = channelFirst(4);
  const input = context.ordered(context.inputs[0], order);
  const { ksize, stride, pad } = deviceWindow(readWindow(layer, input.shape[1], input.shape[2]));
  context.emit(
    'POOLWITHARGMAX',
    {
      ksize,
      stride,
      pad,
      type: 'VX_CONVOLUTIONAL_NETWORK_POOLING_MAX',
      round_type: isCeil(layer) ? 'VSI_NN_ROUND_CEIL' : 'VSI_NN_ROUND_FLOOR',
    },
    [input.tensor],
    [order, order],
  );
}

/** Factors [vertical, horizontal]; the old files have one `scale` and zeros for the two others. */
function factors(layer: Layer): [number, number] {
  const both = layer.int('scale', 2);
  return [layer.int('scale_h', 0) || both, layer.int('scale_w', 0) || both];
}

function unpoolShape({ layer, inputs }: ShapeContext): Shape[] {
  const [values, indices] = inputs;
  const [batch, height, width, channels] = picture(values, layer);
  if (indices.join() !== values.join()) {
    throw new StudioError(
      'shape-mismatch',
      `values [${values.join(',')}] and indices [${indices.join(',')}] differ`,
      { layer: layer.key },
    );
  }
  const [down, across] = factors(layer);
  const rows = layer.int('upsample_h', 0) || height * down;
  const columns = layer.int('upsample_w', 0) || width * across;
  return [[batch, rows, columns, channels]];
}

function lowerUnpool(context: LowerContext): void {
  const order = channelFirst(4);
  const inputs = context.inputs.map((operand) => context.ordered(operand, order).tensor);
  const [, height, width] = context.shape();
  const scale = factors(context.layer).reverse();
  context.emit('UPSAMPLE', { scale, size: [width, height] }, inputs, [order]);
}

/** Max pooling that remembers places, and its reverse. */
export const unpoolOps: readonly OpSpec[] = [
  {
    op: 'poolwithargmax',
    summary: 'max pooling (out0) and the place of each maximum inside its window (out1)',
    parameters: {
      ...windowParameters,
      type: { type: 'text', fallback: 'MAX', meaning: 'only MAX' },
      round_type: { type: 'text', fallback: 'ceil', meaning: 'output size rounding: ceil (Caffe) or floor' },
    },
    arity: [1, 1],
    range: 'same',
    // 8-bit indices count inside the window; UPSAMPLE reads those.
    outputType: (_layer, port) => (port === 1 ? 'uint8' : undefined),
    shapes: argmaxShape,
    lower: lowerArgmax,
  },
  {
    op: 'upsample',
    summary: 'puts values (input 0) back to the places that poolwithargmax found (input 1), zeros elsewhere',
    parameters: {
      scale: { type: 'int', fallback: 2, meaning: 'factor in both directions' },
      scale_h: { type: 'int', fallback: 0, meaning: 'vertical factor; 0 = scale' },
      scale_w: { type: 'int', fallback: 0, meaning: 'horizontal factor; 0 = scale' },
      upsample_h: { type: 'int', fallback: 0, meaning: 'output height; 0 = by the factor' },
      upsample_w: { type: 'int', fallback: 0, meaning: 'output width; 0 = by the factor' },
      pad_h: { type: 'flag', fallback: false, meaning: 'left over from Caffe' },
      pad_w: { type: 'flag', fallback: false, meaning: 'left over from Caffe' },
    },
    arity: [2, 2],
    range: 'same',
    shapes: unpoolShape,
    lower: lowerUnpool,
  },
];
