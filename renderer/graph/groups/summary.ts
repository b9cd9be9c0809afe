import type { DimensionView } from '../../../core/worker/contract.ts';
import type { CardLabel, Scene } from '../scene.ts';
import { cut, formatCount, formatShape, shorten } from '../text.ts';
import { membersOf, type Hierarchy } from './hierarchy.ts';

/** What is in a group, and what flows through it. */
export interface GroupSummary {
  layers: number;
  /** Ops by number of uses, most used first. */
  ops: { op: string; count: number }[];
  /** Shapes of what comes in from outside and of what is read outside, each once. */
  inputs: string[];
  outputs: string[];
}

type Wired = Pick<Scene, 'nodes' | 'from' | 'to' | 'ports' | 'edgesIn' | 'edgesOut'>;

/** Looks at all layers of a group. */
export function summarizeGroup(scene: Wired, hierarchy: Hierarchy, group: number): GroupSummary {
  const members = membersOf(hierarchy, group);
  const inside = new Set(members);
  const counts = new Map<string, number>();
  const inputs = new Set<string>();
  const outputs = new Set<string>();
  for (const node of members) {
    const { op, role } = scene.nodes[node];
    if (role === 'layer') counts.set(op, (counts.get(op) ?? 0) + 1);
    eachEdge(scene.edgesIn, node, (edge) => {
      if (!inside.has(scene.from[edge])) add(inputs, shapeOf(scene, edge));
    });
    eachEdge(scene.edgesOut, node, (edge) => {
      if (!inside.has(scene.to[edge])) add(outputs, shapeOf(scene, edge));
    });
  }
  const ops = [...counts].map(([op, count]) => ({ op, count }));
  ops.sort((a, b) => b.count - a.count || a.op.localeCompare(b.op));
  return { layers: members.length, ops, inputs: [...inputs], outputs: [...outputs] };
}

/** A closed group as a card: name and number, the ops that dominate, what goes in and out. */
export function groupLabel(name: string, { layers, ops, inputs, outputs }: GroupSummary): CardLabel {
  const some = ops.slice(0, 3).map(({ op, count }) => (count === 1 ? op : `${formatCount(count)} ${op}`));
  const ends = [inputs, outputs].map(shapesText).filter((text) => text !== '');
  return {
    title: shorten(name, 24),
    detail: '',
    name: cut(some.join(', ') + (ops.length > 3 ? ', …' : ''), 38),
    badge: '',
    shapes: [`${formatCount(layers)} layers`, ends.join(' → ')].filter((text) => text !== '').join(' · '),
  };
}

function shapesText([first, ...more]: readonly string[]): string {
  if (first === undefined) return '';
  return more.length === 0 ? shorten(first, 16) : `${shorten(first, 16)} +${more.length}`;
}

function shapeOf({ nodes, from, ports }: Wired, edge: number): readonly DimensionView[] | null | undefined {
  return nodes[from[edge]].shapes[ports[edge]];
}

function add(shapes: Set<string>, shape: readonly DimensionView[] | null | undefined): void {
  if (shape) shapes.add(formatShape(shape));
}

function eachEdge({ offsets, items }: Scene['edgesIn'], node: number, visit: (edge: number) => void): void {
  for (let k = offsets[node]; k < offsets[node + 1]; k++) visit(items[k]);
}
