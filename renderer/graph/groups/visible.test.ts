import { describe, expect, it } from 'vitest';
import type { GraphNode, GraphView } from '../../../core/worker/contract.ts';
import { itemColours, rampColouring } from '../colouring.ts';
import { Drawing } from '../drawing.ts';
import { layoutNested, type NestedLayout } from '../layout/nested.ts';
import { NODE_WIDTH } from '../layout/types.ts';
import { drawnPath, pathThrough } from '../path.ts';
import { Scene } from '../scene.ts';
import { buildHierarchy } from './hierarchy.ts';
import { visibleGraph } from './visible.ts';

const node = (name: string): GraphNode => ({
  key: name,
  name,
  op: name.slice(name.lastIndexOf('/') + 1),
  detail: '',
  shapes: [[1, name.length]],
  parameters: null,
  macs: null,
  role: name === 'in' ? 'input' : 'layer',
});

/** in → a/x → a/y → b/c/p → b/c/q → b/sum → out, with a/x → b/sum past everything. */
const NAMES = ['in', 'a/x', 'a/y', 'b/c/p', 'b/c/q', 'b/sum', 'out'];
const WIRES = [
  [0, 1],
  [1, 2],
  [2, 3],
  [3, 4],
  [4, 5],
  [1, 5],
  [5, 6],
] as const;

function draw(
  open: readonly string[],
  names = NAMES,
  wires: readonly (readonly [number, number])[] = WIRES,
): Drawing {
  const view: GraphView = {
    nodes: names.map(node),
    edges: wires.map(([from, to]) => ({ from, to, port: 0, input: 0 })),
  };
  const scene = new Scene(view);
  const hierarchy = buildHierarchy(scene.nodes, scene.listOrder);
  if (!hierarchy) throw new Error('no groups');
  const groups = new Set(hierarchy.groups.flatMap(({ path }, index) => (open.includes(path) ? [index] : [])));
  const visible = visibleGraph(scene, hierarchy, groups);
  return new Drawing(scene, visible, layoutNested(visible.layout), hierarchy);
}

const titles = (drawing: Drawing): string[] =>
  Array.from(drawing.order, (item) => drawing.labels[item].title);
/** Drawn wires as pairs of titles. */
const wiresOf = ({ visible, labels }: Drawing): string[] =>
  Array.from(
    visible.from,
    (from, wire) => `${labels[from].title}>${labels[visible.to[wire]].title}`,
  ).toSorted();

function pointsOf({ points, offsets }: NestedLayout, wire: number): [number, number][] {
  const found: [number, number][] = [];
  for (let i = offsets[wire]; i < offsets[wire + 1]; i += 2) found.push([points[i], points[i + 1]]);
  return found;
}

/** Every wire runs from below its producer to above its reader; nothing overlaps; frames hold what is in them. */
function expectSound(drawing: Drawing): void {
  const { visible, layout, frames } = drawing;
  visible.from.forEach((from, wire) => {
    const points = pointsOf(layout, wire);
    const [a, b] = [drawing.bounds(from), drawing.bounds(visible.to[wire])];
    expect(points.at(0)).toEqual([a.left + NODE_WIDTH / 2, a.bottom]);
    expect(points.at(-1)).toEqual([b.left + NODE_WIDTH / 2, b.top]);
  });
  for (let item = 0; item < drawing.items; item++) {
    const box = drawing.bounds(item);
    for (let other = 0; other < item; other++) {
      const { left, top, right, bottom } = drawing.bounds(other);
      expect(box.left >= right || box.right <= left || box.top >= bottom || box.bottom <= top).toBe(true);
    }
    for (const [index, { left, top, right, bottom }] of frames.entries()) {
      const inside = isInside(drawing, item, index);
      const overlaps = box.left < right && box.right > left && box.top < bottom && box.bottom > top;
      expect(overlaps).toBe(inside);
      if (inside)
        expect(box.left >= left && box.right <= right && box.top >= top && box.bottom <= bottom).toBe(true);
    }
  }
}

function isInside({ visible: { layout } }: Drawing, item: number, frame: number): boolean {
  for (let at = layout.parent[item]; at >= 0; at = layout.frameParent[at]) if (at === frame) return true;
  return false;
}

