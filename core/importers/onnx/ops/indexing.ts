import { allocateElements, elementCount, rowMajorStrides, type Tensor } from '../../../network/tensor.ts';
import { commonOrder } from '../align.ts';
import type { Builder } from '../builder.ts';
import { identityOrder, orderWithout, storedShape, type Value } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import { foldedCount, frontAxis, fromNumbers, integerList, integersOf, numbersOf } from '../numeric.ts';
import { needed, type Operator, type OperatorFamily } from '../operator.ts';
import { emitCut, typeOf } from './slicing.ts';

/** The constant as a computed value stored in the given order. */
function valueIn(node: OnnxNode, builder: Builder, index: number, order: readonly number[]) {
  const constant = builder.constants.get(node.inputs[index]);
  if (constant) return { draft: builder.variable(constant, constant.tensor.shape, order), port: 0 };
  return builder.ordered(builder.value(node, index), order);
}

function convertConcat(node: OnnxNode, builder: Builder): void {
  if (node.inputs.length === 1) return builder.alias(node);
  const shapes = node.inputs.map((_, i) => builder.shapeOf(node, i));
  const axis = frontAxis(node.int('axis', 1), shapes[0].length);
  const fits = shapes.every(
    (s) => s.length === shapes[0].length && s.every((dim, i) => i === axis || dim === shapes[0][i]),
  );
  if (!fits)
    throw node.invalid(`shapes ${shapes.map((s) => `[${s.join(',')}]`).join(' and ')} can not be joined`);
  const order = commonOrder(
    node.inputs.flatMap((name) => builder.values.get(name) ?? []),
    shapes[0].length,
  );
  const draft = builder.layer(node, {
    op: 'concat',
    parameters: [['dim', order.indexOf(axis)]],
    inputs: node.inputs.map((_, i) => valueIn(node, builder, i, order)),
  });
  const shape = shapes[0].map((dim, i) => (i === axis ? shapes.reduce((sum, s) => sum + s[axis], 0) : dim));
  builder.emit(node, 0, { shape, type: typeOf(node, builder, 0), order, ref: { draft, port: 0 } });
}

function foldConcat(node: OnnxNode, inputs: readonly (Tensor | undefined)[]): Tensor[] {
  const tensors = inputs.map((_, i) => needed(node, inputs, i));
  const first = tensors[0];
  const other = tensors.find(({ type }) => type !== first.type);
  if (other) throw node.invalid(`it joins ${first.type} and ${other.type}`);
  const axis = frontAxis(node.int('axis', 1), first.shape.length);
  const shape = first.shape.map((dim, i) =>
    i === axis ? tensors.reduce((sum, t) => sum + (t.shape[axis] ?? 0), 0) : dim,
  );
  const outer = elementCount(shape.slice(0, axis));
  const data = allocateElements(first.type, foldedCount(shape));
  let at = 0;
  for (let row = 0; row < outer; row++) {
    for (const tensor of tensors) {
      const length = tensor.data.length / Math.max(1, outer);
      data.set(tensor.data.subarray(row * length, (row + 1) * length) as never, at);
      at += length;
    }
  }
  return [{ type: first.type, shape, data }];
}

const fixIndex = (index: number, dim: number): number => (index < 0 ? index + dim : index);

function convertGather(node: OnnxNode, builder: Builder): void {
  const value = builder.value(node, 0);
  const axis = frontAxis(node.int('axis', 0), value.shape.length);
  const known = builder.constant(node, 1);
  if (!known) return gatherComputed(node, builder, value, axis);
  const dim = value.shape[axis];
  const indices = integersOf(known).map((index) => fixIndex(index, dim));
  const outside = indices.find((index) => index < 0 || index >= dim);
  if (outside !== undefined) throw node.invalid(`index ${outside} is outside 0..${dim - 1}`);
  const contiguous = indices.every((index, i) => index === indices[0] + i);
  if (contiguous && known.shape.length <= 1 && indices.length > 0) {
    return gatherRange(node, builder, value, axis, indices[0], indices.length, known.shape.length === 0);
  }
  const order = known.shape.length === 1 ? value.order : identityOrder(value.shape.length);
  const list = {
    tensor: fromNumbers('int32', known.shape, indices),
    layerName: builder.constants.get(node.inputs[1])?.layerName ?? 'Constant',
  };
  const draft = builder.layer(node, {
    op: 'gather',
    parameters: [
      ['axis', order.indexOf(axis)],
      ['batch_dims', null],
    ],
    inputs: [
      builder.ordered(value, order),
      { draft: builder.variable(list, known.shape, identityOrder(known.shape.length)), port: 0 },
    ],
  });
  const shape = [...value.shape.slice(0, axis), ...known.shape, ...value.shape.slice(axis + 1)];
  const result = known.shape.length === 1 ? order : identityOrder(shape.length);
  builder.emit(node, 0, { shape, type: value.type, order: result, ref: { draft, port: 0 } });
}

