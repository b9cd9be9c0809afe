import { identityOrder, sameOrder, storedShape } from '../draft.ts';
import { broadcastShapes, broadcastStrides, foldedCount, integersOf, padRank, walk } from '../numeric.ts';
import { needed, type Operator, type OperatorFamily } from '../operator.ts';
import { allocateElements, rowMajorStrides, type Tensor } from '../../../network/tensor.ts';

/** Reads the tensor with the given strides as a larger one. */
function repeated(tensor: Tensor, shape: readonly number[], strides: readonly number[]): Tensor {
  const data = allocateElements(tensor.type, foldedCount(shape));
  walk(shape, [strides], (target, [source]) => {
    data[target] = tensor.data[source] as never;
  });
  return { type: tensor.type, shape, data };
}

function foldTile(tensor: Tensor, repeats: readonly number[]): Tensor {
  // Each axis becomes [times, dim]; the first of the two does not move in the source.
  const strides = rowMajorStrides(tensor.shape);
  const wide = repeated(
    tensor,
    tensor.shape.flatMap((dim, axis) => [repeats[axis], dim]),
    strides.flatMap((stride) => [0, stride]),
  );
  return { ...wide, shape: tensor.shape.map((dim, axis) => dim * repeats[axis]) };
}

const expand: Operator = {
  convert: (node, builder) => {
    const value = builder.value(node, 0);
    const shape = broadcastShapes([value.shape, builder.integers(node, 1, 'the target shape') ?? []]);
    if (sameOrder(shape, value.shape)) return builder.alias(node);
    const full = padRank(value.shape, shape.length);
    const plain = identityOrder(value.shape.length);
    const sameRank = full.length === value.shape.length;
    const order = sameRank ? value.order : identityOrder(shape.length);
    const source = sameRank ? value.ref : builder.reshape(builder.ordered(value, plain), full);
    const draft = builder.layer(node, {
      op: 'expand_broadcast',
      parameters: [['shape', storedShape(shape, order)]],
      inputs: [source],
    });
    builder.emit(node, 0, { shape, type: value.type, order, ref: { draft, port: 0 } });
  },
  fold: (node, inputs) => {
    const tensor = needed(node, inputs, 0);
    const shape = broadcastShapes([tensor.shape, integersOf(needed(node, inputs, 1))]);
    return [repeated(tensor, shape, broadcastStrides(tensor.shape, shape))];
  },
};

const tile: Operator = {
  convert: (node, builder) => {
    const value = builder.value(node, 0);
    const repeats = builder.integers(node, 1, 'the repeats') ?? [];
    if (repeats.length !== value.shape.length || repeats.some((times) => times < 1)) {
      throw node.invalid(`repeats [${repeats.join(',')}] do not fit rank ${value.shape.length}`);
    }
    const shape = value.shape.map((dim, axis) => dim * repeats[axis]);
    const draft = builder.layer(node, {
      op: 'tile',
      parameters: [['multiples', storedShape(repeats, value.order)]],
      inputs: [value.ref],
    });
    builder.emit(node, 0, { shape, type: value.type, order: value.order, ref: { draft, port: 0 } });
  },
  fold: (node, inputs) => {
    const repeats = integersOf(needed(node, inputs, 1));
    const tensor = needed(node, inputs, 0);
    if (repeats.length !== tensor.shape.length)
      throw node.invalid(`${repeats.length} repeats for rank ${tensor.shape.length}`);
    return [foldTile(tensor, repeats)];
  },
};

/** Operators that repeat elements. */
export const repeat: OperatorFamily = { Expand: expand, Tile: tile };
