import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import type { Shape, Tensor } from '../network/tensor.ts';
import { channelFirst, deviceAxis, identity, normalizeAxis } from './axes.ts';
import type { LowerContext, Operand, OpSpec } from './spec.ts';

const EPSILON = { type: 'real', fallback: 1e-4, meaning: 'added to the variance' } as const;

/** A per-channel coefficient, checked against the channel count. */
function perChannel(context: LowerContext, name: string, channels: number): Tensor {
  const tensor = context.coefficient(name);
  if (tensor.data.length !== channels) {
    throw new StudioError(
      'shape-mismatch',
      `${name} has ${tensor.data.length} values for ${channels} channels`,
      { layer: context.layer.key },
    );
  }
  return { ...tensor, shape: [channels] };
}

/** The value as N,H,W,C of rank 4 with channels last; other ranks get dimensions of size 1. */
function asImage(context: LowerContext, source: Operand): Operand {
  const rank = source.shape.length;
  if (rank === 4) return context.ordered(source, channelFirst(4));
  const plain = context.ordered(source, identity(rank));
  const channels = source.shape[rank - 1];
  const rows = source.shape.slice(0, -1).reduce((product, dim) => product * dim, 1);
  const shape = [rows, 1, 1, channels];
  const image = context.helper('RESHAPE', { size: [...shape].reverse() }, [plain.tensor], shape, {
    like: source,
  });
  return context.ordered(image, channelFirst(4));
}

/** ovxlib's BATCH_NORM works along W,H,C,N axis 2 of a rank-4 tensor. */
function lowerBatchNormalize(context: LowerContext): void {
  const { layer } = context;
  const [source] = context.inputs;
  const channels = source.shape[source.shape.length - 1];
  const image = asImage(context, source);
  const constant = (name: string) =>
    context.constant(name, [channels], perChannel(context, name, channels), {
      kind: 'exact',
      type: 'float32',
    });
  const inputs = [image.tensor, ...['mean', 'variance', 'gamma', 'beta'].map(constant)];
  const params = { eps: layer.number('eps', EPSILON.fallback) };
  if (source.shape.length === 4) {
    context.emit('BATCH_NORM', params, inputs, [image.order]);
    return;
  }
  const normalized = context.helper('BATCH_NORM', params, inputs, image.shape, { order: image.order });
  const plain = context.ordered(normalized, identity(4));
  const shape = context.shape();
  context.emit('RESHAPE', { size: [...shape].reverse() }, [plain.tensor], [identity(shape.length)]);
}

/** PReLU broadcasts its slopes by shape: one per channel, the channel's device axis decides the size list. */
function lowerPrelu(context: LowerContext): void {
  const [source] = context.inputs;
  const rank = source.shape.length;
  const input = rank === 4 ? context.ordered(source, channelFirst(4)) : source;
  const channels = source.shape[rank - 1];
  const slopes = context.coefficient('a');
  const count = slopes.data.length;
  const values = perChannel(context, 'a', count === 1 ? 1 : channels);
  const size: number[] = new Array<number>(rank).fill(1);
  size[deviceAxis(rank - 1, input.order)] = count;
  context.emit(
    'PRELU',
    {},
    [input.tensor, context.constant('a', size, values, { kind: 'weight' })],
    [input.order],
  );
}

/** LAYER_NORM works on the innermost axis; several axes become one by a reshape and back. */
function lowerLayerNormalize(context: LowerContext): void {
  const { layer } = context;
  const [source] = context.inputs;
  const rank = source.shape.length;
  const axes = layer
    .ints('axis_list', [-1])
    .map((axis) => normalizeAxis(axis, rank, layer.key))
    .sort((a, b) => a - b);
  const last = [...identity(rank).filter((axis) => !axes.includes(axis)), ...axes];
  const input = context.ordered(source, last);
  const count = axes.reduce((product, axis) => product * source.shape[axis], 1);
  const constant = (name: string) =>
    context.constant(name, [count], perChannel(context, name, count), { kind: 'exact', type: 'float32' });
  const params = { eps: layer.number('eps', EPSILON.fallback) };
  const inputs = (tensor: number) => [tensor, constant('bias'), constant('scale')];
  if (axes.length === 1) {
    context.emit('LAYER_NORM', params, inputs(input.tensor), [last]);
    return;
  }
  const device = last.map((axis) => source.shape[axis]);
  const rows = device.slice(0, rank - axes.length).reduce((product, dim) => product * dim, 1);
  const shape = [rows, count];
  const flat = context.helper('RESHAPE', { size: [count, rows] }, [input.tensor], shape, { like: input });
  const normal = context.helper('LAYER_NORM', params, inputs(flat.tensor), shape);
  context.emit('RESHAPE', { size: device.reverse() }, [normal.tensor], [last]);
}

