import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { at, folder, imported, quantize, type Logged } from '../../testing/quantize-sample.ts';
import { quietContext } from '../../testing/temporary.ts';
import { readQuantizeFile } from '../../files/quantize-file.ts';
import { inferenceJob } from '../inference.ts';

const TARGET = 0.9999;

test('the fewest layers that reach the target are chosen, and the hybrid network runs', async () => {
  const result = await quantize({ algorithm: 'auto', targetCosine: TARGET });
  expect(result.auto).toMatchObject({ reached: true, interrupted: false });
  const { layers = [], score = 0, trials = [] } = result.auto ?? {};
  expect(score).toBeGreaterThanOrEqual(TARGET);
  expect(layers.length).toBeGreaterThan(0);
  // Nothing smaller that was tried reached it.
  for (const trial of trials) {
    if (trial.layers.length < layers.length) expect(trial.score).toBeLessThan(TARGET);
  }
  const table = await readQuantizeFile(at('net.quantize'));
  expect([...table.customized.keys()]).toEqual(layers);
  const run = await inferenceJob(
    {
      model: at('net.quantize.json'),
      modelData: imported,
      modelQuantize: at('net.quantize'),
      withInputMeta: at('calibration.yml'),
      dtype: 'quantized',
      iterations: 2,
      outputDir: at('inference'),
    },
    quietContext(),
  );
  expect(run.samples).toHaveLength(2);
});

test('a target that uint8 reaches needs no layers and no hybrid network', async () => {
  const { auto, network } = await quantize({
    algorithm: 'auto',
    targetCosine: 0.9,
    modelQuantize: at('plain.quantize'),
  });
  expect(auto).toMatchObject({ layers: [], reached: true });
  expect(network).toBeUndefined();
});

test('an interrupted search writes the best so far', async () => {
  const controller = new AbortController();
  const logged: Logged = { lines: [], progress: [] };
  logged.lines.push = (...lines) => {
    if (lines.some((line) => /[1-9]\d* layers in/.test(line))) controller.abort();
    return Array.prototype.push.apply(logged.lines, lines);
  };
  const file = at('interrupted.quantize');
  const { auto } = await quantize(
    { algorithm: 'auto', targetCosine: 1, modelQuantize: file },
    logged,
    controller.signal,
  );
  expect(auto?.interrupted).toBe(true);
  expect((await readQuantizeFile(file)).entries.size).toBeGreaterThan(20);
});

test('an interrupt before the search leaves nothing behind', async () => {
  const controller = new AbortController();
  const file = at('cancelled.quantize');
  const before = readdirSync(folder);
  const running = quantize(
    { algorithm: 'auto', modelQuantize: file, iterations: 2000 },
    undefined,
    controller.signal,
  );
  setTimeout(() => controller.abort(), 100);
  await expect(running).rejects.toThrow();
  expect(existsSync(file)).toBe(false);
  expect(readdirSync(folder)).toEqual(before);
});

test('an accuracy target needs labels', async () => {
  await expect(quantize({ algorithm: 'auto', targetAccuracyDrop: 1 })).rejects.toThrow(/needs labels/);
  const { auto } = await quantize({
    algorithm: 'auto',
    targetAccuracyDrop: 2,
    withInputMeta: at('labels.yml'),
    iterations: 100,
  });
  expect(auto).toMatchObject({ reached: true });
});
