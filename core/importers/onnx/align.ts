import type { Shape } from '../../network/tensor.ts';
import { Builder } from './builder.ts';
import { identityOrder, movesOnlyUnits, sameOrder, storedShape, type DraftRef, type Value } from './draft.ts';
import type { OnnxNode } from './node.ts';
import { filled, broadcastShapes, padRank } from './numeric.ts';

/** Operands of an elementwise operator, all stored in the same order and of the same rank. */
export interface Aligned {
  refs: DraftRef[];
  /** ONNX shape of the result. */
  shape: number[];
  /** How the result is stored. */
  order: number[];
}

/**
 * Brings operands to one rank and one axis order, so that the layer can broadcast in the stored layout.
 * Constants are padded and transposed here, at import; computed tensors get a reshape or permute only when
 * they differ from the majority.
 */
export function alignOperands(node: OnnxNode, builder: Builder, count = node.inputs.length): Aligned {
  const indices = Array.from({ length: count }, (_, i) => i);
  const shapes = indices.map((i) => builder.shapeOf(node, i));
  const padded = shapes.map((shape, i) => legacyShape(node, shapes[0], shape, i));
  const shape = broadcastShapes(padded);
  const order = commonOrder(
    indices.flatMap((i) => builder.values.get(node.inputs[i]) ?? []),
    shape.length,
  );
  const refs = indices.map((i) => {
    const constant = builder.constants.get(node.inputs[i]);
    const full = padRank(padded[i], shape.length);
    if (constant) return { draft: builder.variable(constant, full, order), port: 0 };
    return broadcastable(builder, builder.value(node, i), full, order);
  });
  return { refs, shape, order };
}

/** Before opset 7 the second operand was placed at an explicit axis when `broadcast` was set. */
function legacyShape(node: OnnxNode, first: Shape, shape: Shape, index: number): Shape {
  if (node.opset >= 7 || index !== 1 || node.int('broadcast', 0) === 0 || !node.has('axis')) return shape;
  const axis = node.int('axis', 0);
  const front = axis < 0 ? axis + first.length : axis;
  const behind = Math.max(0, first.length - front - shape.length);
  return [...shape, ...filled(behind, 1)];
}

/** The order most operands of full rank have; on a tie the one that is not plain ONNX order. */
export function commonOrder(values: readonly Value[], rank: number): number[] {
  const plain = identityOrder(rank);
  let best: { order: readonly number[]; votes: number } = { order: plain, votes: 0 };
  for (const { order } of values) {
    if (order.length !== rank) continue;
    const votes = values.filter((other) => sameOrder(other.order, order)).length;
    const wins = votes > best.votes || (votes === best.votes && sameOrder(best.order, plain));
    if (wins) best = { order, votes };
  }
  return [...best.order];
}

/** A computed operand at full rank in the given order. */
function broadcastable(builder: Builder, value: Value, full: Shape, order: readonly number[]): DraftRef {
  if (value.shape.length === full.length) return builder.ordered(value, order);
  const plain = identityOrder(full.length);
  const ref = builder.ordered(value, identityOrder(value.shape.length));
  if (movesOnlyUnits(full, plain, order)) return builder.reshape(ref, storedShape(full, order));
  const reshaped: Value = { shape: full, type: value.type, order: plain, ref: builder.reshape(ref, full) };
  return builder.ordered(reshaped, order);
}
