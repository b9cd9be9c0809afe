import type { Levels } from './levels.ts';
import { NODE_GAP, WIRE_GAP } from './types.ts';

const PASSES = 12;

/** Columns and what keeps them apart. */
interface Columns {
  count: number;
  /** Left column, right column, least distance of their anchors. */
  left: Int32Array;
  right: Int32Array;
  distance: Float64Array;
}

/**
 * Centres of the columns. The main column stands at 0; the others are packed outwards from it and then
 * drawn towards what they are wired to, as far as their neighbours let them.
 */
export function placeColumns(levels: Levels, column: Int32Array, count: number, main: number): Float64Array {
  const columns = separations(levels, column, count);
  const order = leftToRight(columns);
  const x = packOutwards(columns, order, main);
  const wires = columnWires(levels, column, count);
  const byLeft = groupBy(columns.right, count);
  const byRight = groupBy(columns.left, count);
  for (let pass = 0; pass < PASSES; pass++) {
    for (let i = 0; i < count; i++) {
      const c = order[pass % 2 === 0 ? i : count - 1 - i];
      if (c === main || wires.offsets[c] === wires.offsets[c + 1]) continue;
      let low = -Infinity;
      let high = Infinity;
      for (let k = byLeft.offsets[c]; k < byLeft.offsets[c + 1]; k++) {
        const s = byLeft.items[k];
        low = Math.max(low, x[columns.left[s]] + columns.distance[s]);
      }
      for (let k = byRight.offsets[c]; k < byRight.offsets[c + 1]; k++) {
        const s = byRight.items[k];
        high = Math.min(high, x[columns.right[s]] - columns.distance[s]);
      }
      if (low <= high) x[c] = Math.min(high, Math.max(low, median(wires, c, x)));
    }
  }
  return x;
}

function separations({ ranks, real, west, east }: Levels, column: Int32Array, count: number): Columns {
  const left: number[] = [];
  const right: number[] = [];
  const distance: number[] = [];
  const gap = (vertex: number): number => (vertex < real ? NODE_GAP : WIRE_GAP) / 2;
  for (const rank of ranks) {
    for (let i = 1; i < rank.length; i++) {
      left.push(column[rank[i - 1]]);
      right.push(column[rank[i]]);
      const [one, other] = [rank[i - 1], rank[i]];
      distance.push(east(one) + gap(one) + gap(other) + west(other));
    }
  }
  return {
    count,
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    distance: Float64Array.from(distance),
  };
}

interface Groups {
  offsets: Int32Array;
  items: Int32Array;
}

/** Indices grouped by their key. */
function groupBy(keys: Int32Array, count: number): Groups {
  const offsets = new Int32Array(count + 1);
  for (const key of keys) offsets[key + 1]++;
  for (let i = 0; i < count; i++) offsets[i + 1] += offsets[i];
  const cursor = offsets.slice(0, count);
  const items = new Int32Array(keys.length);
  keys.forEach((key, index) => (items[cursor[key]++] = index));
  return { offsets, items };
}

/** Columns so that each comes after all that stand left of it. */
function leftToRight({ count, left, right }: Columns): Int32Array {
  const out = groupBy(left, count);
  const pending = new Int32Array(count);
  for (const c of right) pending[c]++;
  const order = new Int32Array(count);
  let tail = 0;
  for (let c = 0; c < count; c++) if (pending[c] === 0) order[tail++] = c;
  for (let head = 0; head < tail; head++) {
    const c = order[head];
    for (let k = out.offsets[c]; k < out.offsets[c + 1]; k++) {
      if (--pending[right[out.items[k]]] === 0) order[tail++] = right[out.items[k]];
    }
  }
  return order;
}

/** Right of the main column as far left as possible, left of it as far right as possible. */
function packOutwards(columns: Columns, order: Int32Array, main: number): Float64Array {
  const { count, left, right, distance } = columns;
  const into = groupBy(right, count);
  const out = groupBy(left, count);
  const low = new Float64Array(count).fill(-Infinity);
  const high = new Float64Array(count).fill(Infinity);
  if (main >= 0) low[main] = high[main] = 0;
  for (const c of order) {
    if (c === main) continue;
    for (let k = into.offsets[c]; k < into.offsets[c + 1]; k++) {
      const s = into.items[k];
      low[c] = Math.max(low[c], low[left[s]] + distance[s]);
    }
  }
  for (let i = count - 1; i >= 0; i--) {
    const c = order[i];
    if (c === main) continue;
    for (let k = out.offsets[c]; k < out.offsets[c + 1]; k++) {
      const s = out.items[k];
      high[c] = Math.min(high[c], high[right[s]] - distance[s]);
    }
  }
  return settle(columns, order, low, high);
}

/** Columns that main does not bound get the least place that suits those they touch. */
function settle(columns: Columns, order: Int32Array, low: Float64Array, high: Float64Array): Float64Array {
  const { count, left, distance } = columns;
  const into = groupBy(columns.right, count);
  const x = new Float64Array(count);
  for (const c of order) {
    let least = -Infinity;
    for (let k = into.offsets[c]; k < into.offsets[c + 1]; k++) {
      const s = into.items[k];
      least = Math.max(least, x[left[s]] + distance[s]);
    }
    const wanted = low[c] > -Infinity ? low[c] : high[c] < Infinity ? high[c] : 0;
    x[c] = Math.max(least, wanted);
  }
  return x;
}

/** Columns each column is wired to, with repetition. */
function columnWires({ segments }: Levels, column: Int32Array, count: number): Groups {
  const keys: number[] = [];
  const items: number[] = [];
  for (let s = 0; s < segments.from.length; s++) {
    const [a, b] = [column[segments.from[s]], column[segments.to[s]]];
    if (a === b) continue;
    keys.push(a, b);
    items.push(b, a);
  }
  const groups = groupBy(Int32Array.from(keys), count);
  return { offsets: groups.offsets, items: groups.items.map((index) => items[index]) };
}

/** Median of the centres a column is wired to; of two middle ones, the nearer to 0. */
function median({ offsets, items }: Groups, c: number, x: Float64Array): number {
  const values: number[] = [];
  for (let k = offsets[c]; k < offsets[c + 1]; k++) values.push(x[items[k]]);
  values.sort((a, b) => a - b);
  const [lower, upper] = [values[(values.length - 1) >> 1], values[values.length >> 1]];
  return Math.abs(lower) <= Math.abs(upper) ? lower : upper;
}
