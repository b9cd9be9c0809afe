import { activationOf, plainActivations, type Step } from '../activation.ts';
import type { LayerContext } from '../context.ts';
import type { LayerFamily, LayerKind } from '../kind.ts';
import { argument, float, pair, tensor, tensors } from './arguments.ts';

/** The first argument. */
const operand = (layer: LayerContext): string => tensor(layer, argument(layer, 0, 'x', 'input', 'inputs'));

const unary = (type: string): LayerKind => ({
  write: (layer) => layer.emit(layer.main(type, [layer.c.float(operand(layer))])),
});

const binary = (type: string): LayerKind => ({ write: (layer) => layer.emit(layer.main(type, pair(layer))) });

/** The opposite of a comparison or of a logical operator. */
const negated = (type: string): LayerKind => ({
  write: (layer) => layer.emit(layer.main('Not', [layer.c.op(type, pair(layer))])),
});

/** Numbers are divided as reals. */
const divide: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const [a, b] = pair(layer);
    layer.emit(layer.main('Div', [c.float(a), c.float(b)]));
  },
};

const square: LayerKind = {
  write: (layer) => {
    const x = operand(layer);
    layer.emit(layer.main('Mul', [x, x]));
  },
};

const squaredDifference: LayerKind = {
  write: (layer) => {
    const difference = layer.c.sub(...pair(layer));
    layer.emit(layer.main('Mul', [difference, difference]));
  },
};

const rsqrt: LayerKind = {
  write: (layer) =>
    layer.emit(layer.main('Reciprocal', [layer.c.op('Sqrt', [layer.c.float(operand(layer))])])),
};

/** log(1 + x) */
const log1p: LayerKind = {
  write: (layer) =>
    layer.emit(layer.main('Log', [layer.c.add(layer.c.float(operand(layer)), layer.c.scalar(1))])),
};

/** exp(x) - 1 */
const expm1: LayerKind = {
  write: (layer) =>
    layer.emit(layer.main('Sub', [layer.c.op('Exp', [layer.c.float(operand(layer))]), layer.c.scalar(1)])),
};

const floorDivide: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const [a, b] = pair(layer);
    layer.emit(layer.main('Floor', [c.op('Div', [c.float(a), c.float(b)])]));
  },
};

const clip: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const low = float(argument(layer, 1, 'x_min', 'clip_value_min', 'min_value'), -3e38);
    const high = float(argument(layer, 2, 'x_max', 'clip_value_max', 'max_value'), 3e38);
    layer.emit(layer.main('Clip', [c.float(operand(layer)), c.scalar(low), c.scalar(high)]));
  },
};

const where: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const condition = tensor(layer, argument(layer, 0, 'condition'));
    const [yes, no] = [argument(layer, 1, 'x1', 'x'), argument(layer, 2, 'x2', 'y')];
    if (yes === undefined || no === undefined)
      layer.refuse('the places of true values, whose number is only known at run time');
    const like = [...layer.tensorsOf(yes), ...layer.tensorsOf(no)].at(0);
    const truth = c.type(condition) === 'bool' ? condition : c.op('Cast', [condition], { to: 9 });
    layer.emit(layer.main('Where', [truth, tensor(layer, yes, like), tensor(layer, no, like)]));
  },
};

/** The sum of a list. */
const addN: LayerKind = {
  write: (layer) => layer.emit(layer.main('Sum', tensors(layer, argument(layer, 0, 'inputs')))),
};

const leakyRelu: LayerKind = {
  write: (layer) => {
    const alpha = float(argument(layer, 1, 'negative_slope', 'alpha'), 0.2);
    layer.emit(layer.main('LeakyRelu', [operand(layer)], { alpha }));
  },
};

const gelu: LayerKind = {
  write: (layer) => {
    const exact = argument(layer, 1, 'approximate') === false;
    layer.emit(layer.main('Gelu', [operand(layer)], exact ? {} : { approximate: 'tanh' }));
  },
};

const softmax = (type: string): LayerKind => ({
  write: (layer) => {
    const axis = float(argument(layer, 1, 'axis'), -1);
    layer.emit(layer.main(type, [operand(layer)], { axis }));
  },
});

/** Activations without settings, as functions. */
const activations: LayerFamily = Object.fromEntries(
  plainActivations
    .filter((name) => !['linear', 'exponential', 'mish'].includes(name))
    .map((name): [string, LayerKind] => [
      name,
      {
        write: (layer) => {
          const step: Step = (type, inputs, attributes) => layer.main(type, inputs, attributes);
          layer.emit(activationOf(name, layer.major)(layer.c, operand(layer), step));
        },
      },
    ]),
);

const TYPES: Readonly<Record<string, number>> = {
  float16: 1,
  float32: 1,
  float64: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  uint8: 2,
  int8: 3,
};

const cast: LayerKind = {
  write: (layer) => {
    const type = argument(layer, 1, 'dtype');
    const to = typeof type === 'string' ? TYPES[type] : undefined;
    if (to === undefined) return layer.refuse('a cast to this type');
    layer.emit(layer.main('Cast', [operand(layer)], { to }));
  },
};

const same: LayerKind = { write: (layer) => layer.emit(operand(layer)) };

/** Arithmetic, comparisons and functions, element by element. */
export const elementwise: LayerFamily = {
  ...activations,
  abs: unary('Abs'),
  add: binary('Add'),
  add_n: addN,
  cast,
  ceil: unary('Ceil'),
  clip,
  copy: same,
  cos: unary('Cos'),
  divide,
  equal: binary('Equal'),
  erf: unary('Erf'),
  exp: unary('Exp'),
  expm1,
  floor: unary('Floor'),
  floor_divide: floorDivide,
  gelu,
  greater: binary('Greater'),
  greater_equal: binary('GreaterOrEqual'),
  leaky_relu: leakyRelu,
  less: binary('Less'),
  less_equal: binary('LessOrEqual'),
  log: unary('Log'),
  log1p,
  log_softmax: softmax('LogSoftmax'),
  logical_and: binary('And'),
  logical_not: { write: (layer) => layer.emit(layer.main('Not', [operand(layer)])) },
  logical_or: binary('Or'),
  logical_xor: binary('Xor'),
  maximum: binary('Max'),
  minimum: binary('Min'),
  multiply: binary('Mul'),
  negative: unary('Neg'),
  not_equal: negated('Equal'),
  power: binary('Pow'),
  reciprocal: unary('Reciprocal'),
  round: unary('Round'),
  rsqrt,
  sign: unary('Sign'),
  sin: unary('Sin'),
  softmax: softmax('Softmax'),
  sqrt: unary('Sqrt'),
  square,
  squared_difference: squaredDifference,
  subtract: binary('Sub'),
  where,
};
