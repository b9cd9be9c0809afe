import type { Range } from '../entries.ts';
import type { RangeCollector, Watched } from './algorithm.ts';

/**
 * Both ends of a tensor's range follow those of the batches: m += weight * (batch - m); the first batch is the start.
 * Rare large values fade, so that the range may become narrower than what was measured.
 */
export class MovingAverage implements RangeCollector {
  private readonly averages = new Map<number, Range>();

  constructor(
    private readonly watched: Watched,
    private readonly weight: number,
  ) {
    watched.simulator.resetRanges(watched.tensors);
  }

  batchDone(): void {
    const { simulator, tensors } = this.watched;
    const batch = simulator.ranges();
    for (const tensor of tensors) {
      const range = batch(tensor);
      if (range) this.averages.set(tensor, this.followed(this.averages.get(tensor), range));
    }
    simulator.resetRanges(tensors);
  }

  range(tensor: number): Range | undefined {
    return this.averages.get(tensor);
  }

  private followed(average: Range | undefined, batch: Range): Range {
    if (!average) return batch;
    return {
      min: average.min + this.weight * (batch.min - average.min),
      max: average.max + this.weight * (batch.max - average.max),
    };
  }
}
