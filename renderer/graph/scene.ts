import type { GraphNode, GraphView } from '../../core/worker/contract.ts';
import { categoryOf } from './categories.ts';
import { layoutInput } from './layout-client.ts';
import { rankNodes } from './layout/ranks.ts';
import { rows, type Rows } from './layout/types.ts';
import { formatShape, shorten, wireLabel } from './text.ts';

/** Texts of a card, made once. */
export interface CardLabel {
  title: string;
  detail: string;
  /** The line below. */
  name: string;
  badge: string;
  /** A third line, of groups only. */
  shapes?: string;
}

/** A network layer by layer: what there is, how it is wired, what it is called. Where it is drawn is a {@link Drawing}'s. */
export class Scene {
  readonly nodes: readonly GraphNode[];
  readonly category: Uint8Array;
  readonly labels: readonly CardLabel[];
  /** Nodes from input to output: the order of the list. */
  readonly listOrder: Int32Array;
  /** Edges by producer and by reader. */
  readonly edgesOut: Rows;
  readonly edgesIn: Rows;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** By edge, the output of the producer that it carries. */
  readonly ports: Int32Array;
  /** By node, what its outgoing wires carry. */
  readonly wireLabels: readonly string[];
  private readonly indices: Map<string, number>;

  constructor(graph: GraphView) {
    const { nodes, edges } = graph;
    this.nodes = nodes;
    this.category = Uint8Array.from(nodes, categoryOf);
    this.labels = nodes.map(label);
    const input = layoutInput(graph);
    this.from = input.from;
    this.to = input.to;
    this.ports = Int32Array.from(edges, ({ port }) => port);
    const numbers = Int32Array.from(edges, (_, index) => index);
    this.edgesOut = rows(nodes.length, this.from, numbers);
    this.edgesIn = rows(nodes.length, this.to, numbers);
    const used: Set<number>[] = nodes.map(() => new Set());
    for (const { from, port } of edges) used[from].add(port);
    this.wireLabels = nodes.map((node, index) => wireLabel(node, used[index]));
    const { rank } = rankNodes(input);
    this.listOrder = Int32Array.from(nodes, (_, index) => index).sort((a, b) => rank[a] - rank[b] || a - b);
    this.indices = new Map(nodes.map((node, index) => [node.key, index]));
  }

  /** Index of a layer, -1 when there is none. */
  indexOf(key: string): number {
    return this.indices.get(key) ?? -1;
  }
}

function label(node: GraphNode): CardLabel {
  const shape = node.shapes[0];
  return {
    title: shorten(node.op, 22),
    detail: shorten(node.detail, 22),
    name: shorten(node.name),
    badge: shape ? shorten(formatShape(shape), 24) : '',
  };
}
