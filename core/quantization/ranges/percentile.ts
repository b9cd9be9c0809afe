import type { Range } from '../entries.ts';
import { occupiedBins, type Bin, type Histogram } from './histogram.ts';
import { measuredRange } from './measured.ts';

/**
 * The range that keeps `percentile` % of all values, zeros included. What is left out is shared by both ends; data of
 * one sign leaves all of it out at its far end. Inside a bin, values are taken as spread evenly.
 */
export function percentileRange(histogram: Histogram, percentile: number): Range {
  const widest = measuredRange(histogram);
  const bins = occupiedBins(histogram);
  const total = bins.reduce((sum, { count }) => sum + count, histogram.zeros);
  const left = total * (1 - percentile / 100);
  const oneSided = widest.min >= 0 || widest.max <= 0;
  const share = oneSided ? left : left / 2;
  const positive = bins.filter(({ to }) => to > 0).reverse();
  const negative = bins.filter(({ from }) => from < 0);
  return {
    min: widest.min < 0 ? 0 - reach(negative.map(mirrored), share) : widest.min,
    max: widest.max > 0 ? reach(positive, share) : widest.max,
  };
}

function mirrored({ from, to, count }: Bin): Bin {
  return { from: -to, to: -from, count };
}

/** The value that `left` values exceed; 0 when the bins, outermost first, hold no more than that. */
function reach(bins: readonly Bin[], left: number): number {
  for (const { from, to, count } of bins) {
    if (count > left) return to - ((to - from) * left) / count;
    left -= count;
  }
  return 0;
}
