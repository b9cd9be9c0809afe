import type { EntryView, TensorReport } from '../../core/worker/contract-inspect.ts';

/** How the values of a tensor are spread, as NAME.analysis.json has it. */
export type Histogram = NonNullable<TensorReport['histogram']>;

/** What an integer type can store: the multiples of `step` from `low` to `high`. */
export interface Grid {
  step: number;
  low: number;
  high: number;
}

/** What storing a tensor costs. */
export interface ExpectedError {
  /** Share of the values beyond the ends of the grid, 0..1. */
  clipped: number;
  /** Signal to quantization noise in dB; null = no error. */
  sqnr: number | null;
}

const QTYPES: Readonly<Record<string, readonly [number, number]>> = {
  u8: [0, 255],
  i8: [-128, 127],
  i16: [-32768, 32767],
};

/**
 * The values that a tensor of a type can have when it is quantized for a range (docs/quantization.md, Schemes).
 * Undefined for floats.
 */
export function gridOf(
  { quantizer, qtype }: Pick<EntryView, 'quantizer' | 'qtype'>,
  range: { min: number; max: number },
): Grid | undefined {
  const ends = QTYPES[qtype];
  if (!ends) return undefined;
  const [bottom, top] = ends;
  const largest = Math.max(Math.abs(range.min), Math.abs(range.max));
  if (quantizer === 'dynamic_fixed_point') {
    const step = largest === 0 ? 1 : 2 ** (Math.ceil(Math.log2(largest)) - (qtype === 'i16' ? 15 : 7));
    return { step, low: bottom * step, high: top * step };
  }
  if (quantizer !== 'asymmetric_affine') {
    const step = largest === 0 ? 1 : largest / 127;
    return { step, low: bottom * step, high: top * step };
  }
  const [low, high] = [Math.min(0, range.min), Math.max(0, range.max)];
  const step = (high - low) / 255 || 1;
  const zero = Math.min(top, Math.max(bottom, Math.round(bottom - low / step)));
  return { step, low: (bottom - zero) * step, high: (top - zero) * step };
}

/** A stretch of values with how many there are of them, spread evenly. */
export interface Stretch {
  from: number;
  to: number;
  count: number;
}

/** The bins of a histogram as stretches, cut to the smallest and largest value. */
export function stretches({ width, first, counts }: Histogram, min: number, max: number): Stretch[] {
  return counts.flatMap((count, k) => {
    if (count === 0) return [];
    const from = Math.max(min, (first + k) * width);
    const to = Math.min(max, (first + k + 1) * width);
    return [{ from: Math.min(from, to), to: Math.max(from, to), count }];
  });
}

/** How many values are stored as one value of the grid. */
export interface StoredBar {
  value: number;
  count: number;
}

/**
 * The values of a stretch of the axis as they are stored; those beyond the grid are stored as its ends.
 * @param from to the part of the axis that is looked at
 * @returns nothing when it holds more than `most` values of the grid
 */
export function storedBars(
  spread: readonly Stretch[],
  zeros: number,
  { step, low, high }: Grid,
  { from, to }: { from: number; to: number },
  most: number,
): StoredBar[] {
  const first = Math.ceil(Math.max(low, from) / step - 1e-9);
  const last = Math.floor(Math.min(high, to) / step + 1e-9);
  if (last - first >= most || last < first) return [];
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const value = (first + index) * step;
    const left = value <= low ? -Infinity : value - step / 2;
    const right = value >= high ? Infinity : value + step / 2;
    const count = spread.reduce(
      (sum, one) => sum + one.count * shareOf(one, left, right),
      first + index === 0 ? zeros : 0,
    );
    return { value, count };
  });
}

/** Share of a stretch between two places. */
function shareOf({ from, to }: Stretch, left: number, right: number): number {
  if (to > from) return overlap(from, to, left, right) / (to - from);
  return from >= left && from < right ? 1 : 0;
}

/**
 * The error of a tensor from its histogram, with the values in a bin spread evenly: the mean of (x - q(x))^2 over each
 * bin in closed form. Zeros are stored exactly.
 */
export function expectedError(
  spread: readonly Stretch[],
  zeros: number,
  { step, low, high }: Grid,
): ExpectedError {
  let noise = 0;
  let signal = 0;
  let clipped = 0;
  let total = zeros;
  const half = step / 2;
  for (const { from, to, count } of spread) {
    total += count;
    const mean = (integral: (x: number) => number): number =>
      to > from ? (integral(to) - integral(from)) / (to - from) : slope(integral, from, step);
    signal += count * mean((x) => x ** 3 / 3);
    noise += count * mean((x) => squaredError(x, step, low, high));
    const inside = to > from ? overlap(from, to, low - half, high + half) / (to - from) : 1;
    clipped += count * (1 - inside);
  }
  return {
    clipped: total === 0 ? 0 : clipped / total,
    sqnr: noise <= 0 ? null : 10 * Math.log10(signal / noise),
  };
}

/** A bin of one value. */
const slope = (integral: (x: number) => number, at: number, step: number): number =>
  (integral(at + step * 1e-4) - integral(at - step * 1e-4)) / (step * 2e-4);

const overlap = (from: number, to: number, low: number, high: number): number =>
  Math.max(0, Math.min(to, high) - Math.max(from, low));

/** Integral of (t - q(t))^2 from 0 to x: rounding inside the grid, the distance to its end outside. */
function squaredError(x: number, step: number, low: number, high: number): number {
  const rounded = (t: number): number => {
    const steps = Math.round(t / step);
    return step ** 3 * (steps / 12 + (t / step - steps) ** 3 / 3);
  };
  const inside = rounded(Math.min(high, Math.max(low, x)));
  const beyond = x > high ? x - high : x < low ? x - low : 0;
  return inside + beyond ** 3 / 3;
}
