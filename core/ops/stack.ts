import { StudioError } from '../network/errors.ts';
import type { Shape } from '../network/tensor.ts';
import { deviceAxis, identity, normalizeAxis } from './axes.ts';
import { cutOut, joinInRounds, MOST_PORTS } from './many.ts';
import type { LowerContext, Operand, OpSpec, ShapeContext } from './spec.ts';

const AXIS = { type: 'int', meaning: 'the axis in the rank with it' } as const;

function stackShape({ layer, inputs }: ShapeContext): Shape[] {
  const [first] = inputs;
  const axis = normalizeAxis(layer.int('axis', 0), first.length + 1, layer.key);
  const other = inputs.find((shape) => shape.join() !== first.join());
  if (other) {
    throw new StudioError(
      'shape-mismatch',
      `[${first.join(',')}] and [${other.join(',')}] can't be stacked`,
      {
        layer: layer.key,
      },
    );
  }
  return [[...first.slice(0, axis), inputs.length, ...first.slice(axis)]];
}

function lowerStack(context: LowerContext): void {
  const rank = context.shape().length;
  const order = identity(rank);
  const axis = normalizeAxis(context.layer.int('axis', 0), rank, context.layer.key);
  const inputs = context.inputs.map((operand) => context.ordered(operand, identity(rank - 1)));
  const params = { axis: deviceAxis(axis, order) };
  if (inputs.length <= MOST_PORTS) {
    const ids = inputs.map(({ tensor }) => tensor);
    context.emit('STACK', params, ids, [order]);
    return;
  }
  const slice = context.shape().map((dim, index) => (index === axis ? 1 : dim));
  const parts = inputs.map((operand) => reshaped(context, operand, slice));
  const ids = joinInRounds(context, parts, axis).map(({ tensor }) => tensor);
  context.emit('CONCAT', params, ids, [order]);
}

/** The operand, which lies in plain order, with another shape. */
const reshaped = (context: LowerContext, operand: Operand, shape: Shape): Operand =>
  context.helper('RESHAPE', { size: [...shape].reverse() }, [operand.tensor], shape, { like: operand });

function unstackShape({ layer, inputs }: ShapeContext): Shape[] {
  const [shape] = inputs;
  const axis = normalizeAxis(layer.int('axis', 1), shape.length, layer.key);
  if (shape[axis] !== layer.outputs) {
    throw new StudioError('shape-mismatch', `${layer.outputs} outputs for ${shape[axis]} slices`, {
      layer: layer.key,
    });
  }
  return Array.from({ length: layer.outputs }, () => shape.filter((_, index) => index !== axis));
}

function lowerUnstack(context: LowerContext): void {
  const [source] = context.inputs;
  const rank = source.shape.length;
  const input = context.ordered(source, identity(rank));
  const axis = normalizeAxis(context.layer.int('axis', 1), rank, context.layer.key);
  if (context.layer.outputs > MOST_PORTS) {
    for (let port = 0; port < context.layer.outputs; port++) {
      context.alias(reshaped(context, cutOut(context, input, axis, port, 1), context.shape(port)), port);
    }
    return;
  }
  const orders = Array.from({ length: context.layer.outputs }, () => identity(rank - 1));
  context.emit('UNSTACK', { axis: deviceAxis(axis, input.order) }, [input.tensor], orders);
}

/** Ops that join tensors along a new axis, or cut one into slices without it. */
export const stackOps: readonly OpSpec[] = [
  {
    op: 'stack',
    summary: 'joins its inputs along a new axis',
    parameters: { axis: { ...AXIS, fallback: 0 } },
    arity: [1, 1024],
    range: 'own',
    keepsIntegers: 'all',
    shapes: stackShape,
    lower: lowerStack,
  },
  {
    op: 'unstack',
    summary: 'cuts its input along one axis and drops it, one slice per output',
    parameters: { axis: { ...AXIS, fallback: 1 } },
    arity: [1, 1],
    range: 'same',
    shapes: unstackShape,
    lower: lowerUnstack,
  },
];