describe('a drawing with groups', () => {
  it('shows closed groups as one item, with one wire for all between two items', () => {
    const drawing = draw([]);
    expect(titles(drawing)).toEqual(['in', 'a', 'b', 'out']);
    expect(wiresOf(drawing)).toEqual(['a>b', 'b>out', 'in>a']);
    expect(drawing.labels[drawing.itemOf(3)]).toMatchObject({
      name: 'p, q, sum',
      shapes: '3 layers · 1×3 → 1×5',
    });
    expectSound(drawing);
  });

  it('opens groups inside of groups', () => {
    const drawing = draw(['b', 'b/c']);
    expect(titles(drawing)).toEqual(['in', 'a', 'p', 'q', 'sum', 'out']);
    expect(wiresOf(drawing)).toEqual(['a>p', 'a>sum', 'in>a', 'p>q', 'q>sum', 'sum>out']);
    expect(drawing.frames.map(({ name, depth }) => [name, depth])).toEqual([
      ['b', 0],
      ['c', 1],
    ]);
    expectSound(drawing);
    expectSound(draw(['a', 'b', 'b/c']));
    // What is open in a closed group does not count.
    expect(titles(draw(['b/c']))).toEqual(['in', 'a', 'b', 'out']);
  });

  it('is hit on cards, marks and the heads of frames', () => {
    const drawing = draw(['b']);
    const [frame] = drawing.frames;
    const a = drawing.bounds(drawing.itemOf(1));
    expect(drawing.hit(a.left + 10, a.top + 10)).toEqual({ kind: 'group', group: 0, toggle: true });
    expect(drawing.hit(a.left + 100, a.top + 40)).toEqual({ kind: 'group', group: 0, toggle: false });
    expect(drawing.hit(frame.left + 5, frame.top + 5)).toEqual({
      kind: 'group',
      group: frame.group,
      toggle: true,
    });
    const sum = drawing.bounds(drawing.itemOf(5));
    expect(drawing.hit(sum.left + 1, sum.bottom - 1)).toEqual({ kind: 'node', node: 5 });
    expect(drawing.hit(frame.left + 3, frame.bottom - 3)).toBeUndefined();
    expect(drawing.groupBounds(frame.group)).toMatchObject({ top: frame.top });
  });

  it('walks from item to item', () => {
    const drawing = draw(['b']);
    const sum = drawing.itemOf(5);
    expect(drawing.labels[drawing.neighbour(drawing.itemOf(1), 'down')].title).toBe('c');
    expect(drawing.labels[drawing.neighbour(sum, 'up')].title).toBe('c');
    expect(drawing.neighbour(sum, 'left')).toBe(sum);
  });

  it('shows paths through what is closed', () => {
    const drawing = draw([]);
    const path = drawnPath(pathThrough(drawing.scene, [4]), drawing.visible);
    expect([...path.nodes].map((item) => drawing.labels[item].title).toSorted()).toEqual([
      'a',
      'b',
      'in',
      'out',
    ]);
    expect(path.edges.size).toBe(3);
  });

  it('colours a group by the worst in it', () => {
    const drawing = draw(['b']);
    const ramp = rampColouring({
      title: 'dB',
      values: [null, 50, 12, 30, 45, null, null],
      limits: [40, 20],
      spell: (value) => `${value} dB`,
    });
    const { classOf, badges } = itemColours(ramp, drawing);
    const colour = (of: number): [number, string | undefined] => [
      classOf[drawing.itemOf(of)],
      badges?.[drawing.itemOf(of)],
    ];
    expect(colour(1)).toEqual([3, '12 dB']);
    expect(colour(3)).toEqual([2, '30 dB']);
    expect(colour(5)).toEqual([0, '']);
  });

  it('draws groups that read each other, the first one first', () => {
    const drawing = draw(
      [],
      ['in', 'a/x', 'b/x', 'a/y', 'b/y', 'out'],
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 4],
        [4, 5],
      ],
    );
    expect(titles(drawing)).toEqual(['in', 'a', 'b', 'out']);
    expect(wiresOf(drawing)).toEqual(['a>b', 'b>a', 'b>out', 'in>a']);
    expectSound(drawing);
  });

  it('draws a large network with all groups open', () => {
    const names = ['in', ...Array.from({ length: 3000 }, (_, i) => `s${i % 7}/b${i >> 3}/op${i}`)];
    const wires = names.slice(1).map((_, i) => [i, i + 1] as const);
    const closed = draw([], names, wires);
    expect(closed.items).toBeLessThan(10);
    const all = closed.hierarchy?.groups.map(({ path }) => path) ?? [];
    const open = draw(all, names, wires);
    expect(open.items).toBe(3001);
    expect(open.layout.points.every(Number.isFinite)).toBe(true);
  });
});
