import type { Rows } from './layout/types.ts';

/** The connections of a graph, as a scene has them. */
export interface Connections {
  from: Int32Array;
  to: Int32Array;
  /** Edges by producer and by reader. */
  edgesOut: Rows;
  edgesIn: Rows;
}

/** A node with everything its data comes from and everything it flows into. */
export function pathThrough({ from, to, edgesOut, edgesIn }: Connections, node: number): Set<number> {
  const path = reach(node, edgesIn, from);
  for (const after of reach(node, edgesOut, to)) path.add(after);
  return path;
}

/** All nodes along the edges of one direction; a loop, which no sound file has, ends it like any other way. */
function reach(start: number, { offsets, items }: Rows, ends: Int32Array): Set<number> {
  const reached = new Set([start]);
  // A set that grows is iterated to its new end: it is its own queue.
  for (const node of reached)
    for (let k = offsets[node]; k < offsets[node + 1]; k++) reached.add(ends[items[k]]);
  return reached;
}
