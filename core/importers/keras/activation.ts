import { JsonObject, type JsonValue } from '../../files/json-text.ts';
import { Unsupported } from '../onnx/builder.ts';
import type { Attributes, Composer } from '../onnx/compose.ts';
import { Config, textIn } from './config.ts';
import { advanced } from './layers/advanced.ts';

/** A function of one tensor; `step` names the layer that does it. */
export type Step = (type: string, inputs: readonly string[], attributes?: Attributes) => string;

/** An activation: what it makes of a tensor. */
export type Activation = (c: Composer, x: string, step: Step) => string;

const single =
  (type: string, attributes: Attributes = {}): Activation =>
  (_, x, step) =>
    step(type, [x], attributes);

/** max(0, min(1, x * slope + 0.5)) */
const hardSigmoid = (slope: number): Activation => single('HardSigmoid', { alpha: slope, beta: 0.5 });

const clip = (c: Composer, x: string, low: number, high: number, step: Step): string =>
  step('Clip', [x, c.scalar(low), c.scalar(high)]);

/** Activations that have no settings of their own, as functions and layers use them. */
const PLAIN: Readonly<Record<string, Activation>> = {
  linear: (_, x) => x,
  relu: single('Relu'),
  relu6: (c, x, step) => clip(c, x, 0, 6, step),
  sigmoid: single('Sigmoid'),
  tanh: single('Tanh'),
  softmax: single('Softmax', { axis: -1 }),
  log_softmax: single('LogSoftmax', { axis: -1 }),
  softplus: single('Softplus'),
  softsign: single('Softsign'),
  selu: single('Selu'),
  elu: single('Elu', { alpha: 1 }),
  celu: single('Celu', { alpha: 1 }),
  exponential: single('Exp'),
  gelu: single('Gelu'),
  mish: single('Mish'),
  silu: (c, x, step) => step('Mul', [x, c.op('Sigmoid', [x])]),
  leaky_relu: single('LeakyRelu', { alpha: 0.2 }),
  hard_tanh: (c, x, step) => clip(c, x, -1, 1, step),
  hard_silu: (c, x, step) => step('Mul', [x, c.op('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 })]),
  log_sigmoid: (c, x, step) => step('Neg', [c.op('Softplus', [c.op('Neg', [x])])]),
  hard_shrink: single('Shrink', { lambd: 0.5, bias: 0 }),
  soft_shrink: single('Shrink', { lambd: 0.5, bias: 0.5 }),
  tanh_shrink: (c, x, step) => step('Sub', [x, c.op('Tanh', [x])]),
  squareplus: (c, x, step) => {
    const root = c.op('Sqrt', [c.add(c.mul(x, x), c.scalar(4))]);
    return step('Mul', [c.add(x, root), c.scalar(0.5)]);
  },
  sparse_sigmoid: (c, x, step) => clip(c, c.mul(c.add(x, c.scalar(1)), c.scalar(0.5)), 0, 1, step),
  sparse_plus: (c, x, step) => {
    // (x + 1)^2 / 4 between -1 and 1, x beyond.
    const inside = c.op('Clip', [c.add(x, c.scalar(1)), c.scalar(0), c.scalar(2)]);
    return step('Add', [c.mul(c.mul(inside, inside), c.scalar(0.25)), c.op('Relu', [c.sub(x, c.scalar(1))])]);
  },
  glu: (c, x, step) => {
    const { length: rank, [rank - 1]: width } = c.shape(x);
    const half = width / 2;
    return step('Mul', [c.slice(x, rank - 1, 0, half), c.op('Sigmoid', [c.slice(x, rank - 1, half, half)])]);
  },
};

/** Names of activations without settings. */
export const plainActivations: readonly string[] = [...Object.keys(PLAIN), 'hard_sigmoid'];

const OTHER_NAMES: Readonly<Record<string, string>> = { swish: 'silu', hard_swish: 'hard_silu' };

/** The activation a setting means. @param major version of Keras: its hard_sigmoid changed in 3 */
export function activationOf(value: JsonValue | undefined, major: number): Activation {
  if (value === undefined || value === null) return (_, x) => x;
  if (typeof value === 'string') return named(value, major);
  if (!(value instanceof JsonObject)) throw new Unsupported('an activation that is not in the file');
  return recorded(value, major);
}

/** Whether a setting means no activation. */
export const isLinear = (value: JsonValue | undefined): boolean =>
  value === undefined || value === null || value === 'linear';

function named(text: string, major: number): Activation {
  const name = OTHER_NAMES[text] ?? text;
  if (name === 'hard_sigmoid') return hardSigmoid(major >= 3 ? 1 / 6 : 0.2);
  if (Object.hasOwn(PLAIN, name)) return PLAIN[name];
  throw new Unsupported(`activation "${text}", which is a function of the model's own`);
}

/** A function or a layer in the place of an activation. */
function recorded(record: JsonObject, major: number): Activation {
  const type = textIn(record, 'class_name');
  const config = record.members.get('config');
  if (type === 'function' && typeof config === 'string') return named(config, major);
  if (config instanceof JsonObject) {
    const inner = config.members.get('activation');
    if (type === 'Activation') return activationOf(inner, major);
    const layer = Object.hasOwn(advanced, type) ? advanced[type] : undefined;
    if (layer) return layer(new Config(config, type));
  }
  throw new Unsupported(`an activation of class "${type}", which is the model's own`);
}
