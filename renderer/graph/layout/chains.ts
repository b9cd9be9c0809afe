import type { Ranked } from './ranks.ts';
import type { Levels } from './levels.ts';

/**
 * The longest path from an input to an output: the column everything else is arranged around. Walked
 * from the lowest node upwards, always over an edge that spans one rank.
 */
export function mainPath({ rank, in: into, order }: Ranked, real: (v: number) => boolean): number[] {
  let bottom = -1;
  for (const v of order) {
    if (!real(v)) continue;
    if (bottom < 0 || rank[v] > rank[bottom]) bottom = v;
  }
  const path: number[] = [];
  for (let v = bottom; v >= 0;) {
    path.push(v);
    let next = -1;
    for (let k = into.offsets[v]; k < into.offsets[v + 1]; k++) {
      const u = into.items[k];
      if (rank[u] === rank[v] - 1 && (next < 0 || (!real(next) && real(u)))) next = u;
    }
    v = next;
  }
  return path.reverse();
}

/**
 * Columns: vertices that share one x. Two vertices of neighbouring ranks join when both are free on that
 * side and no accepted joint crosses theirs; then "left of" between columns has no cycle. The main path
 * joins first, then the inner parts of long wires, then whatever continues a chain best.
 * @returns the column of each vertex and how many there are.
 */
export function buildColumns(levels: Levels, main: readonly number[]): { column: Int32Array; count: number } {
  const { vertices, position, segments } = levels;
  const below = new Int32Array(vertices).fill(-1);
  const above = new Int32Array(vertices).fill(-1);
  const accepted: number[][] = levels.ranks.map(() => []);
  const join = (u: number, v: number): void => {
    if (below[u] >= 0 || above[v] >= 0) return;
    const joints = accepted[levels.rankOf[u]];
    for (let i = 0; i < joints.length; i += 2) {
      if (position[joints[i]] < position[u] !== position[joints[i + 1]] < position[v]) return;
    }
    joints.push(u, v);
    below[u] = v;
    above[v] = u;
  };
  for (let i = 1; i < main.length; i++) join(main[i - 1], main[i]);
  for (const segment of bySuitability(levels)) join(segments.from[segment], segments.to[segment]);
  const column = new Int32Array(vertices).fill(-1);
  let count = 0;
  for (const rank of levels.ranks) {
    for (const v of rank) {
      if (above[v] >= 0) continue;
      for (let w = v; w >= 0; w = below[w]) column[w] = count;
      count++;
    }
  }
  return { column, count };
}

/** Segments, the ones that most deserve to be straight first; stable. */
function bySuitability({ segments, real, down, up }: Levels): Int32Array {
  const count = segments.from.length;
  const weight = new Uint8Array(count);
  for (let s = 0; s < count; s++) {
    const [u, v] = [segments.from[s], segments.to[s]];
    const inner = u >= real && v >= real;
    const onlyOut = down.offsets[u + 1] - down.offsets[u] === 1;
    const onlyIn = up.offsets[v + 1] - up.offsets[v] === 1;
    weight[s] = inner ? 0 : onlyOut && onlyIn ? 1 : u < real && v < real ? 2 : 3;
  }
  const order = new Int32Array(count);
  let tail = 0;
  for (let w = 0; w < 4; w++) for (let s = 0; s < count; s++) if (weight[s] === w) order[tail++] = s;
  return order;
}
