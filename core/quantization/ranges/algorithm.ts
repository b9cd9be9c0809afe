import type { QuantizedFormat } from '../../network/number-format.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import type { Range } from '../entries.ts';
import type { Histogram } from './histogram.ts';
import { klDivergenceRange } from './kl-divergence.ts';
import { MovingAverage } from './moving-average.ts';
import { leastErrorRange } from './mse.ts';
import { percentileRange } from './percentile.ts';

/** How a tensor's range is chosen from what it held during calibration. */
export type RangeAlgorithm =
  /** Smallest and largest value. */
  | { name: 'normal' }
  /** Exponential average of the batches' ranges. */
  | { name: 'moving_average'; weight: number }
  /** Least divergence between the distributions before and after; `bins` is a power of two. */
  | { name: 'kl_divergence'; bins: number }
  /** Keeps this share of the values, in percent. */
  | { name: 'percentile'; percentile: number }
  /** Least expected squared error. */
  | { name: 'mse' };

/** Bins of the algorithms that do not let the user choose. */
const BINS = 2048;

/** What a {@link RangeCollector} watches. */
export interface Watched {
  simulator: Simulator;
  /** Ids of device tensors, each once, no constants. */
  tensors: readonly number[];
  /** How the tensors will be stored. */
  format: QuantizedFormat;
}

/** Statistics during a calibration; it starts when it is made. */
export interface RangeCollector {
  /** To be called after each batch. */
  batchDone(): void;
  /** The chosen range of a tensor; undefined when nothing was seen of it. */
  range(tensor: number): Range | undefined;
}

/** Starts exactly the taps an algorithm needs. Their memory does not grow with the number of samples. */
export function startCollector(algorithm: RangeAlgorithm, watched: Watched): RangeCollector {
  const { format } = watched;
  switch (algorithm.name) {
    case 'normal':
      return measured(watched);
    case 'moving_average':
      return new MovingAverage(watched, algorithm.weight);
    case 'kl_divergence':
      // More stored values than bins: nothing to choose by, see klDivergenceRange.
      if (format.qtype === 'i16') return measured(watched);
      return fromHistograms(watched, algorithm.bins, (histogram) => klDivergenceRange(histogram, format));
    case 'percentile':
      return fromHistograms(watched, BINS, (histogram) => percentileRange(histogram, algorithm.percentile));
    case 'mse':
      return fromHistograms(watched, BINS, (histogram) => leastErrorRange(histogram, format));
  }
}

function measured({ simulator, tensors }: Watched): RangeCollector {
  simulator.resetRanges(tensors);
  let ranges: ReturnType<Simulator['ranges']> | undefined;
  return { batchDone: () => undefined, range: (tensor) => (ranges ??= simulator.ranges())(tensor) };
}

function fromHistograms(
  { simulator, tensors }: Watched,
  bins: number,
  choose: (histogram: Histogram) => Range,
): RangeCollector {
  simulator.startHistograms(tensors, bins);
  return {
    batchDone: () => undefined,
    range: (tensor) => {
      const histogram = simulator.histogram(tensor);
      return histogram.min <= histogram.max ? choose(histogram) : undefined;
    },
  };
}
