import { describe, expect, it } from 'vitest';
import { tensorEntry } from '../../core/quantization/entries.ts';
import { expectedError, gridOf, storedBars, stretches, type Histogram } from './tensor-error.ts';

/** Values that look like activations: a bell with a tail, the same each time. */
function values(count: number, floor: number): Float32Array {
  let seed = 1;
  const random = (): number => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
  return Float32Array.from({ length: count }, () => {
    const bell = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    return Math.max(floor, bell + (random() < 0.01 ? 8 * random() : 0));
  });
}

/** Counts as the simulator counts: towards zero, zeros apart. */
function histogramOf(data: Float32Array, width: number): Histogram {
  const bins = [...data]
    .filter((x) => x !== 0)
    .map((x) => (x > 0 ? Math.floor(x / width) : Math.ceil(x / width) - 1));
  const first = Math.min(...bins);
  const counts = new Array<number>(Math.max(...bins) - first + 1).fill(0);
  for (const bin of bins) counts[bin - first]++;
  return { width, first, counts, zeros: data.length - bins.length };
}

const halfEven = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

/** Every value stored and read back, one by one. */
function plain(data: Float32Array, { scale, zeroPoint, fl, qtype }: ReturnType<typeof tensorEntry>) {
  const step = typeof fl === 'number' ? 2 ** -fl : (scale ?? 1);
  const zero = zeroPoint ?? 0;
  const [bottom, top] = { u8: [0, 255], i8: [-128, 127], i16: [-32768, 32767] }[qtype as 'u8' | 'i8' | 'i16'];
  let [noise, signal, clipped] = [0, 0, 0];
  for (const x of data) {
    const q = halfEven(x / step) + zero;
    if (q < bottom || q > top) clipped++;
    noise += (x - (Math.min(top, Math.max(bottom, q)) - zero) * step) ** 2;
    signal += x * x;
  }
  return { sqnr: 10 * Math.log10(signal / noise), clipped: clipped / data.length };
}

describe('the expected error of a tensor', () => {
  for (const [quantizer, qtype] of [
    ['asymmetric_affine', 'u8'],
    ['asymmetric_affine', 'i8'],
    ['dynamic_fixed_point', 'i8'],
    ['dynamic_fixed_point', 'i16'],
  ] as const) {
    for (const floor of [-Infinity, 0]) {
      it(`is that of storing every value: ${quantizer} ${qtype}, values from ${floor}`, () => {
        const data = values(40_000, floor);
        const [min, max] = [Math.min(...data), Math.max(...data)];
        const histogram = histogramOf(data, 2 ** -6);
        for (const share of [1, 0.7, 0.4, 0.15]) {
          const range = { min: min * share, max: max * share };
          const grid = gridOf({ quantizer, qtype }, range);
          if (!grid) throw new Error('no grid');
          const found = expectedError(stretches(histogram, min, max), histogram.zeros, grid);
          const wanted = plain(data, tensorEntry({ quantizer, qtype }, range));
          expect(Math.abs((found.sqnr ?? Infinity) - wanted.sqnr)).toBeLessThan(0.25);
          expect(Math.abs(found.clipped - wanted.clipped)).toBeLessThan(0.002);
        }
      });
    }
  }

  it('is nothing for zeros, and unknown for floats', () => {
    const grid = gridOf({ quantizer: 'asymmetric_affine', qtype: 'u8' }, { min: 0, max: 0 });
    expect(grid).toEqual({ step: 1, low: 0, high: 255 });
    expect(grid && expectedError([], 10, grid)).toEqual({ clipped: 0, sqnr: null });
    expect(gridOf({ quantizer: 'float16', qtype: 'f16' }, { min: 0, max: 1 })).toBeUndefined();
  });

  it('counts every value once where it is stored', () => {
    const data = values(40_000, -Infinity);
    const [min, max] = [Math.min(...data), Math.max(...data)];
    const histogram = histogramOf(data, 2 ** -6);
    const grid = gridOf({ quantizer: 'asymmetric_affine', qtype: 'u8' }, { min: min / 2, max: max / 2 });
    if (!grid) throw new Error('no grid');
    const spread = stretches(histogram, min, max);
    const bars = storedBars(spread, histogram.zeros, grid, { from: min, to: max }, 1000);
    expect(bars).toHaveLength(256);
    expect(bars.reduce((sum, { count }) => sum + count, 0)).toBeCloseTo(data.length, 6);
    for (const at of [0, 100, 255]) {
      const { value } = bars[at];
      const plainCount = data.filter((x) => {
        const q = Math.min(grid.high, Math.max(grid.low, Math.round(x / grid.step) * grid.step));
        return Math.abs(q - value) < grid.step / 4;
      }).length;
      expect(Math.abs(bars[at].count - plainCount)).toBeLessThan(0.02 * data.length);
    }
    const part = storedBars(spread, histogram.zeros, grid, { from: -grid.step * 2, to: grid.step * 2 }, 1000);
    expect(part.map(({ value }) => Math.round(value / grid.step))).toEqual([-2, -1, 0, 1, 2]);
    expect(storedBars(spread, 0, grid, { from: min, to: max }, 100)).toEqual([]);
  });

  it('knows tensors of one value', () => {
    const grid = { step: 1, low: 0, high: 10 };
    const { sqnr } = expectedError([{ from: 2.25, to: 2.25, count: 5 }], 0, grid);
    expect(sqnr).toBeCloseTo(20 * Math.log10(2.25 / 0.25), 2);
  });
});