/** The channel is the axis that is neither the batch nor normalised. */
function instanceChannel(layer: Layer, rank: number): number {
  const axes = layer.ints('axis', []).map((axis) => normalizeAxis(axis, rank, layer.key));
  const free = identity(rank).filter((axis) => axis !== 0 && !axes.includes(axis));
  return free.at(-1) ?? rank - 1;
}

function instanceOrder(context: LowerContext, rank: number): number[] {
  const channel = instanceChannel(context.layer, rank);
  return [0, channel, ...identity(rank).filter((axis) => axis !== 0 && axis !== channel)];
}

/** INSTANCE_NORM works on W,H,C,N; other ranks are folded into that and back. */
function lowerInstanceNormalize(context: LowerContext): void {
  const { layer } = context;
  const { length: rank } = context.inputs[0].shape;
  const order = instanceOrder(context, rank);
  const input = context.ordered(context.inputs[0], order);
  const channels = input.shape[order[1]];
  const constant = (name: string) =>
    context.constant(name, [channels], perChannel(context, name, channels), {
      kind: 'exact',
      type: 'float32',
    });
  const params = { eps: layer.number('eps', EPSILON.fallback) };
  const inputs = (tensor: number) => [tensor, constant('bias'), constant('scale')];
  if (rank === 4) {
    context.emit('INSTANCE_NORM', params, inputs(input.tensor), [order]);
    return;
  }
  const device = order.map((axis) => input.shape[axis]);
  const spatial = device.slice(2).reduce((product, dim) => product * dim, 1);
  const shape = [device[0], channels, 1, spatial];
  const size = [...shape].reverse();
  const image = context.helper('RESHAPE', { size }, [input.tensor], shape, { like: input });
  const normal = context.helper('INSTANCE_NORM', params, inputs(image.tensor), shape);
  context.emit('RESHAPE', { size: [...device].reverse() }, [normal.tensor], [order]);
}

/** Coefficients with one number per element of the last axis. */
const perLast =
  (...names: readonly string[]): NonNullable<OpSpec['coefficientShapes']> =>
  (_layer, [data]) =>
    Object.fromEntries(names.map((name) => [name, [data[data.length - 1]]]));

const sameShape = ({ inputs }: { inputs: readonly Shape[] }): Shape[] => [inputs[0]];

/** Normalizations and ops with per-channel coefficients. */
export const normalizationOps: readonly OpSpec[] = [
  {
    op: 'batchnormalize',
    summary: '(x-mean)/sqrt(variance+eps)*gamma+beta along the last axis',
    parameters: { eps: EPSILON },
    coefficients: ['beta', 'gamma', 'mean', 'variance'],
    coefficientShapes: perLast('beta', 'gamma', 'mean', 'variance'),
    fusesActivation: true,
    arity: [1, 1],
    range: 'own',
    shapes: sameShape,
    lower: lowerBatchNormalize,
  },
  {
    op: 'prelu',
    summary: 'x > 0 ? x : a*x with one slope per channel',
    parameters: {},
    coefficients: ['a'],
    coefficientShapes: perLast('a'),
    quantizedCoefficients: ['a'],
    arity: [1, 1],
    range: 'own',
    shapes: sameShape,
    lower: lowerPrelu,
  },
  {
    op: 'layernormalize',
    summary: '(x-mean)/sqrt(variance+eps)*scale+bias over axis_list',
    parameters: { axis_list: { type: 'ints', fallback: [-1], meaning: 'normalised axes' }, eps: EPSILON },
    coefficients: ['bias', 'scale'],
    coefficientShapes: (layer, [data]) => {
      const axes = layer.ints('axis_list', [-1]).map((axis) => normalizeAxis(axis, data.length, layer.key));
      const count = [axes.reduce((product, axis) => product * data[axis], 1)];
      return { bias: count, scale: count };
    },
    arity: [1, 1],
    range: 'own',
    shapes: sameShape,
    lower: lowerLayerNormalize,
  },
  {
    op: 'instancenormalize',
    summary: 'normalises each channel of each sample over height and width',
    parameters: { axis: { type: 'ints', fallback: [], meaning: 'spatial axes' }, eps: EPSILON },
    coefficients: ['bias', 'scale'],
    coefficientShapes: (layer, [data]) => {
      const count = [data[instanceChannel(layer, data.length)]];
      return { bias: count, scale: count };
    },
    arity: [1, 1],
    range: 'own',
    shapes: sameShape,
    lower: lowerInstanceNormalize,
  },
];
