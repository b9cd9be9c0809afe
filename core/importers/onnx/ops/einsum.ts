import { composed, type Composer } from '../compose.ts';
import { foldedCount, walk, product } from '../numeric.ts';
import type { OnnxNode } from '../node.ts';
import type { OperatorFamily } from '../operator.ts';
import { rowMajorStrides } from '../../../network/tensor.ts';
import { pickFlat } from './pick.ts';

/** A tensor whose axes have names. */
interface Term {
  name: string;
  labels: readonly string[];
}

const letters = (text: string): string[] => text.split('');

/** Labels of one operand; the axes behind an ellipsis are called `.0`, `.1`, ... from the last one backwards. */
function labelsOf(node: OnnxNode, text: string, rank: number): string[] {
  const [before, after] = text.split('...');
  if (after === undefined) {
    if (before.length !== rank) throw node.invalid(`"${text}" names ${before.length} of ${rank} axes`);
    return letters(before);
  }
  const hidden = rank - before.length - after.length;
  if (hidden < 0) throw node.invalid(`"${text}" names more than ${rank} axes`);
  const inner = Array.from({ length: hidden }, (_, i) => `.${hidden - 1 - i}`);
  return [...letters(before), ...inner, ...letters(after)];
}

/** Without `->`: the hidden axes, then every label that is met once, in alphabetical order. */
function outputLabels(written: string | undefined, terms: readonly Term[]): string[] {
  const all = terms.flatMap(({ labels }) => labels);
  const hidden = [...new Set(all.filter((label) => label.startsWith('.')))].sort().reverse();
  if (written === undefined) {
    const named = all.filter((label) => !label.startsWith('.'));
    const once = named.filter((label) => named.indexOf(label) === named.lastIndexOf(label));
    return [...hidden, ...once.sort()];
  }
  const [before, after] = written.split('...');
  return after === undefined ? letters(before) : [...letters(before), ...hidden, ...letters(after)];
}

/** A label that names several axes of one operand stands for their diagonal. */
function diagonal(c: Composer, { name, labels }: Term): Term {
  const unique = [...new Set(labels)];
  if (unique.length === labels.length) return { name, labels };
  const shape = c.shape(name);
  const strides = rowMajorStrides(shape);
  const sizes = unique.map((label) => shape[labels.indexOf(label)]);
  const steps = unique.map((label) =>
    labels.reduce((sum, other, axis) => (other === label ? sum + strides[axis] : sum), 0),
  );
  const places = new Array<number>(foldedCount(sizes)).fill(0);
  walk(sizes, [steps], (target, [offset]) => (places[target] = offset));
  return { name: pickFlat(c, name, places, sizes), labels: unique };
}

/** Sums away what is not in `keep`. */
function summed(c: Composer, { name, labels }: Term, keep: ReadonlySet<string>): Term {
  const axes = labels.flatMap((label, axis) => (keep.has(label) ? [] : [axis]));
  if (axes.length === 0) return { name, labels };
  const reduced = c.op('ReduceSum', [name, c.ints(axes)], { keepdims: 0 });
  return { name: reduced, labels: labels.filter((label) => keep.has(label)) };
}

const arranged = (c: Composer, { name, labels }: Term, order: readonly string[]): string =>
  c.transpose(
    name,
    order.map((label) => labels.indexOf(label)),
  );

/** The term with the axes in `order`; ones it does not have are of size 1. */
function aligned(c: Composer, term: Term, order: readonly string[]): string {
  const own = order.filter((label) => term.labels.includes(label));
  const moved = arranged(c, term, own);
  const shape = c.shape(moved);
  return c.reshape(
    moved,
    order.map((label) => (own.includes(label) ? shape[own.indexOf(label)] : 1)),
  );
}

/** Two terms become one: a matrix product over what is summed, a plain product when nothing is. */
function joined(c: Composer, left: Term, right: Term, keep: ReadonlySet<string>): Term {
  const inLeft = new Set(left.labels);
  const inRight = new Set(right.labels);
  const a = summed(c, left, new Set([...keep, ...inRight]));
  const b = summed(c, right, new Set([...keep, ...inLeft]));
  const shared = a.labels.filter((label) => inRight.has(label));
  const batch = shared.filter((label) => keep.has(label));
  const inner = shared.filter((label) => !keep.has(label));
  const rows = a.labels.filter((label) => !inRight.has(label));
  const columns = b.labels.filter((label) => !inLeft.has(label));
  const labels = [...batch, ...rows, ...columns];
  if (inner.length === 0) {
    return { name: c.mul(aligned(c, a, labels), aligned(c, b, labels)), labels };
  }
  const first = arranged(c, a, [...batch, ...rows, ...inner]);
  const second = arranged(c, b, [...batch, ...inner, ...columns]);
  const cut = (name: string, counts: readonly number[]): number[][] => {
    let at = 0;
    return counts.map((count) => c.shape(name).slice(at, (at += count)));
  };
  const [batchA, m, k] = cut(first, [batch.length, rows.length, inner.length]);
  const [batchB, , n] = cut(second, [batch.length, inner.length, columns.length]);
  const merged = batchA.join() === batchB.join();
  const front = (dims: readonly number[]): readonly number[] =>
    merged ? (dims.length === 0 ? [] : [product(dims)]) : dims;
  const result = c.op('MatMul', [
    c.reshape(first, [...front(batchA), product(m), product(k)]),
    c.reshape(second, [...front(batchB), product(k), product(n)]),
  ]);
  const outer = batchA.map((dim, i) => Math.max(dim, batchB[i]));
  return { name: c.reshape(result, [...outer, ...m, ...n]), labels };
}

const einsum = composed((c, node) => {
  const [left, right] = node.text('equation', '').replace(/\s/g, '').split('->');
  const texts = left.split(',');
  if (texts.length !== node.inputs.length)
    throw node.invalid(`"${left}" has ${texts.length} operands, the node ${node.inputs.length}`);
  const terms = texts.map((text, i): Term => {
    const name = c.input(i);
    return { name, labels: labelsOf(node, text, c.shape(name).length) };
  });
  const output = outputLabels(right, terms);
  const met = new Set(terms.flatMap(({ labels }) => labels));
  const unknown = output.find((label) => !met.has(label));
  if (unknown !== undefined || new Set(output).size !== output.length)
    throw node.invalid(`the result "${right}" is not made of the operands' axes`);
  const singles = terms.map((term) => diagonal(c, term));
  let result = singles[0];
  singles.slice(1).forEach((term, i) => {
    const later = singles.slice(i + 2).flatMap(({ labels }) => labels);
    result = joined(c, result, term, new Set([...output, ...later]));
  });
  result = summed(c, result, new Set(output));
  c.output(0, arranged(c, result, output));
});

/** Sums of products in index notation. */
export const indexNotation: OperatorFamily = { Einsum: { convert: einsum } };
