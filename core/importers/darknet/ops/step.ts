import type { Attributes, Composer } from '../../onnx/compose.ts';
import { product } from '../../onnx/numeric.ts';

/** Names of the layers beside the one a section is about: those of the ACUITY ops they become. */
const NAMES: Readonly<Record<string, string>> = {
  Add: 'add', BatchNormalization: 'batchnormalize', Clip: 'relun', Concat: 'concat', Conv: 'convolution', Div: 'real_div',
  Elu: 'elu', Exp: 'exp', Floor: 'floor', Gelu: 'gelu', Gemm: 'fullconnect', LeakyRelu: 'leakyrelu', MatMul: 'matmul',
  Mish: 'mish', Mul: 'multiply', Pow: 'pow', ReduceMax: 'reducemax', ReduceSum: 'reducesum', Relu: 'relu',
  Selu: 'selu', Sigmoid: 'sigmoid', Sub: 'subtract', Tanh: 'tanh',
}; // prettier-ignore

/** One step whose layer is named as Darknet networks of the toolkit name theirs. */
export function step(
  c: Composer,
  type: string,
  inputs: readonly string[],
  attributes: Attributes = {},
): string {
  return c.ops(type, inputs, attributes, 1, NAMES[type])[0];
}

/** The tensor as pictures [N, C, H, W]: lists are pictures of one pixel. */
export function asPicture(c: Composer, name: string): string {
  const shape = c.shape(name);
  return shape.length === 4 ? name : c.reshape(name, [...shape, 1, 1]);
}

/** The tensor as lists [N, size]: channels, rows, columns. */
export function asList(c: Composer, name: string): string {
  const [batch, ...rest] = c.shape(name);
  return c.reshape(name, [batch, product(rest)]);
}

/** The tensor times a number. */
export const scaled = (c: Composer, name: string, factor: number): string =>
  factor === 1 ? name : step(c, 'Mul', [name, c.scalar(factor)]);

/** The tensor plus a number. */
export const shifted = (c: Composer, name: string, amount: number): string =>
  amount === 0 ? name : step(c, 'Add', [name, c.scalar(amount)]);

/** Values cut to a range. */
export const clipped = (c: Composer, name: string, low: number, high: number): string =>
  step(c, 'Clip', [name, c.scalar(low), c.scalar(high)]);

/** Every pixel `stride` times in each direction. */
export function repeated(c: Composer, name: string, stride: number): string {
  if (stride === 1) return name;
  const attributes = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  return c.ops('Resize', [name, '', c.floats([1, 1, stride, stride])], attributes, 1, 'image_resize')[0];
}
