import { composed, type Composer } from '../compose.ts';
import type { OnnxNode } from '../node.ts';
import { frontAxis, product } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';
import { requantized, shifted } from './integer.ts';

/** (x - zero point) * scale of three inputs in a row: x, scale, zero point. */
function realOf(c: Composer, at: number): string {
  return c.mul(shifted(c, c.input(at), c.input(at + 2), 0), c.float(c.input(at + 1)));
}

/** Output 0 as codes; its scale and zero point are the inputs at `at`. */
function outputCodes(c: Composer, real: string, at: number): void {
  c.output(0, requantized(c, real, c.input(at), c.input(at + 1), 0));
}

const binary = (op: 'Add' | 'Mul') =>
  composed((c) => outputCodes(c, c.op(op, [realOf(c, 0), realOf(c, 3)]), 6));

/** Inputs: x, scale, zero point, scale and zero point of the result. */
const unary = (apply: (c: Composer, real: string, node: OnnxNode) => string) =>
  composed((c, node) => outputCodes(c, apply(c, realOf(c, 0), node), 3));

/** A pooling of pictures whose channels may come last. */
function pooled(c: Composer, real: string, node: OnnxNode, pool: (channelFirst: string) => string): string {
  if (node.int('channels_last', 0) === 0) return pool(real);
  const { length: rank } = c.shape(real);
  const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 1);
  const first = c.transpose(real, [0, rank - 1, ...spatial]);
  return c.transpose(pool(first), [0, ...spatial.map((axis) => axis + 1), 1]);
}

const WINDOW = ['auto_pad', 'ceil_mode', 'count_include_pad', 'kernel_shape', 'pads', 'strides'];

/** Inputs: scale and zero point of the result, then x, scale, zero point of each part. */
const concat = composed((c, node) => {
  const parts: string[] = [];
  for (let at = 2; at < node.inputs.length; at += 3) parts.push(realOf(c, at));
  if (parts.length === 0) throw node.invalid('it has no inputs');
  const axis = frontAxis(node.int('axis', 0), c.shape(parts[0]).length);
  outputCodes(c, c.concat(parts, axis), 0);
});

/** Inputs: a, scale, zero point, b, scale, zero point, c, scale and zero point of the result. */
const gemm = composed((c, node) => {
  const attributes = node.copyOf(['transA', 'transB']);
  const columns = node.int('transB', 0) === 0 ? 1 : 0;
  const [a, b] = [shifted(c, c.input(0), c.input(2), 0), shifted(c, c.input(3), c.input(5), columns)];
  const bias = c.has(6) ? [c.float(c.input(6))] : [];
  // The bias has the scale of the products, so the sum can be scaled at the end.
  const sums = c.op('Gemm', [a, b, ...bias], { ...attributes, alpha: 1, beta: 1 });
  const scale = c.mul(c.mul(c.float(c.input(1)), c.float(c.input(4))), c.scalar(node.float('alpha', 1)));
  const real = c.mul(sums, scale);
  if (c.has(7)) outputCodes(c, real, 7);
  else c.output(0, real);
});

/** In operator sets before 13 all axes from `axis` on are one. */
function softmax(c: Composer, real: string, node: OnnxNode): string {
  const shape = c.shape(real);
  const old = node.int('opset', 13) < 13;
  const axis = frontAxis(node.int('axis', old ? 1 : -1), shape.length);
  if (!old) return c.op('Softmax', [real], { axis });
  const rows = product(shape.slice(0, axis));
  const flat = c.reshape(real, [rows, product(shape) / rows]);
  return c.reshape(c.op('Softmax', [flat], { axis: 1 }), shape);
}

/** Operators on codes that ONNX Runtime's quantizer writes, as arithmetic on reals between codes. */
export const qlinear: OperatorFamily = {
  'com.microsoft:QGemm': { convert: gemm },
  'com.microsoft:QLinearAdd': { convert: binary('Add') },
  'com.microsoft:QLinearAveragePool': {
    convert: unary((c, real, node) =>
      pooled(c, real, node, (x) => c.op('AveragePool', [x], node.copyOf(WINDOW))),
    ),
  },
  'com.microsoft:QLinearConcat': { convert: concat },
  'com.microsoft:QLinearGlobalAveragePool': {
    convert: unary((c, real, node) => pooled(c, real, node, (x) => c.op('GlobalAveragePool', [x]))),
  },
  'com.microsoft:QLinearLeakyRelu': {
    convert: unary((c, real, node) =>
      c.op('LeakyRelu', [real], { alpha: node.float('alpha', Math.fround(0.01)) }),
    ),
  },
  'com.microsoft:QLinearMul': { convert: binary('Mul') },
  'com.microsoft:QLinearSigmoid': { convert: unary((c, real) => c.op('Sigmoid', [real])) },
  'com.microsoft:QLinearSoftmax': { convert: unary(softmax) },
};
