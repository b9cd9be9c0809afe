import { Unsupported } from '../builder.ts';
import { composed, type Composer } from '../compose.ts';
import type { OnnxNode } from '../node.ts';
import { foldedCount } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';

/** What masked scores get when the node does not say it. */
const MASKED = -10000;

/** Queries, keys and values as [B, heads, length, size]. */
interface Heads {
  q: string;
  k: string;
  v: string;
}

/** [B, S, heads * size] as [B, heads, S, size]. */
function split(c: Composer, name: string, heads: number, node: OnnxNode): string {
  const [batch, length, width] = c.shape(name);
  if (heads < 1 || width % heads !== 0) throw node.invalid(`${heads} heads of ${width} features`);
  return c.transpose(c.reshape(name, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** What a row of the mask adds to the scores: 0 where it says 1, else the filter value. */
const added = (c: Composer, mask: string, filter: number): string =>
  c.mul(c.sub(c.scalar(1), c.float(mask)), c.scalar(filter));

/**
 * A mask as a sum to scores [B, heads, S, L]: lengths [B], words [B, L], or pairs [B, S, L] or [B, 1, S, L].
 */
function maskSum(c: Composer, mask: string, scores: Heads, filter: number): string {
  const [batch, , rows] = c.shape(scores.q);
  const columns = c.shape(scores.k)[2];
  const shape = c.shape(mask);
  const is = (...dims: number[]): boolean => shape.join() === dims.join();
  if (is(batch)) {
    const places = c.constant({
      type: 'int32',
      shape: [1, columns],
      data: Int32Array.from({ length: columns }, (_, i) => i),
    });
    const inside = c.op('Less', [places, c.reshape(c.op('Cast', [mask], { to: 6 }), [batch, 1])]);
    return added(c, c.reshape(c.op('Cast', [inside], { to: 1 }), [batch, 1, 1, columns]), filter);
  }
  if (is(batch, columns)) return added(c, c.reshape(mask, [batch, 1, 1, columns]), filter);
  if (is(batch, rows, columns)) return added(c, c.reshape(mask, [batch, 1, rows, columns]), filter);
  if (is(batch, 1, rows, columns)) return added(c, mask, filter);
  throw new Unsupported(`a mask of shape [${shape.join(',')}]`);
}

/** Scores a word may not have because it looks at later ones. */
function causalSum(c: Composer, scores: Heads, filter: number): string {
  const [rows, columns] = [c.shape(scores.q)[2], c.shape(scores.k)[2]];
  const values = Float64Array.from({ length: foldedCount([rows, columns]) }, (_, i) =>
    (i % columns) - (columns - rows) > Math.floor(i / columns) ? filter : 0,
  );
  return c.floats(values, [1, 1, rows, columns]);
}

/** softmax(q k^T * scale + sums) v, heads side by side again: [B, S, heads * size]. */
function attend(c: Composer, node: OnnxNode, heads: Heads, sums: readonly string[]): string {
  const [batch, count, rows, size] = c.shape(heads.q);
  const scale = node.float('scale', 0) || 1 / Math.sqrt(size);
  const keys = c.transpose(heads.k, [0, 1, 3, 2]);
  let scores = c.mul(c.op('MatMul', [heads.q, keys]), c.scalar(scale));
  for (const sum of sums) scores = c.add(scores, sum);
  const mixed = c.op('MatMul', [c.op('Softmax', [scores], { axis: -1 }), heads.v]);
  const width = c.shape(heads.v)[3];
  return c.reshape(c.transpose(mixed, [0, 2, 1, 3]), [batch, rows, count * width]);
}

/** What is added to the scores: mask, bias and the order of words. */
function sumsOf(c: Composer, node: OnnxNode, heads: Heads, mask: string, bias: string): string[] {
  const filter = node.float('mask_filter_value', MASKED);
  return [
    ...(bias === '' ? [] : [bias]),
    ...(mask === '' ? [] : [maskSum(c, mask, heads, filter)]),
    ...(node.int('unidirectional', 0) === 0 ? [] : [causalSum(c, heads, filter)]),
  ];
}

function refuseState(c: Composer, node: OnnxNode, inputs: readonly number[]): void {
  if (inputs.some((index) => c.has(index))) throw new Unsupported('keys and values of earlier runs');
  if (node.int('do_rotary', 0) !== 0) throw new Unsupported('rotary positions');
}

/** Attention with one weight for queries, keys and values: inputs x, weights, bias, mask, past, sum to scores. */
const attention = composed((c, node) => {
  refuseState(c, node, [4, 6]);
  if (c.wants(1)) throw new Unsupported('keys and values as an output');
  const count = node.int('num_heads', 0);
  const [weight, total] = [c.input(1), c.shape(c.input(1))[1]];
  const sizes = node.ints('qkv_hidden_sizes') ?? [total / 3, total / 3, total / 3];
  const product = c.op('MatMul', [c.input(0), weight]);
  const all = c.has(2) ? c.add(product, c.input(2)) : product;
  const part = (at: number): string => {
    const begin = sizes.slice(0, at).reduce((sum, size) => sum + size, 0);
    return split(c, c.slice(all, 2, begin, sizes[at]), count, node);
  };
  const heads = { q: part(0), k: part(1), v: part(2) };
  c.output(0, attend(c, node, heads, sumsOf(c, node, heads, c.input(3), c.input(5))));
});

/** Queries, keys and values of a MultiHeadAttention from the layouts it takes. */
function multipleHeads(c: Composer, node: OnnxNode): Heads {
  const count = node.int('num_heads', 0);
  if (!c.has(1)) throw new Unsupported('queries, keys and values in one tensor');
  if (!c.has(2)) throw new Unsupported('keys and values in one tensor');
  const widths = [0, 1, 2].map((index) => {
    const shape = c.shape(c.input(index));
    return shape.length === 4 ? shape[1] * shape[3] : (shape[2] ?? 0);
  });
  const [q, k, v] = [0, 1, 2].map((index) => {
    const begin = widths.slice(0, index).reduce((sum, width) => sum + width, 0);
    const bias = c.has(3) ? c.slice(c.input(3), 0, begin, widths[index]) : '';
    const name = c.input(index);
    const { length: rank } = c.shape(name);
    if (rank === 3) return split(c, bias === '' ? name : c.add(name, bias), count, node);
    if (rank !== 4 || index === 0) throw new Unsupported(`an operand of rank ${rank}`);
    if (bias === '') return name;
    return c.add(name, c.reshape(bias, [1, count, 1, widths[index] / count]));
  });
  return { q, k, v };
}

/** Inputs: q, k, v, bias, mask, sum to scores. */
const multiHeadAttention = composed((c, node) => {
  refuseState(c, node, [6, 7, 8]);
  const heads = multipleHeads(c, node);
  c.output(0, attend(c, node, heads, sumsOf(c, node, heads, c.input(4), c.input(5))));
  c.output(1, heads.k);
  c.output(2, heads.v);
});

/** Attention as ONNX Runtime's optimizer writes it. */
export const attentions: OperatorFamily = {
  'com.microsoft:Attention': { convert: attention },
  'com.microsoft:MultiHeadAttention': { convert: multiHeadAttention },
};
