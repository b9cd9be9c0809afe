import type { Composer } from '../compose.ts';
import { composed } from '../compose.ts';
import { Unsupported } from '../builder.ts';
import { frontAxis, integersOf, product } from '../numeric.ts';
import type { OnnxNode } from '../node.ts';
import type { OperatorFamily } from '../operator.ts';
import { checkRange, elementPlaces, tuplePlaces } from './pick.ts';

/** How updates meet what is there. */
const REDUCTIONS: Readonly<Record<string, string>> = {
  none: '',
  add: 'Add',
  mul: 'Mul',
  max: 'Max',
  min: 'Min',
};

/** More updates of one element than this would be as many nodes. */
const MAX_ROUNDS = 64;

/**
 * Blocks of `data` ([rows, block]) replaced by or combined with `updates` ([count, block]) at known rows: each
 * row is picked from the data or the updates. An element that is updated n times takes n rounds.
 */
function scatterKnown(
  c: Composer,
  data: string,
  updates: string,
  places: readonly number[],
  reduction: string,
): string {
  const [rows] = c.shape(data);
  const hits = new Map<number, number[]>();
  places.forEach((place, update) => hits.set(place, [...(hits.get(place) ?? []), update]));
  const both = c.concat([data, updates], 0);
  const from = (round: number): number[] =>
    Array.from({ length: rows }, (_, row) => {
      const update = hits.get(row)?.[round];
      return update === undefined ? row : rows + update;
    });
  if (reduction === '') {
    const last = Array.from({ length: rows }, (_, row) => {
      const update = hits.get(row)?.at(-1);
      return update === undefined ? row : rows + update;
    });
    return c.op('Gather', [both, c.ints(last)], { axis: 0 });
  }
  const rounds = Math.max(0, ...[...hits.values()].map((list) => list.length));
  if (rounds > MAX_ROUNDS) throw new Unsupported(`an element that is updated ${rounds} times`);
  const repeats = reduction === 'Max' || reduction === 'Min';
  const source = repeats ? both : c.concat([updates, neutral(c, updates, reduction)], 0);
  let result = data;
  for (let round = 0; round < rounds; round++) {
    const list = repeats
      ? from(round)
      : from(round).map((place, row) => (place === row ? places.length : place - rows));
    result = c.op(reduction, [result, c.op('Gather', [source, c.ints(list)], { axis: 0 })]);
  }
  return result;
}

/** One block that changes nothing when added or multiplied. */
function neutral(c: Composer, updates: string, reduction: string): string {
  const [, ...block] = c.shape(updates);
  const fill = reduction === 'Mul' ? 1 : 0;
  return c.filled(fill, [1, ...block], c.type(updates));
}

/** With places that only the device knows: zeros plus updates, and what they cover. */
function scatterComputed(
  c: Composer,
  data: string,
  updates: string,
  places: string,
  reduction: string,
): string {
  if (reduction !== '' && reduction !== 'Add') {
    throw new Unsupported(
      `reduction "${reduction.toLowerCase()}" with indices that are only known at run time`,
    );
  }
  const shape = c.shape(data);
  const count = product(c.shape(places));
  const tuples = c.reshape(places, [count, 1]);
  const spread = (values: string): string =>
    c.layer('scatternd', [['shape', [...shape]]], [tuples, values], [{ shape, type: c.type(values) }])[0];
  if (reduction === 'Add') return c.add(data, spread(updates));
  const ones = c.filled(1, c.shape(updates), 'float32');
  const covered = c.op('Greater', [spread(ones), c.scalar(0.5)]);
  return c.op('Where', [covered, spread(updates), data]);
}

function scatterRows(c: Composer, node: OnnxNode, data: string, updates: string, places: string): string {
  const asked = node.text('reduction', 'none');
  const reduction = REDUCTIONS[asked];
  if (reduction === undefined) throw node.invalid(`reduction "${asked}" does not exist`);
  checkRange(c, node, places, c.shape(data)[0]);
  const known = c.known(places);
  return known
    ? scatterKnown(c, data, updates, integersOf(known), reduction)
    : scatterComputed(c, data, updates, places, reduction);
}

const scatterElements = composed((c, node) => {
  const [data, indices, updates] = [0, 1, 2].map((i) => c.input(i));
  const shape = c.shape(data);
  const axis = frontAxis(node.int('axis', 0), shape.length);
  const count = product(c.shape(indices));
  const places = c.reshape(elementPlaces(c, indices, shape, axis), [count]);
  const flat = c.reshape(data, [product(shape)]);
  c.output(0, c.reshape(scatterRows(c, node, flat, c.reshape(updates, [count]), places), shape));
});

const scatterNd = composed((c, node) => {
  const [data, indices, updates] = [0, 1, 2].map((i) => c.input(i));
  const shape = c.shape(data);
  const index = c.shape(indices);
  const depth = index[index.length - 1] ?? 0;
  const count = product(index.slice(0, -1));
  const block = product(shape.slice(depth));
  if (depth < 1 || depth > shape.length || product(c.shape(updates)) !== count * block) {
    throw node.invalid(`indices [${index.join(',')}] do not fit [${shape.join(',')}]`);
  }
  const places = c.reshape(tuplePlaces(c, indices, shape), [count]);
  const rows = c.reshape(data, [product(shape.slice(0, depth)), block]);
  c.output(0, c.reshape(scatterRows(c, node, rows, c.reshape(updates, [count, block]), places), shape));
});

/** Operators that put elements at computed places. */
export const scatter: OperatorFamily = {
  Scatter: { convert: scatterElements },
  ScatterElements: { convert: scatterElements },
  ScatterND: { convert: scatterNd },
};
