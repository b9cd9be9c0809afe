/** How one of ONNX's 8-bit float formats divides its bits. */
export interface Float8Format {
  mantissa: number;
  bias: number;
  /** Infinity and several NaN as in IEEE; the others have one or two NaN and no infinity. */
  infinite: boolean;
  /** The code of minus zero is NaN instead. */
  unsignedZero: boolean;
}

/** By ONNX type number: E4M3FN, E4M3FNUZ, E5M2, E5M2FNUZ. */
export const FLOAT8: ReadonlyMap<number, Float8Format> = new Map([
  [17, { mantissa: 3, bias: 7, infinite: false, unsignedZero: false }],
  [18, { mantissa: 3, bias: 8, infinite: false, unsignedZero: true }],
  [19, { mantissa: 2, bias: 15, infinite: true, unsignedZero: false }],
  [20, { mantissa: 2, bias: 16, infinite: false, unsignedZero: true }],
]);

/** The number an 8-bit float stands for. */
export function float8Value(onnxType: number, code: number): number {
  const format = FLOAT8.get(onnxType);
  if (!format) return NaN;
  const { mantissa, bias, infinite, unsignedZero } = format;
  if (unsignedZero && code === 0x80) return NaN;
  const sign = code & 0x80 ? -1 : 1;
  const exponent = (code & 0x7f) >> mantissa;
  const fraction = code & ((1 << mantissa) - 1);
  const top = (1 << (7 - mantissa)) - 1;
  if (infinite && exponent === top) return fraction === 0 ? sign * Infinity : NaN;
  if (!infinite && !unsignedZero && (code & 0x7f) === 0x7f) return NaN;
  const scale = 2 ** mantissa;
  if (exponent === 0) return sign * (fraction / scale) * 2 ** (1 - bias);
  return sign * (1 + fraction / scale) * 2 ** (exponent - bias);
}

/** The largest finite number of a format. */
export function largestFloat8({ mantissa, bias, infinite, unsignedZero }: Float8Format): number {
  const top = (1 << (7 - mantissa)) - 1;
  const full = 2 - 2 ** -mantissa;
  if (infinite) return full * 2 ** (top - 1 - bias);
  // Without infinities the top exponent holds numbers; in some formats all but the last code.
  return (unsignedZero ? full : full - 2 ** -mantissa) * 2 ** (top - bias);
}
