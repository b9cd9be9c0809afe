import type { QuantizedFormat } from '../../network/number-format.ts';
import type { Range } from '../entries.ts';
import { gridOf, type Grid } from './grid.ts';
import type { Histogram } from './histogram.ts';
import { measuredRange } from './measured.ts';
import { cheapestRange } from './search.ts';
import { squaredError } from './squared-error.ts';

/** Share of the candidate's mass that a bin gets which it leaves empty, so that logarithms stay finite. */
const SMOOTHING = 1e-4;

/**
 * The range whose quantized distribution tells least apart from the real one: S. Migacz, "8-bit Inference with
 * TensorRT", GTC 2017, carried over to grids with two ends.
 *
 * Reference P: the histogram inside the range, values outside counted in its outermost bins. Candidate Q: the bins
 * inside, without what was cut off; bins that round to one value of the grid share their counts evenly, empty bins
 * stay empty. Wanted is the least KL(P || Q). Exact zeros (ReLU) take no part: every grid holds them, and their spike
 * would outweigh all else. Data of one sign has one end to move, fixed point halves |x|.
 *
 * Divergence counts probability, not distance: alone it cuts off rare large values at any price, and on depthwise
 * networks costs far more than it gains. So only ranges are considered whose expected squared error is at most that
 * of the measured range: cutting off must pay for itself by finer steps. int16 has more values than a histogram has
 * bins and keeps its measured range.
 */
export function klDivergenceRange(histogram: Histogram, format: QuantizedFormat): Range {
  const widest = measuredRange(histogram);
  const full = gridOf(format, widest);
  if (!full || format.qtype === 'i16' || histogram.counts.length === 0) return widest;
  const divergence = divergenceOf(histogram);
  const error = squaredError(histogram);
  const limit = error(full);
  return cheapestRange(format, widest, (grid, best) => {
    const found = divergence(grid);
    return found < best && error(grid) <= limit ? found : Infinity;
  });
}

/** KL(P || Q) in nats for a grid. Sums over the bins of a level come from running totals: a grid costs its levels. */
export function divergenceOf(histogram: Histogram): (grid: Grid) => number {
  const { counts } = histogram;
  const mass = runningTotals(counts, (count) => count);
  const logs = runningTotals(counts, xlogx);
  const occupied = runningTotals(counts, Math.sign);
  const total = mass[counts.length];
  return (grid) => {
    const levels = binsOfLevels(histogram, grid);
    const begin = levels[0];
    const end = levels[levels.length - 1];
    const inside = mass[end] - mass[begin];
    if (inside === 0) return Infinity;
    // Sum over the bins of p log(p / q), p and q as counts.
    let sum = logs[end] - logs[begin];
    for (let level = 0; level + 1 < levels.length; level++) {
      const [from, to] = [levels[level], levels[level + 1]];
      const count = mass[to] - mass[from];
      if (count > 0) sum -= count * Math.log(count / (occupied[to] - occupied[from]));
    }
    const shared = (bin: number): number => {
      const level = levels.findLastIndex((from) => from <= bin);
      const [from, to] = [levels[level], levels[level + 1]];
      return counts[bin] > 0 ? (mass[to] - mass[from]) / (occupied[to] - occupied[from]) : SMOOTHING * inside;
    };
    const cutOff = (bin: number, outside: number): number =>
      outside === 0 ? 0 : xlogx(counts[bin] + outside) - xlogx(counts[bin]) - outside * Math.log(shared(bin));
    sum += cutOff(begin, mass[begin]) + cutOff(end - 1, total - mass[end]);
    return sum / total + Math.log(inside / total);
  };
}

/** First bin of every level of the grid, and the end of the last: a bin belongs to the level nearest its middle. */
function binsOfLevels({ first, width, counts }: Histogram, { step, low, high }: Grid): Int32Array {
  const bounds = new Int32Array(high - low + 2);
  for (let index = 0; index < bounds.length; index++) {
    const bin = Math.ceil(((low + index - 0.5) * step) / width - 0.5) - first;
    bounds[index] = Math.min(Math.max(bin, 0), counts.length);
  }
  return bounds;
}

function xlogx(count: number): number {
  return count > 0 ? count * Math.log(count) : 0;
}

/** totals[i] = sum of the first i values. */
function runningTotals(values: Float64Array, value: (count: number) => number): Float64Array {
  const totals = new Float64Array(values.length + 1);
  for (let index = 0; index < values.length; index++)
    totals[index + 1] = totals[index] + value(values[index]);
  return totals;
}
