import { buildColumns, mainPath } from './chains.ts';
import { buildLevels, type Levels } from './levels.ts';
import { orderRanks } from './order.ts';
import { placeColumns } from './place.ts';
import { rankNodes } from './ranks.ts';
import { routeEdges } from './route.ts';
import type { Layout, LayoutInput } from './types.ts';

/**
 * Layered layout for networks, which are almost chains: iterative, typed arrays, the same result for the
 * same graph. The longest path is one straight column; short wires pass between the nodes, long ones run
 * in lanes beside them.
 */
export function layoutGraph(input: LayoutInput): Layout {
  const ranked = rankNodes(input);
  const levels = buildLevels(input, ranked);
  orderRanks(levels);
  const main = mainPath(ranked, (v) => input.constant[v] === 0);
  const { column, count } = buildColumns(levels, main);
  const place = placeColumns(levels, column, count, main.length > 0 ? column[main[0]] : -1);
  const centre = Float64Array.from(column, (c) => place[c]);
  const routes = routeEdges(input, levels, centre);
  return shift(input, { rank: ranked.rank, ...routes }, centre, levels);
}

/** Moves everything so that the top left corner is 0, 0. */
function shift(
  input: LayoutInput,
  routes: Pick<Layout, 'rank' | 'offsets' | 'points' | 'lifted'>,
  centre: Float64Array,
  { west, east, top, bottom }: Levels,
): Layout {
  let left = Infinity;
  let right = -Infinity;
  for (let v = 0; v < input.nodes; v++) {
    left = Math.min(left, centre[v] - west(v));
    right = Math.max(right, centre[v] + east(v));
  }
  const { points } = routes;
  for (let i = 0; i < points.length; i += 2) {
    left = Math.min(left, points[i]);
    right = Math.max(right, points[i]);
  }
  if (input.nodes === 0) left = right = 0;
  const positions = new Float32Array(input.nodes * 2);
  for (let v = 0; v < input.nodes; v++) {
    positions[2 * v] = centre[v] - west(v) - left;
    positions[2 * v + 1] = top[routes.rank[v]];
  }
  for (let i = 0; i < points.length; i += 2) points[i] -= left;
  return {
    ...routes,
    positions,
    width: right - left,
    height: bottom.at(-1) ?? 0,
  };
}
