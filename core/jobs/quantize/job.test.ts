import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { accuracy, at, imported, model, quantize, type Logged } from '../../testing/quantize-sample.ts';
import { quantizeJob } from './job.ts';

describe('algorithms', () => {
  test.each([
    ['kl_divergence', 1, {}],
    ['kl_divergence', 1, { divergenceFirstQuantizeBits: 9 }],
    ['percentile', 1, { percentile: 99.9 }],
    ['mse', 1, {}],
    ['moving_average', 2, { movingAverageWeight: 0.2 }],
  ])(
    '%s: ranges inside those of normal, accuracy within %d points of it',
    async (algorithm, points, options) => {
      const normal = await quantize({ modelQuantize: at('normal.quantize') });
      const table = at(`${algorithm}.quantize`);
      const result = await quantize({ algorithm, modelQuantize: table, ...options });
      let narrower = 0;
      for (const [ref, entry] of result.table.entries) {
        const wide = normal.table.entries.get(ref);
        if (!ref.endsWith(':out0')) continue;
        expect(entry.max).toBeLessThanOrEqual(wide?.max ?? NaN);
        expect(entry.min).toBeGreaterThanOrEqual(wide?.min ?? NaN);
        if (entry.max !== wide?.max || entry.min !== wide?.min) narrower++;
      }
      expect(narrower).toBeGreaterThan(0);
      const loss = (await accuracy(imported, at('normal.quantize'))) - (await accuracy(imported, table));
      expect(loss).toBeLessThanOrEqual(points / 100 + 1e-9);
    },
  );

  test('2^m bins can be asked for in both ways', async () => {
    const bits = await quantize({ algorithm: 'kl_divergence', divergenceFirstQuantizeBits: 9 });
    const bins = await quantize({ algorithm: 'kl_divergence', divergenceNbins: 512 });
    expect(bits.table).toEqual(bins.table);
  });

  test('int16 keeps the ranges of normal with kl_divergence, and says so', async () => {
    const int16 = { quantizer: 'dynamic_fixed_point', qtype: 'int16' };
    const logged: Logged = { lines: [], progress: [] };
    const divergence = await quantize({ ...int16, algorithm: 'kl_divergence' }, logged);
    expect(divergence.table).toEqual((await quantize(int16)).table);
    expect(logged.lines.some((line) => line.startsWith('W int16'))).toBe(true);
  });

  test('short floats need no samples', async () => {
    for (const quantizer of ['float16', 'bfloat16', 'qbfloat16']) {
      writeFileSync(
        at('nothing.yml'),
        readFileSync(at('calibration.yml'), 'utf8').replace(/calibration\.txt/, 'no.txt'),
      );
      const result = await quantize({ quantizer, withInputMeta: at('nothing.yml') });
      expect(result.samples).toBe(0);
      expect(result.table.entries.size).toBeGreaterThan(20);
    }
  });
});

describe('options', () => {
  test.each([
    [{ movingAverageWeight: 0.5 }, /--moving-average-weight goes with/],
    [{ algorithm: 'moving_average', movingAverageWeight: 0 }, /moving-average-weight/],
    [{ algorithm: 'moving_average', movingAverageWeight: 1.5 }, /moving-average-weight/],
    [{ divergenceNbins: 1024 }, /--divergence-nbins goes with/],
    [{ algorithm: 'kl_divergence', divergenceNbins: 1000 }, /power of two/],
    [{ algorithm: 'kl_divergence', divergenceNbins: 1024, divergenceFirstQuantizeBits: 10 }, /exclude/],
    [{ algorithm: 'kl_divergence', divergenceFirstQuantizeBits: 30 }, /divergence-first-quantize-bits/],
    [{ percentile: 99 }, /--percentile goes with/],
    [{ targetCosine: 0.9 }, /--target-cosine goes with/],
    [{ algorithm: 'auto', targetCosine: 0.9, targetAccuracyDrop: 1 }, /exclude/],
    [{ algorithm: 'auto', quantizer: 'float16' }, /integers/],
    [{ target: 'Pentium' }, /no known chip/],
    [{ outputData: 'x.data' }, /--output-data goes with/],
    [{ MLE: true, quantizer: 'float16' }, /integers/],
  ])('%o is refused', async (options, message) => {
    await expect(quantize(options)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(message),
    });
  });
});

test('progress tells speed and time left, and only rises; warnings are data and log lines', async () => {
  const logged: Logged = { lines: [], progress: [] };
  const texts: string[] = [];
  const result = await quantizeJob(
    {
      model,
      modelData: imported,
      withInputMeta: at('calibration.yml'),
      rebuild: true,
      iterations: 3,
      MLE: true,
      outputData: at('p.data'),
      modelQuantize: at('p.quantize'),
    },
    {
      signal: new AbortController().signal,
      progress: (fraction, text) => {
        logged.progress.push(fraction);
        texts.push(text);
      },
      log: (level, text) => logged.lines.push(`${level} ${text}`),
    },
  );
  expect(texts.some((text) => /\d+ of 3 samples, \d.*\/s, \d+ s left/.test(text))).toBe(true);
  expect(logged.progress).toEqual([...logged.progress].sort((a, b) => a - b));
  expect(logged.progress.at(-1)).toBe(1);
  expect(result.warnings.map(({ kind }) => kind)).toEqual(['few']);
  expect(logged.lines.filter((line) => line.startsWith('W'))).toHaveLength(1);
});
