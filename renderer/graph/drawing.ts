import { groupLabel, summarizeGroup } from './groups/summary.ts';
import { ancestors, type Hierarchy } from './groups/hierarchy.ts';
import type { Visible } from './groups/visible.ts';
import { FRAME_HEAD, type NestedLayout } from './layout/nested.ts';
import { NODE_HEIGHT, NODE_WIDTH, RANK_GAP, rows, type Rows } from './layout/types.ts';
import type { CardLabel, Scene } from './scene.ts';

/** A rectangle of the world. */
export interface Rect {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The frame around an open group. */
export interface Frame extends Rect {
  group: number;
  name: string;
  /** Frames around it. */
  depth: number;
}

/** What lies at a point. `toggle`: on the mark that opens or closes a group. */
export type Hit =
  { kind: 'node'; node: number } | { kind: 'group'; group: number; toggle: boolean } | undefined;

/** Height of a stripe of the index by place; a rank of nodes where there are no groups. */
const ROW = NODE_HEIGHT + RANK_GAP;
/** Size of the mark that opens or closes a group, from the left side and the top. */
const TOGGLE = { width: 26, height: 30 };

/**
 * A network that has been laid out, with some groups closed: what can be drawn, hit and walked. The only place that
 * knows where things are. An item is a layer or a closed group.
 */
export class Drawing {
  readonly scene: Scene;
  readonly hierarchy: Hierarchy | undefined;
  readonly visible: Visible;
  readonly layout: NestedLayout;
  readonly labels: readonly CardLabel[];
  readonly wireLabels: readonly string[];
  readonly frames: readonly Frame[];
  /** Items from top to bottom and left to right. */
  readonly order: Int32Array;
  /** Drawn wires by producer and by reader. */
  readonly edgesOut: Rows;
  readonly edgesIn: Rows;
  /** left, top, right, bottom of each wire. */
  readonly edgeBounds: Float32Array;
  private readonly byRow: Rows;

  constructor(scene: Scene, visible: Visible, layout: NestedLayout, hierarchy?: Hierarchy) {
    this.scene = scene;
    this.hierarchy = hierarchy;
    this.visible = visible;
    this.layout = layout;
    const { nodeOf, groupOf, from, to } = visible;
    const count = nodeOf.length;
    const made = Array.from(groupOf, (group) => (group < 0 ? undefined : this.describe(group)));
    this.labels = made.map((card, item) => card?.label ?? scene.labels[nodeOf[item]]);
    this.wireLabels = made.map((card, item) => card?.wire ?? scene.wireLabels[nodeOf[item]]);
    this.frames = visible.frames.map((group, index) => this.frame(group, index));
    const numbers = Int32Array.from(from, (_, index) => index);
    this.edgesOut = rows(count, from, numbers);
    this.edgesIn = rows(count, to, numbers);
    const { positions } = layout;
    this.order = Int32Array.from(nodeOf, (_, index) => index).sort(
      (a, b) =>
        rowOf(positions[2 * a + 1]) - rowOf(positions[2 * b + 1]) || positions[2 * a] - positions[2 * b],
    );
    this.byRow = rows(
      rowOf(layout.height) + 1,
      Array.from(this.order, (item) => rowOf(positions[2 * item + 1])),
      this.order,
    );
    this.edgeBounds = edgeBounds(layout);
  }

  /** Number of items. */
  get items(): number {
    return this.visible.nodeOf.length;
  }

  /** The rectangle of an item. */
  bounds(item: number): Rect {
    const { positions } = this.layout;
    const [left, top] = [positions[2 * item], positions[2 * item + 1]];
    return { left, top, right: left + NODE_WIDTH, bottom: top + this.visible.layout.height[item] };
  }

  /** The item that a layer is or is hidden in. */
  itemOf(node: number): number {
    return this.visible.itemOf[node];
  }

  /** The item of a closed group, -1 when it is open or hidden. */
  itemOfGroup(group: number): number {
    return this.visible.groupOf.indexOf(group);
  }

  /** Where a group is, open or closed; undefined when another one hides it. */
  groupBounds(group: number): Rect | undefined {
    const item = this.itemOfGroup(group);
    return item >= 0 ? this.bounds(item) : this.frames.find((frame) => frame.group === group);
  }

