import type { DeviceParam } from '../device/graph.ts';
import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import type { Shape } from '../network/tensor.ts';
import { channelFirst, deviceAxis, normalizeAxis } from './axes.ts';
import type { LowerContext, OpSpec } from './spec.ts';

const sameShape = ({ inputs }: { inputs: readonly Shape[] }): Shape[] => [inputs[0]];

/**
 * LRN divides alpha by the window and has the bias 1; LRN2 takes both as they are. Caffe and ONNX divide.
 */
function lowerLrn(context: LowerContext): void {
  const { layer } = context;
  const [source] = context.inputs;
  if (source.shape.length !== 4) {
    throw new StudioError('shape-mismatch', `needs rank 4, got [${source.shape.join(',')}]`, {
      layer: layer.key,
    });
  }
  const order = channelFirst(4);
  const input = context.ordered(source, order);
  const size = layer.int('local_size', 1);
  const within = layer.text('type', 'NORM_ACROSS_CHANNELS') !== 'NORM_ACROSS_CHANNELS';
  const bias = layer.number('bias', 1);
  const alpha = layer.number('alpha', 1e-4);
  const plain = bias === 1;
  const share = alpha / (within ? size * size : size);
  const type = `VX_CONVOLUTIONAL_NETWORK_NORM_${within ? 'SAME_MAP' : 'ACROSS_MAPS'}`;
  const beta = layer.number('beta', 0.75);
  context.emit(
    plain ? 'LRN' : 'LRN2',
    { type, size, alpha: plain ? alpha : share, beta, bias, axis: 2 },
    [input.tensor],
    [order],
  );
}

/** TensorFlow's form: radius instead of window, alpha not divided. */
function lowerLrnTf(context: LowerContext): void {
  const { layer } = context;
  const order = channelFirst(context.inputs[0].shape.length);
  const input = context.ordered(context.inputs[0], order);
  const params: Record<string, DeviceParam> = {
    type: 'VX_CONVOLUTIONAL_NETWORK_NORM_ACROSS_MAPS',
    size: 2 * layer.int('radius', 2) + 1,
    alpha: layer.number('alpha', 1),
    beta: layer.number('beta', 0.5),
    bias: layer.number('bias', 1),
    axis: deviceAxis(order.length - 1, order),
  };
  context.emit('LRN2', params, [input.tensor], [order]);
}

/** Old files store the axis as text. */
function l2Axis(layer: Layer, rank: number): number {
  const name = layer.has('l2n_dim') ? 'l2n_dim' : 'axis';
  const [axis] = layer.ints(name, [-1]);
  return normalizeAxis(axis, rank, layer.key);
}

function lowerL2(context: LowerContext): void {
  const [input] = context.inputs;
  const axis = l2Axis(context.layer, input.shape.length);
  const params = { axis: deviceAxis(axis, input.order) };
  if (context.layer.op === 'l2normalize') {
    context.emit('L2_NORMALIZE', params, [input.tensor], [input.order]);
    return;
  }
  const scale = context.coefficient('scale');
  const count = scale.data.length;
  if (count !== 1 && count !== input.shape[axis]) {
    throw new StudioError('shape-mismatch', `scale has ${count} values for ${input.shape[axis]} channels`, {
      layer: context.layer.key,
    });
  }
  const flat = { ...scale, shape: [count] };
  // ovxlib reads this factor as a float next to codes.
  const constant = context.constant('scale', [count], flat, { kind: 'exact', type: 'float32' });
  context.emit('L2NORMALIZESCALE', params, [input.tensor, constant], [input.order]);
}

function rmsAxes(layer: Layer, rank: number): number[] {
  const given = layer.has('axis_list') ? layer.ints('axis_list') : layer.ints('axis', [-1]);
  return given.map((axis) => normalizeAxis(axis, rank, layer.key));
}

