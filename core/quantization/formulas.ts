/**
 * The arithmetic of quantization, as measured on files the real toolkit wrote: float32 throughout
 * (`Math.fround` after every operation), ties to even.
 */

/** Integer range of a stored type. */
export interface IntegerRange {
  min: number;
  max: number;
}

export const INTEGER_RANGES = {
  u8: { min: 0, max: 255 },
  i8: { min: -128, max: 127 },
  i16: { min: -32768, max: 32767 },
  i32: { min: -(2 ** 31), max: 2 ** 31 - 1 },
} as const satisfies Record<string, IntegerRange>;

/** Nearest integer, exact halves to the even one. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Affine parameters of a range. */
export interface AffineParameters {
  /** The range after it was widened over 0. */
  min: number;
  max: number;
  scale: number;
  zeroPoint: number;
}

/**
 * scale = f32((f32(max) - f32(min)) / f32(255)), zero point = rint(f32(-min / scale)) (shifted by -128
 * for i8). The range is widened over 0 first; an empty range gives scale 1.
 */
export function affineParameters(min: number, max: number, qtype: 'u8' | 'i8'): AffineParameters {
  const low = Math.fround(Math.min(min, 0));
  const high = Math.fround(Math.max(max, 0));
  const { min: bottom, max: top } = INTEGER_RANGES[qtype];
  const scale = Math.fround(Math.fround(high - low) / Math.fround(255));
  if (scale === 0) return { min: low, max: high, scale: 1, zeroPoint: bottom };
  const zeroPoint = roundHalfEven(Math.fround(bottom - Math.fround(low / scale)));
  return { min: low, max: high, scale, zeroPoint: Math.min(Math.max(zeroPoint, bottom), top) };
}

/** Scale of an int32 bias: f32(f32(input scale) * f32(weight scale)). */
export function biasScale(inputScale: number, weightScale: number): number {
  return Math.fround(Math.fround(inputScale) * Math.fround(weightScale));
}

/** q = clamp(rint(f32(x / scale)) + zeroPoint); NaN becomes the zero point. */
export function quantizeAffine(
  values: Float32Array,
  scale: number,
  zeroPoint: number,
  qtype: 'u8' | 'i8',
): Uint8Array | Int8Array {
  const { min, max } = INTEGER_RANGES[qtype];
  const result = qtype === 'u8' ? new Uint8Array(values.length) : new Int8Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const q = roundHalfEven(Math.fround(values[index] / scale)) + zeroPoint;
    result[index] = Number.isNaN(q) ? zeroPoint : Math.min(Math.max(q, min), max);
  }
  return result;
}

/** int32 bias values: clamp(rint(x / scale)), divided in double so that large biases stay exact. */
export function quantizeBias(values: Float32Array, scale: number): Int32Array {
  const { min, max } = INTEGER_RANGES.i32;
  return Int32Array.from(values, (value) => Math.min(Math.max(roundHalfEven(value / scale), min), max));
}

/** Smallest and largest finite value; [0, 0] when there is none. */
export function rangeOf(values: Float32Array): { min: number; max: number } {
  let min = Infinity;
  let max = -Infinity;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (value < min && value !== -Infinity) min = value;
    if (value > max && value !== Infinity) max = value;
  }
  return min > max ? { min: 0, max: 0 } : { min, max };
}
