import type { Rows } from './layout/types.ts';

/** The connections of a graph, as a scene has them. */
export interface Connections {
  from: Int32Array;
  to: Int32Array;
  /** Edges by producer and by reader. */
  edgesOut: Rows;
  edgesIn: Rows;
}

/** All ways through one node. A wire past the node is none of them, even if both its ends are on one. */
export interface Path {
  nodes: ReadonlySet<number>;
  edges: ReadonlySet<number>;
}

/** A node with everything its data comes from and everything it flows into. */
export function pathThrough({ from, to, edgesOut, edgesIn }: Connections, node: number): Path {
  const nodes = new Set<number>();
  const edges = new Set<number>();
  for (const [rows, ends] of [
    [edgesIn, from],
    [edgesOut, to],
  ] as const)
    follow(node, rows, ends, (reached, wires) => {
      nodes.add(reached);
      for (const edge of wires) edges.add(edge);
    });
  return { nodes, edges };
}

/** Visits all nodes along the edges of one direction; a loop, which no sound file has, ends it as well. */
function follow(
  start: number,
  { offsets, items }: Rows,
  ends: Int32Array,
  visit: (node: number, edges: Int32Array) => void,
): void {
  const reached = new Set([start]);
  // A set that grows is iterated to its new end: it is its own queue.
  for (const node of reached) {
    const edges = items.subarray(offsets[node], offsets[node + 1]);
    visit(node, edges);
    for (const edge of edges) reached.add(ends[edge]);
  }
}
