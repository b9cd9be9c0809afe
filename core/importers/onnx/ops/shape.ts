import { transposedCopy } from '../../../network/deferred.ts';
import type { Tensor } from '../../../network/tensor.ts';
import type { Builder } from '../builder.ts';
import { identityOrder, movesOnlyUnits, orderWithout, storedShape } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import { frontAxis, integersOf, product } from '../numeric.ts';
import { needed, type Operator, type OperatorFamily } from '../operator.ts';

/** The target of a Reshape with its zeros filled in; -1 may remain in `kept`. */
function reshapeTarget(
  node: OnnxNode,
  from: readonly number[],
  asked: readonly number[],
): { kept: number[]; shape: number[] } {
  const keepZero = node.int('allowzero', 0) !== 0;
  const kept = asked.map((dim, i) => (dim === 0 && !keepZero ? (from[i] ?? 0) : dim));
  const open = kept.indexOf(-1);
  const known = product(kept.filter((dim) => dim !== -1));
  const shape = [...kept];
  if (open >= 0) shape[open] = known === 0 ? 0 : product(from) / known;
  const bad = shape.some((dim) => !Number.isInteger(dim) || dim < 0) || product(shape) !== product(from);
  if (bad) throw node.invalid(`[${from.join(',')}] can not be reshaped to [${asked.join(',')}]`);
  return { kept, shape };
}

/** Before opset 5 the target was an attribute. */
function askedShape(node: OnnxNode, builder: Builder): number[] {
  return node.ints('shape') ?? builder.integers(node, 1, 'the target shape') ?? [];
}

/** Emits a reshape of the elements in ONNX order; no permute when only axes of size 1 are out of place. */
export function emitReshape(
  node: OnnxNode,
  builder: Builder,
  shape: readonly number[],
  written: readonly number[] = shape,
): void {
  const value = builder.value(node, 0);
  const plain = identityOrder(value.shape.length);
  const still = movesOnlyUnits(value.shape, value.order, plain);
  const ref = still ? value.ref : builder.ordered(value, plain);
  const order = identityOrder(shape.length);
  const same =
    value.order.length === shape.length &&
    storedShape(value.shape, value.order).every((dim, i) => dim === shape[i]);
  if (still && same) return builder.emit(node, 0, { shape, type: value.type, order, ref });
  const draft = builder.layer(node, { op: 'reshape', parameters: [['shape', [...written]]], inputs: [ref] });
  builder.emit(node, 0, { shape, type: value.type, order, ref: { draft, port: 0 } });
}

const reshaped = (tensor: Tensor, shape: readonly number[]): Tensor[] => [{ ...tensor, shape }];

const reshape: Operator = {
  convert: (node, builder) => {
    const target = reshapeTarget(node, builder.shapeOf(node, 0), askedShape(node, builder));
    emitReshape(node, builder, target.shape, target.kept);
  },
  fold: (node, inputs) => {
    const tensor = needed(node, inputs, 0);
    const asked = node.ints('shape') ?? integersOf(needed(node, inputs, 1));
    return reshaped(tensor, reshapeTarget(node, tensor.shape, asked).shape);
  },
};

function flattened(node: OnnxNode, shape: readonly number[]): number[] {
  const axis = node.int('axis', 1);
  const front = axis < 0 ? axis + shape.length : axis;
  return [product(shape.slice(0, front)), product(shape.slice(front))];
}

const flatten: Operator = {
  convert: (node, builder) => emitReshape(node, builder, flattened(node, builder.shapeOf(node, 0))),
  fold: (node, inputs) => {
    const tensor = needed(node, inputs, 0);
    return reshaped(tensor, flattened(node, tensor.shape));
  },
};

/** Axes of Squeeze and Unsqueeze: an attribute before opset 13, an input since. */
function squeezedAxes(shape: readonly number[], given: readonly number[] | undefined): Set<number> {
  if (given) return new Set(given.map((axis) => frontAxis(axis, shape.length)));
  return new Set(shape.flatMap((dim, axis) => (dim === 1 ? [axis] : [])));
}

const squeeze: Operator = {
  convert: (node, builder) => {
    const value = builder.value(node, 0);
    const axes = squeezedAxes(value.shape, node.ints('axes') ?? builder.integers(node, 1, 'the axes'));
    if ([...axes].some((axis) => value.shape[axis] !== 1))
      throw node.invalid('an axis to drop is not of size 1');
    const shape = value.shape.filter((_, axis) => !axes.has(axis));
    const stored = [...axes].map((axis) => value.order.indexOf(axis)).sort((a, b) => a - b);
    const draft = builder.layer(node, {
      op: 'squeeze',
      parameters: [
        ['axis_list', stored],
        ['name', null],
      ],
      inputs: [value.ref],
    });
    builder.emit(node, 0, {
      shape,
      type: value.type,
      order: orderWithout(value.order, axes),
      ref: { draft, port: 0 },
    });
  },
  fold: (node, inputs) => {
    const tensor = needed(node, inputs, 0);
    const axes = squeezedAxes(tensor.shape, node.ints('axes') ?? (inputs[1] && integersOf(inputs[1])));
    return reshaped(
      tensor,
      tensor.shape.filter((_, axis) => !axes.has(axis)),
    );
  },
};

function unsqueezed(shape: readonly number[], given: readonly number[] | undefined): number[] {
  const rank = shape.length + (given?.length ?? 0);
  const axes = new Set(given?.map((axis) => frontAxis(axis, rank)));
  const rest = shape[Symbol.iterator]();
  return Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (rest.next().value ?? 1)));
}

const unsqueeze: Operator = {
  convert: (node, builder) =>
    emitReshape(
      node,
      builder,
      unsqueezed(builder.shapeOf(node, 0), node.ints('axes') ?? builder.integers(node, 1, 'the axes')),
    ),
  fold: (node, inputs) => {
    const tensor = needed(node, inputs, 0);
    return reshaped(
      tensor,
      unsqueezed(tensor.shape, node.ints('axes') ?? (inputs[1] && integersOf(inputs[1]))),
    );
  },
};

function permutation(node: OnnxNode, rank: number): number[] {
  const perm = node.ints('perm') ?? identityOrder(rank).reverse();
  const valid =
    perm.length === rank && new Set(perm).size === rank && perm.every((axis) => axis >= 0 && axis < rank);
  if (!valid) throw node.invalid(`perm [${perm.join(',')}] does not permute ${rank} axes`);
  return perm;
}

/** Only changes how the stored data is read; a permute layer appears where somebody needs another order. */
const transposed: Operator = {
  convert: (node, builder) => {
    const value = builder.value(node, 0);
    const perm = permutation(node, value.shape.length);
    const shape = perm.map((axis) => value.shape[axis]);
    const order = value.order.map((axis) => perm.indexOf(axis));
    builder.emit(node, 0, { ...value, shape, order, transposeName: node.layerName });
  },
  fold: (node, inputs) => {
    const tensor = needed(node, inputs, 0);
    return [transposedCopy(tensor, permutation(node, tensor.shape.length))];
  },
};

/** Operators that only read the elements in another shape or order. */
export const shape: OperatorFamily = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transposed,
};
