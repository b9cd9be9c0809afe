import { Unsupported } from '../builder.ts';
import { composed, type Composer } from '../compose.ts';
import type { OnnxNode } from '../node.ts';
import { filled, frontAxis, product } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';

/** ONNX element types of the results. */
const ONNX_INT32 = 6;
const ONNX_TYPES: Readonly<Record<string, { code: number; low: number; high: number }>> = {
  uint8: { code: 2, low: 0, high: 255 },
  int8: { code: 3, low: -128, high: 127 },
  uint16: { code: 4, low: 0, high: 65535 },
  int16: { code: 5, low: -32768, high: 32767 },
};

/** A parameter with one number per index of `axis`, shaped to broadcast over `rank` axes. */
function alongAxis(c: Composer, name: string, axis: number, rank: number): string {
  const shape = c.shape(name);
  if (shape.length !== 1 || shape[0] === 1) return shape.length === 0 ? name : c.reshape(name, [1]);
  const full = filled(rank, 1);
  full[axis] = shape[0];
  return c.reshape(name, full);
}

/** x - zero point as float32, exact for 8 and 16 bits. */
export function shifted(c: Composer, x: string, zero: string, axis: number): string {
  const value = c.float(x);
  if (zero === '') return value;
  return c.sub(value, alongAxis(c, c.float(zero), axis, c.shape(x).length));
}

/** Rounds real / scale + zero to the element type of the zero point, to nearest even as ONNX says. */
export function requantized(c: Composer, real: string, scale: string, zero: string, axis: number): string {
  const rank = c.shape(real).length;
  const target = ONNX_TYPES[zero === '' ? 'uint8' : c.type(zero)] ?? ONNX_TYPES.uint8;
  const steps = c.op('Round', [c.op('Div', [real, alongAxis(c, c.float(scale), axis, rank)])]);
  const moved = zero === '' ? steps : c.add(steps, alongAxis(c, c.float(zero), axis, rank));
  const clipped = c.op('Clip', [moved, c.scalar(target.low), c.scalar(target.high)]);
  return c.op('Cast', [clipped], { to: target.code });
}

const CONVOLUTION_ATTRIBUTES = ['auto_pad', 'dilations', 'group', 'kernel_shape', 'pads', 'strides'];

/** Attributes of the convolution inside. */
export const windowOf = (node: OnnxNode) => node.copyOf(CONVOLUTION_ATTRIBUTES);

/** Largest integer up to which float32 holds every one. */
const EXACT = 2 ** 24;

/** Refuses sums of `count` products of 8-bit numbers that float32 could round. */
function checkExact(count: number): void {
  if (count * 255 * 255 <= EXACT) return;
  throw new Unsupported(`an exact int32 sum of ${count} products, which float32 arithmetic can not hold`);
}

/** Integer convolution: exact in float32 as long as sums stay below 2^24. */
const convInteger = composed((c, node) => {
  const x = shifted(c, c.input(0), c.input(2), 1);
  const w = shifted(c, c.input(1), c.input(3), 0);
  checkExact(product(c.shape(w).slice(1))); // prettier-ignore
  c.output(0, c.op('Cast', [c.op('Conv', [x, w], windowOf(node))], { to: ONNX_INT32 }));
});

/** A zero point per row of the left or per column of the right operand. */
const zeroOf = (c: Composer, name: string, left: boolean): string => {
  if (name === '' || c.shape(name).length !== 1 || c.shape(name)[0] === 1) return name;
  return c.reshape(name, left ? [c.shape(name)[0], 1] : [1, c.shape(name)[0]]);
};

const matMulInteger = composed((c) => {
  const [a, b] = [c.input(0), c.input(1)];
  const left = shifted(c, a, zeroOf(c, c.input(2), true), c.shape(a).length - 2);
  const right = shifted(c, b, zeroOf(c, c.input(3), false), c.shape(b).length - 1);
  checkExact(c.shape(a)[c.shape(a).length - 1]);
  c.output(0, c.op('Cast', [c.op('MatMul', [left, right])], { to: ONNX_INT32 }));
});

/** inputs x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias */
const qlinearConv = composed((c, node) => {
  const x = shifted(c, c.input(0), c.input(2), 1);
  const w = shifted(c, c.input(3), c.input(5), 0);
  const bias = c.has(8) ? [c.float(c.input(8))] : [];
  const sums = c.op('Conv', [x, w, ...bias], windowOf(node));
  const rank = c.shape(sums).length;
  const scale = c.mul(alongAxis(c, c.input(1), 0, 0), alongAxis(c, c.input(4), 1, rank));
  c.output(0, requantized(c, c.mul(sums, scale), c.input(6), c.input(7), 1));
});

const qlinearMatMul = composed((c) => {
  const [a, b] = [c.input(0), c.input(3)];
  const left = shifted(c, a, zeroOf(c, c.input(2), true), c.shape(a).length - 2);
  const right = shifted(c, b, zeroOf(c, c.input(5), false), c.shape(b).length - 1);
  const sums = c.op('MatMul', [left, right]);
  const rank = c.shape(sums).length;
  const scales = [
    alongAxis(c, c.float(c.input(1)), rank - 2, rank),
    alongAxis(c, c.float(c.input(4)), rank - 1, rank),
  ];
  const real = c.mul(sums, c.mul(scales[0], scales[1]));
  c.output(0, requantized(c, real, c.input(6), c.input(7), frontAxis(-2, rank)));
});

/** Integer and quantized products, as float32 arithmetic that is exact below 2^24. */
export const integer: OperatorFamily = {
  ConvInteger: { convert: convInteger },
  MatMulInteger: { convert: matMulInteger },
  QLinearConv: { convert: qlinearConv },
  QLinearMatMul: { convert: qlinearMatMul },
};
