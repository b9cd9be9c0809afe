import { real, type ParameterValue } from '../../../network/layer.ts';
import type { Tensor } from '../../../network/tensor.ts';
import type { Builder } from '../builder.ts';
import { identityOrder, orderWithout, type DraftRef, type Value } from '../draft.ts';
import { Formula } from '../formula.ts';
import type { OnnxNode } from '../node.ts';
import { foldedCount, frontAxis, fromNumbers, integersOf, numbersOf, walk, product } from '../numeric.ts';
import { needed, type Operator, type OperatorFamily } from '../operator.ts';

/** Axes of a reduction: attribute or input; none = all, unless the node asks for a no-op. */
function reducedAxes(
  node: OnnxNode,
  rank: number,
  given: readonly number[] | undefined,
): number[] | undefined {
  if (given && given.length > 0) return given.map((axis) => frontAxis(axis, rank));
  return node.int('noop_with_empty_axes', 0) === 0 ? identityOrder(rank) : undefined;
}

function convertReduce(node: OnnxNode, builder: Builder, op: string, value = builder.value(node, 0)): void {
  const axes = reducedAxes(
    node,
    value.shape.length,
    node.ints('axes') ?? builder.integers(node, 1, 'the axes'),
  );
  if (!axes) return builder.emit(node, 0, value);
  const keep = node.int('keepdims', 1) !== 0;
  const dropped = new Set(axes);
  const draft = builder.layer(node, {
    op,
    parameters: [
      ['axis_list', axes.map((axis) => value.order.indexOf(axis)).sort((a, b) => a - b)],
      ['keep_dims', keep],
    ],
    inputs: [value.ref],
  });
  const shape = keep
    ? value.shape.map((dim, axis) => (dropped.has(axis) ? 1 : dim))
    : value.shape.filter((_, axis) => !dropped.has(axis));
  const order = keep ? value.order : orderWithout(value.order, dropped);
  builder.emit(node, 0, { shape, type: value.type, order, ref: { draft, port: 0 } });
}

function foldReduce(
  node: OnnxNode,
  tensor: Tensor,
  given: number[] | undefined,
  start: number,
  step: (a: number, b: number) => number,
  mean: boolean,
): Tensor {
  const rank = tensor.shape.length;
  const axes = new Set(reducedAxes(node, rank, given) ?? []);
  const kept = tensor.shape.map((dim, axis) => (axes.has(axis) ? 1 : dim));
  const values = new Float64Array(foldedCount(kept)).fill(start);
  const numbers = numbersOf(tensor);
  let size = 1;
  const strides = kept.map((_, axis) => {
    const inner = kept.slice(axis + 1).reduce((all, d) => all * d, 1);
    if (axes.has(axis)) size *= tensor.shape[axis];
    return axes.has(axis) ? 0 : inner;
  });
  walk(tensor.shape, [strides], (source, [target]) => {
    values[target] = step(values[target], numbers[source]);
  });
  if (mean) for (let i = 0; i < values.length; i++) values[i] /= size;
  const shape = node.int('keepdims', 1) === 0 ? kept.filter((_, axis) => !axes.has(axis)) : kept;
  return fromNumbers(tensor.type, shape, values);
}

function reduce(op: string, start: number, step: (a: number, b: number) => number, mean = false): Operator {
  return {
    convert: (node, builder) => convertReduce(node, builder, op),
    fold: (node, inputs) => {
      const given = node.ints('axes') ?? (inputs[1] && integersOf(inputs[1]));
      return [foldReduce(node, needed(node, inputs, 0), given, start, step, mean)];
    },
  };
}

type Before = 'abs' | 'square' | undefined;

const BEFORE = { abs: Math.abs, square: (x: number): number => x * x } as const;
const AFTER = { sqrt: Math.sqrt, log: Math.log } as const;

/** A sum with an elementwise function before and after it, e.g. sqrt(sum(x * x)). */
function composed(before: Before, after: 'sqrt' | 'log' | undefined): Operator {
  return {
    convert: (node, builder) => {
      const value = builder.value(node, 0);
      const f = new Formula(node, builder, value);
      const ref =
        before === 'square' ? f.mul(value.ref, value.ref) : before ? f.apply(before, [value.ref]) : value.ref;
      convertReduce(node, builder, 'reducesum', { ...value, ref });
      const sum = builder.values.get(node.outputs[0] ?? '');
      if (after && sum) builder.emit(node, 0, { ...sum, ref: { draft: builder.layer(node, { op: after, inputs: [sum.ref], name: `${node.layerName}_${after}` }), port: 0 } }); // prettier-ignore
    },
    fold: (node, inputs) => {
      const tensor = needed(node, inputs, 0);
      const given = node.ints('axes') ?? (inputs[1] && integersOf(inputs[1]));
      const prepared = before ? mapped(tensor, BEFORE[before]) : tensor;
      const sum = foldReduce(node, prepared, given, 0, (a, b) => a + b, false);
      return [after ? mapped(sum, AFTER[after]) : sum];
    },
  };
}

const mapped = (tensor: Tensor, apply: (x: number) => number): Tensor =>
  fromNumbers(tensor.type, tensor.shape, Float64Array.from(numbersOf(tensor), apply));

