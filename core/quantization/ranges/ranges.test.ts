import { describe, expect, test } from 'vitest';
import type { QuantizedFormat } from '../../network/number-format.ts';
import { tensorEntry, type Range } from '../entries.ts';
import { gridOf, type Grid } from './grid.ts';
import { histogramOf, type Histogram } from './histogram.ts';
import { divergenceOf, klDivergenceRange } from './kl-divergence.ts';
import { leastErrorRange } from './mse.ts';
import { percentileRange } from './percentile.ts';
import { squaredError } from './squared-error.ts';

const U8: QuantizedFormat = { quantizer: 'asymmetric_affine', qtype: 'u8' };
const I8: QuantizedFormat = { quantizer: 'asymmetric_affine', qtype: 'i8' };
const FIXED8: QuantizedFormat = { quantizer: 'dynamic_fixed_point', qtype: 'i8' };
const FIXED16: QuantizedFormat = { quantizer: 'dynamic_fixed_point', qtype: 'i16' };

/** The same numbers in every run: a linear congruence, and sums of it for bells. */
function numbers(count: number, make: (uniform: () => number) => number): Float32Array {
  let state = 12345;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Float32Array.from({ length: count }, () => make(uniform));
}

const bell = (uniform: () => number): number =>
  Array.from({ length: 12 }, uniform).reduce((sum, value) => sum + value, -6);
const signed = numbers(50_000, bell);
const positive = signed.map(Math.abs);
const relu = signed.map((value) => Math.max(value, 0));
/** A bell with one value far out of it. */
const outlier = Float32Array.of(...signed.subarray(0, 20_000), 60);

/** The error of storing values, value by value. */
function exactError(values: Float32Array, { step, low, high }: Grid): number {
  return values.reduce(
    (sum, value) => sum + (value - Math.min(Math.max(Math.round(value / step), low), high) * step) ** 2,
    0,
  );
}

function grid(format: QuantizedFormat, range: Range): Grid {
  const found = gridOf(format, range);
  if (!found) throw new Error('no grid');
  return found;
}

const inside = (range: Range, { min, max }: Histogram): boolean => range.min >= min && range.max <= max;

test.each([
  [U8, { min: -1, max: 3 }, -64, 191],
  [I8, { min: 0, max: 6 }, 0, 255],
  [FIXED8, { min: -3, max: 2 }, -128, 127],
])('a grid holds the values of its type', (format, range, low, high) => {
  expect(grid(format, range)).toMatchObject({ low, high });
});

describe('histogram of an array', () => {
  test('bins are powers of two wide, as few as asked for, and hold every value once', () => {
    const histogram = histogramOf(signed, 512);
    expect(Number.isInteger(Math.log2(histogram.width))).toBe(true);
    expect(histogram.counts.length).toBeLessThanOrEqual(512);
    expect(histogram.counts.length).toBeGreaterThan(200);
    expect(histogram.counts.reduce((sum, count) => sum + count, histogram.zeros)).toBe(signed.length);
  });

  test('zeros and infinities are in no bin, constants take one', () => {
    expect(histogramOf(Float32Array.of(0, 0))).toMatchObject({ zeros: 2, min: 0, max: 0 });
    const constant = histogramOf(Float32Array.of(3, 3, 0, Infinity, NaN));
    expect([...constant.counts].filter((count) => count > 0)).toEqual([2]);
    expect(constant).toMatchObject({ zeros: 1, min: 0, max: 3 });
  });
});

describe('squared error of a histogram', () => {
  test.each([
    ['full range', U8, { min: -5, max: 5 }],
    ['clipped', U8, { min: -1, max: 1.5 }],
    ['fixed point', FIXED8, { min: -2, max: 2 }],
    ['steps finer than bins', FIXED16, { min: -5, max: 5 }],
    ['steps finer than bins, clipped', FIXED16, { min: -1, max: 1 }],
  ])('%s: as value by value', (_name, format, range) => {
    const expected = exactError(signed, grid(format, range));
    const found = squaredError(histogramOf(signed))(grid(format, range));
    expect(Math.abs(found / expected - 1)).toBeLessThan(0.02);
  });

  test('a constant that is on the grid costs nothing', () => {
    expect(squaredError(histogramOf(Float32Array.of(6, 6, 0)))(grid(U8, { min: 0, max: 6 }))).toBeCloseTo(
      0,
      9,
    );
  });
});

