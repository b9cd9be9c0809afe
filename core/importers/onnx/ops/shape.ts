import { transpose, type ElementType, type Tensor } from '../../../network/tensor.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { identityOrder, movesOnlyUnits, orderWithout, storedShape, type Value } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import {
  foldedCount,
  frontAxis,
  fromNumbers,
  integerList,
  integersOf,
  numbersOf,
  padRank,
} from '../numeric.ts';
import { needed, type Operator, type OperatorFamily } from '../operator.ts';
import { elementType } from '../tensor-data.ts';

const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1);

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
    builder.emitView(node, 0, { ...value, shape, order, transposeName: node.layerName });
  },
  fold: (node, inputs) => {
    const tensor = needed(node, inputs, 0);
    return [transpose(tensor, permutation(node, tensor.shape.length))];
  },
};

const shapeOf: Operator = {
  convert: (node, builder) => {
    const shape = builder.shapeOf(node, 0);
    builder.emitConstant(
      node,
      0,
      integerList(shape.slice(node.int('start', 0), node.int('end', shape.length))),
    );
  },
};

const size: Operator = {
  convert: (node, builder) =>
    builder.emitConstant(node, 0, fromNumbers('int64', [], [product(builder.shapeOf(node, 0))])),
};

const constantOfShape: Operator = {
  fold: (node, inputs) => {
    const shape = integersOf(needed(node, inputs, 0));
    const value = node.tensor('value');
    const count = foldedCount(shape);
    const fill = value ? numbersOf(value)[0] : 0;
    return [fromNumbers(value?.type ?? 'float32', shape, new Float64Array(count).fill(fill))];
  },
};

function broadcastTo(value: Value, builder: Builder, target: readonly number[]): Value {
  const shape = padRank(value.shape, target.length).map((dim, axis) => (dim === 1 ? target[axis] : dim));
  if (value.shape.length === target.length) return { ...value, shape };
  const plain = identityOrder(target.length);
  const full = padRank(value.shape, target.length);
  return {
    shape,
    type: value.type,
    order: plain,
    ref: builder.reshape(builder.ordered(value, identityOrder(value.shape.length)), full),
  };
}

const expand: Operator = {
  convert: (node, builder) => {
    const asked = builder.integers(node, 1, 'the target shape') ?? [];
    const value = builder.value(node, 0);
    const target = padRank(asked, Math.max(asked.length, value.shape.length));
    const wide = broadcastTo(value, builder, target);
    if (
      wide.shape.every((dim, axis) => dim === value.shape[axis]) &&
      wide.shape.length === value.shape.length
    )
      return builder.alias(node);
    const draft = builder.layer(node, {
      op: 'expand_broadcast',
      parameters: [['shape', storedShape(wide.shape, wide.order)]],
      inputs: [wide.ref],
    });
    builder.emit(node, 0, { shape: wide.shape, type: wide.type, order: wide.order, ref: { draft, port: 0 } });
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
};

/** Float types compute alike; a cast between them is nothing. */
const family = (type: ElementType): string =>
  type.startsWith('float') ? 'float32' : type === 'int64' ? 'int32' : type;

const cast: Operator = {
  convert: (node, builder) => {
    const value = builder.value(node, 0);
    const to = elementType(node.int('to', 1));
    if (!to) throw new Unsupported(`a cast to ONNX type ${node.int('to', 1)}`);
    if (family(value.type) === family(to)) return builder.emitView(node, 0, { ...value, type: to });
    builder.unary(node, 'cast', [
      ['in_data_type', family(value.type)],
      ['out_data_type', family(to)],
    ]);
    const result = builder.values.get(node.outputs[0]);
    if (result) builder.emit(node, 0, { ...result, type: to });
  },
  fold: (node, inputs) => {
    const tensor = needed(node, inputs, 0);
    const to = elementType(node.int('to', 1));
    if (!to) throw new Unsupported(`a cast to ONNX type ${node.int('to', 1)}`);
    return [to === tensor.type ? tensor : fromNumbers(to, tensor.shape, numbersOf(tensor))];
  },
};

function constantValue(node: OnnxNode): Tensor {
  const tensor = node.tensor('value') ?? node.tensor('sparse_value');
  if (tensor) return tensor;
  const floats = node.floats('value_floats');
  if (node.has('value_floats') && floats) return fromNumbers('float32', [floats.length], floats);
  const ints = node.ints('value_ints');
  if (node.has('value_ints') && ints) return integerList(ints);
  if (node.has('value_float')) return fromNumbers('float32', [], [node.float('value_float', 0)]);
  if (node.has('value_int')) return fromNumbers('int64', [], [node.int('value_int', 0)]);
  throw new Unsupported('a constant that is not a number');
}

const constant: Operator = {
  convert: (node, builder) => {
    const name = node.outputs[0] ?? '';
    builder.constants.set(name, { tensor: constantValue(node), layerName: node.layerName });
  },
};

const identity: Operator = { convert: (node, builder) => builder.alias(node) };

const dropout: Operator = {
  convert: (node, builder) => {
    if ((node.outputs[1] ?? '') !== '' && (builder.uses.get(node.outputs[1]) ?? 0) > 0)
      throw new Unsupported('the mask as an output');
    builder.alias(node);
  },
};

/** Operators that only rearrange, rename or measure tensors. */
export const shape: OperatorFamily = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transposed,
  Shape: shapeOf,
  Size: size,
  ConstantOfShape: constantOfShape,
  Expand: expand,
  Tile: tile,
  Cast: cast,
  CastLike: { convert: (node, builder) => builder.alias(node) },
  Constant: constant,
  Identity: identity,
  Dropout: dropout,
};
