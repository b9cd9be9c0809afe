import type { Visible } from './groups/visible.ts';
import type { Rows } from './layout/types.ts';

/** The connections of a graph, as a scene has them. */
export interface Connections {
  from: Int32Array;
  to: Int32Array;
  /** Edges by producer and by reader. */
  edgesOut: Rows;
  edgesIn: Rows;
}

/** All ways through some nodes. A wire past them is none of them, even if both its ends are on one. */
export interface Path {
  nodes: ReadonlySet<number>;
  edges: ReadonlySet<number>;
}

/** Nodes with everything their data comes from and everything it flows into. */
export function pathThrough({ from, to, edgesOut, edgesIn }: Connections, start: readonly number[]): Path {
  const nodes = new Set<number>();
  const edges = new Set<number>();
  for (const [rows, ends] of [
    [edgesIn, from],
    [edgesOut, to],
  ] as const)
    follow(start, rows, ends, (reached, wires) => {
      nodes.add(reached);
      for (const edge of wires) edges.add(edge);
    });
  return { nodes, edges };
}

/** The same in what is drawn, where one item can hide many nodes. */
export function drawnPath(path: Path, { itemOf, edgeOf }: Pick<Visible, 'itemOf' | 'edgeOf'>): Path {
  const edges = new Set<number>();
  for (const edge of path.edges) if (edgeOf[edge] >= 0) edges.add(edgeOf[edge]);
  return { nodes: itemsOf(path.nodes, itemOf), edges };
}

/** The items that nodes are or are hidden in. */
export function itemsOf(nodes: Iterable<number>, itemOf: Int32Array): Set<number> {
  const items = new Set<number>();
  for (const node of nodes) items.add(itemOf[node]);
  return items;
}

/** Visits all nodes along the edges of one direction; a loop, which no sound file has, ends it as well. */
function follow(
  start: readonly number[],
  { offsets, items }: Rows,
  ends: Int32Array,
  visit: (node: number, edges: Int32Array) => void,
): void {
  const reached = new Set(start);
  // A set that grows is iterated to its new end: it is its own queue.
  for (const node of reached) {
    const edges = items.subarray(offsets[node], offsets[node + 1]);
    visit(node, edges);
    for (const edge of edges) reached.add(ends[edge]);
  }
}