/** log(sum(exp(x - m))) + m with the largest element m, so that nothing overflows. */
const logSumExp: Operator = {
  convert: (node, builder) => {
    const value = builder.value(node, 0);
    const given = node.ints('axes') ?? builder.integers(node, 1, 'the axes');
    const axes = reducedAxes(node, value.shape.length, given);
    if (!axes) return builder.emit(node, 0, value);
    const f = new Formula(node, builder, value);
    const largest = f.reduce('reducemax', value.ref, axes);
    const powers = f.apply('exp', [f.sub(value.ref, largest)]);
    const total = f.add(f.apply('log', [f.reduce('reducesum', powers, axes)]), largest);
    emitReduced(node, builder, value, axes, total);
  },
  fold: (node, inputs) => {
    const given = node.ints('axes') ?? (inputs[1] && integersOf(inputs[1]));
    const powers = mapped(needed(node, inputs, 0), Math.exp);
    return [
      mapped(
        foldReduce(node, powers, given, 0, (a, b) => a + b, false),
        Math.log,
      ),
    ];
  },
};

/** Output 0 is a reduction that kept its dimensions; drops them when the node asks for it. */
function emitReduced(
  node: OnnxNode,
  builder: Builder,
  value: Value,
  axes: readonly number[],
  ref: DraftRef,
  type = value.type,
): void {
  const dropped = new Set(axes);
  const kept = value.shape.map((dim, axis) => (dropped.has(axis) ? 1 : dim));
  if (node.int('keepdims', 1) !== 0)
    return builder.emit(node, 0, { shape: kept, type, order: value.order, ref });
  const shape = value.shape.filter((_, axis) => !dropped.has(axis));
  const order = orderWithout(value.order, dropped);
  const size = shape.length === 0 ? [1] : order.map((axis) => shape[axis]);
  builder.emit(node, 0, { shape, type, order, ref: builder.reshape(ref, size) });
}

/**
 * Softmax along one axis. Before opset 13 ONNX flattened all axes from `axis` on; when more than one of them
 * is larger than 1 the layer works on the flattened matrix, between two reshapes.
 */
function softmax(op: string, parameters: [string, ParameterValue][]) {
  return (node: OnnxNode, builder: Builder): void => {
    const value = builder.value(node, 0);
    const rank = value.shape.length;
    const flattens = node.opset < 13;
    const axis = frontAxis(node.int('axis', flattens ? 1 : -1), rank);
    const tail = value.shape.slice(axis).filter((dim) => dim !== 1).length;
    if (!flattens || tail <= 1) {
      const wide = flattens ? value.shape.findIndex((dim, i) => i >= axis && dim !== 1) : axis;
      builder.unary(node, op, [['sf_axis', value.order.indexOf(wide < 0 ? axis : wide)], ...parameters]);
      return;
    }
    const rows = product(value.shape.slice(0, axis));
    const plain = builder.ordered(value, identityOrder(rank));
    const matrix = builder.reshape(plain, [rows, -1]);
    const draft = builder.layer(node, { op, parameters: [['sf_axis', 1], ...parameters], inputs: [matrix] });
    const ref = builder.reshape({ draft, port: 0 }, value.shape);
    builder.emit(node, 0, { shape: value.shape, type: value.type, order: identityOrder(rank), ref });
  };
}

/** The last of equal extremes is the first one from behind. */
function lastArgument(node: OnnxNode, builder: Builder, value: Value, axis: number, op: string): void {
  const order = identityOrder(value.shape.length);
  const length = value.shape[axis];
  const backwards = {
    tensor: fromNumbers('int32', [length], identityOrder(length).reverse()),
    layerName: builder.constantName(node),
  };
  const plain: Value = { ...value, order, ref: builder.ordered(value, order) };
  const f = new Formula(node, builder, { ...plain, type: 'int32' });
  const turned = f.apply(
    'gather',
    [plain.ref, { draft: builder.variable(backwards, [length], [0]), port: 0 }],
    [
      ['axis', axis],
      ['batch_dims', null],
    ],
  );
  const kept = value.shape.map((dim, index) => (index === axis ? 1 : dim));
  const index = builder.reshape(f.apply(op, [turned], [['axis', axis]]), kept);
  emitReduced(node, builder, plain, [axis], f.sub(length - 1, index), 'int64');
}

function argument(op: string) {
  return (node: OnnxNode, builder: Builder): void => {
    const value = builder.value(node, 0);
    const axis = frontAxis(node.int('axis', 0), value.shape.length);
    if (node.int('select_last_index', 0) !== 0) return lastArgument(node, builder, value, axis, op);
    const draft = builder.layer(node, {
      op,
      parameters: [['axis', value.order.indexOf(axis)]],
      inputs: [value.ref],
    });
    const order = orderWithout(value.order, new Set([axis]));
    const shape = value.shape.filter((_, i) => i !== axis);
    if (node.int('keepdims', 1) === 0)
      return builder.emit(node, 0, { shape, type: 'int64', order, ref: { draft, port: 0 } });
    const kept = value.shape.map((dim, i) => (i === axis ? 1 : dim));
    const ref = builder.reshape(
      { draft, port: 0 },
      value.order.map((i) => kept[i]),
    );
    builder.emit(node, 0, { shape: kept, type: 'int64', order: value.order, ref });
  };
}

/** Reductions along axes. */
export const reduction: OperatorFamily = {
  ReduceMean: reduce('reducemean', 0, (a, b) => a + b, true),
  ReduceSum: reduce('reducesum', 0, (a, b) => a + b),
  ReduceMax: reduce('reducemax', -Infinity, Math.max),
  ReduceMin: reduce('reducemin', Infinity, Math.min),
  ReduceProd: reduce('reduceprod', 1, (a, b) => a * b),
  ReduceL1: composed('abs', undefined),
  ReduceL2: composed('square', 'sqrt'),
  ReduceSumSquare: composed('square', undefined),
  ReduceLogSum: composed(undefined, 'log'),
  ReduceLogSumExp: logSumExp,
  Softmax: { convert: softmax('softmax', [['beta', real(1)]]) },
  LogSoftmax: { convert: softmax('log_softmax', []) },
  ArgMax: { convert: argument('argmax') },
  ArgMin: { convert: argument('argmin') },
};
