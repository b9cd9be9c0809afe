import type { Grid } from './grid.ts';
import { occupiedBins, type Bin, type Histogram } from './histogram.ts';

/**
 * The sum of (x - Q(x))^2 over all values of a histogram, Q being the nearest value of the grid: rounding inside, the
 * distance to the end outside. Values are taken as spread evenly over their bin, for which the sum is exact, whether
 * bins are finer than the grid's step or not. Zeros are on every grid.
 */
export function squaredError(histogram: Histogram): (grid: Grid) => number {
  const bins = occupiedBins(histogram);
  return (grid) => {
    let sum = 0;
    for (const bin of bins) sum += bin.count * meanError(bin, grid);
    return sum;
  };
}

function meanError({ from, to }: Bin, grid: Grid): number {
  const a = from / grid.step;
  const b = to / grid.step;
  // Below this the difference of two integrals is noise.
  const steps = b - a < 1e-6 ? pointError((a + b) / 2, grid) : (integral(b, grid) - integral(a, grid)) / (b - a);
  return steps * grid.step ** 2;
}

function pointError(x: number, { low, high }: Grid): number {
  return (x - Math.min(Math.max(Math.round(x), low), high)) ** 2;
}

/** Of the squared error from 0 to x, in steps. */
function integral(x: number, { low, high }: Grid): number {
  const nearest = Math.min(Math.max(Math.round(x), low), high);
  return nearest / 12 + (x - nearest) ** 3 / 3;
}
