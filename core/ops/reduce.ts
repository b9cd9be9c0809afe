import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import type { Shape } from '../network/tensor.ts';
import { channelFirst, deviceAxis, identity, isIdentity, normalizeAxis } from './axes.ts';
import type { LowerContext, OpSpec, ShapeContext } from './spec.ts';

/** The axes a layer reduces, counted from the front; an empty list means all. */
export function reducedAxes(layer: Layer, rank: number): number[] {
  const axes = layer.ints('axis_list', []);
  return axes.length === 0 ? identity(rank) : axes.map((axis) => normalizeAxis(axis, rank, layer.key));
}

/** Shape without the reduced axes; `keep` is the default of keep_dims. */
export function reduceShape({ layer, inputs }: ShapeContext, keep = false): Shape[] {
  const axes = reducedAxes(layer, inputs[0].length);
  if (layer.flag('keep_dims', keep)) return [inputs[0].map((dim, axis) => (axes.includes(axis) ? 1 : dim))];
  const rest = inputs[0].filter((_, axis) => !axes.includes(axis));
  return [rest.length === 0 ? [1] : rest];
}

function reduce(op: string, type: string, summary: string): OpSpec {
  return {
    op,
    summary,
    parameters: {
      axis_list: { type: 'ints', fallback: [], meaning: 'axes, may be negative; empty = all' },
      keep_dims: { type: 'flag', fallback: false, meaning: 'keep dimensions of size 1' },
    },
    arity: [1, 1],
    range: 'own',
    ...(type === 'MEAN' ? {} : { keepsIntegers: 'all' as const }),
    shapes: (context) => reduceShape(context),
    lower: (context) => lowerReduce(context, type),
  };
}

/** Reduces in whatever order the value has, keeping dimensions; dropping them needs the stored order. */
function lowerReduce(context: LowerContext, type: string): void {
  const [source] = context.inputs;
  const axes = reducedAxes(context.layer, source.shape.length);
  const { order } = source;
  const device = axes.map((axis) => deviceAxis(axis, order)).sort((a, b) => a - b);
  const params = { type: `VSI_NN_REDUCE_${type}`, axis: device, axis_num: device.length, keep_dim: true };
  if (context.layer.flag('keep_dims', false)) {
    context.emit('REDUCE', params, [source.tensor], [order]);
    return;
  }
  const shape = context.shape();
  if (isIdentity(order) && axes.length < source.shape.length) {
    context.emit('REDUCE', { ...params, keep_dim: false }, [source.tensor], [identity(shape.length)]);
    return;
  }
  const kept = context.helper(
    'REDUCE',
    params,
    [source.tensor],
    source.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim)),
    { order },
  );
  const plain = context.ordered(kept, identity(source.shape.length));
  context.emit('RESHAPE', { size: [...shape].reverse() }, [plain.tensor], [identity(shape.length)]);
}

function softmax(op: string, device: string, summary: string): OpSpec {
  return {
    op,
    summary,
    parameters: {
      sf_axis: { type: 'int', fallback: -1, meaning: 'axis, -1 = last' },
      beta: { type: 'real', fallback: 1, meaning: 'multiplies x before the exponential' },
    },
    arity: [1, 1],
    range: 'own',
    shapes: ({ inputs }) => [inputs[0]],
    lower: (context) => {
      const { layer } = context;
      const [input] = context.inputs;
      const axis = deviceAxis(
        normalizeAxis(layer.int('sf_axis', -1), input.shape.length, layer.key),
        input.order,
      );
      const beta = layer.number('beta', 1);
      context.emit(
        device,
        device === 'SOFTMAX' ? { axis, beta } : { axis, betaValue: beta },
        [input.tensor],
        [input.order],
      );
    },
  };
}

function resizeShape({ layer, inputs }: ShapeContext): Shape[] {
  const [shape] = inputs;
  const size = layer.ints('new_size');
  if (shape.length !== 4 || size.length !== 2) {
    throw new StudioError(
      'shape-mismatch',
      'image_resize needs a tensor of rank 4 and a new_size of [height, width]',
      { layer: layer.key },
    );
  }
  return [[shape[0], size[0], size[1], shape[3]]];
}

function lowerResize(context: LowerContext): void {
  const { layer } = context;
  const order = channelFirst(4);
  const input = context.ordered(context.inputs[0], order);
  const [, height, width] = context.shape();
  const nearest = layer.text('type', 'bilinear') === 'nearest';
  context.emit(
    'RESIZE',
    {
      type: nearest ? 'VSI_NN_INTERPOLATION_NEAREST_NEIGHBOR' : 'VSI_NN_INTERPOLATION_BILINEAR',
      factor: 0,
      size: [width, height],
      align_corners: layer.flag('align_corners', false),
      half_pixel_centers: layer.flag('half_pixel', false),
    },
    [input.tensor],
    [order],
  );
}

/** Reductions, softmax and resizing. */
export const reduceOps: readonly OpSpec[] = [
  reduce('reducemean', 'MEAN', 'mean over axes'),
  reduce('reducesum', 'SUM', 'sum over axes'),
  reduce('reducemax', 'MAX', 'maximum over axes'),
  reduce('reducemin', 'MIN', 'minimum over axes'),
  reduce('reduceprod', 'PROD', 'product over axes'),
  softmax('softmax', 'SOFTMAX', 'exp(beta*x) normalised over one axis'),
  softmax('log_softmax', 'LOG_SOFTMAX', 'logarithm of softmax'),
  {
    op: 'image_resize',
    summary: 'resizes height and width',
    parameters: {
      type: { type: 'text', fallback: 'bilinear', meaning: 'nearest or bilinear' },
      new_size: { type: 'ints', fallback: [], meaning: '[height, width]' },
      align_corners: { type: 'flag', fallback: false, meaning: 'corner pixels map to corner pixels' },
      half_pixel: { type: 'flag', fallback: false, meaning: 'pixel centres are at .5' },
    },
    arity: [1, 1],
    range: (layer) => (layer.text('type', 'bilinear') === 'nearest' ? 'same' : 'own'),
    shapes: resizeShape,
    lower: lowerResize,
  },
];
