/** A range of reals as equal steps between two integers. */
export interface FakeRange {
  scale: number;
  /** Integer of the real 0. */
  zero: number;
  /** Ends of the range, moved so that 0 is a step. */
  low: number;
  high: number;
}

/**
 * TensorFlow's fake quantization: the range is moved until the real 0 is one of the integers.
 * @param narrow whether the smallest integer is left out
 * @returns undefined for a range that can't be
 */
export function fakeRange(min: number, max: number, bits: number, narrow: boolean): FakeRange | undefined {
  const first = Number(narrow);
  const last = 2 ** bits - 1;
  if (!(max > min && last > first && Number.isFinite(max - min))) return undefined;
  const scale = Math.fround((max - min) / (last - first));
  const zero = Math.min(Math.max(Math.round(first - min / scale), first), last);
  return { scale, zero, low: (first - zero) * scale, high: (last - zero) * scale };
}
