import { StudioError } from '../network/errors.ts';
import type { Shape, Tensor } from '../network/tensor.ts';
import { deviceAxis, identity } from './axes.ts';
import { aligned, broadcastShapes } from './elementwise.ts';
import { reducedAxes, reduceShape } from './reduce.ts';
import type { LowerContext, Operand, OpSpec } from './spec.ts';

/** Keeps the order the value has; dropping dimensions needs the stored one. */
function lowerMoments(context: LowerContext): void {
  const { layer } = context;
  const [source] = context.inputs;
  const keep = layer.flag('keep_dims', true);
  const input = keep ? source : context.ordered(source, identity(source.shape.length));
  const axes = reducedAxes(layer, source.shape.length)
    .map((axis) => deviceAxis(axis, input.order))
    .sort((a, b) => a - b);
  const order = keep ? input.order : identity(context.shape().length);
  const params = { axis: axes, axis_num: axes.length, keep_dim: keep };
  context.emit('MOMENTS', params, [input.tensor], [order, order]);
}

/** A coefficient along the last axis, laid out to broadcast over an operand. */
function alongLast(context: LowerContext, name: string, over: Operand): number {
  const tensor: Tensor = context.coefficient(name);
  const rank = over.shape.length;
  const count = tensor.data.length;
  if (count !== 1 && count !== over.shape[rank - 1]) {
    throw new StudioError('shape-mismatch', `${name} has ${count} values for [${over.shape.join(',')}]`, {
      layer: context.layer.key,
    });
  }
  const size: number[] = new Array<number>(rank).fill(1);
  size[deviceAxis(rank - 1, over.order)] = count;
  return context.constant(name, size, tensor, { kind: 'exact', type: 'float32' });
}

function lowerBatchnormSingle(context: LowerContext): void {
  const [data, mean, variance] = aligned(context);
  const scale = alongLast(context, 'scale', data);
  const bias = alongLast(context, 'bias', data);
  context.emit(
    'BATCHNORM_SINGLE',
    { eps: context.layer.number('eps', 1e-4) },
    [data.tensor, mean.tensor, variance.tensor, scale, bias],
    [data.order],
  );
}

/** Mean and variance as values, and a normalization that takes them as inputs. */
export const momentOps: readonly OpSpec[] = [
  {
    op: 'moments',
    summary: 'mean (out0) and variance (out1) over axes',
    parameters: {
      axis_list: { type: 'ints', fallback: [], meaning: 'axes, may be negative' },
      keep_dims: { type: 'flag', fallback: true, meaning: 'keep dimensions of size 1' },
    },
    arity: [1, 1],
    // ovxlib's BATCHNORM_SINGLE reads statistics as floats only.
    range: 'float',
    shapes: (context) => {
      const [shape] = reduceShape(context, true);
      return [shape, shape];
    },
    lower: lowerMoments,
  },
  {
    op: 'batchnorm_single',
    summary: '(x-mean)/sqrt(variance+eps)*scale+bias; mean and variance are inputs 1 and 2',
    parameters: { eps: { type: 'real', fallback: 1e-4, meaning: 'added to the variance' } },
    coefficients: ['bias', 'scale'],
    coefficientShapes: (_layer, [data]) => ({
      bias: [data[data.length - 1]],
      scale: [data[data.length - 1]],
    }),
    arity: [3, 3],
    range: 'own',
    shapes: ({ inputs, layer }): Shape[] => [inputs.reduce((a, b) => broadcastShapes(a, b, layer.key))],
    lower: lowerBatchnormSingle,
  },
];
