import type { Composer } from '../compose.ts';
import { composed } from '../compose.ts';
import { Unsupported } from '../builder.ts';
import { foldedCount, frontAxis, fromNumbers, integersOf, walk, product } from '../numeric.ts';
import type { OnnxNode } from '../node.ts';
import type { OperatorFamily } from '../operator.ts';
import { rowMajorStrides } from '../../../network/tensor.ts';

/** Integers up to here are exact whatever the device computes with. */
const EXACT = 2 ** 24;

/** Elements of a tensor by their place in C order, as a new shape. */
export function pickFlat(
  c: Composer,
  name: string,
  indices: readonly number[],
  shape: readonly number[],
): string {
  const flat = c.reshape(name, [product(c.shape(name))]);
  return c.reshape(c.op('Gather', [flat, c.ints(indices)], { axis: 0 }), shape);
}

/** Indices with the negative ones counted from the end; `dims` broadcasts over them. */
export function wrapped(c: Composer, indices: string, dims: readonly number[]): string {
  const known = c.known(indices);
  if (known && integersOf(known).every((index) => index >= 0)) return indices;
  const limit = c.ints(dims);
  const below = c.op('Less', [indices, c.ints([0])]);
  const same = c.type(indices) === 'int64' ? indices : c.op('Cast', [indices], { to: 7 });
  return c.add(same, c.mul(c.op('Cast', [below], { to: 7 }), limit));
}

/** The offset that every element of `shape` has without its place along `axis`, in a tensor of `from`. */
export function offsetsAcross(shape: readonly number[], from: readonly number[], axis: number): number[] {
  const strides = rowMajorStrides(from).map((stride, i) => (i === axis ? 0 : stride));
  const offsets = new Array<number>(foldedCount(shape)).fill(0);
  walk(shape, [strides], (target, [offset]) => (offsets[target] = offset));
  return offsets;
}

/** Places in C order of the elements that GatherElements and ScatterElements index. */
export function elementPlaces(c: Composer, indices: string, from: readonly number[], axis: number): string {
  if (product(from) > EXACT) throw new Unsupported(`indices into more than ${EXACT} elements`);
  const shape = c.shape(indices);
  const stride = product(from.slice(axis + 1));
  const base = c.constant(fromNumbers('int64', shape, offsetsAcross(shape, from, axis)));
  return c.add(c.mul(wrapped(c, indices, [from[axis]]), c.ints([stride])), base);
}

/** Every index of a constant has to be inside the tensor. */
export function checkRange(c: Composer, node: OnnxNode, indices: string, limit: number): void {
  const known = c.known(indices);
  const outside = known && integersOf(known).find((index) => index < 0 || index >= limit);
  if (outside !== undefined) throw node.invalid(`an index is outside its axis`);
}

const gatherElements = composed((c, node) => {
  const [data, indices] = [c.input(0), c.input(1)];
  const from = c.shape(data);
  const axis = frontAxis(node.int('axis', 0), from.length);
  const shape = c.shape(indices);
  const places = c.reshape(elementPlaces(c, indices, from, axis), [product(shape)]);
  checkRange(c, node, places, product(from));
  const flat = c.reshape(data, [product(from)]);
  c.output(0, c.reshape(c.op('Gather', [flat, places], { axis: 0 }), shape));
});

/** Places, in rows of the indexed axes in C order, that index tuples in the last axis of `indices` name. */
export function tuplePlaces(c: Composer, indices: string, dims: readonly number[], batch = 0): string {
  const shape = c.shape(indices);
  const depth = shape[shape.length - 1] ?? 0;
  const indexed = dims.slice(batch, batch + depth);
  if (product(dims) > EXACT) throw new Unsupported(`indices into more than ${EXACT} elements`);
  const scaled = c.mul(wrapped(c, indices, indexed), c.ints(rowMajorStrides(indexed)));
  const places = c.op('ReduceSum', [scaled, c.ints([-1])], { keepdims: 0 });
  if (batch === 0) return places;
  const rows = shape.slice(0, -1);
  const repeat = product(rows.slice(batch));
  const bases = Array.from(
    { length: foldedCount(rows) },
    (_, i) => Math.floor(i / repeat) * product(indexed),
  );
  return c.add(places, c.constant(fromNumbers('int64', rows, bases)));
}

const gatherNd = composed((c, node) => {
  const [data, indices] = [c.input(0), c.input(1)];
  const batch = node.int('batch_dims', 0);
  const from = c.shape(data);
  const index = c.shape(indices);
  const depth = index[index.length - 1] ?? 0;
  if (depth < 1 || batch + depth > from.length || batch >= index.length) {
    throw node.invalid(`indices [${index.join(',')}] do not fit [${from.join(',')}]`);
  }
  const rest = from.slice(batch + depth);
  const rows = product(from.slice(0, batch + depth));
  const places = tuplePlaces(c, indices, from, batch);
  checkRange(c, node, places, rows);
  const list = c.reshape(places, [product(index.slice(0, -1))]);
  const blocks = c.reshape(data, [rows, ...(rest.length > 0 ? [product(rest)] : [])]);
  const picked = c.op('Gather', [blocks, list], { axis: 0 });
  c.output(0, c.reshape(picked, [...index.slice(0, -1), ...rest]));
});

const compress = composed((c, node) => {
  const condition = c.known(c.input(1));
  if (!condition) throw new Unsupported('a condition that is only known at run time: it decides the shape');
  const kept = integersOf(condition).flatMap((value, i) => (value === 0 ? [] : [i]));
  if (kept.length === 0) throw new Unsupported('an empty result');
  const data = c.input(0);
  const shape = c.shape(data);
  const whole = !node.has('axis');
  const axis = whole ? 0 : frontAxis(node.int('axis', 0), shape.length);
  const source = whole ? c.reshape(data, [product(shape)]) : data;
  checkRange(c, node, c.ints(kept), c.shape(source)[axis]);
  c.output(0, c.op('Gather', [source, c.ints(kept)], { axis }));
});

const reverseSequence = composed((c, node) => {
  const data = c.input(0);
  const shape = c.shape(data);
  const time = node.int('time_axis', 0);
  const batch = node.int('batch_axis', 1);
  if (time + batch !== 1 || time * batch !== 0)
    throw node.invalid(`axes ${time} and ${batch}: one has to be 0, the other 1`);
  const lengths = c.known(c.input(1));
  if (!lengths) throw new Unsupported('sequence lengths that are only known at run time');
  const list = integersOf(lengths);
  const [rows, columns] = shape;
  const places = Array.from({ length: rows * columns }, (_, i) => {
    const at = [Math.floor(i / columns), i % columns];
    const length = list[at[batch]] ?? 0;
    if (length < 0 || length > shape[time]) throw node.invalid(`a sequence of ${length} elements`);
    if (at[time] < length) at[time] = length - 1 - at[time];
    return at[0] * columns + at[1];
  });
  const rest = shape.slice(2);
  const blocks = c.reshape(data, [rows * columns, ...(rest.length > 0 ? [product(rest)] : [])]);
  c.output(0, c.reshape(c.op('Gather', [blocks, c.ints(places)], { axis: 0 }), shape));
});

/** Operators that pick elements by computed places. */
export const pick: OperatorFamily = {
  GatherElements: { convert: gatherElements },
  GatherND: { convert: gatherNd },
  Compress: { convert: compress },
  ReverseSequence: { convert: reverseSequence },
};
