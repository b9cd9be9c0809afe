import { real, type Layer, type TensorRef } from '../network/layer.ts';
import type { GraphEditor, Replacement } from './editor.ts';
import { bothWays, clipped, linear, linearOf, near, product, same } from './match.ts';
import { elementwisePass } from './rewrite.ts';

const FEWER = 'One node of the NPU instead of several that each write the whole tensor';

/** log(1 + exp(x)) becomes `softrelu`. */
export const softplus = elementwisePass(
  'softplus',
  `${FEWER}, and exp does not overflow.`,
  (editor, last) => {
    if (last.op !== 'log') return undefined;
    const power = linearOf(editor, last.inputs[0], 1, 1);
    const exp = editor.soleProducer(power, 'exp');
    return exp && { op: 'softrelu', inputs: exp.inputs };
  },
);

/** The fixed slope and offset of the NPU's node: any other hard sigmoid costs it three nodes. */
const SLOPE = 0.2;
const OFFSET = 0.5;

/** clip(0.2 x + 0.5, 0, 1) becomes `hard_sigmoid`. */
export const hardSigmoid = elementwisePass('hard-sigmoid', `${FEWER}.`, (editor, last) => {
  const clip = clipped(editor, last);
  if (clip?.low !== 0 || clip.high !== 1) return undefined;
  const input = linearOf(editor, clip.of, SLOPE, OFFSET);
  if (!input) return undefined;
  const parameters: Replacement['parameters'] = [['alpha', real(SLOPE)], ['beta', real(OFFSET)]]; // prettier-ignore
  return { op: 'hard_sigmoid', parameters, inputs: [input] };
});

/** The factor that makes a gate of x the hard sigmoid with slope 1/6: relu6(x + 3) needs 1/6. */
function hardGate(editor: GraphEditor, gate: TensorRef, x: TensorRef): number | undefined {
  const sigmoid = editor.soleProducer(gate, 'hard_sigmoid');
  if (sigmoid) {
    const fits = near(sigmoid.number('alpha', SLOPE), 1 / 6) && near(sigmoid.number('beta', OFFSET), 0.5);
    return fits && same(sigmoid.inputs[0], x) ? 1 : undefined;
  }
  const clip = editor.isReadOnce(gate) ? clipped(editor, editor.producer(gate)) : undefined;
  if (clip?.low !== 0 || !Number.isFinite(clip.high)) return undefined;
  // clip(x + 3, 0, 6) and, with the division inside, clip(x / 6 + 0.5, 0, 1)
  const { scale, shift, of } = linear(editor, clip.of);
  const fits = near(scale * 6, clip.high) && near(shift * 2, clip.high) && same(of, x);
  return fits ? 1 / clip.high : undefined;
}

/** x * relu6(x + 3) / 6 in all orders, and x * hard_sigmoid(x) with slope 1/6, become `hard_swish`. */
export const hardSwish = elementwisePass('hard-swish', `${FEWER}.`, (editor, last) => {
  const found = product(editor, last);
  for (const [x, gate] of found ? bothWays(found) : []) {
    const wanted = hardGate(editor, gate, x);
    if (found && wanted !== undefined && near(found.number, wanted)) return { op: 'hard_swish', inputs: [x] };
  }
  return undefined;
});

/** A swish made of just two layers carries both keys, as the toolkit writes it. */
const joined = (gate: Layer, last: Layer): Replacement['renamed'] => ({
  key: `${gate.key}_${last.key}`,
  name: 'swish',
});

/** x * sigmoid(beta * x) becomes `swish`. */
export const swish = elementwisePass('swish', `${FEWER}.`, (editor, last) => {
  const found = product(editor, last);
  for (const [x, gate] of found && near(found.number, 1) ? bothWays(found) : []) {
    const sigmoid = editor.soleProducer(gate, 'sigmoid');
    const inside = sigmoid && linear(editor, sigmoid.inputs[0]);
    if (!sigmoid || !inside || !same(inside.of, x) || !near(inside.shift, 0)) continue;
    const replacement: Replacement = {
      op: 'swish',
      parameters: [['beta', real(inside.scale)]],
      inputs: [x],
    };
    return same(sigmoid.inputs[0], x) ? { ...replacement, renamed: joined(sigmoid, last) } : replacement;
  }
  return undefined;
});

/** x * tanh(softplus(x)) becomes `mish`. */
export const mish = elementwisePass('mish', `${FEWER}.`, (editor, last) => {
  const found = product(editor, last);
  for (const [x, gate] of found && near(found.number, 1) ? bothWays(found) : []) {
    const tanh = editor.soleProducer(gate, 'tanh');
    const inner = tanh && isPlainTanh(tanh) ? editor.soleProducer(tanh.inputs[0], 'softrelu') : undefined;
    if (inner && same(inner.inputs[0], x)) return { op: 'mish', inputs: [x] };
  }
  return undefined;
});

/** Whether a `tanh` layer has no scales of its own. */
export const isPlainTanh = (layer: Layer): boolean =>
  layer.number('hyperbolic_tan_scale_a', 1) === 1 && layer.number('hyperbolic_tan_scale_b', 1) === 1;
