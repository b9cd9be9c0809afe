import type { Levels } from './levels.ts';
import type { Rows } from './types.ts';

const SWEEPS = 10;

/** Orders the vertices of each rank by barycentre sweeps and keeps the order with the fewest crossings. */
export function orderRanks(levels: Levels): void {
  const { ranks, position } = levels;
  let best = ranks.map((rank) => rank.slice());
  let fewest = countCrossings(levels);
  const key = new Float64Array(levels.vertices);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    for (let i = 1; i < ranks.length; i++) {
      const rank = ranks[down ? i : ranks.length - 1 - i];
      if (rank.length > 1) sortRank(rank, down ? levels.up : levels.down, position, key);
    }
    const crossings = countCrossings(levels);
    if (crossings < fewest) {
      fewest = crossings;
      best = ranks.map((rank) => rank.slice());
    }
  }
  levels.ranks = best;
  for (const rank of best) rank.forEach((v, i) => (position[v] = i));
}

function sortRank(rank: Int32Array, neighbours: Rows, position: Int32Array, key: Float64Array): void {
  for (const v of rank) {
    const [start, end] = [neighbours.offsets[v], neighbours.offsets[v + 1]];
    let sum = 0;
    for (let k = start; k < end; k++) sum += position[neighbours.items[k]];
    key[v] = end > start ? sum / (end - start) : position[v];
  }
  // Ties keep their order, so that a layout is a function of the graph alone.
  rank.sort((a, b) => key[a] - key[b] || position[a] - position[b]);
  for (let i = 0; i < rank.length; i++) position[rank[i]] = i;
}

/** Crossings between all neighbouring ranks, with a Fenwick tree per rank. */
function countCrossings({ ranks, down, position }: Levels): number {
  let widest = 0;
  for (const rank of ranks) widest = Math.max(widest, rank.length);
  const tree = new Int32Array(widest + 1);
  let crossings = 0;
  for (let r = 0; r + 1 < ranks.length; r++) {
    if (ranks[r].length < 2 || ranks[r + 1].length < 2) continue;
    crossings += crossingsOf(ranks[r], ranks[r + 1].length, { down, position, tree });
  }
  return crossings;
}

interface Counting {
  down: Rows;
  position: Int32Array;
  tree: Int32Array;
}

function crossingsOf(rank: Int32Array, width: number, { down, position, tree }: Counting): number {
  tree.fill(0, 0, width + 1);
  let seen = 0;
  let crossings = 0;
  for (const v of rank) {
    const [start, end] = [down.offsets[v], down.offsets[v + 1]];
    for (let k = start; k < end; k++) {
      let before = 0;
      for (let i = position[down.items[k]] + 1; i > 0; i -= i & -i) before += tree[i];
      crossings += seen - before;
    }
    for (let k = start; k < end; k++) {
      for (let i = position[down.items[k]] + 1; i <= width; i += i & -i) tree[i]++;
      seen++;
    }
  }
  return crossings;
}
