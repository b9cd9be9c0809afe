import { ROUTE_LANE, ROUTE_STUB, type Levels } from './levels.ts';
import { NODE_HEIGHT, RANK_GAP, WIRE_GAP, type LayoutInput } from './types.ts';

/** Length of the visible ends of a wire that is not drawn whole. */
const STUB = RANK_GAP * 0.55;

/** Points of all edges, see {@link Layout}. */
export interface Routes {
  offsets: Int32Array;
  points: Float32Array;
  lifted: Uint8Array;
}

/** Turns edges into points: through their dummies, along a lane, or as two stubs. */
export function routeEdges(input: LayoutInput, levels: Levels, centre: Float64Array): Routes {
  const { from, to } = input;
  const offsets = new Int32Array(from.length + 1);
  const points: number[] = [];
  /** Points before which the pen is lifted. */
  const lifts: number[] = [];
  const lanes = assignLanes(input, levels, centre);
  for (let e = 0; e < from.length; e++) {
    const [above, below] = [levels.rankOf[from[e]], levels.rankOf[to[e]]];
    const height = input.boxes?.height[from[e]] ?? NODE_HEIGHT;
    const start = [centre[from[e]], levels.top[above] + height] as const;
    const end = [centre[to[e]], levels.top[below]] as const;
    points.push(...start);
    if (levels.route[e] === ROUTE_STUB) {
      lifts.push(points.length / 2 + 1);
      points.push(start[0], start[1] + STUB, end[0], end[1] - STUB);
    } else if (levels.route[e] === ROUTE_LANE) {
      points.push(lanes[e], levels.bottom[above] + RANK_GAP, lanes[e], end[1] - RANK_GAP);
    } else {
      // Beside a taller node of its rank a wire runs straight down first.
      if (start[1] < levels.bottom[above]) points.push(start[0], levels.bottom[above]);
      throughDummies(points, levels, e, centre, end[0]);
    }
    points.push(...end);
    offsets[e + 1] = points.length;
  }
  const lifted = new Uint8Array(points.length / 2);
  for (const point of lifts) lifted[point] = 1;
  return { offsets, points: Float32Array.from(points), lifted };
}

/** Top and bottom of each rank the wire crosses, leaving out what lies on a straight line. */
function throughDummies(
  points: number[],
  levels: Levels,
  e: number,
  centre: Float64Array,
  last: number,
): void {
  const first = levels.firstDummy[e];
  for (let i = 0; i < levels.dummies[e]; i++) {
    const dummy = first + i;
    const x = centre[dummy];
    const rank = levels.rankOf[dummy];
    const before = points[points.length - 2];
    const after = i + 1 < levels.dummies[e] ? centre[dummy + 1] : last;
    if (before !== x) points.push(x, levels.top[rank]);
    if (after !== x) points.push(x, levels.bottom[rank]);
  }
}

/** x of the lane of each lane edge: outside of all ranks it passes, on the nearer side, short ones inside. */
function assignLanes({ from, to }: LayoutInput, levels: Levels, centre: Float64Array): Float64Array {
  const lanes = new Float64Array(from.length);
  const edges: number[] = [];
  for (let e = 0; e < from.length; e++) if (levels.route[e] === ROUTE_LANE) edges.push(e);
  const span = (e: number): number => levels.rankOf[to[e]] - levels.rankOf[from[e]];
  edges.sort((a, b) => span(a) - span(b) || a - b);
  const { left, right } = extents(levels, centre);
  for (const e of edges) {
    const top = Math.min(levels.rankOf[from[e]], levels.rankOf[to[e]]);
    const bottom = Math.max(levels.rankOf[from[e]], levels.rankOf[to[e]]);
    let leftmost = Infinity;
    let rightmost = -Infinity;
    for (let r = top + 1; r < Math.max(bottom, top + 2) && r < left.length; r++) {
      leftmost = Math.min(leftmost, left[r]);
      rightmost = Math.max(rightmost, right[r]);
    }
    const middle = (centre[from[e]] + centre[to[e]]) / 2;
    const toRight = leftmost === Infinity || rightmost - middle <= middle - leftmost;
    const lane = toRight ? Math.max(rightmost, -1e9) + WIRE_GAP : leftmost - WIRE_GAP;
    lanes[e] = lane;
    for (let r = top; r <= bottom; r++) {
      if (toRight) right[r] = Math.max(right[r], lane);
      else left[r] = Math.min(left[r], lane);
    }
  }
  return lanes;
}

function extents(
  { ranks, west, east }: Levels,
  centre: Float64Array,
): { left: Float64Array; right: Float64Array } {
  const left = new Float64Array(ranks.length).fill(Infinity);
  const right = new Float64Array(ranks.length).fill(-Infinity);
  ranks.forEach((rank, r) => {
    for (const v of rank) {
      left[r] = Math.min(left[r], centre[v] - west(v));
      right[r] = Math.max(right[r], centre[v] + east(v));
    }
  });
  return { left, right };
}
