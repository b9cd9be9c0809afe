/** Normalisations and reductions, in double precision. */
import { build, type Dense, each, get } from './ops.ts';

export const sum = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0);
export const mean = (v: readonly number[]): number => sum(v) / v.length;
export const variance = (v: readonly number[]): number => mean(v.map((x) => (x - mean(v)) ** 2));

/** Every element replaced by a function of itself and of all elements along a dimension, in order. */
export function along(t: Dense, axis: number, f: (v: number, all: number[], index: number) => number): Dense {
  const length = t.size[axis] ?? 1;
  return build(t.size, (where) => {
    const line = Array.from({ length }, (_, i) => get(t, ...where.map((c, d) => (d === axis ? i : c))));
    return f(get(t, ...where), line, where[axis] ?? 0);
  });
}

export function softmax(t: Dense, axis: number, beta: number): Dense {
  return along(t, axis, (v, all) => {
    const top = Math.max(...all);
    return Math.exp((v - top) * beta) / sum(all.map((x) => Math.exp((x - top) * beta)));
  });
}

/** The elements that share a key, reduced to one number each, in the order in which keys appear. */
export function grouped(t: Dense, key: (where: number[]) => number): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  each(t.size, (where, i) => {
    const k = key(where);
    const group = groups.get(k) ?? [];
    group.push(t.data[i] ?? NaN);
    groups.set(k, group);
  });
  return groups;
}

/** (x - mean) / sqrt(variance + eps) over each group, times gamma, plus beta of the element's channel. */
export function normalised(
  t: Dense,
  group: (where: number[]) => number,
  channel: (where: number[]) => number,
  beta: Dense,
  gamma: Dense,
  eps: number,
): Dense {
  const groups = grouped(t, group);
  const moments = new Map([...groups].map(([k, v]) => [k, [mean(v), variance(v)] as const]));
  return build(t.size, (where) => {
    const [m, v] = moments.get(group(where)) ?? [NaN, NaN];
    const c = channel(where);
    return ((get(t, ...where) - m) / Math.sqrt(v + eps)) * (gamma.data[c] ?? NaN) + (beta.data[c] ?? NaN);
  });
}

/** Reduces dimensions 0 and 2 of three. */
export function reduced(t: Dense, f: (v: number[]) => number): Dense {
  const groups = grouped(t, ([, y = 0]) => y);
  return { size: [t.size[1] ?? 1], data: [...groups.values()].map(f) };
}

/** By the number of their kind. */
export const reductions: Readonly<Record<number, (v: number[]) => number>> = {
  1: mean,
  2: (v) => Math.max(...v),
  3: (v) => Math.min(...v),
  4: sum,
  5: (v) => (v.every((x) => x !== 0) ? 1 : 0),
  6: (v) => (v.some((x) => x !== 0) ? 1 : 0),
  7: (v) => v.reduce((a, b) => a * b, 1),
};
