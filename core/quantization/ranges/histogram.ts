import { rangeOf } from '../formulas.ts';

/**
 * How often values of a tensor fell into bins of one width, a power of two; bin edges are multiples of the width.
 * Values are real, zeros and values that are not finite are in no bin.
 */
export interface Histogram {
  /** 0 while nothing is in any bin. */
  width: number;
  /** counts[i] is about the values from (first + i) * width to (first + i + 1) * width. */
  first: number;
  counts: Float64Array;
  /** Exact zeros. */
  zeros: number;
  /** Smallest and largest finite value, zeros included; min > max when there was none. */
  min: number;
  max: number;
}

/** One occupied bin, as wide as the values in it can reach. */
export interface Bin {
  from: number;
  to: number;
  count: number;
}

/** The occupied bins in rising order; the outer ones end at the smallest and the largest value. */
export function occupiedBins({ width, first, counts, min, max }: Histogram): Bin[] {
  const bins: Bin[] = [];
  for (let index = 0; index < counts.length; index++) {
    if (counts[index] === 0) continue;
    const from = (first + index) * width;
    bins.push({ from: Math.max(from, min), to: Math.min(from + width, max), count: counts[index] });
  }
  return bins;
}

/**
 * The histogram of an array in at most `bins` bins of the smallest width. Values that are not finite are left out.
 */
export function histogramOf(values: Float32Array, bins = 2048): Histogram {
  const { min, max } = rangeOf(values);
  if (min === 0 && max === 0)
    return { width: 0, first: 0, counts: new Float64Array(), zeros: values.length, min, max };
  let width = 2 ** Math.ceil(Math.log2(Math.max(max - min, Math.abs(max) * 2 ** -23) / bins));
  while (Math.floor(max / width) - Math.floor(min / width) >= bins) width *= 2;
  const first = Math.floor(min / width);
  const counts = new Float64Array(Math.floor(max / width) - first + 1);
  let zeros = 0;
  for (const value of values) {
    if (value === 0) zeros++;
    else if (Number.isFinite(value)) counts[Math.floor(value / width) - first]++;
  }
  return { width, first, counts, zeros, min, max };
}
