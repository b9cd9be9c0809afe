import type { Activation } from '../activation.ts';
import type { Config } from '../config.ts';

/** Layers that are functions of one tensor, by class name; also in the place of activations. */
export const advanced: Readonly<Record<string, (config: Config) => Activation>> = {
  ReLU: relu,
  LeakyReLU: (config) => {
    const fallback = 0.3;
    const alpha = config.float('negative_slope', config.float('alpha', fallback));
    return (_, x, step) => step('LeakyRelu', [x], { alpha });
  },
  ELU: (config) => (_, x, step) => step('Elu', [x], { alpha: config.float('alpha', 1) }),
  ThresholdedReLU: (config) => (c, x, step) => {
    const above = c.op('Greater', [x, c.scalar(config.float('theta', 1))]);
    return step('Mul', [x, c.op('Cast', [above], { to: 1 })]);
  },
  Softmax: (config) => (c, x, step) => {
    const axes = config.ints('axis') ?? [-1];
    if (axes.length === 1) return step('Softmax', [x], { axis: axes[0] });
    const largest = c.op('ReduceMax', [x, c.ints(axes)], { keepdims: 1 });
    const powers = c.op('Exp', [c.sub(x, largest)]);
    return step('Div', [powers, c.op('ReduceSum', [powers, c.ints(axes)], { keepdims: 1 })]);
  },
};

/** max(x, 0), with a slope below the threshold and a largest value. */
function relu(config: Config): Activation {
  const slope = config.float('negative_slope', 0);
  const threshold = config.float('threshold', 0);
  const most = config.has('max_value') ? config.float('max_value', 0) : undefined;
  return (c, x, step) => {
    const cap = (name: string): string => (most === undefined ? name : step('Min', [name, c.scalar(most)]));
    if (threshold === 0 && slope === 0)
      return most === undefined ? step('Relu', [x]) : step('Clip', [x, c.scalar(0), c.scalar(most)]);
    if (threshold === 0) return cap(step('LeakyRelu', [x], { alpha: slope }));
    const below = c.mul(c.sub(x, c.scalar(threshold)), c.scalar(slope));
    const above = c.op('Greater', [x, c.scalar(threshold)]);
    // At the threshold itself Keras keeps the value.
    const at = c.op('Or', [above, c.op('Equal', [x, c.scalar(threshold)])]);
    return cap(step('Where', [at, x, below]));
  };
}
