/** The numeric definitions of native-sim/README.md, written as plainly as possible. */

export interface Affine {
  scale: number;
  zero: number;
  lo: number;
  hi: number;
}

/** Parameters as the addon sees them: scales are float32. */
export const u8 = (scale: number, zero: number): Affine => ({
  scale: Math.fround(scale),
  zero,
  lo: 0,
  hi: 255,
});
export const i8 = (scale: number, zero: number): Affine => ({
  scale: Math.fround(scale),
  zero,
  lo: -128,
  hi: 127,
});

/** Round to nearest, ties to even. */
export function rint(v: number): number {
  const low = Math.floor(v);
  const rest = v - low;
  if (rest < 0.5) return low;
  if (rest > 0.5) return low + 1;
  return low % 2 === 0 ? low : low + 1;
}

export const clamp = (v: number, lo: number, hi: number): number => Math.min(Math.max(v, lo), hi);

/** A real value that is already divided by the output scale, as a code. */
export const toCode = (v: number, q: Affine): number => clamp(rint(v), q.lo - q.zero, q.hi - q.zero) + q.zero;

export const real = (code: number, q: Affine): number => (code - q.zero) * q.scale;
export const store = (v: number, q: Affine): number => toCode(v / q.scale, q);
