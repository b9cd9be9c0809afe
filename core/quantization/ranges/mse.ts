import type { QuantizedFormat } from '../../network/number-format.ts';
import type { Range } from '../entries.ts';
import type { Histogram } from './histogram.ts';
import { measuredRange } from './measured.ts';
import { cheapestRange } from './search.ts';
import { squaredError } from './squared-error.ts';

/** The range with the least expected squared error of rounding and clipping together. */
export function leastErrorRange(histogram: Histogram, format: QuantizedFormat): Range {
  return cheapestRange(format, measuredRange(histogram), squaredError(histogram));
}
