import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readCoefficients, writeCoefficients } from '../../files/coefficients.ts';
import { floatTensor, toFloat32 } from '../../network/tensor.ts';
import {
  accuracy,
  at,
  COUNT,
  folder,
  freshData,
  imported,
  model,
  quantize,
} from '../../testing/quantize-sample.ts';
import { quantizeJob } from './job.ts';

describe('error minimisation', () => {
  test.each([
    ['asymmetric_affine', { MLE: true }],
    ['asymmetric_affine', { MLE: true, algorithm: 'moving_average' }],
    ['asymmetric_affine', { biasCorrection: true, algorithm: 'kl_divergence' }],
    ['dynamic_fixed_point', { MLE: true }],
    ['perchannel_symmetric_affine', { MLE: true }],
  ])('%s %o never makes the outputs worse', async (quantizer, options) => {
    const table = at('minimised.quantize');
    const result = await quantize({
      quantizer,
      ...options,
      outputData: at('minimised.data'),
      modelQuantize: table,
    });
    const { minimised } = result;
    expect(minimised?.after).toBeLessThanOrEqual(minimised?.before ?? NaN);
    expect(minimised?.layers.length).toBeGreaterThan(20);
    expect([...(minimised?.kept ?? []), ...(minimised?.dropped ?? [])].length).toBeGreaterThan(0);
    if ((minimised?.kept.length ?? 0) > 0) expect(minimised?.after).toBeLessThan(minimised?.before ?? NaN);
    expect(await accuracy(at('minimised.data'), table)).toBeGreaterThan(0.88);
  });

  test('biases change in place, the first file is kept, a second run starts from it', async () => {
    const data = freshData('inplace.data');
    const options = { modelData: data, quantizer: 'dynamic_fixed_point', MLE: true };
    const first = await quantize(options);
    expect(first.minimised?.kept).toContain('bias correction');
    expect(first.data).toBe(data);
    expect(readFileSync(at('inplace.original.data'))).toEqual(readFileSync(imported));
    const [before, after] = [await readCoefficients(imported), await readCoefficients(data)];
    let changed = 0;
    for (const [key, tensors] of before) {
      for (const [name, tensor] of tensors) {
        const other = after.get(key)?.get(name) ?? tensor;
        const same = toFloat32(tensor).every((value, index) => value === toFloat32(other)[index]);
        expect(same || name === 'bias').toBe(true);
        if (!same) changed++;
      }
    }
    expect(changed).toBeGreaterThan(5);
    const written = readFileSync(data);
    const second = await quantize(options);
    expect(second.table).toEqual(first.table);
    expect(readFileSync(data)).toEqual(written);
    expect(readFileSync(at('inplace.original.data'))).toEqual(readFileSync(imported));
  });

  test('a kept file of another network gives way to that of this one', async () => {
    const data = freshData('other.data');
    const strange = await readCoefficients(imported);
    const [weights] = [...strange.values()].filter((tensors) => tensors.has('weight'));
    const weight = weights.get('weight');
    if (weight)
      weights.set(
        'weight',
        floatTensor(
          weight.shape,
          toFloat32(weight).map((value) => value + 1),
        ),
      );
    await writeCoefficients(at('other.original.data'), strange);
    const result = await quantize({
      modelData: data,
      quantizer: 'dynamic_fixed_point',
      biasCorrection: true,
    });
    expect(result.data).toBe(data);
    expect(readFileSync(at('other.original.data'))).toEqual(readFileSync(imported));
  });

  test('a cancel in any pass leaves all files as they were', async () => {
    for (const stop of [2, COUNT + 5, 3 * COUNT, 5 * COUNT]) {
      const data = freshData('cancel.data');
      const controller = new AbortController();
      let calls = 0;
      const run = quantizeJob(
        {
          model,
          modelData: data,
          withInputMeta: at('calibration.yml'),
          rebuild: true,
          batchSize: 1,
          iterations: COUNT,
          MLE: true,
          modelQuantize: at('cancel.quantize'),
        },
        {
          signal: controller.signal,
          progress: () => {
            if (++calls === stop) controller.abort();
          },
          log: () => undefined,
        },
      );
      await expect(run).rejects.toThrow();
      expect(readFileSync(data)).toEqual(readFileSync(imported));
      expect(existsSync(at('cancel.quantize'))).toBe(false);
      expect(readdirSync(folder).filter((file) => /^cancel\.original|\.tmp$/.test(file))).toEqual([]);
    }
  });
});
