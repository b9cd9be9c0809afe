import { describe, expect, test } from 'vitest';
import { hardSigmoid, hardSwish, mish, softplus, swish } from './activations.ts';
import { gelu } from './gelu.ts';
import { runPass, runPasses, type Pass } from './pass.ts';
import { removeDead } from './remove-dead.ts';
import { check, computedOps, sketch, type Sketch } from './testing.ts';

type Draw = (g: Sketch) => string;
type Case = [title: string, passes: Pass | Pass[], draw: Draw, before: string, after: string];

const SHAPE = [2, 3, 5];
const TANH = Math.sqrt(2 / Math.PI);
const softplusOf = (g: Sketch): string => g.op('log', [g.add(g.op('exp', [g.x]), 1)]);
const erfGate = (g: Sketch): string => g.add(g.op('erf', [g.div(g.x, Math.SQRT2)]), 1);
const cubeSum = (g: Sketch): string => g.add(g.x, g.mul(g.op('pow', [g.x, 3]), 0.044715));
const tanhGate = (g: Sketch, inside: string): string => g.add(1, g.op('tanh', [inside]));

const cases: Case[] = [
  ['softplus', softplus, softplusOf, 'exp add log', 'softrelu'],
  ['softplus, the 1 first', softplus, (g) => g.op('log', [g.add(1, g.op('exp', [g.x]))]), 'exp add log', 'softrelu'],
  ['mish', mish, (g) => g.mul(g.x, g.op('tanh', [g.op('softrelu', [g.x])])), 'softrelu tanh multiply', 'mish'],
  ['mish all written out', [softplus, mish], (g) => g.mul(g.op('tanh', [softplusOf(g)]), g.x), 'exp add log tanh multiply', 'mish'],
  ['hard sigmoid', hardSigmoid, (g) => g.op('clipbyvalue', [g.add(g.mul(g.x, 0.2), 0.5)], { clip_value_min: 0, clip_value_max: 1 }), 'multiply add clipbyvalue', 'hard_sigmoid'],
  ['hard sigmoid with minimum and maximum', hardSigmoid, (g) => g.op('maximum', [g.op('minimum', [g.add(0.5, g.div(g.x, 5)), 1]), 0]), 'real_div add minimum maximum', 'hard_sigmoid'],
  ['hard swish of PyTorch: x * relu6(x + 3) / 6', hardSwish, (g) => g.div(g.mul(g.x, g.relu6(g.add(g.x, 3))), 6), 'add relun multiply real_div', 'hard_swish'],
  ['hard swish of TensorFlow: x * (relu6(x + 3) * (1/6))', hardSwish, (g) => g.mul(g.x, g.mul(g.relu6(g.add(g.x, 3)), 0.16666667)), 'add relun multiply multiply', 'hard_swish'],
  ['hard swish of Paddle: x * clip(x + 3, 0, 6) * (1/6)', hardSwish, (g) => g.mul(g.mul(g.x, g.op('clipbyvalue', [g.add(3, g.x)], { clip_value_min: 0, clip_value_max: 6 })), 1 / 6), 'add clipbyvalue multiply multiply', 'hard_swish'],
  ['hard swish: x / 6 * relu6(x + 3)', hardSwish, (g) => g.mul(g.relu6(g.add(g.x, 3)), g.div(g.x, 6)), 'real_div add relun multiply', 'hard_swish'],
  ['hard swish: x * hard_sigmoid(x)', hardSwish, (g) => g.mul(g.op('hard_sigmoid', [g.x], { alpha: 1 / 6, beta: 0.5 }), g.x), 'hard_sigmoid multiply', 'hard_swish'],
  ['hard swish: x * clip(x / 6 + 0.5, 0, 1)', hardSwish, (g) => g.mul(g.x, g.op('clipbyvalue', [g.add(g.div(g.x, 6), 0.5)], { clip_value_min: 0, clip_value_max: 1 })), 'real_div add clipbyvalue multiply', 'hard_swish'],
  ['swish', swish, (g) => g.mul(g.op('sigmoid', [g.x]), g.x), 'sigmoid multiply', 'swish'],
  ['swish with a factor inside', swish, (g) => g.mul(g.x, g.op('sigmoid', [g.mul(1.702, g.x)])), 'multiply sigmoid multiply', 'swish'],
  ['gelu: 0.5 * (x * gate)', gelu, (g) => g.mul(0.5, g.mul(g.x, erfGate(g))), 'real_div erf add multiply multiply', 'gelu'],
  ['gelu: (0.5 * x) * gate', gelu, (g) => g.mul(g.mul(g.x, 0.5), erfGate(g)), 'real_div erf add multiply multiply', 'gelu'],
  ['gelu: x * (0.5 * gate)', gelu, (g) => g.mul(g.mul(erfGate(g), 0.5), g.x), 'real_div erf add multiply multiply', 'gelu'],
  ['gelu: x * (0.5 + 0.5 * erf(x * sqrt(1/2)))', gelu, (g) => g.mul(g.x, g.add(0.5, g.mul(0.5, g.op('erf', [g.mul(g.x, Math.SQRT1_2)])))), 'multiply erf multiply add multiply', 'gelu'],
  ['gelu, tanh form with a power', gelu, (g) => g.mul(g.mul(0.5, g.x), tanhGate(g, g.mul(TANH, cubeSum(g)))), 'pow multiply add multiply tanh add multiply multiply', 'gelu'],
  ['gelu, tanh form with products', gelu, (g) => g.mul(g.x, g.mul(0.5, tanhGate(g, g.mul(g.add(g.mul(0.044715, g.mul(g.x, g.mul(g.x, g.x))), g.x), TANH)))), 'multiply multiply multiply add multiply tanh add multiply multiply', 'gelu'],
  ['gelu, tanh form with the square inside', gelu, (g) => g.mul(g.mul(g.x, tanhGate(g, g.mul(g.mul(g.x, TANH), g.add(1, g.mul(g.mul(g.x, 0.044715), g.x))))), 0.5), 'multiply multiply add multiply multiply tanh add multiply multiply', 'gelu'],
]; // prettier-ignore

