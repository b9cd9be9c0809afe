import type { Layer, TensorRef } from '../network/layer.ts';
import { isPlainTanh } from './activations.ts';
import type { GraphEditor } from './editor.ts';
import { bothWays, linear, near, product, same, single } from './match.ts';
import { elementwisePass } from './rewrite.ts';

/** Of the tanh form: tanh(sqrt(2/pi) * (x + 0.044715 x^3)). */
const TANH_SCALE = Math.sqrt(2 / Math.PI);
const CUBE = 0.044715;

/** The exponent and base of a power of one tensor, times a number: written as pow, square or a product. */
function power(
  editor: GraphEditor,
  ref: TensorRef,
): { number: number; exponent: number; base: TensorRef } | undefined {
  if (!editor.isReadOnce(ref)) return undefined;
  const layer = editor.producer(ref);
  if (layer.op === 'square') return { number: 1, exponent: 2, base: layer.inputs[0] };
  if (layer.op === 'pow') {
    const exponent = single(editor, layer.inputs[1]);
    return exponent === undefined ? undefined : { number: 1, exponent, base: layer.inputs[0] };
  }
  const found = product(editor, layer);
  if (!found || found.factors.length === 0) return undefined;
  const [base, ...more] = found.factors;
  if (more.length === 0) {
    const inner = power(editor, base);
    return inner && { ...inner, number: inner.number * found.number };
  }
  if (more.every((other) => same(other, base)))
    return { number: found.number, exponent: found.factors.length, base };
  return mixedPower(editor, found.number, found.factors);
}

/** x times a square of x. */
function mixedPower(editor: GraphEditor, number: number, factors: readonly TensorRef[]) {
  if (factors.length !== 2) return undefined;
  for (const [x, other] of [factors, [...factors].reverse()]) {
    const square = power(editor, other);
    if (square && same(square.base, x))
      return { number: number * square.number, exponent: square.exponent + 1, base: x };
  }
  return undefined;
}

const isCube = (found: ReturnType<typeof power>, exponent: number, number: number): boolean =>
  found !== undefined && near(found.exponent, exponent) && near(found.number, number);

/** x, given sqrt(2/pi) * (x + 0.044715 x^3) or sqrt(2/pi) * x * (1 + 0.044715 x^2). */
function cubic(editor: GraphEditor, ref: TensorRef): TensorRef | undefined {
  const { scale, shift, of } = linear(editor, ref);
  if (!near(shift, 0)) return undefined;
  const layer = editor.isReadOnce(of) ? editor.producer(of) : undefined;
  if (layer?.op === 'add' && near(scale, TANH_SCALE)) {
    for (const [x, other] of [layer.inputs, [...layer.inputs].reverse()]) {
      const cube = power(editor, other);
      if (cube && isCube(cube, 3, CUBE) && same(cube.base, x)) return x;
    }
  }
  const found = layer && product(editor, layer);
  for (const [x, other] of found && near(scale * found.number, TANH_SCALE) ? bothWays(found) : []) {
    const inside = linear(editor, other);
    const square = power(editor, inside.of);
    if (square && near(inside.shift, 1) && isCube(square, 2, CUBE / inside.scale) && same(square.base, x))
      return x;
  }
  return undefined;
}

/** The x of erf(x / sqrt 2), perhaps of -x, or of the tanh form. */
interface Curve {
  x: TensorRef;
  approximate: boolean;
  sign: number;
}

function inner(editor: GraphEditor, layer: Layer): Curve | undefined {
  if (layer.op === 'erf') {
    const { scale, shift, of } = linear(editor, layer.inputs[0]);
    const fits = near(shift, 0) && near(Math.abs(scale), Math.SQRT1_2);
    return fits ? { x: of, approximate: false, sign: Math.sign(scale) } : undefined;
  }
  const x = layer.op === 'tanh' && isPlainTanh(layer) ? cubic(editor, layer.inputs[0]) : undefined;
  return x && { x, approximate: true, sign: 1 };
}

/** 0.5 * x * (1 + erf(x / sqrt 2)), or with tanh, multiplied in any order, becomes `gelu`. */
export const gelu = elementwisePass(
  'gelu',
  'One node of the NPU instead of five or more that each write the whole tensor.',
  (editor, last) => {
    const found = product(editor, last);
    for (const [x, gate] of found ? bothWays(found) : []) {
      const { scale, shift, of } = linear(editor, gate);
      // 0.5 may stand inside the gate: 0.5 + 0.5 * erf(...); or the complement: 1 - erf(-...).
      if (!found || !near(found.number * shift, 0.5)) continue;
      const curve = editor.soleProducer(of, 'erf', 'tanh');
      const match = curve && inner(editor, curve);
      if (match && same(match.x, x) && near(scale * match.sign, shift))
        return { op: 'gelu', parameters: [['approximate', match.approximate]], inputs: [x] };
    }
    return undefined;
  },
);
