import { deviceAxis, reorder } from './axes.ts';
import type { HelperOptions, LowerContext, Operand } from './spec.ts';

/** Inputs or outputs that one node of ovxlib can have. */
export const MOST_PORTS = 16;

/** `count` elements of one axis of the operand from `begin`, by a SLICE; axes stay in their order. */
export function cutOut(
  context: LowerContext,
  source: Operand,
  axis: number,
  begin: number,
  count: number,
): Operand {
  const { shape, order } = source;
  const cut = shape.map((dim, index) => (index === axis ? count : dim));
  const starts = shape.map((_, index) => (index === axis ? begin : 0));
  const params = {
    dims: shape.length,
    start: reorder(starts, order).reverse(),
    length: reorder(cut, order).reverse(),
  };
  return context.helper('SLICE', params, [source.tensor], cut, { order, like: source });
}

/** Joins operands of one order along an axis in rounds, until one node can take what is left. */
export function joinInRounds(
  context: LowerContext,
  parts: readonly Operand[],
  axis: number,
  options: HelperOptions = {},
): readonly Operand[] {
  let left = parts;
  while (left.length > MOST_PORTS) {
    const groups = Array.from({ length: Math.ceil(left.length / MOST_PORTS) }, (_, group) =>
      left.slice(group * MOST_PORTS, (group + 1) * MOST_PORTS),
    );
    left = groups.map((group) => joined(context, group, axis, options));
  }
  return left;
}

/** Some operands as one; a group of one stays what it is. */
function joined(
  context: LowerContext,
  group: readonly Operand[],
  axis: number,
  options: HelperOptions,
): Operand {
  if (group.length === 1) return group[0];
  const [{ shape, order }] = group;
  const length = group.reduce((sum, part) => sum + part.shape[axis], 0);
  const whole = shape.map((dim, index) => (index === axis ? length : dim));
  const tensors = group.map((part) => part.tensor);
  return context.helper('CONCAT', { axis: deviceAxis(axis, order) }, tensors, whole, { ...options, order });
}