/** KL(P || Q) written out bin by bin as in the talk: reference, candidate, normalised, summed. */
function plainDivergence({ counts, first, width }: Histogram, { step, low, high }: Grid): number {
  const level = (bin: number): number => Math.floor(((first + bin + 0.5) * width) / step + 0.5);
  const bins = [...counts.keys()].filter((bin) => level(bin) >= low && level(bin) <= high);
  const reference = bins.map((bin) => counts[bin]);
  counts.forEach((count, bin) => {
    if (level(bin) < low) reference[0] += count;
    if (level(bin) > high) reference[reference.length - 1] += count;
  });
  const candidate = bins.map((bin) => {
    if (counts[bin] === 0) return 0;
    const same = bins.filter((other) => level(other) === level(bin) && counts[other] > 0);
    return same.reduce((sum, other) => sum + counts[other], 0) / same.length;
  });
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
  const [p, q] = [sum(reference), sum(candidate)];
  return sum(
    reference.map((count, index) => {
      if (count === 0) return 0;
      return (count / p) * Math.log(count / p / (candidate[index] > 0 ? candidate[index] / q : 1e-4));
    }),
  );
}

describe('divergence', () => {
  test.each([
    ['full', signed, U8, { min: -5, max: 5 }],
    ['both ends cut', signed, U8, { min: -1.3, max: 2.2 }],
    ['one sided', positive, U8, { min: 0, max: 1.7 }],
    ['zeros left out', relu, U8, { min: 0, max: 2 }],
    ['empty edge', outlier, U8, { min: -4, max: 30 }],
    ['fixed point', signed, FIXED8, { min: -2, max: 2 }],
  ])('%s: equals the definition bin by bin', (_name, values, format, range) => {
    const histogram = histogramOf(values);
    const found = divergenceOf(histogram)(grid(format, range));
    expect(found).toBeCloseTo(plainDivergence(histogram, grid(format, range)), 9);
  });

  test('a range without values is refused', () => {
    const far = histogramOf(Float32Array.of(100, 101, 102));
    expect(divergenceOf(far)({ step: 0.01, low: 0, high: 255 })).toBe(Infinity);
  });
});

describe('kl_divergence', () => {
  test('cuts off what is rare and far, where finer steps pay for it', () => {
    const values = numbers(200_000, bell);
    values[0] = 9;
    const range = klDivergenceRange(histogramOf(values), U8);
    expect(range.max).toBeLessThan(8.5);
    expect(exactError(values, grid(U8, range))).toBeLessThan(
      exactError(values, grid(U8, { min: -6, max: 9 })),
    );
  });

  test('does not cut off what would cost more than it gains', () => {
    // Divergence alone would throw the far value away: one in twenty thousand.
    const histogram = histogramOf(outlier);
    const range = klDivergenceRange(histogram, U8);
    const full = exactError(outlier, grid(U8, { min: histogram.min, max: histogram.max }));
    expect(exactError(outlier, grid(U8, range))).toBeLessThanOrEqual(full * 1.05);
    const narrow = grid(U8, { min: -5, max: 5 });
    expect(divergenceOf(histogram)(narrow)).toBeLessThan(divergenceOf(histogram)(grid(U8, range)));
  });

  test('zeros change nothing, data of one sign keeps its other end', () => {
    const some = histogramOf(relu);
    const more = { ...some, zeros: some.zeros + 1e9 };
    expect(klDivergenceRange(more, U8)).toEqual(klDivergenceRange(some, U8));
    expect(klDivergenceRange(some, U8).min).toBe(0);
    expect(klDivergenceRange(histogramOf(relu.map((value) => 0 - value)), I8).max).toBe(0);
  });

  test('fixed point takes a power of two inside what was measured', () => {
    const histogram = histogramOf(signed);
    const range = klDivergenceRange(histogram, FIXED8);
    const { fl } = tensorEntry(FIXED8, range);
    expect(fl).toBeGreaterThanOrEqual(tensorEntry(FIXED8, histogram).fl ?? NaN);
    expect(inside(range, histogram)).toBe(true);
  });

  test('int16 keeps the measured range', () => {
    const histogram = histogramOf(outlier);
    expect(klDivergenceRange(histogram, FIXED16)).toEqual({ min: histogram.min, max: histogram.max });
  });
});

