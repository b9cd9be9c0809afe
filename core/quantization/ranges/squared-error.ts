import type { Grid } from './grid.ts';
import { occupiedBins, type Histogram } from './histogram.ts';

/**
 * The sum of (x - Q(x))^2 over all values of a histogram, Q being the nearest value of the grid: rounding inside, the
 * distance to the end outside. Values are taken as spread evenly over their bin, for which the sum is exact, whether
 * bins are finer than the grid's step or not. Zeros are on every grid.
 */
export function squaredError(histogram: Histogram): (grid: Grid) => number {
  const bins = occupiedBins(histogram);
  const from = Float64Array.from(bins, (bin) => bin.from);
  const to = Float64Array.from(bins, (bin) => bin.to);
  const count = Float64Array.from(bins, (bin) => bin.count);
  return (grid) => {
    const scale = 1 / grid.step;
    let sum = 0;
    let end = NaN;
    let upToEnd = 0;
    for (let bin = 0; bin < count.length; bin++) {
      const a = from[bin] * scale;
      const b = to[bin] * scale;
      const upTo = a === end ? upToEnd : integral(a, grid);
      end = b;
      upToEnd = integral(b, grid);
      // Of a bin of no width the difference of two integrals would be noise.
      const mean = b - a > 1e-6 ? (upToEnd - upTo) / (b - a) : (a - nearest(a, grid)) ** 2;
      sum += count[bin] * mean;
    }
    return sum * grid.step ** 2;
  };
}

/** Of the squared error from 0 to x, in steps. */
function integral(x: number, grid: Grid): number {
  const level = nearest(x, grid);
  const rest = x - level;
  return level / 12 + (rest * rest * rest) / 3;
}

function nearest(x: number, { low, high }: Grid): number {
  const level = Math.floor(x + 0.5);
  return level < low ? low : level > high ? high : level;
}
