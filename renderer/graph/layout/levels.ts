import type { Ranked } from './ranks.ts';
import { NODE_HEIGHT, NODE_WIDTH, PORT_GAP, RANK_GAP, rows, type LayoutInput, type Rows } from './types.ts';

/** Wires over more ranks than this run in a lane beside the graph. */
const MAX_SPAN = 28;
/** Most dummy points per node; beyond, shorter and shorter wires use lanes. */
const DUMMIES_PER_NODE = 3;
/** A producer with this many far readers feeds "everything": its far wires become stubs. */
const FAN = 12;

/** How an edge is drawn. */
export const ROUTE_DIRECT = 0;
export const ROUTE_LANE = 1;
export const ROUTE_STUB = 2;

/** The graph with a dummy vertex wherever a wire crosses a rank. */
export interface Levels {
  /** Vertices below this number are nodes, the others dummies. */
  real: number;
  vertices: number;
  rankOf: Int32Array;
  /** Vertices of each rank, from left to right. */
  ranks: Int32Array[];
  /** Top and bottom of each rank. */
  top: Float64Array;
  bottom: Float64Array;
  /** Distances of a vertex' sides from its anchor. */
  west: (vertex: number) => number;
  east: (vertex: number) => number;
  /** Index of a vertex in its rank. */
  position: Int32Array;
  /** Wire pieces between neighbouring ranks. */
  segments: { from: Int32Array; to: Int32Array };
  down: Rows;
  up: Rows;
  route: Uint8Array;
  /** First dummy of a direct edge and how many follow it. */
  firstDummy: Int32Array;
  dummies: Int32Array;
}

/** Decides how each edge runs and inserts the dummies. */
export function buildLevels(input: LayoutInput, ranked: Ranked): Levels {
  const route = chooseRoutes(input, ranked);
  const { rank, order } = ranked;
  const { from, to, nodes } = input;
  const rankOf: number[] = Array.from(rank);
  const segmentFrom: number[] = [];
  const segmentTo: number[] = [];
  const firstDummy = new Int32Array(from.length).fill(-1);
  const dummies = new Int32Array(from.length);
  for (let e = 0; e < from.length; e++) {
    if (route[e] !== ROUTE_DIRECT) continue;
    let previous = from[e];
    firstDummy[e] = rankOf.length;
    for (let r = rank[from[e]] + 1; r < rank[to[e]]; r++) {
      const dummy = rankOf.length;
      rankOf.push(r);
      segmentFrom.push(previous);
      segmentTo.push(dummy);
      previous = dummy;
      dummies[e]++;
    }
    segmentFrom.push(previous);
    segmentTo.push(to[e]);
  }
  const vertices = rankOf.length;
  const sequence = new Int32Array(vertices);
  sequence.set(order);
  for (let v = nodes; v < vertices; v++) sequence[v] = v;
  const level = rows(
    vertices,
    Int32Array.from(sequence, (v) => rankOf[v]),
    sequence,
  );
  const height = vertices === 0 ? 0 : rankOf.reduce((a, b) => Math.max(a, b), 0) + 1;
  const ranks = Array.from({ length: height }, (_, r) =>
    level.items.slice(level.offsets[r], level.offsets[r + 1]),
  );
  const position = new Int32Array(vertices);
  for (const items of ranks) items.forEach((v, i) => (position[v] = i));
  const segments = { from: Int32Array.from(segmentFrom), to: Int32Array.from(segmentTo) };
  return {
    real: nodes,
    vertices,
    rankOf: Int32Array.from(rankOf),
    ranks,
    ...heights(input, rank, height),
    west: (vertex) => (vertex < nodes ? (input.boxes?.west[vertex] ?? NODE_WIDTH / 2) : 0),
    east: (vertex) => (vertex < nodes ? (input.boxes?.east[vertex] ?? NODE_WIDTH / 2) : 0),
    position,
    segments,
    down: rows(vertices, segments.from, segments.to),
    up: rows(vertices, segments.to, segments.from),
    route,
    firstDummy,
    dummies,
  };
}

/** A rank is as tall as its tallest node; one without height needs less room around it. */
function heights(
  { nodes, boxes }: LayoutInput,
  rank: Int32Array,
  count: number,
): Pick<Levels, 'top' | 'bottom'> {
  const tall = new Float64Array(count);
  for (let v = 0; v < nodes; v++) tall[rank[v]] = Math.max(tall[rank[v]], boxes?.height[v] ?? NODE_HEIGHT);
  const top = new Float64Array(count);
  for (let r = 1; r < count; r++) {
    const gap = tall[r - 1] === 0 || tall[r] === 0 ? PORT_GAP : RANK_GAP;
    top[r] = top[r - 1] + tall[r - 1] + gap;
  }
  return { top, bottom: top.map((y, r) => y + tall[r]) };
}

function chooseRoutes({ nodes, from, to }: LayoutInput, { rank }: Ranked): Uint8Array {
  const route = new Uint8Array(from.length);
  const farReaders = new Int32Array(nodes);
  const histogram = new Int32Array(MAX_SPAN + 1);
  for (let e = 0; e < from.length; e++) {
    const span = rank[to[e]] - rank[from[e]];
    if (span > 2) farReaders[from[e]]++;
    if (span > 1 && span <= MAX_SPAN) histogram[span]++;
  }
  let limit = 1;
  for (let total = 0; limit < MAX_SPAN; limit++) {
    total += histogram[limit + 1] * limit;
    if (total > DUMMIES_PER_NODE * nodes + 200) break;
  }
  for (let e = 0; e < from.length; e++) {
    const span = rank[to[e]] - rank[from[e]];
    if (span > 2 && farReaders[from[e]] >= FAN) route[e] = ROUTE_STUB;
    else if (span > limit || span < 1) route[e] = ROUTE_LANE;
  }
  return route;
}
