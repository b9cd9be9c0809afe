import { elementCount } from '../../network/tensor.ts';
import { parseCfg } from './cfg.ts';
import { Planner, type Plan } from './plan.ts';
import type { WeightPart, WeightsSource } from './weights.ts';

/** Weights that only count what is asked of them. */
class CountedWeights implements WeightsSource {
  readonly transposed = false;
  readonly isFork = true;
  count = 0;

  take(_owner: string, parts: readonly WeightPart[]) {
    return new Map(
      parts.map(({ name, shape }) => {
        const count = elementCount(shape);
        this.count += count;
        return [name, () => ({ type: 'float32' as const, shape, data: new Float32Array(count) })];
      }),
    );
  }

  end(): void {
    // Nothing is left of nothing.
  }
}

/** A model without its weights: the plan, and how many numbers its .weights file has to hold. */
export function planWithout(cfg: Uint8Array): { plan: Plan; numbers: number } {
  const weights = new CountedWeights();
  return { plan: Planner.plan(parseCfg(cfg), weights), numbers: weights.count };
}

/** A .weights file of this many numbers, all of them alike. */
export function madeUpWeights(numbers: number, value = 0.01): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(20 + 4 * numbers);
  new Int32Array(bytes.buffer, 0, 3).set([0, 2, 5]);
  new Float32Array(bytes.buffer, 20).fill(value);
  return bytes;
}
