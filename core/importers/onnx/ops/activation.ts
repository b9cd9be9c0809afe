import { real, type ParameterValue } from '../../../network/layer.ts';
import { Unsupported, floatCopy, type Builder } from '../builder.ts';
import { channelLastOrder, type DraftRef } from '../draft.ts';
import { Formula } from '../formula.ts';
import type { OnnxNode } from '../node.ts';
import { filled, fromNumbers, numbersOf, padRank, scalarOf } from '../numeric.ts';
import { needed, type Operator, type OperatorFamily } from '../operator.ts';
import { generalPRelu } from './piecewise.ts';

type Parameters = [string, ParameterValue][];

/** y = f(x) element by element: the layer and the folding rule. */
function elementwise(op: string, fold?: (x: number) => number, parameters: Parameters = []): Operator {
  return {
    convert: (node, builder) => void builder.unary(node, op, parameters),
    ...(fold ? { fold: foldUnary(fold) } : {}),
  };
}

function foldUnary(apply: (x: number) => number): NonNullable<Operator['fold']> {
  return (node, inputs) => {
    const tensor = needed(node, inputs, 0);
    return [fromNumbers(tensor.type, tensor.shape, Float64Array.from(numbersOf(tensor), apply))];
  };
}

/** One layer whose parameters come from the node's attributes. */
function parametrized(op: string, parameters: (node: OnnxNode) => Parameters): Operator {
  return { convert: (node, builder) => void builder.unary(node, op, parameters(node)) };
}

/** Bounds of a Clip: attributes before opset 11, inputs since; undefined when one is computed. */
function clipBounds(node: OnnxNode, builder: Builder): [number, number] | undefined {
  const bound = (index: number, attribute: string, fallback: number): number | undefined => {
    if (node.opset < 11 || node.has(attribute)) return node.float(attribute, fallback);
    return builder.present(node, index) ? scalarOf(builder.constant(node, index)) : fallback;
  };
  const [min, max] = [bound(1, 'min', -Infinity), bound(2, 'max', Infinity)];
  return min === undefined || max === undefined ? undefined : [min, max];
}

/** Computed bounds: min(max(x, low), high). */
function clipComputed(node: OnnxNode, builder: Builder): void {
  const value = builder.value(node, 0);
  const f = new Formula(node, builder, value);
  const ones = filled(value.shape.length, 1);
  const bound = (index: number): DraftRef => builder.reshape(builder.value(node, index).ref, ones);
  const low = builder.present(node, 1) ? f.max(value.ref, bound(1)) : value.ref;
  f.emit(builder.present(node, 2) ? f.min(low, bound(2)) : low);
}

function convertClip(node: OnnxNode, builder: Builder): void {
  const bounds = clipBounds(node, builder);
  if (!bounds) return clipComputed(node, builder);
  const [min, max] = bounds;
  if (min === -Infinity && max === Infinity) return builder.alias(node);
  if (min === 0 && max === Infinity) return void builder.unary(node, 'relu');
  if (min === 0 && max === 6) {
    return void builder.unary(node, 'relun', [
      ['relu_clamp_top', 6],
      ['relu_clamp_bottom', 0],
    ]);
  }
  builder.unary(node, 'clipbyvalue', [
    ['clip_value_min', real(min)],
    ['clip_value_max', real(max)],
  ]);
}

/** PRelu: one slope for all is `leakyrelu`, a slope per channel `prelu`, any other slopes a formula. */
function convertPRelu(node: OnnxNode, builder: Builder): void {
  const slope = builder.constant(node, 1);
  const single = scalarOf(slope);
  if (single !== undefined) return void builder.unary(node, 'leakyrelu', [['leaky_ratio', real(single)]]);
  const input = builder.value(node, 0);
  const rank = input.shape.length;
  const slopeShape = builder.shapeOf(node, 1);
  // Before opset 7 the slope was [C] and meant the channel axis; since then it broadcasts like any operand.
  const legacy = node.opset < 7 && slopeShape.length === 1 && rank > 1;
  const full = legacy ? [1, slopeShape[0], ...filled(rank - 2, 1)] : padRank(slopeShape, rank);
  const channels = input.shape[1] ?? 0;
  const perChannel = full.every((dim, axis) => dim === (axis === 1 ? channels : 1));
  if (!slope || !perChannel) {
    if (legacy) throw new Unsupported('a computed slope in an old operator set');
    return generalPRelu(node, builder);
  }
  const order = channelLastOrder(rank);
  const draft = builder.layer(node, {
    op: 'prelu',
    inputs: [builder.ordered(input, order)],
    coefficients: [['a', floatCopy(slope, [channels])]],
  });
  builder.emit(node, 0, { shape: input.shape, type: input.type, order, ref: { draft, port: 0 } });
}

/** 1 / x: the NPU library of these chips has a division but no reciprocal. */
function convertReciprocal(node: OnnxNode, builder: Builder): void {
  const { shape, type, order, ref } = builder.value(node, 0);
  const one = { tensor: fromNumbers('float32', [], [1]), layerName: 'Constant_one' };
  const dividend = { draft: builder.variable(one, filled(shape.length, 1), order), port: 0 };
  const draft = builder.layer(node, { op: 'real_div', inputs: [dividend, ref] });
  builder.emit(node, 0, { shape, type, order, ref: { draft, port: 0 } });
}

const LEAKY_DEFAULT = Math.fround(0.01);

/** Rounds half to even, as ONNX Round does. */
function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

/** Functions of one tensor, element by element. */
export const activation: OperatorFamily = {
  Relu: elementwise('relu', (x) => Math.max(x, 0)),
  Sigmoid: elementwise('sigmoid', (x) => 1 / (1 + Math.exp(-x))),
  Tanh: elementwise('tanh', Math.tanh, [
    ['hyperbolic_tan_scale_a', real(1)],
    ['hyperbolic_tan_scale_b', real(1)],
  ]),
  Softplus: elementwise('softrelu', (x) => Math.log1p(Math.exp(x))),
  Mish: elementwise('mish'),
  HardSwish: elementwise('hard_swish'),
  Exp: elementwise('exp', Math.exp),
  Log: elementwise('log', Math.log),
  Sqrt: elementwise('sqrt', Math.sqrt),
  Abs: elementwise('abs', Math.abs),
  Neg: elementwise('neg', (x) => -x),
  Floor: elementwise('floor', Math.floor),
  Ceil: elementwise('ceil', Math.ceil),
  Round: elementwise('round', roundHalfEven),
  Sin: elementwise('sin', Math.sin),
  Erf: elementwise('erf'),
  Reciprocal: { convert: convertReciprocal, fold: foldUnary((x) => 1 / x) },
  Not: elementwise('logical_not', (x) => (x === 0 ? 1 : 0)),
  LeakyRelu: parametrized('leakyrelu', (node) => [['leaky_ratio', real(node.float('alpha', LEAKY_DEFAULT))]]),
  Elu: parametrized('elu', (node) => [['alpha', real(node.float('alpha', 1))]]),
  HardSigmoid: parametrized('hard_sigmoid', (node) => [
    ['alpha', real(node.float('alpha', Math.fround(0.2)))],
    ['beta', real(node.float('beta', 0.5))],
  ]),
  Gelu: parametrized('gelu', (node) => [['approximate', node.text('approximate', 'none') === 'tanh']]),
  'com.microsoft:Gelu': parametrized('gelu', () => [['approximate', false]]),
  Clip: { convert: convertClip },
  PRelu: { convert: convertPRelu },
};