describe('least squared error', () => {
  test.each([
    ['bell', signed, U8],
    ['one sided', positive, U8],
    ['outlier', outlier, U8],
    ['fixed point', signed, FIXED8],
    ['fixed point with outlier', outlier, FIXED8],
  ])('%s: no range of a fine search over the values is much better', (_name, values, format) => {
    const histogram = histogramOf(values);
    const found = exactError(values, grid(format, leastErrorRange(histogram, format)));
    let best = Infinity;
    for (let low = 1; low > 0.05; low -= 0.1) {
      for (let high = 1; high > 0.05; high -= 0.1) {
        const range = { min: histogram.min * low, max: histogram.max * high };
        best = Math.min(best, exactError(values, grid(format, range)));
      }
    }
    expect(found).toBeLessThanOrEqual(best * 1.02);
  });
});

describe('percentile', () => {
  test('keeps the share of the values, half of the rest beyond each end', () => {
    const range = percentileRange(histogramOf(signed, 8192), 99);
    const below = signed.filter((value) => value < range.min).length / signed.length;
    const above = signed.filter((value) => value > range.max).length / signed.length;
    expect(below).toBeCloseTo(0.005, 3);
    expect(above).toBeCloseTo(0.005, 3);
  });

  test('zeros count, data of one sign leaves all out at its far end', () => {
    const histogram: Histogram = {
      width: 1,
      first: 0,
      counts: Float64Array.of(6, 2, 2),
      zeros: 90,
      min: 0,
      max: 3,
    };
    // Three of 100 values are left out: the last bin and half of the one before.
    expect(percentileRange(histogram, 97).max).toBeCloseTo(1.5, 9);
    expect(percentileRange(histogram, 100)).toEqual({ min: 0, max: 3 });
    expect(percentileRange(histogram, 51)).toEqual({ min: 0, max: 0 });
  });
});

const algorithms = {
  kl: klDivergenceRange,
  mse: leastErrorRange,
  percentile: (histogram: Histogram) => percentileRange(histogram, 99.9),
};

test.each(Object.entries(algorithms))(
  '%s: never wider than measured, the same every time',
  (_name, choose) => {
    for (const values of [signed, positive, relu, outlier, Float32Array.of(3, 3, 3), Float32Array.of(-2)]) {
      for (const format of [U8, I8, FIXED8]) {
        const histogram = histogramOf(values);
        const range = choose(histogram, format);
        expect(inside(range, histogram)).toBe(true);
        expect(choose(histogramOf(values), format)).toEqual(range);
      }
    }
  },
);

test.each(Object.entries(algorithms))('%s: constant tensors and nothing at all', (_name, choose) => {
  const constant = choose(histogramOf(Float32Array.of(3, 3, 3)), U8);
  expect(Math.abs(constant.max - 3)).toBeLessThan(0.01);
  expect(choose(histogramOf(Float32Array.of(0, 0)), U8)).toEqual({ min: 0, max: 0 });
  const empty = { width: 0, first: 0, counts: new Float64Array(), zeros: 0, min: Infinity, max: -Infinity };
  expect(choose(empty, U8)).toEqual({ min: 0, max: 0 });
});

test('a tensor takes a few milliseconds', () => {
  const histogram = histogramOf(signed);
  const started = performance.now();
  for (let round = 0; round < 5; round++) klDivergenceRange(histogram, U8);
  for (let round = 0; round < 5; round++) leastErrorRange(histogram, U8);
  // Ten searches; the limit is wide because the machine may be busy.
  expect(performance.now() - started).toBeLessThan(1000);
});
