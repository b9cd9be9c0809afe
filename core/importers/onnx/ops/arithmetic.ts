import type { ParameterValue } from '../../../network/layer.ts';
import type { ElementType, Tensor } from '../../../network/tensor.ts';
import { alignOperands } from '../align.ts';
import type { Builder } from '../builder.ts';
import { Formula, typeOf } from '../formula.ts';
import type { OnnxNode } from '../node.ts';
import { broadcastShapes, broadcastStrides, foldedCount, fromNumbers, numbersOf, walk } from '../numeric.ts';
import { needed, type Operator, type OperatorFamily } from '../operator.ts';
import { convertMod } from './numbers.ts';

type Scalar = (a: number, b: number) => number;

/** Folds operands left to right with NumPy broadcasting. */
function foldBinary(apply: Scalar, result?: ElementType): NonNullable<Operator['fold']> {
  return (node, inputs) => {
    let left = needed(node, inputs, 0);
    for (let i = 1; i < inputs.length; i++) left = combine(left, needed(node, inputs, i), apply, result);
    return [left];
  };
}

function combine(left: Tensor, right: Tensor, apply: Scalar, result?: ElementType): Tensor {
  const shape = broadcastShapes([left.shape, right.shape]);
  const values = new Float64Array(foldedCount(shape));
  const a = numbersOf(left);
  const b = numbersOf(right);
  walk(
    shape,
    [broadcastStrides(left.shape, shape), broadcastStrides(right.shape, shape)],
    (target, [i, j]) => {
      values[target] = apply(a[i], b[j]);
    },
  );
  return fromNumbers(result ?? left.type, shape, values);
}

/** Division of integers truncates, as in ONNX. */
const foldDiv: NonNullable<Operator['fold']> = (node, inputs) => {
  const real = needed(node, inputs, 0).type.startsWith('float');
  return foldBinary(real ? (a, b) => a / b : (a, b) => (b === 0 ? 0 : Math.trunc(a / b)))(node, inputs);
};

const foldMod: NonNullable<Operator['fold']> = (node, inputs) =>
  foldBinary(node.int('fmod', 0) === 1 ? (a, b) => a % b : (a, b) => a - Math.floor(a / b) * b)(node, inputs);

function convertBinary(
  node: OnnxNode,
  builder: Builder,
  op: string,
  parameters: [string, ParameterValue][],
  result?: ElementType,
) {
  if (node.inputs.length === 0) throw node.invalid('it has no inputs');
  if (node.inputs.length === 1) return builder.alias(node);
  const { refs, shape, order } = alignOperands(node, builder);
  const type =
    result ?? builder.values.get(node.inputs[0])?.type ?? builder.constant(node, 0)?.type ?? 'float32';
  let ref = refs[0];
  // Max, Min and Sum take any number of operands; a layer takes two.
  for (const next of refs.slice(1))
    ref = { draft: builder.layer(node, { op, parameters, inputs: [ref, next] }), port: 0 };
  builder.emit(node, 0, { shape, type, order, ref });
}

function binary(op: string, apply: Scalar, parameters: [string, ParameterValue][] = []): Operator {
  return {
    convert: (node, builder) => convertBinary(node, builder, op, parameters),
    fold: foldBinary(apply),
  };
}

function comparison(op: string, apply: (a: number, b: number) => boolean): Operator {
  return {
    convert: (node, builder) => convertBinary(node, builder, op, [], 'bool'),
    fold: foldBinary((a, b) => Number(apply(a, b)), 'bool'),
  };
}

const where: Operator = {
  convert: (node, builder) => {
    const { refs, shape, order } = alignOperands(node, builder, 3);
    const draft = builder.layer(node, { op: 'where', inputs: refs });
    const type = builder.values.get(node.inputs[1])?.type ?? builder.constant(node, 1)?.type ?? 'float32';
    builder.emit(node, 0, { shape, type, order, ref: { draft, port: 0 } });
  },
  fold: (node, inputs) => {
    const [condition, left, right] = [0, 1, 2].map((i) => needed(node, inputs, i));
    const shape = broadcastShapes([condition.shape, left.shape, right.shape]);
    const values = new Float64Array(foldedCount(shape));
    const [c, a, b] = [condition, left, right].map(numbersOf);
    const strides = [condition, left, right].map((tensor) => broadcastStrides(tensor.shape, shape));
    walk(shape, strides, (target, [k, i, j]) => {
      values[target] = c[k] === 0 ? b[j] : a[i];
    });
    return [fromNumbers(left.type, shape, values)];
  },
};

const mean: Operator = {
  convert: (node, builder) => {
    convertBinary(node, builder, 'add', []);
    const sum = builder.values.get(node.outputs[0]);
    if (!sum) throw node.invalid('it has no output');
    const count = {
      tensor: fromNumbers('float32', [], [1 / node.inputs.length]),
      layerName: `Constant_${node.name}`,
    };
    const ones = sum.shape.map(() => 1);
    const factor = { draft: builder.variable(count, ones, sum.order), port: 0 };
    const draft = builder.layer(node, { op: 'multiply', parameters: MULTIPLY, inputs: [sum.ref, factor] });
    builder.emit(node, 0, { ...sum, ref: { draft, port: 0 } });
  },
};

/** The device keeps small integers as reals, whose quotient has to be cut off. */
function convertDiv(node: OnnxNode, builder: Builder): void {
  if (!/^u?int(8|16)$/.test(typeOf(node, builder, 0))) return convertBinary(node, builder, 'real_div', []);
  const { f, terms } = Formula.ofInputs(node, builder, 2);
  f.emit(f.cast(f.apply('real_div', terms), 'float32', 'int32'));
}

/** The result has the type of the base; a real power of an integer is cut off. */
function convertPow(node: OnnxNode, builder: Builder): void {
  const base = typeOf(node, builder, 0);
  const mixed = !base.startsWith('float') && typeOf(node, builder, 1).startsWith('float');
  if (!mixed) return convertBinary(node, builder, 'pow', []);
  const { f, terms } = Formula.ofInputs(node, builder, 2);
  f.emit(f.cast(f.apply('pow', terms), 'float32', 'int32'));
}

/** ACUITY writes these on every multiply; they only mean something for the one-input scale layer. */
const MULTIPLY: [string, ParameterValue][] = [
  ['axis', 1],
  ['bias', false],
];

/** Element by element functions of several tensors, with broadcasting. */
export const arithmetic: OperatorFamily = {
  Add: binary('add', (a, b) => a + b),
  Sum: binary('add', (a, b) => a + b),
  Sub: binary('subtract', (a, b) => a - b),
  Mul: binary('multiply', (a, b) => a * b, MULTIPLY),
  Div: { convert: convertDiv, fold: foldDiv },
  Pow: { convert: convertPow, fold: foldBinary(Math.pow) },
  Max: binary('maximum', Math.max),
  Min: binary('minimum', Math.min),
  Mean: mean,
  Mod: { convert: convertMod, fold: foldMod },
  Equal: comparison('equal', (a, b) => a === b),
  Greater: comparison('greater', (a, b) => a > b),
  GreaterOrEqual: comparison('greater_equal', (a, b) => a >= b),
  Less: comparison('less', (a, b) => a < b),
  LessOrEqual: comparison('less_equal', (a, b) => a <= b),
  And: comparison('logical_and', (a, b) => a !== 0 && b !== 0),
  Or: comparison('logical_or', (a, b) => a !== 0 || b !== 0),
  Xor: comparison('logical_xor', (a, b) => (a !== 0) !== (b !== 0)),
  Where: where,
};
