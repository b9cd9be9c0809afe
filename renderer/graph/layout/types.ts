/** Size of a node; all are equal, so that canvas and DOM agree and nothing needs measuring. */
export const NODE_WIDTH = 232;
export const NODE_HEIGHT = 50;
/** Height of a closed group, which has a line more. */
export const GROUP_HEIGHT = 68;
/** Clear space between neighbours of a rank, between ranks, and around a wire. */
export const NODE_GAP = 28;
export const RANK_GAP = 34;
/** Between ranks of which one has no height. */
export const PORT_GAP = 12;
export const WIRE_GAP = 14;

/** The graph as the layout needs it. */
export interface LayoutInput {
  nodes: number;
  /** Producer and reader of each edge. */
  from: Int32Array;
  to: Int32Array;
  /** 1 = a constant, to be kept next to its reader. */
  constant: Uint8Array;
  /** Sizes where they differ; {@link NODE_WIDTH} and {@link NODE_HEIGHT} without. */
  boxes?: Boxes;
}

/** Sizes by node, in world units. A node is placed and wired by a point of its width, its anchor. */
export interface Boxes {
  /** From the left side to the anchor, and from there to the right side. */
  west: Float64Array;
  east: Float64Array;
  height: Float64Array;
}

/** Where everything is, in world units. */
export interface Layout {
  /** Left and top of each node: x0, y0, x1, y1, ... */
  positions: Float32Array;
  /** Edge e owns points[offsets[e] .. offsets[e + 1]), as x, y pairs from producer to reader. */
  offsets: Int32Array;
  points: Float32Array;
  /** By point (half the index of its x): 1 = nothing is drawn between the point before and this one. */
  lifted: Uint8Array;
  rank: Int32Array;
  width: number;
  height: number;
}

/** Adjacency in compressed rows: neighbours of v are items[offsets[v] .. offsets[v + 1]). */
export interface Rows {
  offsets: Int32Array;
  items: Int32Array;
}

/** Rows of `items` grouped by `keys`, in stable order. */
export function rows(count: number, keys: ArrayLike<number>, items: ArrayLike<number>): Rows {
  const offsets = new Int32Array(count + 1);
  for (let i = 0; i < keys.length; i++) offsets[keys[i] + 1]++;
  for (let i = 0; i < count; i++) offsets[i + 1] += offsets[i];
  const cursor = offsets.slice(0, count);
  const sorted = new Int32Array(keys.length);
  for (let i = 0; i < keys.length; i++) sorted[cursor[keys[i]]++] = items[i];
  return { offsets, items: sorted };
}
