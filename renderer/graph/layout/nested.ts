import { layoutGraph } from './layout.ts';
import { NODE_HEIGHT, NODE_WIDTH, type Boxes, type Layout } from './types.ts';

/** Room between a frame and what is in it; its name stands above. */
const SIDE = 14;
const BELOW = 10;
export const FRAME_HEAD = 26;

/** Items and the frames they are in, as the layout needs them. */
export interface NestedInput {
  /** By item and by frame: the frame around it, -1 = none. Outer frames come before inner ones. */
  parent: Int32Array;
  frameParent: Int32Array;
  /** By frame: the item behind it in the order of its level. */
  frameAt: Int32Array;
  /** By item; all are {@link NODE_WIDTH} wide. */
  height: Float64Array;
  /** By item: 1 = a constant, to be kept next to its reader. */
  constant: Uint8Array;
  from: Int32Array;
  to: Int32Array;
}

/** Where everything is, in world units; see {@link Layout}. */
export interface NestedLayout extends Omit<Layout, 'rank'> {
  /** Left, top, right, bottom of each frame. */
  frames: Float32Array;
}

/**
 * Lays out each frame for itself, the inner ones first, and the outermost level around them. A wire that crosses
 * frames is put together from its pieces: it leaves and enters a frame at one point, which all wires share.
 */
export function layoutNested(input: NestedInput): NestedLayout {
  if (input.frameParent.length === 0) return layoutFlat(input);
  const levels = new Nesting(input);
  for (let frame = input.frameParent.length - 1; frame >= -1; frame--) levels.layOut(frame);
  return levels.composed();
}

/** Without frames nothing has to be put together, and double wires stay two. */
function layoutFlat({ height, constant, from, to }: NestedInput): NestedLayout {
  const nodes = height.length;
  const even = height.every((tall) => tall === NODE_HEIGHT);
  const half = new Float64Array(nodes).fill(NODE_WIDTH / 2);
  const boxes = even ? {} : { boxes: { west: half, east: half, height } };
  const { rank: _, ...layout } = layoutGraph({ nodes, from, to, constant, ...boxes });
  return { ...layout, frames: new Float32Array(0) };
}

/** Items and frames (`items + frame`) in the order that decides where circles of wires are cut. */
function inOrder({ parent, frameAt }: NestedInput): number[] {
  const at = [...parent.keys(), ...Array.from(frameAt, (item) => item - 0.5)];
  return [...at.keys()].sort((a, b) => at[a] - at[b]);
}

/** One frame, or (-1) what is in none. */
interface Level {
  /** Items, and frames as `items + frame`. */
  members: number[];
  from: number[];
  to: number[];
  /** Edge by its ends, to join equal ones. */
  known: Map<number, number>;
  layout: Layout | undefined;
}

/** Where wires enter and leave a frame: two vertices without size, numbered behind the members. */
const entryOf = ({ members }: Level): number => members.length;
const exitOf = ({ members }: Level): number => members.length + 1;

class Nesting {
  private readonly input: NestedInput;
  private readonly items: number;
  private readonly levels: Level[];
  private readonly depth: number[];
  /** By box (item, or `items + frame`): its number in its level. */
  private readonly local: Int32Array;
  private readonly boxes: { west: number; east: number; height: number }[];
  /** By edge: frame and edge in that frame's level, from producer to reader. */
  private readonly pieces: { frame: number; edge: number }[][];

  constructor(input: NestedInput) {
    this.input = input;
    this.items = input.parent.length;
    const frames = input.frameParent.length;
    this.levels = Array.from({ length: frames + 1 }, () => ({
      members: [],
      from: [],
      to: [],
      known: new Map(),
      layout: undefined,
    }));
    this.local = new Int32Array(this.items + frames);
    for (const box of inOrder(input)) {
      const { members } = this.level(this.frameOf(box));
      this.local[box] = members.length;
      members.push(box);
    }
    this.depth = [];
    for (let frame = 0; frame < frames; frame++) this.depth.push(1 + this.depthOf(input.frameParent[frame]));
    const half = NODE_WIDTH / 2;
    this.boxes = Array.from(input.height, (height) => ({ west: half, east: half, height }));
    this.pieces = Array.from(input.from, (_, edge) => this.split(input.from[edge], input.to[edge]));
  }

  private level(frame: number): Level {
    return this.levels[frame + 1];
  }

  private frameOf(box: number): number {
    return box < this.items ? this.input.parent[box] : this.input.frameParent[box - this.items];
  }

  private depthOf(frame: number): number {
    return frame < 0 ? 0 : this.depth[frame];
  }

