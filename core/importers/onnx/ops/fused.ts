import { Unsupported } from '../builder.ts';
import { composed, type Composer } from '../compose.ts';
import type { OnnxNode } from '../node.ts';
import type { OperatorFamily } from '../operator.ts';
import { windowOf } from './integer.ts';

/** ONNX Runtime's default for layer normalizations of transformers. */
const EPSILON = 1e-12;

/** Gelu of x, with a bias added first when input 1 is there. */
const gelu = (approximate: 'none' | 'tanh') =>
  composed((c) => {
    const x = c.has(1) ? c.add(c.input(0), c.input(1)) : c.input(0);
    c.output(0, c.op('Gelu', [x], { approximate }));
  });

/** x * sigmoid(alpha * x) */
const quickGelu = composed((c, node) => {
  const x = c.input(0);
  const scaled = c.mul(x, c.scalar(node.float('alpha', Math.fround(1.702))));
  c.output(0, c.mul(x, c.op('Sigmoid', [scaled])));
});

/** The tensor with its last two axes swapped when the attribute says so. */
function turned(c: Composer, node: OnnxNode, index: number, side: 'A' | 'B'): string {
  if (node.int(`transBatch${side}`, 0) !== 0) throw new Unsupported('batch axes that are transposed');
  const name = c.input(index);
  if (node.int(`trans${side}`, 0) === 0) return name;
  const { length: rank } = c.shape(name);
  const axes = c.shape(name).map((_, axis) => axis);
  return rank < 2 ? name : c.transpose(name, [...axes.slice(0, -2), rank - 1, rank - 2]);
}

/** alpha * A B */
const fusedMatMul = composed((c, node) => {
  const product = c.op('MatMul', [turned(c, node, 0, 'A'), turned(c, node, 1, 'B')]);
  const alpha = node.float('alpha', 1);
  c.output(0, alpha === 1 ? product : c.mul(product, c.scalar(alpha)));
});

/** The function that an attribute names, with its parameters by name. */
function activated(c: Composer, x: string, kind: string, parameter: (at: number) => number): string {
  switch (kind) {
    case '':
      return x;
    case 'Relu':
    case 'Tanh':
    case 'Sigmoid':
      return c.op(kind, [x]);
    case 'LeakyRelu':
      return c.op(kind, [x], { alpha: parameter(0) });
    case 'HardSigmoid':
      return c.op(kind, [x], { alpha: parameter(0), beta: parameter(1) });
    case 'Clip':
      return c.op(kind, [x, c.scalar(parameter(0)), c.scalar(parameter(1))]);
    default:
      throw new Unsupported(`the activation ${kind}`);
  }
}

/** activation(Conv(x, w, b) + z) */
const fusedConv = composed((c, node) => {
  const bias = c.has(2) ? [c.input(2)] : [];
  const sums = c.op('Conv', [c.input(0), c.input(1), ...bias], windowOf(node));
  const whole = c.has(3) ? c.add(sums, c.input(3)) : sums;
  const parameters = node.floats('activation_params') ?? [];
  const parameter = (at: number): number => {
    const value = parameters[at];
    if (value === undefined) throw node.invalid('activation_params is too short');
    return value;
  };
  c.output(0, activated(c, whole, node.text('activation', ''), parameter));
});

/** activation(Gemm(a, b, c)) */
const fusedGemm = composed((c, node) => {
  const inputs = [0, 1, 2].filter((index) => c.has(index)).map((index) => c.input(index));
  const sums = c.op('Gemm', inputs, node.copyOf(['alpha', 'beta', 'transA', 'transB']));
  const names = ['activation_alpha', 'activation_beta'];
  const parameter = (at: number): number => node.float(names[at], 0);
  c.output(0, activated(c, sums, node.text('activation', ''), parameter));
});

/** LayerNormalization of a sum; output 3 is the sum. */
const skipLayerNorm = composed((c, node) => {
  const sum = c.add(c.input(0), c.input(1));
  const whole = c.has(4) ? c.add(sum, c.input(4)) : sum;
  const parameters = [c.input(2), ...(c.has(3) ? [c.input(3)] : [])];
  if (c.wants(1) || c.wants(2)) throw new Unsupported('the mean and deviation as outputs');
  const attributes = { axis: -1, epsilon: node.float('epsilon', EPSILON) };
  c.output(0, c.op('LayerNormalization', [whole, ...parameters], attributes));
  c.output(3, whole);
});

/** RMSNormalization of a sum; output 3 is the sum. */
const skipSimplified = composed((c, node) => {
  const sum = c.add(c.input(0), c.input(1));
  const whole = c.has(3) ? c.add(sum, c.input(3)) : sum;
  if (c.wants(1) || c.wants(2)) throw new Unsupported('the mean and deviation as outputs');
  const attributes = { axis: -1, epsilon: node.float('epsilon', EPSILON) };
  c.output(0, c.op('RMSNormalization', [whole, c.input(2)], attributes));
  c.output(3, whole);
});

/** Rows of an embedding table; the first rows in order when nothing says which. */
function rowsOf(c: Composer, table: string, ids: string, length: number): string {
  return ids === '' ? c.slice(table, 0, 0, length) : c.op('Gather', [table, ids], { axis: 0 });
}

/**
 * BERT's embedding: rows for words [B, S], positions and segments, added and normalised.
 * Outputs: [B, S, H]; the number of unmasked words per sequence; the sum before the normalization.
 */
const embedLayerNorm = composed((c, node) => {
  const ids = c.input(0);
  const [batch, length] = c.shape(ids);
  const words = c.op('Gather', [c.input(2), ids], { axis: 0 });
  const placed = c.add(words, rowsOf(c, c.input(3), c.input(8), length));
  const sum = c.has(1) && c.has(4) ? c.add(placed, rowsOf(c, c.input(4), c.input(1), length)) : placed;
  const attributes = { axis: -1, epsilon: node.float('epsilon', EPSILON) };
  c.output(0, c.op('LayerNormalization', [sum, c.input(5), c.input(6)], attributes));
  if (c.wants(1)) {
    const counted = c.has(7)
      ? c.op('ReduceSum', [c.input(7), c.ints([1])], { keepdims: 0 })
      : c.filled(0, [batch], 'int32');
    c.output(1, counted);
  }
  c.output(2, sum);
});

/** Operators that ONNX Runtime's optimizer writes: several steps in one. */
export const fused: OperatorFamily = {
  'com.microsoft:BiasGelu': { convert: gelu('none') },
  'com.microsoft:EmbedLayerNormalization': { convert: embedLayerNorm },
  'com.microsoft:FastGelu': { convert: gelu('tanh') },
  'com.microsoft:FusedConv': { convert: fusedConv },
  'com.microsoft:FusedGemm': { convert: fusedGemm },
  'com.microsoft:FusedMatMul': { convert: fusedMatMul },
  'com.microsoft:QuickGelu': { convert: quickGelu },
  'com.microsoft:SkipLayerNormalization': { convert: skipLayerNorm },
  'com.microsoft:SkipSimplifiedLayerNormalization': { convert: skipSimplified },
};
