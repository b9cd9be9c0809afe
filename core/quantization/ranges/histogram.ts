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
