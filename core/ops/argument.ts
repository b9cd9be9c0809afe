import type { Shape } from '../network/tensor.ts';
import { deviceAxis, normalizeAxis } from './axes.ts';
import type { LowerContext, OpSpec, ShapeContext } from './spec.ts';

/** The reduced axis, counted from the front. */
function axisOf({ layer }: Pick<LowerContext, 'layer'>, rank: number): number {
  return normalizeAxis(layer.int('axis', -1), rank, layer.key);
}

function argumentShape(context: ShapeContext): Shape[] {
  const [shape] = context.inputs;
  const axis = axisOf(context, shape.length);
  const rest = shape.filter((_, index) => index !== axis);
  return [rest.length === 0 ? [1] : rest];
}

/** The axis disappears; the others keep the order they have. */
function lowerArgument(context: LowerContext, device: string): void {
  const [input] = context.inputs;
  const axis = axisOf(context, input.shape.length);
  const order = input.order
    .filter((index) => index !== axis)
    .map((index) => (index > axis ? index - 1 : index));
  context.emit(
    device,
    { axis: deviceAxis(axis, input.order) },
    [input.tensor],
    [order.length === 0 ? [0] : order],
  );
}

const argument = (op: string, device: string, summary: string): OpSpec => ({
  op,
  summary,
  parameters: { axis: { type: 'int', fallback: -1, meaning: 'axis, may be negative' } },
  arity: [1, 1],
  range: 'none',
  outputType: () => 'int32',
  shapes: argumentShape,
  lower: (context) => lowerArgument(context, device),
});

/** Positions of extremes. */
export const argumentOps: readonly OpSpec[] = [
  argument('argmax', 'ARGMAX', 'index of the first largest element along an axis'),
  argument('argmin', 'ARGMIN', 'index of the first smallest element along an axis'),
];
