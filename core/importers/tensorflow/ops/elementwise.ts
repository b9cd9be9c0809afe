import type { Composer } from '../../onnx/compose.ts';
import { onnxType } from '../../onnx/tensor-data.ts';
import { Unsupported } from '../../onnx/builder.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { filled, fromNumbers, numbersOf } from '../../onnx/numeric.ts';
import type { Operator, OperatorFamily } from '../../onnx/operator.ts';
import { allInputs, formula } from './operands.ts';
import { elementTypeOf, onnxTypeOf } from '../types.ts';

/** The same operator in ONNX, input by input. */
const same = (type: string): Operator => formula((c, node) => c.main(type, allInputs(c, node)));

/** A number of the type of another tensor. */
const like = (c: Composer, name: string, value: number): string => c.filled(value, [], c.type(name));

const isFloat = (c: Composer, name: string): boolean => c.type(name).startsWith('float');

const unary = (write: (c: Composer, x: string, node: OnnxNode) => string): Operator =>
  formula((c, node) => write(c, c.input(0), node));

const binary = (write: (c: Composer, a: string, b: string) => string): Operator =>
  formula((c) => write(c, c.input(0), c.input(1)));

const functions: OperatorFamily = {
  'tf:Abs': same('Abs'),
  'tf:Acos': same('Acos'),
  'tf:Acosh': same('Acosh'),
  'tf:Asin': same('Asin'),
  'tf:Asinh': same('Asinh'),
  'tf:Atan': same('Atan'),
  'tf:Atanh': same('Atanh'),
  'tf:Ceil': same('Ceil'),
  'tf:Cos': same('Cos'),
  'tf:Cosh': same('Cosh'),
  'tf:Erf': same('Erf'),
  'tf:Erfc': unary((c, x) => c.sub(c.scalar(1), c.main('Erf', [x]))),
  'tf:Exp': same('Exp'),
  'tf:Expm1': unary((c, x) => c.sub(c.main('Exp', [x]), c.scalar(1))),
  'tf:Floor': same('Floor'),
  'tf:Inv': same('Reciprocal'),
  'tf:IsInf': same('IsInf'),
  'tf:IsNan': same('IsNaN'),
  'tf:IsFinite': unary((c, x) => c.main('Less', [c.op('Abs', [x]), c.scalar(Infinity)])),
  'tf:Log': same('Log'),
  'tf:Log1p': unary((c, x) => c.main('Log', [c.add(x, c.scalar(1))])),
  'tf:Neg': same('Neg'),
  'tf:Reciprocal': same('Reciprocal'),
  'tf:Rint': same('Round'),
  'tf:Round': same('Round'),
  'tf:Rsqrt': unary((c, x) => c.main('Reciprocal', [c.op('Sqrt', [x])])),
  'tf:Sign': same('Sign'),
  'tf:Sin': same('Sin'),
  'tf:Sinh': same('Sinh'),
  'tf:Sqrt': same('Sqrt'),
  'tf:Square': unary((c, x) => c.main('Mul', [x, x])),
  'tf:Tan': same('Tan'),
};

/** Activations that fused operators name, besides those that need more than the name. */
const PLAIN_ACTIVATIONS = new Set(['Elu', 'Relu', 'Sigmoid', 'Tanh']);

/** The activation of a fused operator, by its name. */
export function activate(c: Composer, node: OnnxNode, x: string, name: string): string {
  if (PLAIN_ACTIVATIONS.has(name)) return c.op(name, [x]);
  if (name === 'Relu6') return c.op('Clip', [x, c.scalar(0), c.scalar(6)]);
  if (name === 'LeakyRelu') return c.op('LeakyRelu', [x], { alpha: node.float('leakyrelu_alpha', 0.2) });
  if (name.startsWith('Gelu'))
    return c.op('Gelu', [x], { approximate: name === 'GeluExact' ? 'none' : 'tanh' });
  throw new Unsupported(`a fused ${name}`);
}

