import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import type { Shape, Tensor } from '../network/tensor.ts';
import { deviceAxis, normalizeAxis } from './axes.ts';
import type { LowerContext, Operand } from './spec.ts';

/** Shapes of the coefficients of a `multiply` with one input; with two inputs it has none. */
export function scaleShapes(layer: Layer, inputs: readonly Shape[]): Readonly<Record<string, Shape>> {
  if (inputs.length !== 1) return {};
  const [shape] = inputs;
  const count = [shape[normalizeAxis(layer.int('axis', 1), shape.length, layer.key)]];
  return layer.flag('bias', true) ? { scale: count, bias: count } : { scale: count };
}

/** One number per element of an axis (or one for all), laid out to broadcast over the operand. */
function along(context: LowerContext, name: string, over: Operand, axis: number): number {
  const tensor: Tensor = context.coefficient(name);
  const count = tensor.data.length;
  if (count !== 1 && count !== over.shape[axis]) {
    throw new StudioError(
      'shape-mismatch',
      `${name} has ${count} values for [${over.shape.join(',')}] along axis ${axis}`,
      { layer: context.layer.key },
    );
  }
  const size: number[] = new Array<number>(over.shape.length).fill(1);
  size[deviceAxis(axis, over.order)] = count;
  return context.constant(name, size, tensor, { kind: 'weight' });
}

/** Caffe's scale layer: `multiply` with one input and the coefficients `scale` and, perhaps, `bias`. */
export function lowerScale(context: LowerContext): void {
  const { layer } = context;
  const [input] = context.inputs;
  const { shape, order } = input;
  const axis = normalizeAxis(layer.int('axis', 1), shape.length, layer.key);
  const factors = [input.tensor, along(context, 'scale', input, axis)];
  if (!context.hasCoefficient('bias')) {
    context.emit('MULTIPLY', { scale: 1 }, factors, [order]);
    return;
  }
  const scaled = context.helper('MULTIPLY', { scale: 1 }, factors, shape, { order, precise: true });
  context.emit('ADD', {}, [scaled.tensor, along(context, 'bias', input, axis)], [order]);
}
