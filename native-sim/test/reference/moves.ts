/** Where the elements of an output come from, for operators that only move them. */
import { at, build, type Dense, get } from './ops.ts';

export type Where = (where: number[]) => number[];

/** An output of this size, each element read from the input at `from`. */
export const moved = (t: Dense, size: number[], from: Where): Dense =>
  build(size, (where) => get(t, ...from(where)));

/** Every tensor joined along a dimension. */
export function joined(tensors: readonly Dense[], axis: number): Dense {
  const length = tensors.reduce((sum, t) => sum + (t.size[axis] ?? 1), 0);
  const size = (tensors[0]?.size ?? []).map((n, d) => (d === axis ? length : n));
  return build(size, (where) => {
    let rest = where[axis] ?? 0;
    for (const t of tensors) {
      const n = t.size[axis] ?? 1;
      if (rest < n) return get(t, ...where.map((i, d) => (d === axis ? rest : i)));
      rest -= n;
    }
    return NaN;
  });
}

/** `length` indices of a dimension from `start` on. */
export const part = (t: Dense, axis: number, start: number, length: number): Dense =>
  moved(
    t,
    t.size.map((n, d) => (d === axis ? length : n)),
    (where) => where.map((i, d) => (d === axis ? i + start : i)),
  );

/** Another shape for the same elements. */
export const shaped = (t: Dense, size: number[]): Dense => ({ size, data: t.data });

/** Where padding takes element i of n from, by mode (constant, replicate, symmetric, reflect); -1 for the constant. */
export function padSource(i: number, n: number, mode: number): number {
  if (i >= 0 && i < n) return i;
  if (mode === 0) return -1;
  if (mode === 1) return i < 0 ? 0 : n - 1;
  if (mode === 2) return i < 0 ? -1 - i : 2 * n - 1 - i;
  return i < 0 ? -i : 2 * n - 2 - i;
}

const f = Math.fround;

/** Step in the input for one in the output, and positions, are float32 numbers by definition. */
function resizePosition(i: number, m: number, n: number, align: boolean, half: boolean): number {
  const scale = align && n > 1 ? f((m - 1) / (n - 1)) : f(m / n);
  return half ? f(f((i + 0.5) * scale) - 0.5) : f(i * scale);
}

/** The first two dimensions in another size, between the four neighbours of each position. */
export function bilinear(t: Dense, w: number, h: number, align: boolean, half: boolean): Dense {
  const [iw = 1, ih = 1, ...rest] = t.size;
  return build([w, h, ...rest], ([x = 0, y = 0, ...more]) => {
    const u = Math.max(0, resizePosition(x, iw, w, align, half));
    const v = Math.max(0, resizePosition(y, ih, h, align, half));
    const [u0, v0] = [Math.min(Math.floor(u), iw - 1), Math.min(Math.floor(v), ih - 1)];
    const read = (p: number, q: number): number => get(t, Math.min(p, iw - 1), Math.min(q, ih - 1), ...more);
    const row = (q: number): number => read(u0, q) + (read(u0 + 1, q) - read(u0, q)) * f(u - u0);
    return row(v0) + (row(v0 + 1) - row(v0)) * f(v - v0);
  });
}

/** The first two dimensions in another size, by the element that each position names. */
export function nearest(t: Dense, w: number, h: number, align: boolean, half: boolean): Dense {
  const pick = (i: number, m: number, n: number): number => {
    const p = half ? f(f(i + 0.5) * f(m / n)) : resizePosition(i, m, n, align, half);
    return Math.min(Math.floor(align ? p + 0.5 : p), m - 1);
  };
  const [iw = 1, ih = 1, ...rest] = t.size;
  return moved(t, [w, h, ...rest], ([x = 0, y = 0, ...more]) => [pick(x, iw, w), pick(y, ih, h), ...more]);
}

/** Rows of the outermost dimensions that tuples of indices (outermost first) name. */
export function rowOf(tuple: readonly number[], size: readonly number[]): number {
  const rank = size.length;
  const where = size.map((_, d) => tuple[rank - 1 - d] ?? 0);
  return at(size, where);
}
