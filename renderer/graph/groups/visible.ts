import type { NestedInput } from '../layout/nested.ts';
import { GROUP_HEIGHT, NODE_HEIGHT } from '../layout/types.ts';
import type { Group, Hierarchy } from './hierarchy.ts';

/** What of a network is drawn: layers and closed groups, and frames around what open groups hold. */
export interface Visible {
  /** By item: the layer it is, -1 = a group; the closed group it is, -1 = a layer. */
  nodeOf: Int32Array;
  groupOf: Int32Array;
  /** By layer: the item that it is or that hides it. */
  itemOf: Int32Array;
  /** Open groups, outer ones first. */
  frames: readonly number[];
  /** By drawn wire: its items. */
  from: Int32Array;
  to: Int32Array;
  /** By wire of the network: the drawn one, -1 = inside of a closed group. */
  edgeOf: Int32Array;
  layout: NestedInput;
}

/** The network as it is needed here. */
interface Wired {
  nodes: readonly { role: string }[];
  from: Int32Array;
  to: Int32Array;
}

/** The network layer by layer. */
export function allVisible({ nodes, from, to }: Wired): Visible {
  const same = Int32Array.from(nodes, (_, index) => index);
  return {
    nodeOf: same,
    groupOf: new Int32Array(nodes.length).fill(-1),
    itemOf: same,
    frames: [],
    from,
    to,
    edgeOf: Int32Array.from(from, (_, index) => index),
    layout: {
      parent: new Int32Array(nodes.length).fill(-1),
      frameParent: new Int32Array(0),
      frameAt: new Int32Array(0),
      height: new Float64Array(nodes.length).fill(NODE_HEIGHT),
      constant: constants(nodes),
      from,
      to,
    },
  };
}

/** The network with these groups open and all others closed. Groups inside of closed ones do not count. */
export function visibleGraph(wired: Wired, hierarchy: Hierarchy, open: ReadonlySet<number>): Visible {
  const { nodes } = wired;
  const { groups, top } = hierarchy;
  const items: { node: number; group: number; parent: number }[] = [];
  const frames: number[] = [];
  const frameParent: number[] = [];
  const frameAt: number[] = [];
  const itemOf = new Int32Array(nodes.length);
  const waiting = [{ inside: top, frame: -1 }];
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    const { inside, frame } = place;
    for (const { node, group } of inOrder(inside, hierarchy)) {
      if (open.has(group)) {
        waiting.push({ inside: groups[group], frame: frames.length });
        frameParent.push(frame);
        frameAt.push(items.length);
        frames.push(group);
      } else {
        if (group < 0) itemOf[node] = items.length;
        else hide(hierarchy, group, items.length, itemOf);
        items.push({ node, group, parent: frame });
      }
    }
  }
  const wires = joinedWires(wired, itemOf, items.length);
  return {
    nodeOf: Int32Array.from(items, ({ node }) => node),
    groupOf: Int32Array.from(items, ({ group }) => group),
    itemOf,
    frames,
    ...wires,
    layout: {
      parent: Int32Array.from(items, ({ parent }) => parent),
      frameParent: Int32Array.from(frameParent),
      frameAt: Int32Array.from(frameAt),
      height: Float64Array.from(items, ({ node }) => (node < 0 ? GROUP_HEIGHT : NODE_HEIGHT)),
      constant: Uint8Array.from(items, ({ node }) => Number(node >= 0 && nodes[node].role === 'constant')),
      from: wires.from,
      to: wires.to,
    },
  };
}

/** Layers and groups as they come in the network: where they read each other in a circle, the first is drawn first. */
function inOrder(
  inside: Pick<Group, 'groups' | 'nodes'>,
  { groups, place }: Hierarchy,
): { node: number; group: number; at: number }[] {
  return [
    ...inside.nodes.map((node) => ({ node, group: -1, at: place[node] })),
    ...inside.groups.map((group) => ({ node: -1, group, at: groups[group].first })),
  ].sort((a, b) => a.at - b.at);
}

const constants = (nodes: Wired['nodes']): Uint8Array =>
  Uint8Array.from(nodes, ({ role }) => Number(role === 'constant'));

/** Notes for all layers in a group which item hides them. */
function hide({ groups }: Hierarchy, group: number, item: number, itemOf: Int32Array): void {
  const waiting = [group];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const node of groups[at].nodes) itemOf[node] = item;
    waiting.push(...groups[at].groups);
  }
}

/** One wire for all that run between the same two items. */
function joinedWires(
  { from, to }: Wired,
  itemOf: Int32Array,
  items: number,
): Pick<Visible, 'from' | 'to' | 'edgeOf'> {
  const edgeOf = new Int32Array(from.length).fill(-1);
  const known = new Map<number, number>();
  const joined: { from: number[]; to: number[] } = { from: [], to: [] };
  for (let edge = 0; edge < from.length; edge++) {
    const [a, b] = [itemOf[from[edge]], itemOf[to[edge]]];
    if (a === b) continue;
    const pair = a * items + b;
    let wire = known.get(pair);
    if (wire === undefined) {
      wire = joined.from.length;
      known.set(pair, wire);
      joined.from.push(a);
      joined.to.push(b);
    }
    edgeOf[edge] = wire;
  }
  return { from: Int32Array.from(joined.from), to: Int32Array.from(joined.to), edgeOf };
}
