import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readCoefficients, writeCoefficients } from '../../files/coefficients.ts';
import { packageRoot } from '../../files/package-root.ts';
import { floatTensor, toFloat32 } from '../../network/tensor.ts';
import { quietContext, temporaryFolder } from '../../testing/temporary.ts';
import { importOnnxJob } from '../import.ts';
import { inferenceJob } from '../inference.ts';
import { inputMetaJob } from '../inputmeta.ts';
import { quantizeJob, type QuantizeResult } from './job.ts';

const sample = join(packageRoot(), 'assets/sample');
const folder = temporaryFolder();
const at = (file: string): string => join(folder, file);
const model = at('net.json');
const imported = at('imported.data');
const COUNT = 20;

/** A data file of its own for each test that may change it. */
function freshData(name: string): string {
  copyFileSync(imported, at(name));
  return at(name);
}

beforeAll(async () => {
  const context = quietContext();
  await importOnnxJob(
    { model: join(sample, 'mobilenetv2-tiny.onnx'), outputModel: model, outputData: imported },
    context,
  );
  for (const list of ['calibration', 'labels']) {
    const lines = readFileSync(join(sample, 'fashion-mnist', `${list}.txt`), 'utf8').split('\n');
    const paths = lines.filter((line) => line !== '').map((line) => join(sample, 'fashion-mnist', line));
    writeFileSync(at(`${list}.txt`), paths.join('\n'));
    await inputMetaJob(
      {
        model,
        sourceFile: at(`${list}.txt`),
        inputMetaOutput: at(`${list}.yml`),
        channelMeanValue: '0 0 0 0.0039215686',
      },
      context,
    );
  }
});

interface Logged {
  lines: string[];
  progress: number[];
}

function quantize(
  options: Record<string, unknown>,
  logged: Logged = { lines: [], progress: [] },
  signal = new AbortController().signal,
): Promise<QuantizeResult> {
  const base = {
    model,
    modelData: imported,
    withInputMeta: at('calibration.yml'),
    rebuild: true,
    batchSize: 1,
  };
  return quantizeJob(
    { ...base, iterations: COUNT, modelQuantize: at('net.quantize'), ...options },
    {
      signal,
      progress: (fraction) => logged.progress.push(fraction),
      log: (level, text) => logged.lines.push(`${level} ${text}`),
    },
  );
}

async function accuracy(data: string, table: string): Promise<number> {
  const result = await inferenceJob(
    {
      model,
      modelData: data,
      modelQuantize: table,
      withInputMeta: at('labels.yml'),
      iterations: 200,
      batchSize: 1,
      dtype: 'quantized',
      postprocess: 'print_topn',
    },
    quietContext(),
  );
  return result.accuracy ?? 0;
}

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
    [{ algorithm: 'auto' }, /not available/],
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
      expect(readdirSync(folder).filter((file) => /^cancel\.original|\.tmp$/.test(basename(file)))).toEqual(
        [],
      );
    }
  });
});
