import type { GraphNode, GraphView } from '../../core/worker/contract.ts';
import { categoryOf } from './categories.ts';
import { NODE_HEIGHT, NODE_WIDTH, rows, type Layout, type Rows } from './layout/types.ts';
import { RANK_STEP } from './layout/route.ts';
import { formatShape, shorten, wireLabel } from './text.ts';

/** A rectangle of the world. */
export interface Rect {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Texts of a node, made once. */
export interface NodeLabel {
  op: string;
  detail: string;
  name: string;
  badge: string;
}

/** A graph that has been laid out: what can be drawn, hit, walked. The only place that knows where things are. */
export class Scene {
  readonly nodes: readonly GraphNode[];
  readonly layout: Layout;
  readonly category: Uint8Array;
  readonly labels: readonly NodeLabel[];
  /** Nodes from top to bottom and left to right: the order of the list. */
  readonly listOrder: Int32Array;
  /** Edges by producer and by reader. */
  readonly edgesOut: Rows;
  readonly edgesIn: Rows;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** left, top, right, bottom of each edge. */
  readonly edgeBounds: Float32Array;
  /** By node, what its outgoing wires carry. */
  readonly wireLabels: readonly string[];
  private readonly byRank: Rows;
  private readonly indices: Map<string, number>;

  constructor({ nodes, edges }: GraphView, layout: Layout) {
    this.nodes = nodes;
    this.layout = layout;
    this.category = Uint8Array.from(nodes, categoryOf);
    this.labels = nodes.map(label);
    this.from = Int32Array.from(edges, (edge) => edge.from);
    this.to = Int32Array.from(edges, (edge) => edge.to);
    const numbers = Int32Array.from(edges, (_, index) => index);
    this.edgesOut = rows(nodes.length, this.from, numbers);
    this.edgesIn = rows(nodes.length, this.to, numbers);
    const used: Set<number>[] = nodes.map(() => new Set());
    for (const { from, port } of edges) used[from].add(port);
    this.wireLabels = nodes.map((node, index) => wireLabel(node, used[index]));
    const { positions, rank } = layout;
    this.listOrder = Int32Array.from(nodes, (_, index) => index).sort(
      (a, b) => rank[a] - rank[b] || positions[2 * a] - positions[2 * b],
    );
    const ranks = Math.round(layout.height / RANK_STEP) + 1;
    this.byRank = rows(
      ranks,
      Array.from(this.listOrder, (v) => rank[v]),
      this.listOrder,
    );
    this.indices = new Map(nodes.map((node, index) => [node.key, index]));
    this.edgeBounds = edgeBounds(layout);
  }

  /** Index of a layer, -1 when there is none. */
  indexOf(key: string): number {
    return this.indices.get(key) ?? -1;
  }

  /** The rectangle of a node. */
  bounds(index: number): Rect {
    const left = this.layout.positions[2 * index];
    const top = this.layout.positions[2 * index + 1];
    return { left, top, right: left + NODE_WIDTH, bottom: top + NODE_HEIGHT };
  }

  /** Calls back for each node that touches the rectangle. */
  eachIn({ left, top, right, bottom }: Rect, visit: (index: number) => void): void {
    const { positions } = this.layout;
    const { offsets, items } = this.byRank;
    const first = Math.max(0, Math.floor((top - NODE_HEIGHT) / RANK_STEP));
    const last = Math.min(offsets.length - 2, Math.ceil(bottom / RANK_STEP));
    for (let r = first; r <= last; r++) {
      for (let k = offsets[r]; k < offsets[r + 1]; k++) {
        const x = positions[2 * items[k]];
        if (x > right) break;
        if (x + NODE_WIDTH >= left) visit(items[k]);
      }
    }
  }

  /** The node at a point, -1 = none. */
  hit(x: number, y: number): number {
    let found = -1;
    this.eachIn({ left: x, right: x, top: y, bottom: y }, (index) => {
      const { top, bottom } = this.bounds(index);
      if (y >= top && y <= bottom) found = index;
    });
    return found;
  }

  /** The node a key press leads to from another one; the same one where there is nothing. */
  neighbour(index: number, direction: 'up' | 'down' | 'left' | 'right'): number {
    if (direction === 'up') return this.nearest(index, this.edgesIn, this.from);
    if (direction === 'down') return this.nearest(index, this.edgesOut, this.to);
    const { offsets, items } = this.byRank;
    const rank = this.layout.rank[index];
    const at = items.indexOf(index, offsets[rank]) + (direction === 'left' ? -1 : 1);
    return at >= offsets[rank] && at < offsets[rank + 1] ? items[at] : index;
  }

  /** Of the nodes at the other ends, the one most straight ahead; constants only when nothing else is. */
  private nearest(index: number, edges: Rows, ends: Int32Array): number {
    const { positions, rank } = this.layout;
    let best = index;
    let least = Infinity;
    for (let k = edges.offsets[index]; k < edges.offsets[index + 1]; k++) {
      const end = ends[edges.items[k]];
      const constant = this.nodes[end].role === 'constant' ? 1e9 : 0;
      const distance =
        Math.abs(positions[2 * end] - positions[2 * index]) +
        Math.abs(rank[end] - rank[index]) * 1e4 +
        constant;
      if (distance < least) {
        least = distance;
        best = end;
      }
    }
    return best;
  }
}

function label(node: GraphNode): NodeLabel {
  const shape = node.shapes[0];
  return {
    op: shorten(node.op, 22),
    detail: shorten(node.detail, 22),
    name: shorten(node.name),
    badge: shape ? shorten(formatShape(shape), 24) : '',
  };
}

function edgeBounds({ offsets, points }: Layout): Float32Array {
  const bounds = new Float32Array((offsets.length - 1) * 4);
  for (let e = 0; e + 1 < offsets.length; e++) {
    let left = Infinity;
    let top = Infinity;
    let right = -Infinity;
    let bottom = -Infinity;
    for (let i = offsets[e]; i < offsets[e + 1]; i += 2) {
      left = Math.min(left, points[i]);
      right = Math.max(right, points[i]);
      top = Math.min(top, points[i + 1]);
      bottom = Math.max(bottom, points[i + 1]);
    }
    bounds[e * 4] = left;
    bounds[e * 4 + 1] = top;
    bounds[e * 4 + 2] = right;
    bounds[e * 4 + 3] = bottom;
  }
  return bounds;
}
