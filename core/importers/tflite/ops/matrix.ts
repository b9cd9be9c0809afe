import { Unsupported } from '../../onnx/builder.ts';
import { composed, type Composer } from '../../onnx/compose.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { elementCount } from '../../../network/tensor.ts';
import { activated } from './helpers.ts';

/** Kernel [out, in]; the input's elements are rows of `in`. */
const fullyConnected = composed((c, node) => {
  if (node.int('weights_format', 0) !== 0) throw new Unsupported('shuffled weights');
  const [x, kernel] = [c.input(0), c.input(1)];
  const shape = c.shape(x);
  const [units, depth] = c.shape(kernel);
  const rows = elementCount(shape) / depth;
  if (c.shape(kernel).length !== 2 || !Number.isInteger(rows))
    throw node.invalid(`an input [${shape.join(',')}] with a kernel [${c.shape(kernel).join(',')}]`);
  const bias = c.has(2) ? [c.input(2)] : [];
  const product = c.main('Gemm', [c.reshape(x, [rows, depth]), kernel, ...bias], { transB: 1 });
  const result = activated(c, node, product);
  const kept = node.int('keep_dims', 0) !== 0 && shape.at(-1) === depth;
  c.output(0, kept ? c.reshape(result, [...shape.slice(0, -1), units]) : result);
});

/** The last two axes swapped. */
export function swapped(c: Composer, x: string): string {
  const { length } = c.shape(x);
  const axes = Array.from({ length: length - 2 }, (_, axis) => axis);
  return c.transpose(x, [...axes, length - 1, length - 2]);
}

const batchMatMul = composed((c, node) => {
  const side = (index: number, flag: string): string =>
    node.int(flag, 0) === 0 ? c.input(index) : swapped(c, c.input(index));
  c.output(0, c.main('MatMul', [side(0, 'adj_x'), side(1, 'adj_y')]));
});

/** Products of matrices. */
export const matrix: OperatorFamily = {
  'tflite:FULLY_CONNECTED': { convert: fullyConnected },
  'tflite:BATCH_MATMUL': { convert: batchMatMul },
};