/** ovxlib 1.1.34 has no RMSNORM: square, mean, square root, divide, scale. */
function lowerRms(context: LowerContext): void {
  const { layer } = context;
  const [input] = context.inputs;
  const { shape, order, tensor } = input;
  const axes = rmsAxes(layer, shape.length);
  const kept = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const inner = { order, precise: true };
  const squares = context.helper('MULTIPLY', { scale: 1 }, [tensor, tensor], shape, inner);
  const axis = axes.map((index) => deviceAxis(index, order)).sort((a, b) => a - b);
  const reduce = { type: 'VSI_NN_REDUCE_MEAN', axis, keep_dim: true };
  const mean = context.helper('REDUCE', reduce, [squares.tensor], kept, inner);
  const eps = context.scalar('eps', layer.number('eps', 1e-6));
  const sum = context.helper('ADD', {}, [mean.tensor, eps.tensor], kept, inner);
  const root = context.helper('SQRT', {}, [sum.tensor], kept, inner);
  if (!context.hasCoefficient('scale')) {
    context.emit('DIVIDE', { scale: 1 }, [tensor, root.tensor], [order]);
    return;
  }
  const normal = context.helper('DIVIDE', { scale: 1 }, [tensor, root.tensor], shape, inner);
  const scale = context.coefficient('scale');
  const full = shape.map((dim, index) => (axes.includes(index) ? dim : 1));
  if (scale.data.length !== full.reduce((product, dim) => product * dim, 1)) {
    throw new StudioError('shape-mismatch', `scale has ${scale.data.length} values for [${full.join(',')}]`, {
      layer: layer.key,
    });
  }
  if (axes.length > 1) {
    throw new StudioError('op-unsupported', 'rmsnormalize over several axes with a scale', {
      layer: layer.key,
    });
  }
  const size = order.map((index) => full[index]).reverse();
  const factors = { ...scale, shape: [...size].reverse() };
  const constant = context.constant('scale', size, factors, { kind: 'weight' });
  context.emit('MULTIPLY', { scale: 1 }, [normal.tensor, constant], [order]);
}

const REAL = (fallback: number, meaning: string) => ({ type: 'real', fallback, meaning }) as const;

/** Normalizations by the size of neighbouring elements. */
export const responseOps: readonly OpSpec[] = [
  {
    op: 'localresponsenormalization',
    summary: 'x / (bias + alpha/size * sum of squares)^beta over neighbouring channels (Caffe, ONNX)',
    parameters: {
      local_size: { type: 'int', fallback: 1, meaning: 'window length' },
      alpha: REAL(1e-4, 'factor, divided by the window'),
      beta: REAL(0.75, 'exponent'),
      bias: REAL(1, 'added to the sum'),
      type: { type: 'text', fallback: 'NORM_ACROSS_CHANNELS', meaning: 'or NORM_SAME_CHANNEL' },
    },
    arity: [1, 1],
    range: 'own',
    shapes: sameShape,
    lower: lowerLrn,
  },
  {
    op: 'localresponsenormalization_tf',
    summary: 'x / (bias + alpha * sum of squares)^beta over neighbouring channels (TensorFlow)',
    parameters: {
      radius: { type: 'int', fallback: 2, meaning: 'half of the window' },
      alpha: REAL(1, 'factor'),
      beta: REAL(0.5, 'exponent'),
      bias: REAL(1, 'added to the sum'),
    },
    arity: [1, 1],
    range: 'own',
    shapes: sameShape,
    lower: lowerLrnTf,
  },
  {
    op: 'l2normalize',
    summary: 'x / sqrt(sum of squares) along an axis',
    parameters: { l2n_dim: { type: 'ints', fallback: [-1], meaning: 'axis' } },
    arity: [1, 1],
    range: 'own',
    shapes: sameShape,
    lower: lowerL2,
  },
  {
    op: 'l2normalizescale',
    summary: 'x / sqrt(sum of squares) * scale along an axis',
    parameters: { l2n_dim: { type: 'ints', fallback: [-1], meaning: 'axis, text in old files' } },
    coefficients: ['scale'],
    coefficientShapes: (layer, [data]) => ({ scale: [data[l2Axis(layer, data.length)]] }),
    quantizedCoefficients: ['scale'],
    arity: [1, 1],
    range: 'own',
    shapes: sameShape,
    lower: lowerL2,
  },
  {
    op: 'rmsnormalize',
    summary: 'x / sqrt(mean(x^2) + eps) * scale over axis_list',
    parameters: {
      axis: { type: 'ints', fallback: [-1], meaning: 'normalised axis' },
      axis_list: { type: 'ints', fallback: [-1], meaning: 'normalised axes' },
      eps: REAL(1e-6, 'added to the mean'),
    },
    coefficients: ['scale'],
    coefficientShapes: (layer, [data]) => ({ scale: rmsAxes(layer, data.length).map((axis) => data[axis]) }),
    arity: [1, 1],
    range: 'own',
    shapes: sameShape,
    lower: lowerRms,
  },
];
