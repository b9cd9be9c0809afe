import { expect, test } from 'vitest';
import { Layer } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import { calibrate, type CalibrateOptions } from './calibrate.ts';
import type { Range } from './entries.ts';
import { histogramOf } from './ranges/histogram.ts';
import { klDivergenceRange } from './ranges/kl-divergence.ts';
import { leastErrorRange } from './ranges/mse.ts';
import { percentileRange } from './ranges/percentile.ts';
import { measuredRefs } from './table.ts';

/** input → relu → output over vectors of `size`. */
function network(size: number): Network {
  const ref = (layer: string) => ({ layer, port: 0 });
  return new Network({ name: 'n', acuityVersion: '6', platform: 'tensorflow' }, [
    new Layer({ key: 'out_0', name: 'out', op: 'output', inputs: [ref('relu_1')] }),
    new Layer({ key: 'relu_1', name: 'relu', op: 'relu', inputs: [ref('in_2')] }),
    new Layer({ key: 'in_2', name: 'in', op: 'input', inputs: [], parameters: { shape: [0, size] } }),
  ]);
}

const INPUT = '@in_2:out0';
const RELU = '@relu_1:out0';
const batches = [
  [-1, 4],
  [-3, 2],
  [5, 6],
].map((values) => Float32Array.from(values));

function run(
  samples: readonly Float32Array[],
  options: Partial<CalibrateOptions>,
): Promise<Map<string, Range>> {
  return calibrate(network(samples[0].length), {
    batchSize: 1,
    batches: (async function* stream() {
      for (const values of samples) yield { inputs: new Map([['in_2', values]]) };
    })(),
    signal: new AbortController().signal,
    onBatch: () => undefined,
    ...options,
  });
}

test('normal: smallest and largest of all batches', async () => {
  const ranges = await run(batches, {});
  expect(ranges.get(INPUT)).toEqual({ min: -3, max: 6 });
  expect(ranges.get(RELU)).toEqual({ min: 0, max: 6 });
});

test('moving_average: the first batch is the start, each next one pulls by its weight', async () => {
  const ranges = await run(batches, { algorithm: { name: 'moving_average', weight: 0.25 } });
  // min: -1, -1 + (-3 + 1) / 4 = -1.5, -1.5 + (5 + 1.5) / 4; max: 4, 3.5, 3.5 + 2.5 / 4
  expect(ranges.get(INPUT)).toEqual({ min: 0.125, max: 4.125 });
  const last = await run(batches, { algorithm: { name: 'moving_average', weight: 1 } });
  expect(last.get(INPUT)).toEqual({ min: 5, max: 6 });
});

test('only what is asked for is measured, and that is what the table reads', async () => {
  expect([...measuredRefs(network(2), { all: false })]).toEqual([INPUT, RELU]);
  expect([...(await run(batches, { refs: new Set([RELU]) })).keys()]).toEqual([RELU]);
});

test('histogram algorithms choose as they do on the values themselves', async () => {
  // Even from -1 to 1, and one value outside that is worth cutting off.
  const values = Float32Array.from({ length: 65_536 }, (_, index) => (index + 0.5) / 32_768 - 1);
  values[40_000] = 1.25;
  const histogram = histogramOf(values);
  const format = { quantizer: 'asymmetric_affine', qtype: 'i8' } as const;
  const cases = [
    [{ name: 'kl_divergence', bins: 2048 }, klDivergenceRange(histogram, format)],
    [{ name: 'mse' }, leastErrorRange(histogram, format)],
    [{ name: 'percentile', percentile: 99 }, percentileRange(histogram, 99)],
  ] as const;
  for (const [algorithm, expected] of cases) {
    // In four batches of one sample each.
    const parts = [0, 1, 2, 3].map((part) => values.subarray(part * 16_384, (part + 1) * 16_384));
    const found = (await run(parts, { algorithm, format })).get(INPUT);
    expect(found?.min).toBeCloseTo(expected.min, 2);
    expect(found?.max).toBeCloseTo(expected.max, 2);
    expect(found?.max).toBeLessThan(1.2);
  }
});

test('no samples are an error, an abort stops', async () => {
  const none = (async function* empty() {})();
  await expect(run(batches, { batches: none })).rejects.toMatchObject({ code: 'dataset-invalid' });
  await expect(run(batches, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
});