const activations: OperatorFamily = {
  'tf:Elu': same('Elu'),
  'tf:LeakyRelu': unary((c, x, node) => c.main('LeakyRelu', [x], { alpha: node.float('alpha', 0.2) })),
  'tf:Relu': same('Relu'),
  'tf:Relu6': unary((c, x) => c.main('Clip', [x, c.scalar(0), c.scalar(6)])),
  'tf:Selu': same('Selu'),
  'tf:Sigmoid': same('Sigmoid'),
  'tf:Softplus': same('Softplus'),
  'tf:Softsign': same('Softsign'),
  'tf:Tanh': same('Tanh'),
  'tf:LogSoftmax': unary((c, x) => c.main('LogSoftmax', [x], { axis: -1 })),
  'tf:Softmax': unary((c, x) => c.main('Softmax', [x], { axis: -1 })),
};

/** a / b rounded towards minus infinity; whole numbers divide exactly. */
function floorDivision(c: Composer, a: string, b: string): string {
  if (isFloat(c, a)) return c.main('Floor', [c.op('Div', [a, b])]);
  return c.main('Div', [c.sub(a, c.op('Mod', [a, b])), b]);
}

/** The rest of {@link floorDivision}, with the sign of b. */
function floorRest(c: Composer, a: string, b: string): string {
  if (!isFloat(c, a)) return c.main('Mod', [a, b]);
  return c.main('Sub', [a, c.mul(c.op('Floor', [c.op('Div', [a, b])]), b)]);
}

/** The rest with the sign of a. */
const truncatedRest = (c: Composer, a: string, b: string): string => c.main('Mod', [a, b], { fmod: 1 });

/** A quotient that counts as 0 where b is 0. */
function divisionWithoutNaN(c: Composer, a: string, b: string): string {
  const none = c.op('Equal', [b, like(c, b, 0)]);
  const quotient = c.main('Div', [a, c.op('Where', [none, like(c, b, 1), b])]);
  return c.op('Where', [none, like(c, a, 0), quotient]);
}

/** x * log(y), and 0 where x is 0. */
function timesLog(c: Composer, x: string, y: string): string {
  const none = c.op('Equal', [x, c.scalar(0)]);
  const log = c.op('Log', [c.op('Where', [none, c.scalar(1), y])]);
  return c.main('Mul', [x, log]);
}

/** The angle of the point (x, y), quadrant by quadrant. */
function angle(c: Composer, y: string, x: string): string {
  const zero = c.scalar(0);
  const onAxis = c.op('Equal', [x, zero]);
  const right = c.main('Atan', [c.op('Div', [y, c.op('Where', [onAxis, c.scalar(1), x])])]);
  const below = c.op('Less', [y, zero]);
  const turn = c.op('Where', [below, c.scalar(-Math.PI), c.scalar(Math.PI)]);
  const quarter = c.op('Mul', [c.op('Sign', [y]), c.scalar(Math.PI / 2)]);
  const beside = c.op('Where', [c.op('Less', [x, zero]), c.add(right, turn), right]);
  return c.op('Where', [onAxis, quarter, beside]);
}

const arithmetic: OperatorFamily = {
  'tf:Add': same('Add'),
  'tf:AddV2': same('Add'),
  'tf:AddN': same('Sum'),
  'tf:AccumulateNV2': same('Sum'),
  'tf:Atan2': binary(angle),
  'tf:Div': same('Div'),
  'tf:DivNoNan': binary(divisionWithoutNaN),
  'tf:FloorDiv': binary(floorDivision),
  'tf:FloorMod': binary(floorRest),
  'tf:Maximum': same('Max'),
  'tf:Minimum': same('Min'),
  'tf:Mod': binary(truncatedRest),
  'tf:Mul': same('Mul'),
  'tf:MulNoNan': binary((c, a, b) => {
    const none = c.op('Equal', [b, like(c, b, 0)]);
    return c.op('Where', [none, like(c, a, 0), c.main('Mul', [a, b])]);
  }),
  'tf:Pow': same('Pow'),
  'tf:RealDiv': same('Div'),
  'tf:SquaredDifference': binary((c, a, b) => {
    const difference = c.sub(a, b);
    return c.main('Mul', [difference, difference]);
  }),
  'tf:Sub': same('Sub'),
  'tf:TruncateDiv': same('Div'),
  'tf:TruncateMod': binary(truncatedRest),
  'tf:Xdivy': binary((c, x, y) => {
    const none = c.op('Equal', [x, c.scalar(0)]);
    return c.main('Div', [x, c.op('Where', [none, c.scalar(1), y])]);
  }),
  'tf:Xlogy': binary(timesLog),
};