  /** Cuts an edge where it crosses frames. */
  private split(from: number, to: number): { frame: number; edge: number }[] {
    const [out, into]: [{ frame: number; edge: number }[], { frame: number; edge: number }[]] = [[], []];
    let [a, b] = [from, to];
    for (;;) {
      const [mine, other] = [this.frameOf(a), this.frameOf(b)];
      if (mine === other) {
        out.push({ frame: mine, edge: this.edge(mine, this.local[a], this.local[b]) });
        return [...out, ...into.reverse()];
      }
      if (this.depthOf(mine) >= this.depthOf(other)) {
        out.push({ frame: mine, edge: this.edge(mine, this.local[a], exitOf(this.level(mine))) });
        a = this.items + mine;
      } else {
        into.push({ frame: other, edge: this.edge(other, entryOf(this.level(other)), this.local[b]) });
        b = this.items + other;
      }
    }
  }

  private edge(frame: number, from: number, to: number): number {
    const level = this.level(frame);
    const pair = from * (level.members.length + 2) + to;
    const known = level.known.get(pair);
    if (known !== undefined) return known;
    level.known.set(pair, level.from.length);
    level.from.push(from);
    level.to.push(to);
    return level.from.length - 1;
  }

  /** Needs the frames inside to be laid out; gives the box of the frame itself. */
  layOut(frame: number): void {
    const level = this.level(frame);
    const { members } = level;
    const nodes = frame < 0 ? members.length : members.length + 2;
    const { from, to } = frame < 0 ? level : this.withPorts(level);
    const boxes: Boxes = {
      west: new Float64Array(nodes),
      east: new Float64Array(nodes),
      height: new Float64Array(nodes),
    };
    const constant = new Uint8Array(nodes);
    for (const [index, member] of members.entries()) {
      const { west, east, height } = this.boxes[member];
      boxes.west[index] = west;
      boxes.east[index] = east;
      boxes.height[index] = height;
      constant[index] = member < this.items ? this.input.constant[member] : 0;
    }
    const [above, below] = [Int32Array.from(from), Int32Array.from(to)];
    const layout = layoutGraph({ nodes, from: above, to: below, constant, boxes });
    level.layout = layout;
    if (frame < 0) return;
    const { positions, width, height } = layout;
    const anchor = positions[2 * exitOf(level)];
    this.boxes[this.items + frame] = {
      west: anchor + SIDE,
      east: width - anchor + SIDE,
      height: FRAME_HEAD + height + BELOW,
    };
  }

  /** The edges of a level, with more that keep the ports above and below everything else. */
  private withPorts(level: Level): { from: number[]; to: number[] } {
    const [from, to] = [[...level.from], [...level.to]];
    const [read, reads] = [new Set(from), new Set(to)];
    for (const [v, member] of level.members.entries()) {
      if (!reads.has(v) && this.input.constant[member] !== 1) {
        from.push(entryOf(level));
        to.push(v);
      }
      if (!read.has(v)) {
        from.push(v);
        to.push(exitOf(level));
      }
    }
    return { from, to };
  }

  /** Everything in the coordinates of the whole. */
  composed(): NestedLayout {
    const places = this.places();
    const { items } = this;
    const frames = new Float32Array(this.depth.length * 4);
    for (let frame = 0; frame < this.depth.length; frame++) {
      const { west, east, height } = this.boxes[items + frame];
      const [x, y] = [places[2 * (items + frame)], places[2 * (items + frame) + 1]];
      frames.set([x, y, x + west + east, y + height], frame * 4);
    }
    const outermost = this.level(-1).layout;
    return {
      positions: Float32Array.from(places.subarray(0, 2 * items)),
      frames,
      ...this.wires(places),
      width: outermost?.width ?? 0,
      height: outermost?.height ?? 0,
    };
  }

  /** Left and top of every box. */
  private places(): Float64Array {
    const places = new Float64Array(2 * (this.items + this.depth.length));
    for (let frame = -1; frame < this.depth.length; frame++) {
      const { members, layout } = this.level(frame);
      const [x, y] = this.origin(frame, places);
      for (const [index, member] of members.entries()) {
        places[2 * member] = x + (layout?.positions[2 * index] ?? 0);
        places[2 * member + 1] = y + (layout?.positions[2 * index + 1] ?? 0);
      }
    }
    return places;
  }

  /** Where a frame's content begins. */
  private origin(frame: number, places: Float64Array): [x: number, y: number] {
    if (frame < 0) return [0, 0];
    const box = this.items + frame;
    return [places[2 * box] + SIDE, places[2 * box + 1] + FRAME_HEAD];
  }

  private wires(places: Float64Array): Pick<Layout, 'offsets' | 'points' | 'lifted'> {
    const points: number[] = [];
    const lifted: number[] = [];
    const offsets = new Int32Array(this.pieces.length + 1);
    for (const [edge, pieces] of this.pieces.entries()) {
      for (const piece of pieces) {
        const { layout } = this.level(piece.frame);
        const [x, y] = this.origin(piece.frame, places);
        if (!layout) continue;
        for (let i = layout.offsets[piece.edge]; i < layout.offsets[piece.edge + 1]; i += 2) {
          points.push(x + layout.points[i], y + layout.points[i + 1]);
          lifted.push(layout.lifted[i / 2]);
        }
      }
      offsets[edge + 1] = points.length;
    }
    return { offsets, points: Float32Array.from(points), lifted: Uint8Array.from(lifted) };
  }
}
