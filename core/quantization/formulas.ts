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

/** Fractional length of a tensor that is zero everywhere, as the real tool writes it. */
export const ALL_ZERO_FL = 300;

/**
 * Fractional length of dynamic fixed point: (bits - 1) - ceil(log2(max |x|)), so that a power of two saturates by
 * one step (formats.md c.4: observed on every real entry). 300 for a tensor that is zero everywhere.
 */
export function fixedPointLength(min: number, max: number, qtype: 'i8' | 'i16'): number {
  const largest = Math.max(Math.abs(Math.fround(min)), Math.abs(Math.fround(max)));
  if (largest === 0) return ALL_ZERO_FL;
  return (qtype === 'i8' ? 7 : 15) - ceilLog2(largest);
}

/** The smallest e with 2^e >= value > 0, exactly; Math.log2 is off near powers of two. */
function ceilLog2(value: number): number {
  let exponent = Math.ceil(Math.log2(value));
  while (2 ** exponent < value) exponent++;
  while (2 ** (exponent - 1) >= value) exponent--;
  return exponent;
}

/** Scale of a symmetric int8 tensor or channel: f32(max |x| / 127); 1 for zeros only. */
export function symmetricScale(largest: number): number {
  const scale = Math.fround(Math.fround(largest) / Math.fround(127));
  return scale === 0 ? 1 : scale;
}

/** q = clamp(rint(x * 2^fl)), exact in double; NaN becomes 0. */
export function quantizeFixedPoint(
  values: Float32Array,
  fl: number,
  qtype: 'i8' | 'i16',
): Int8Array | Int16Array {
  const { min, max } = INTEGER_RANGES[qtype];
  const factor = 2 ** fl;
  const result = qtype === 'i8' ? new Int8Array(values.length) : new Int16Array(values.length);
  for (let index = 0; index < values.length; index++) {
    result[index] = Math.min(Math.max(roundHalfEven(values[index] * factor), min), max) || 0;
  }
  return result;
}

/** int32 bias values: clamp(rint(x / scale)), divided in double so that large biases stay exact. */
export function quantizeBias(values: Float32Array, scale: number): Int32Array {
  return quantizeBiasPerChannel(values, () => scale);
}

/** As {@link quantizeBias} with a scale for each element. */
export function quantizeBiasPerChannel(values: Float32Array, scale: (index: number) => number): Int32Array {
  const { min, max } = INTEGER_RANGES.i32;
  return Int32Array.from(values, (value, index) =>
    Math.min(Math.max(roundHalfEven(value / scale(index)), min), max),
  );
}

/** int64 bias values of int16 layers: rint(x * 2^fl), clamped. */
export function quantizeBias64(values: Float32Array, fl: number): BigInt64Array {
  const largest = 2n ** 63n - 1n;
  return BigInt64Array.from(values, (value) => {
    const q = roundHalfEven(value * 2 ** fl);
    if (Number.isNaN(q)) return 0n;
    if (Math.abs(q) >= 2 ** 63) return q < 0 ? -largest - 1n : largest;
    return BigInt(q);
  });
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
