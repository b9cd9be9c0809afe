import { rows, type LayoutInput, type Rows } from './types.ts';

/** Ranks and the order they were found in. */
export interface Ranked {
  rank: Int32Array;
  /** Nodes in topological order; cycles are cut before their node with the lowest number. */
  order: Int32Array;
  out: Rows;
  in: Rows;
}

/** Longest-path ranks; whatever hangs on constants only is pulled down to its reader. */
export function rankNodes({ nodes, from, to, constant }: LayoutInput): Ranked {
  const out = rows(nodes, from, to);
  const into = rows(nodes, to, from);
  const rank = new Int32Array(nodes);
  const order = topological(nodes, out, into, rank);
  const loose = looseNodes(order, into, constant);
  for (let i = nodes - 1; i >= 0; i--) {
    const v = order[i];
    if (!loose[v]) continue;
    let nearest = Infinity;
    for (let k = out.offsets[v]; k < out.offsets[v + 1]; k++) nearest = Math.min(nearest, rank[out.items[k]]);
    if (nearest !== Infinity) rank[v] = Math.max(0, nearest - 1);
  }
  return { rank, order, out, in: into };
}

function topological(nodes: number, out: Rows, into: Rows, rank: Int32Array): Int32Array {
  const order = new Int32Array(nodes);
  const pending = new Int32Array(nodes);
  let tail = 0;
  for (let v = 0; v < nodes; v++) {
    pending[v] = into.offsets[v + 1] - into.offsets[v];
    if (pending[v] === 0) order[tail++] = v;
  }
  let earliest = 0;
  for (let head = 0; tail < nodes || head < tail; head++) {
    if (head === tail) {
      // A network has no cycle, but groups of its layers can read each other: the first one goes first.
      while (pending[earliest] <= 0) earliest++;
      pending[earliest] = 0;
      order[tail++] = earliest;
    }
    const v = order[head];
    for (let k = out.offsets[v]; k < out.offsets[v + 1]; k++) {
      const w = out.items[k];
      // Wires back to what has its place do not count.
      if (pending[w] <= 0) continue;
      if (rank[w] <= rank[v]) rank[w] = rank[v] + 1;
      if (--pending[w] === 0) order[tail++] = w;
    }
  }
  return order;
}

/** Constants, nodes without inputs, and nodes that read nothing else. */
function looseNodes(order: Int32Array, into: Rows, constant: Uint8Array): Uint8Array {
  const loose = new Uint8Array(order.length);
  for (const v of order) {
    let all = constant[v] === 1 || into.offsets[v] === into.offsets[v + 1];
    const derived = into.offsets[v] < into.offsets[v + 1];
    if (derived) {
      all = true;
      for (let k = into.offsets[v]; k < into.offsets[v + 1]; k++) {
        if (!constant[into.items[k]] && !loose[into.items[k]]) all = false;
        // What hangs on a real input is the network itself, not a constant.
        if (loose[into.items[k]] === 2) all = false;
      }
    }
    loose[v] = all ? (derived || constant[v] ? 1 : 2) : 0;
  }
  return loose;
}
