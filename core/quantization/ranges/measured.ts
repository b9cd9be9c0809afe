import type { Range } from '../entries.ts';
import type { Histogram } from './histogram.ts';

/** From the smallest to the largest value; [0, 0] when there was none. */
export function measuredRange({ min, max }: Histogram): Range {
  return min <= max ? { min, max } : { min: 0, max: 0 };
}
