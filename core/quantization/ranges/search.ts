import type { QuantizedFormat } from '../../network/number-format.ts';
import type { Range } from '../entries.ts';
import { fixedPointLength } from '../formulas.ts';
import { gridOf, type Grid } from './grid.ts';

/** Narrowest range that is tried, as a share of what was measured. */
const NARROWEST = 1 / 16;
/** First distance between two ranges that are tried, and the last. */
const COARSE = 1 / 32;
const FINE = 1 / 1024;
/** Moves at one distance; the way down a slope is short after the coarse search. */
const MOVES = 8;

/** What a grid costs; anything above `best`, the least cost so far, does as well as the true number. */
export type Cost = (grid: Grid, best: number) => number;
type Price = (range: Range, best: number) => number;

/**
 * The range inside `widest` for which the grid costs least; `widest` itself when nothing is cheaper. Infinite costs
 * refuse a grid. Affine ranges: both ends together, then each end alone in steps of 1/32 of its length, then both from
 * the best in halving steps down to 1/1024. Fixed point has powers of two only: up to four halvings.
 */
export function cheapestRange(format: QuantizedFormat, widest: Range, cost: Cost): Range {
  const price: Price = (range, best) => {
    const grid = gridOf(format, range);
    return grid ? cost(grid, best) : Infinity;
  };
  return format.quantizer === 'dynamic_fixed_point'
    ? cheapestPower(widest, format.qtype === 'i16' ? 'i16' : 'i8', price)
    : cheapestEnds(widest, price);
}

function cheapestPower(widest: Range, qtype: 'i8' | 'i16', price: Price): Range {
  const bits = qtype === 'i8' ? 7 : 15;
  const length = fixedPointLength(widest.min, widest.max, qtype);
  let best = { range: widest, cost: price(widest, Infinity) };
  for (let halvings = 1; 2 ** -halvings >= NARROWEST; halvings++) {
    const end = 2 ** (bits - length - halvings);
    const range = { min: Math.max(widest.min, -end), max: Math.min(widest.max, end) };
    const cost = price(range, best.cost);
    if (cost < best.cost) best = { range, cost };
  }
  return best.range;
}

/** Ends as shares of the widest range's. */
interface Shares {
  low: number;
  high: number;
}

function cheapestEnds(widest: Range, price: Price): Range {
  const rangeOf = ({ low, high }: Shares): Range => ({
    min: widest.min < 0 ? widest.min * low : widest.min,
    max: widest.max > 0 ? widest.max * high : widest.max,
  });
  const movesLow = widest.min < 0;
  const movesHigh = widest.max > 0;
  let best = { at: { low: 1, high: 1 }, cost: price(widest, Infinity) };
  const attempt = (at: Shares): boolean => {
    if (Math.min(at.low, at.high) < NARROWEST || Math.max(at.low, at.high) > 1) return false;
    const cost = price(rangeOf(at), best.cost);
    if (!(cost < best.cost)) return false;
    best = { at, cost };
    return true;
  };
  const shares = Array.from({ length: (1 - NARROWEST) / COARSE }, (_, index) => 1 - (index + 1) * COARSE);
  if (movesLow && movesHigh) {
    shares.forEach((share) => attempt({ low: share, high: share }));
    shares.forEach((share) => attempt({ ...best.at, high: share }));
    shares.forEach((share) => attempt({ ...best.at, low: share }));
  } else {
    shares.forEach((share) => attempt(movesHigh ? { low: 1, high: share } : { low: share, high: 1 }));
  }
  for (let step = COARSE / 2; step >= FINE; step /= 2) {
    for (let move = 0, moved = true; moved && move < MOVES; move++) {
      const { low, high } = best.at;
      moved =
        (movesHigh && (attempt({ low, high: high - step }) || attempt({ low, high: high + step }))) ||
        (movesLow && (attempt({ low: low - step, high }) || attempt({ low: low + step, high })));
    }
  }
  return rangeOf(best.at);
}