  /** The group directly around an item, -1 = none. */
  groupAround(item: number): number {
    const frame = this.visible.layout.parent[item];
    return frame < 0 ? -1 : this.visible.frames[frame];
  }

  /** Calls back for each item that touches the rectangle. */
  eachIn({ left, top, right, bottom }: Rect, visit: (item: number) => void): void {
    const { positions } = this.layout;
    const { offsets, items } = this.byRow;
    const first = Math.max(0, rowOf(top - ROW));
    const last = Math.min(offsets.length - 2, rowOf(bottom));
    for (let row = first; row <= last; row++) {
      for (let k = offsets[row]; k < offsets[row + 1]; k++) {
        const x = positions[2 * items[k]];
        if (x > right) break;
        if (x + NODE_WIDTH >= left) visit(items[k]);
      }
    }
  }

  /** What lies at a point: an item, or the head of a frame. */
  hit(x: number, y: number): Hit {
    let found = -1;
    this.eachIn({ left: x, right: x, top: y, bottom: y }, (item) => {
      const { top, bottom } = this.bounds(item);
      if (y >= top && y <= bottom) found = item;
    });
    if (found >= 0) {
      const [node, group] = [this.visible.nodeOf[found], this.visible.groupOf[found]];
      if (group < 0) return { kind: 'node', node };
      const { left, top } = this.bounds(found);
      return { kind: 'group', group, toggle: x < left + TOGGLE.width && y < top + TOGGLE.height };
    }
    const frame = this.frames.findLast(
      ({ left, top, right }) => x >= left && x <= right && y >= top && y <= top + FRAME_HEAD,
    );
    return frame && { kind: 'group', group: frame.group, toggle: x < frame.left + TOGGLE.width };
  }

  /** The item a key press leads to from another one; the same one where there is nothing. */
  neighbour(item: number, direction: 'up' | 'down' | 'left' | 'right'): number {
    if (direction === 'up') return this.nearest(item, this.edgesIn, this.visible.from);
    if (direction === 'down') return this.nearest(item, this.edgesOut, this.visible.to);
    const { offsets, items } = this.byRow;
    const row = rowOf(this.layout.positions[2 * item + 1]);
    const at = items.indexOf(item, offsets[row]) + (direction === 'left' ? -1 : 1);
    return at >= offsets[row] && at < offsets[row + 1] ? items[at] : item;
  }

  /** Of the items at the other ends, the one most straight ahead; constants only when nothing else is. */
  private nearest(item: number, edges: Rows, ends: Int32Array): number {
    const { positions } = this.layout;
    let best = item;
    let least = Infinity;
    for (let k = edges.offsets[item]; k < edges.offsets[item + 1]; k++) {
      const end = ends[edges.items[k]];
      const constant = this.visible.layout.constant[end] * 1e9;
      const distance =
        Math.abs(positions[2 * end] - positions[2 * item]) +
        Math.abs(positions[2 * end + 1] - positions[2 * item + 1]) * 120 +
        constant;
      if (distance < least) {
        least = distance;
        best = end;
      }
    }
    return best;
  }

  private describe(group: number): { label: CardLabel; wire: string } | undefined {
    if (!this.hierarchy) return undefined;
    const summary = summarizeGroup(this.scene, this.hierarchy, group);
    const [wire, ...more] = summary.outputs;
    return {
      label: groupLabel(this.hierarchy.groups[group].name, summary),
      wire: wire === undefined ? '' : more.length === 0 ? wire : `${wire} +${more.length}`,
    };
  }

  private frame(group: number, index: number): Frame {
    const [left, top, right, bottom] = this.layout.frames.subarray(index * 4, index * 4 + 4);
    const around = this.hierarchy ? ancestors(this.hierarchy, group).length - 1 : 0;
    return { group, name: this.hierarchy?.groups[group].name ?? '', depth: around, left, top, right, bottom };
  }
}

const rowOf = (y: number): number => Math.floor(y / ROW);

function edgeBounds({ offsets, points }: NestedLayout): Float32Array {
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