/** What two readers of an inner value have in common: a second output of the pattern. */
const alsoRead = (g: Sketch, inner: string, last: (inner: string) => string): string =>
  g.add(last(inner), inner);

const untouched: [title: string, passes: Pass | Pass[], draw: Draw][] = [
  ['softplus with 2', softplus, (g) => g.op('log', [g.add(g.op('exp', [g.x]), 2)])],
  ['softplus whose exp is read', softplus, (g) => alsoRead(g, g.op('exp', [g.x]), (e) => g.op('log', [g.add(e, 1)]))],
  ['hard sigmoid with slope 1/6', hardSigmoid, (g) => g.op('clipbyvalue', [g.add(g.mul(g.x, 1 / 6), 0.5)], { clip_value_min: 0, clip_value_max: 1 })],
  ['hard sigmoid to 2', hardSigmoid, (g) => g.op('clipbyvalue', [g.add(g.mul(g.x, 0.2), 0.5)], { clip_value_min: 0, clip_value_max: 2 })],
  ['a plain clip', hardSigmoid, (g) => g.op('clipbyvalue', [g.x], { clip_value_min: 0, clip_value_max: 1 })],
  ['hard swish with 2', hardSwish, (g) => g.div(g.mul(g.x, g.relu6(g.add(g.x, 2))), 6)],
  ['hard swish without a division', hardSwish, (g) => g.mul(g.x, g.relu6(g.add(g.x, 3)))],
  ['hard swish without an upper bound', hardSwish, (g) => g.mul(g.x, g.op('relu', [g.add(g.x, 3)]))],
  ['hard swish whose relu6 is read', hardSwish, (g) => alsoRead(g, g.relu6(g.add(g.x, 3)), (r) => g.div(g.mul(g.x, r), 6))],
  ['hard swish of two tensors', hardSwish, (g) => g.div(g.mul(g.op('abs', [g.x]), g.relu6(g.add(g.x, 3))), 6)],
  ['hard sigmoid of another slope', hardSwish, (g) => g.mul(g.x, g.op('hard_sigmoid', [g.x], { alpha: 0.2, beta: 0.5 }))],
  ['swish with a shift', swish, (g) => g.mul(g.x, g.op('sigmoid', [g.add(g.x, 1)]))],
  ['swish times 2', swish, (g) => g.mul(g.x, g.mul(2, g.op('sigmoid', [g.mul(g.x, g.x)])))],
  ['swish whose sigmoid is read', swish, (g) => alsoRead(g, g.op('sigmoid', [g.x]), (s) => g.mul(g.x, s))],
  ['swish of a broadcast', swish, (g) => g.mul(g.op('sigmoid', [g.op('reducemean', [g.x], { axis_list: [2], keep_dims: true })]), g.x)],
  ['mish with a scaled tanh', mish, (g) => g.mul(g.x, g.op('tanh', [g.op('softrelu', [g.x])], { hyperbolic_tan_scale_a: 2 }))],
  ['mish whose softplus is read', mish, (g) => alsoRead(g, g.op('softrelu', [g.x]), (s) => g.mul(g.x, g.op('tanh', [s])))],
  ['gelu without the half', gelu, (g) => g.mul(g.x, erfGate(g))],
  ['gelu of x / 1.5', gelu, (g) => g.mul(g.mul(g.x, 0.5), g.add(g.op('erf', [g.div(g.x, 1.5)]), 1))],
  ['gelu whose erf is read', gelu, (g) => alsoRead(g, g.op('erf', [g.div(g.x, Math.SQRT2)]), (e) => g.mul(g.mul(g.x, 0.5), g.add(e, 1)))],
  ['gelu, tanh form with a square', gelu, (g) => g.mul(g.mul(0.5, g.x), tanhGate(g, g.mul(TANH, g.add(g.x, g.mul(g.op('pow', [g.x, 2]), 0.044715)))))],
  ['gelu, tanh form with another constant', gelu, (g) => g.mul(g.mul(0.5, g.x), tanhGate(g, g.mul(TANH, g.add(g.x, g.mul(g.op('pow', [g.x, 3]), 0.05)))))],
]; // prettier-ignore

describe('activations written out', () => {
  test.each(cases)('%s', (_, passes, draw, before, after) => {
    check(passes, sketch(SHAPE, draw), before, after);
  });

  test.each(untouched)('not: %s', (_, passes, draw) => {
    const network = sketch(SHAPE, draw);
    const result = runPasses(network, [passes, removeDead].flat());
    expect(computedOps(result)).toBe(computedOps(network));
  });

  test('a swish of two layers joins their keys, the others take the last', () => {
    const joined = runPasses(
      sketch(SHAPE, (g) => g.mul(g.op('sigmoid', [g.x]), g.x)),
      [swish, removeDead],
    );
    expect([...joined.layers.values()].map(({ key, name }) => [key, name])).toEqual([
      ['x_0', 'x'],
      ['sigmoid_1_multiply_2', 'swish'],
      ['y_99', 'y'],
    ]);
    expect(joined.outputs[0].inputs).toEqual([{ layer: 'sigmoid_1_multiply_2', port: 0 }]);
    const last = runPass(
      sketch(SHAPE, (g) => g.div(g.mul(g.x, g.relu6(g.add(g.x, 3))), 6)),
      hardSwish,
    );
    expect(last.withOp('hard_swish').map(({ key }) => key)).toEqual(['real_div_6']);
  });
});
