import { composed, type Attributes, type Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { padRank } from '../../onnx/numeric.ts';
import type { Operator, OperatorFamily } from '../../onnx/operator.ts';
import { activated, clip, onChannelFirst } from './helpers.ts';

/** One ONNX operator with the same inputs. */
export const same = (type: string, attributes: (node: OnnxNode) => Attributes = () => ({})): Operator => ({
  convert: composed((c, node) => {
    const inputs = node.inputs.map((_, index) => c.input(index));
    c.output(0, activated(c, node, c.main(type, inputs, attributes(node))));
  }),
});

/** A composition on the inputs. */
export const formula = (
  write: (c: Composer, inputs: readonly string[], node: OnnxNode) => string,
): Operator => ({
  convert: composed(
    (c, node) =>
    c.output(0, write(c, node.inputs.map((_, index) => c.input(index)), node)), // prettier-ignore
  ),
});

const isReal = (c: Composer, x: string): boolean => c.type(x).startsWith('float');

/** The quotient, rounded down. */
function floorDiv(c: Composer, [a, b]: readonly string[]): string {
  if (isReal(c, a)) return c.main('Floor', [c.op('Div', [a, b])]);
  return c.main('Div', [c.sub(a, c.op('Mod', [a, b])), b]);
}

/** The remainder with the sign of the divisor. */
function floorMod(c: Composer, [a, b]: readonly string[]): string {
  if (!isReal(c, a)) return c.main('Mod', [a, b]);
  return c.main('Sub', [a, c.mul(c.op('Floor', [c.op('Div', [a, b])]), b)]);
}

/** The slope broadcasts with the input; usually it is [1, 1, channels]. */
function prelu(c: Composer, [x, slope]: readonly string[]): string {
  const { length: rank } = c.shape(x);
  const full = padRank(c.shape(slope), rank);
  if (rank < 3) return c.main('PRelu', [x, slope]);
  const axes = Array.from({ length: rank - 2 }, (_, i) => i + 1);
  const first = c.transpose(c.reshape(slope, full), [0, rank - 1, ...axes]);
  return onChannelFirst(c, x, (input) => c.main('PRelu', [input, first]));
}

/** The angle of the point (x, y). */
function atan2(c: Composer, [y, x]: readonly string[]): string {
  const zero = c.scalar(0);
  const flat = c.op('Equal', [x, zero]);
  const angle = c.op('Atan', [c.op('Div', [y, c.op('Where', [flat, c.scalar(1), x])])]);
  const below = c.op('Less', [y, zero]);
  const turn = c.op('Where', [below, c.scalar(-Math.PI), c.scalar(Math.PI)]);
  const left = c.op('Where', [c.op('Less', [x, zero]), c.add(angle, turn), angle]);
  const upright = c.mul(c.op('Sign', [y]), c.scalar(Math.PI / 2));
  return c.main('Where', [flat, upright, left]);
}

const comparisons = {
  EQUAL: 'Equal',
  GREATER: 'Greater',
  GREATER_EQUAL: 'GreaterOrEqual',
  LESS: 'Less',
  LESS_EQUAL: 'LessOrEqual',
};

const alike = {
  ...comparisons,
  ABS: 'Abs',
  ADD: 'Add',
  ADD_N: 'Sum',
  BITWISE_XOR: 'BitwiseXor',
  CEIL: 'Ceil',
  COS: 'Cos',
  DIV: 'Div',
  ELU: 'Elu',
  EXP: 'Exp',
  FLOOR: 'Floor',
  HARD_SWISH: 'HardSwish',
  LOG: 'Log',
  LOGICAL_AND: 'And',
  LOGICAL_NOT: 'Not',
  LOGICAL_OR: 'Or',
  LOGISTIC: 'Sigmoid',
  MAXIMUM: 'Max',
  MINIMUM: 'Min',
  MUL: 'Mul',
  NEG: 'Neg',
  POW: 'Pow',
  RELU: 'Relu',
  ROUND: 'Round',
  SELECT_V2: 'Where',
  SIGN: 'Sign',
  SIN: 'Sin',
  SQRT: 'Sqrt',
  SUB: 'Sub',
  TANH: 'Tanh',
};

const bounded = (low: number, high: number): Operator =>
  formula((c, [x], node) => clip(c, x, [low, high], node.layerName));

/** The condition may be one flag per index of the first axis. */
function select(c: Composer, [condition, yes, no]: readonly string[]): string {
  const shape = c.shape(condition);
  const { length: rank } = c.shape(yes);
  const rows = shape.length === 1 && rank > 1;
  const flags = rows
    ? c.reshape(condition, [shape[0], ...Array.from({ length: rank - 1 }, () => 1)])
    : condition;
  return c.main('Where', [flags, yes, no]);
}

/** Functions of each element, with broadcasting. */
export const elementwise: OperatorFamily = {
  ...Object.fromEntries(Object.entries(alike).map(([name, type]) => [`tflite:${name}`, same(type)])),
  'tflite:ATAN2': formula(atan2),
  'tflite:FLOOR_DIV': formula(floorDiv),
  'tflite:FLOOR_MOD': formula(floorMod),
  'tflite:GELU': same('Gelu', (node) => ({
    approximate: node.int('approximate', 0) === 0 ? 'none' : 'tanh',
  })),
  'tflite:LEAKY_RELU': same('LeakyRelu', (node) => ({ alpha: node.float('alpha', 0) })),
  'tflite:NOT_EQUAL': formula((c, inputs) => c.main('Not', [c.op('Equal', inputs)])),
  'tflite:PRELU': formula(prelu),
  'tflite:RELU6': bounded(0, 6),
  'tflite:RELU_0_TO_1': bounded(0, 1),
  'tflite:RELU_N1_TO_1': bounded(-1, 1),
  // The shift keeps the sign.
  'tflite:RIGHT_SHIFT': formula((c, [a, b]) => {
    const power = c.op('Cast', [c.op('Pow', [c.scalar(2), c.float(b)])], { to: 6 });
    return floorDiv(c, [a, power]);
  }),
  'tflite:RSQRT': formula((c, [x]) => c.main('Reciprocal', [c.op('Sqrt', [x])])),
  'tflite:SELECT': formula(select),
  'tflite:SQUARE': formula((c, [x]) => c.main('Mul', [x, x])),
  'tflite:SQUARED_DIFFERENCE': formula((c, [a, b]) => {
    const difference = c.sub(a, b);
    return c.main('Mul', [difference, difference]);
  }),
};