/** Powers of two, for shifts by known amounts. */
function powers(c: Composer): string {
  const shift = c.known(c.input(1));
  if (!shift) throw new Unsupported('a shift that is only known at run time');
  const factors = Float64Array.from(numbersOf(shift), (bits) => 2 ** bits);
  return c.constant(fromNumbers(c.type(c.input(0)), shift.shape, factors));
}

const bits: OperatorFamily = {
  'tf:BitwiseAnd': same('BitwiseAnd'),
  'tf:BitwiseOr': same('BitwiseOr'),
  'tf:BitwiseXor': same('BitwiseXor'),
  'tf:Invert': same('BitwiseNot'),
  'tf:LeftShift': formula((c) => c.main('Mul', [c.input(0), powers(c)])),
  'tf:RightShift': formula((c) => floorDivision(c, c.input(0), powers(c))),
};

const logic: OperatorFamily = {
  'tf:ApproximateEqual': formula((c, node) => {
    const distance = c.op('Abs', [c.sub(c.input(0), c.input(1))]);
    return c.main('Less', [distance, c.scalar(node.float('tolerance', 1e-5))]);
  }),
  'tf:Equal': same('Equal'),
  'tf:Greater': same('Greater'),
  'tf:GreaterEqual': same('GreaterOrEqual'),
  'tf:Less': same('Less'),
  'tf:LessEqual': same('LessOrEqual'),
  'tf:LogicalAnd': same('And'),
  'tf:LogicalNot': same('Not'),
  'tf:LogicalOr': same('Or'),
  'tf:NotEqual': binary((c, a, b) => c.op('Not', [c.main('Equal', [a, b])])),
};

/** One condition per row where the operands have more axes. */
const selectRows = formula((c) => {
  const [condition, yes, no] = [0, 1, 2].map((index) => c.input(index));
  const { length: rank } = c.shape(yes);
  const { length: own } = c.shape(condition);
  const aligned = own === 1 && rank > 1 ? c.reshape(condition, [...c.shape(condition), ...filled(rank - 1, 1)]) : condition; // prettier-ignore
  return c.main('Where', [aligned, yes, no]);
});

function clip(c: Composer): string {
  const [x, low, high] = [0, 1, 2].map((index) => c.input(index));
  const limits = [low, high].every((name) => c.known(name)?.data.length === 1);
  if (limits) return c.main('Clip', [x, c.reshape(low, []), c.reshape(high, [])]);
  return c.main('Min', [c.op('Max', [x, low]), high]);
}

function cast(c: Composer, node: OnnxNode): string {
  const to = onnxTypeOf(node.int('DstT', 0));
  if (to === 0) throw new Unsupported(`a cast to TensorFlow's type ${node.int('DstT', 0)}`);
  const x = c.input(0);
  return to === onnxType(c.type(x)) ? x : c.main('Cast', [x], { to });
}

/** The same bits as another type: of integers that TensorFlow only calls differently, nothing changes. */
function bitcast(c: Composer, node: OnnxNode): string {
  const x = c.input(0);
  if (elementTypeOf(node.int('type', 0)) === c.type(x)) return x;
  throw new Unsupported(`the bits of ${c.type(x)} as another type`);
}

/** Operators on single elements. */
export const elementwise: OperatorFamily = {
  ...functions,
  ...activations,
  ...arithmetic,
  ...bits,
  ...logic,
  'tf:Bitcast': formula(bitcast),
  'tf:Cast': formula(cast),
  'tf:ClipByValue': formula(clip),
  'tf:Select': selectRows,
  'tf:SelectV2': same('Where'),
};
