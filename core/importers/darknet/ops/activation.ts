import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { isActivation, type ActivationName } from '../activation-names.ts';
import { clipped, scaled, shifted, step } from './step.ts';

type Activation = (c: Composer, x: string) => string;

const simple =
  (type: string): Activation =>
  (c, x) =>
    step(c, type, [x]);
const leaky =
  (alpha: number): Activation =>
  (c, x) =>
    step(c, 'LeakyRelu', [x], { alpha: Math.fround(alpha) });

/** A straight line with another slope outside of a range: `inside` of the cut value plus `outside` of the rest. */
function bent(low: number, high: number, inside: number, outside: number, shift: number): Activation {
  return (c, x) => {
    const cut = clipped(c, x, low, high);
    const rest = scaled(c, step(c, 'Sub', [x, cut]), outside);
    return step(c, 'Add', [shifted(c, scaled(c, cut, inside), shift), rest]);
  };
}

/** Steps of height 1 every 2, with a slope between them: flat from even numbers on, rising from odd ones on. */
const stair: Activation = (c, x) => {
  const stairs = step(c, 'Floor', [scaled(c, x, 0.5)]);
  const inStair = step(c, 'Sub', [x, scaled(c, stairs, 2)]);
  return step(c, 'Add', [stairs, step(c, 'Relu', [shifted(c, inStair, -1)])]);
};

/** x above 0, x * (x / 2 + 1) between -2 and 0, 0 below. */
const hardMish: Activation = (c, x) => {
  const low = clipped(c, x, -2, 0);
  const bow = step(c, 'Mul', [low, shifted(c, scaled(c, low, 0.5), 1)]);
  return step(c, 'Add', [step(c, 'Relu', [x]), bow]);
};

/** Keeps the divisor from 0. */
const TINY = Math.fround(0.0001);

/** Channels of each pixel divided by their sum. */
const divided: Activation = (c, positive) => {
  const sum = step(c, 'ReduceSum', [positive, c.ints([1])], { keepdims: 1 });
  return step(c, 'Div', [positive, shifted(c, sum, TINY)]);
};

const channelSoftmax: Activation = (c, x) => {
  const largest = step(c, 'ReduceMax', [x, c.ints([1])], { keepdims: 1 });
  return divided(c, step(c, 'Exp', [step(c, 'Sub', [x, largest])]));
};

const ACTIVATIONS: Readonly<Record<ActivationName, Activation>> = {
  linear: (_, x) => x,
  logistic: simple('Sigmoid'),
  // 2 / (1 + exp(-x)) - 1
  loggy: (c, x) => step(c, 'Tanh', [scaled(c, x, 0.5)]),
  relu: simple('Relu'),
  relu6: (c, x) => clipped(c, x, 0, 6),
  elu: simple('Elu'),
  selu: (c, x) => step(c, 'Selu', [x], { alpha: Math.fround(1.6732), gamma: Math.fround(1.0507) }),
  gelu: (c, x) => step(c, 'Gelu', [x], { approximate: 'tanh' }),
  relie: leaky(0.01),
  // x + 0.1 x above 0, 0.1 x below
  ramp: (c, x) => scaled(c, leaky(0.1 / 1.1)(c, x), Math.fround(1.1)),
  leaky: leaky(0.1),
  revleaky: leaky(0.1),
  tanh: simple('Tanh'),
  plse: bent(-4, 4, 0.125, 0.01, 0.5),
  stair,
  hardtan: (c, x) => clipped(c, x, -1, 1),
  lhtan: bent(0, 1, 1, 0.001, 0),
  swish: (c, x) => step(c, 'Mul', [x, step(c, 'Sigmoid', [x])]),
  mish: simple('Mish'),
  hard_mish: hardMish,
  normalize_channels: (c, x) => divided(c, step(c, 'Relu', [x])),
  normalize_channels_softmax: (c, x) => divided(c, step(c, 'Exp', [x])),
  normalize_channels_softmax_maxval: channelSoftmax,
};

/** The function by its name in the .cfg file. */
export const activated = (c: Composer, x: string, name: ActivationName): string => ACTIVATIONS[name](c, x);

/** The name in an attribute. */
export function activationOf(node: OnnxNode, attribute = 'activation'): ActivationName {
  const name = node.text(attribute, 'linear');
  if (!isActivation(name)) throw node.invalid(`there is no activation "${name}"`);
  return name;
}
