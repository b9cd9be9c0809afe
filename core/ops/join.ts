import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import type { Shape } from '../network/tensor.ts';
import { deviceAxis, normalizeAxis } from './axes.ts';
import { cutOut, joinInRounds, MOST_PORTS } from './many.ts';
import type { LowerContext, OpSpec, ShapeContext } from './spec.ts';

/**
 * Some files of ACUITY 2.0 keep Caffe's default axis 1 (channels) although the stored layout is channel-last.
 * There the pictures only fit together along the last axis.
 */
function concatAxis(layer: Layer, shapes: readonly Shape[]): number {
  const rank = shapes[0].length;
  const axis = normalizeAxis(layer.int('dim', 1), rank, layer.key);
  const joins = (along: number): boolean =>
    shapes.every(
      (shape) =>
        shape.length === rank && shape.every((dim, index) => index === along || dim === shapes[0][index]),
    );
  return rank === 4 && axis === 1 && !joins(1) && joins(3) ? 3 : axis;
}

function concatShape({ layer, inputs }: ShapeContext): Shape[] {
  const [first, ...rest] = inputs;
  const axis = concatAxis(layer, inputs);
  for (const shape of rest) {
    const fits =
      shape.length === first.length && shape.every((dim, index) => index === axis || dim === first[index]);
    if (!fits) {
      throw new StudioError(
        'shape-mismatch',
        `[${first.join(',')}] and [${shape.join(',')}] can't be joined along axis ${axis}`,
        { layer: layer.key },
      );
    }
  }
  return [
    first.map((dim, index) => (index === axis ? inputs.reduce((sum, shape) => sum + shape[axis], 0) : dim)),
  ];
}

/** All inputs are brought to the order of the first one; concatenation works along any device axis. */
function lowerConcat(context: LowerContext): void {
  const { order } = context.inputs[0];
  const operands = context.inputs.map((operand) => context.ordered(operand, order));
  const axis = concatAxis(
    context.layer,
    operands.map((operand) => operand.shape),
  );
  const params = { axis: deviceAxis(axis, order) };
  const parts = joinInRounds(context, operands, axis);
  context.emit(
    'CONCAT',
    params,
    parts.map((part) => part.tensor),
    [order],
  );
}

/** Sizes of the parts from cumulative cut offsets; no offsets = equal parts. */
function partSizes(layer: Layer, total: number): number[] {
  const cuts = layer.ints('slices', []);
  if (cuts.length === 0) {
    if (total % layer.outputs !== 0) {
      throw new StudioError('shape-mismatch', `${total} does not divide into ${layer.outputs} equal parts`, {
        layer: layer.key,
      });
    }
    return new Array<number>(layer.outputs).fill(total / layer.outputs);
  }
  const ends = [...cuts, total];
  const sizes = ends.map((end, index) => end - (index === 0 ? 0 : ends[index - 1]));
  if (sizes.length !== layer.outputs || sizes.some((size) => size <= 0)) {
    throw new StudioError(
      'parameter-invalid',
      `slices [${cuts.join(',')}] do not cut ${total} into ${layer.outputs} parts`,
      { layer: layer.key },
    );
  }
  return sizes;
}

function splitShape({ layer, inputs }: ShapeContext): Shape[] {
  const axis = normalizeAxis(layer.int('dim', 1), inputs[0].length, layer.key);
  return partSizes(layer, inputs[0][axis]).map((size) =>
    inputs[0].map((dim, index) => (index === axis ? size : dim)),
  );
}

function lowerSplit(context: LowerContext): void {
  const [input] = context.inputs;
  const axis = normalizeAxis(context.layer.int('dim', 1), input.shape.length, context.layer.key);
  const slices = partSizes(context.layer, input.shape[axis]);
  if (slices.length > MOST_PORTS) {
    let begin = 0;
    slices.forEach((size, port) => {
      context.alias(cutOut(context, input, axis, begin, size), port);
      begin += size;
    });
    return;
  }
  context.emit(
    'SPLIT',
    { axis: deviceAxis(axis, input.order), slices, slices_num: slices.length },
    [input.tensor],
    slices.map(() => input.order),
  );
}

/** Ops that join tensors or cut one into parts. */
export const joinOps: readonly OpSpec[] = [
  {
    op: 'concat',
    summary: 'joins its inputs along one axis',
    parameters: { dim: { type: 'int', fallback: 1, meaning: 'axis in the stored layout' } },
    arity: [1, 1024],
    range: 'own',
    keepsIntegers: 'all',
    shapes: concatShape,
    lower: lowerConcat,
  },
  {
    op: 'split',
    summary: 'cuts its input along one axis, one part per output',
    parameters: {
      dim: { type: 'int', fallback: 1, meaning: 'axis' },
      slices: { type: 'ints', fallback: [], meaning: 'cut offsets; empty = equal parts' },
      unstack: { type: 'flag', fallback: false, meaning: 'drop the axis' },
    },
    arity: [1, 1],
    range: 'same',
    shapes: splitShape,
    lower: lowerSplit,
  },
];