/** Indices n, n+1, ... are a slice; a single scalar index also drops the axis. */
function gatherRange(
  node: OnnxNode,
  builder: Builder,
  value: Value,
  axis: number,
  first: number,
  count: number,
  drop: boolean,
): void {
  const cut = emitCut(node, builder, value, {
    begin: value.shape.map((_, i) => (i === axis ? first : 0)),
    step: value.shape.map(() => 1),
    size: value.shape.map((dim, i) => (i === axis ? count : dim)),
  });
  if (!drop) return builder.emit(node, 0, cut);
  const shape = cut.shape.filter((_, i) => i !== axis);
  const order = orderWithout(cut.order, new Set([axis]));
  const ref = builder.reshape(cut.ref, storedShape(shape, order));
  builder.emit(node, 0, { shape, type: cut.type, order, ref });
}

function gatherComputed(node: OnnxNode, builder: Builder, value: Value, axis: number): void {
  const indices = builder.value(node, 1);
  const scalar = indices.shape.length === 0;
  const plain = builder.ordered(indices, identityOrder(indices.shape.length));
  const draft = builder.layer(node, {
    op: 'gather',
    parameters: [
      ['axis', axis],
      ['batch_dims', null],
    ],
    inputs: [
      builder.ordered(value, identityOrder(value.shape.length)),
      // The device has no rank 0: one index is a list of one, and its axis is dropped behind.
      scalar ? builder.reshape(plain, [1]) : plain,
    ],
  });
  const shape = [...value.shape.slice(0, axis), ...indices.shape, ...value.shape.slice(axis + 1)];
  const ref = { draft, port: 0 };
  builder.emit(node, 0, {
    shape,
    type: value.type,
    order: identityOrder(shape.length),
    ref: scalar ? builder.reshape(ref, shape) : ref,
  });
}

function foldGather(node: OnnxNode, inputs: readonly (Tensor | undefined)[]): Tensor[] {
  const tensor = needed(node, inputs, 0);
  const list = needed(node, inputs, 1);
  const axis = frontAxis(node.int('axis', 0), tensor.shape.length);
  const dim = tensor.shape[axis];
  const inner = elementCount(tensor.shape.slice(axis + 1));
  const outer = elementCount(tensor.shape.slice(0, axis));
  const shape = [...tensor.shape.slice(0, axis), ...list.shape, ...tensor.shape.slice(axis + 1)];
  const data = allocateElements(tensor.type, foldedCount(shape));
  const indices = numbersOf(list);
  let at = 0;
  for (let row = 0; row < outer; row++) {
    for (let i = 0; i < indices.length; i++) {
      const index = fixIndex(indices[i], dim);
      if (index < 0 || index >= dim) throw node.invalid(`index ${indices[i]} is outside 0..${dim - 1}`);
      const from = (row * dim + index) * inner;
      data.set(tensor.data.subarray(from, from + inner) as never, at);
      at += inner;
    }
  }
  return [{ type: tensor.type, shape, data }];
}

const range: Operator = {
  fold: (node, inputs) => {
    const [start, limit, delta] = [0, 1, 2].map((i) => numbersOf(needed(node, inputs, i))[0] ?? 0);
    const count = delta === 0 ? 0 : Math.max(0, Math.ceil((limit - start) / delta));
    foldedCount([count]);
    const values = Float64Array.from({ length: count }, (_, i) => start + i * delta);
    return [fromNumbers(needed(node, inputs, 0).type, [count], values)];
  },
};

const nonZero: Operator = {
  fold: (node, inputs) => {
    const tensor = needed(node, inputs, 0);
    const values = numbersOf(tensor);
    const hits = Array.from(values, (value, i) => (value === 0 ? -1 : i)).filter((i) => i >= 0);
    const strides = rowMajorStrides(tensor.shape);
    const places = tensor.shape.flatMap((dim, axis) => hits.map((i) => Math.floor(i / strides[axis]) % dim));
    return [{ ...integerList(places), shape: [tensor.shape.length, hits.length] }];
  },
};

/** Operators that join tensors and pick elements by index. */
export const indexing: OperatorFamily = {
  Concat: { convert: convertConcat, fold: foldConcat },
  Gather: { convert: convertGather, fold: foldGather },
  Range: range,
  NonZero: nonZero,
};
