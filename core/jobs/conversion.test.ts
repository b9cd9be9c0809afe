import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../files/package-root.ts';
import { readNetworkFile } from '../files/network-json.ts';
import { readCoefficients } from '../files/coefficients.ts';
import { formatRef } from '../network/layer.ts';
import { toFloat32 } from '../network/tensor.ts';
import { sharedPath } from '../testing/shared.ts';
import { quietContext, temporaryFolder } from '../testing/temporary.ts';
import { exportOvxlibJob } from './export.ts';
import { importOnnxJob } from './import.ts';
import { inferenceJob } from './inference.ts';
import { inputMetaJob } from './inputmeta.ts';
import { quantizeJob } from './quantize/job.ts';
import { runCaseJob } from './run-case.ts';

/** A labelled classifier, converted once. */
interface Subject {
  name: string;
  model: string;
  dataset: string;
  channelMeanValue: string;
  /** Float accuracy of another engine on the 200 pictures. */
  accuracy: number;
}

const sample = join(packageRoot(), 'assets/sample');
const cifar = sharedPath('models/datasets/cifar10');
const resnet = sharedPath('models/onnx/resnet20-cifar10/resnet20-cifar10-opset17.onnx');
const subjects: Subject[] = [
  {
    name: 'mobilenetv2-tiny',
    model: join(sample, 'mobilenetv2-tiny.onnx'),
    dataset: join(sample, 'fashion-mnist'),
    channelMeanValue: '0 0 0 0.00392156862745098',
    accuracy: 0.91,
  },
  ...(cifar && resnet
    ? [{ name: 'resnet20', model: resnet, dataset: cifar, channelMeanValue: '', accuracy: 0.8 }]
    : []),
];
const context = quietContext();
const folder = temporaryFolder();

/** Lines of a list with their pictures as absolute paths. */
function absoluteList(dataset: string, list: string, target: string): number {
  const lines = readFileSync(join(dataset, list), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  writeFileSync(target, lines.map((line) => join(dataset, line)).join('\n'));
  return lines.length;
}

interface Files {
  model: string;
  modelData: string;
  meta: string;
  testMeta: string;
  table: string;
  count: number;
}

async function convert({ name, model, dataset, channelMeanValue }: Subject): Promise<Files> {
  const at = (file: string): string => join(folder, file);
  const files = {
    model: at(`${name}.json`),
    modelData: at(`${name}.data`),
    meta: at(`${name}.yml`),
    testMeta: at(`${name}_test.yml`),
    table: at(`${name}.quantize`),
    count: 0,
  };
  await importOnnxJob({ model, outputModel: files.model, outputData: files.modelData }, context);
  absoluteList(dataset, 'calibration.txt', at(`${name}_calibration.txt`));
  files.count = absoluteList(dataset, 'labels.txt', at(`${name}_labels.txt`));
  for (const [list, file] of [
    ['calibration', files.meta],
    ['labels', files.testMeta],
  ]) {
    const options = { model: files.model, sourceFile: at(`${name}_${list}.txt`), inputMetaOutput: file };
    await inputMetaJob(channelMeanValue === '' ? options : { ...options, channelMeanValue }, context);
    if (channelMeanValue === '') useImageNetMeans(file);
  }
  const { model: network, modelData, meta, table } = files;
  await quantizeJob(
    {
      model: network,
      modelData,
      withInputMeta: meta,
      modelQuantize: table,
      rebuild: true,
      batchSize: 10,
      iterations: 5,
    },
    context,
  );
  return files;
}

/** Per-channel means and scales, RGB: what the ResNet was trained with; edited as a user would. */
function useImageNetMeans(file: string): void {
  const text = readFileSync(file, 'utf8');
  const means = [123.67500305175781, 116.27999877929688, 103.52999877929688];
  const scales = [0.017124753445386887, 0.017507001757621765, 0.01742919348180294];
  const list = (values: number[]): string => values.map((value) => `\n        - ${value}`).join('');
  const edited = text
    .replace(/reverse_channel: true/, 'reverse_channel: false')
    .replace(/mean:(\n\s+- [\d.]+)+/, `mean:${list(means)}`)
    .replace(/scale: 1\.0/, `scale:${list(scales)}`);
  writeFileSync(file, edited);
}

describe.each(subjects)('$name', (subject) => {
  let files: Files;
  beforeAll(async () => {
    files = await convert(subject);
  });

  const infer = (dtype: string) =>
    inferenceJob(
      {
        model: files.model,
        modelData: files.modelData,
        modelQuantize: files.table,
        withInputMeta: files.testMeta,
        iterations: files.count,
        dtype,
        postprocess: 'print_topn',
      },
      context,
    );

  test('float accuracy is that of the reference engine, uint8 loses at most 1.5 points', async () => {
    const float = (await infer('float32')).accuracy ?? 0;
    const quantized = (await infer('quantized')).accuracy ?? 0;
    expect(Math.abs(float - subject.accuracy)).toBeLessThanOrEqual(0.005);
    expect(float - quantized).toBeLessThanOrEqual(0.015 + 1e-9);
  });

  test('every affine entry of the table satisfies the formulas bit for bit', async () => {
    await checkTable(files);
  });

  test.skipIf(!existsSync(join(packageRoot(), 'out/sdk/include')))(
    'the compiled case code writes the same bytes as the simulator',
    async () => {
      const count = 5;
      const inference = await inferenceJob(
        {
          model: files.model,
          modelData: files.modelData,
          modelQuantize: files.table,
          withInputMeta: files.testMeta,
          iterations: count,
          dtype: 'quantized',
          postprocess: 'dump_result',
          outputDir: folder,
        },
        context,
      );
      const target = join(folder, 'case', subject.name, subject.name);
      const { folder: where } = await exportOvxlibJob(
        {
          model: files.model,
          modelData: files.modelData,
          modelQuantize: files.table,
          withInputMeta: files.meta,
          dtype: 'quantized',
          outputPath: target,
        },
        context,
      );
      const samples = inference.files.filter((file) => /input_\d+_out0_1_/.test(file)).map((file) => [file]);
      const { outputs } = await runCaseJob({ folder: where, samples }, context);
      expect(samples).toHaveLength(count);
      expect(outputs.map((list) => list.map((bytes) => [...bytes]))).toEqual(
        inference.samples.map((item) => item.bytes.map((bytes) => [...bytes])),
      );
    },
  );
});

/** One entry as the YAML has it. */
interface RawEntry {
  dtype: string;
  max_value: number | number[] | null;
  min_value: number | number[] | null;
  scale: number[];
  zero_point: number[];
  qtype: string;
}

/** float32 arithmetic through a typed array: nothing shared with the code under test. */
function float32(value: number): number {
  return new Float32Array([value])[0];
}

/** Ties to even by the sign of the remainder, another way than the code under test does it. */
function nearestEven(value: number): number {
  const below = Math.trunc(value);
  const doubled = (value - below) * 2;
  if (Math.abs(doubled) < 1) return below;
  return Math.abs(doubled) === 1 && below % 2 === 0 ? below : below + Math.sign(value);
}

async function checkTable(files: Files): Promise<void> {
  const text = readFileSync(files.table, 'utf8');
  const table = load(text.replace('%YAML 1.2\n---\n', '')) as {
    quantize_parameters: Record<string, RawEntry>;
  };
  const entries = new Map(Object.entries(table.quantize_parameters));
  const network = await readNetworkFile(files.model);
  const coefficients = await readCoefficients(files.modelData);
  const one = (value: number | number[] | null): number => Number(Array.isArray(value) ? value[0] : value);
  let checked = 0;
  for (const [ref, entry] of entries) {
    expect(entry.dtype).toBe('asymmetric_affine');
    if (ref.endsWith(':bias')) {
      const layer = network.layer(ref.slice(1, -':bias'.length));
      const input = entries.get(formatRef(layer.inputs[0]));
      const weight = entries.get(ref.replace(/:bias$/, ':weight'));
      expect(entry.scale[0]).toBe(
        float32(float32(input?.scale[0] ?? NaN) * float32(weight?.scale[0] ?? NaN)),
      );
      expect([entry.zero_point[0], entry.qtype]).toEqual([0, 'i32']);
    } else {
      const [min, max] = [one(entry.min_value), one(entry.max_value)];
      expect(min).toBeLessThanOrEqual(0);
      expect(max).toBeGreaterThanOrEqual(0);
      const scale = float32(float32(float32(max) - float32(min)) / 255);
      expect(entry.scale[0]).toBe(scale);
      expect(entry.zero_point[0]).toBe(nearestEven(float32(-float32(min) / scale)) + 0);
      expect(entry.qtype).toBe('u8');
    }
    if (ref.endsWith(':weight')) {
      const values = toFloat32(
        coefficients.get(ref.slice(1, -':weight'.length))?.get('weight') ?? {
          type: 'float32',
          shape: [0],
          data: new Float32Array(),
        },
      );
      expect(one(entry.max_value)).toBe(values.reduce((a, b) => Math.max(a, b), 0));
      expect(one(entry.min_value)).toBe(values.reduce((a, b) => Math.min(a, b), 0));
    }
    checked++;
  }
  const fused = [...network.layers.values()].filter((layer) => layer.op === 'relun' || layer.op === 'relu');
  for (const layer of fused) {
    const producer = entries.get(formatRef(layer.inputs[0]));
    expect(producer).toEqual(entries.get(`@${layer.key}:out0`));
  }
  const layers = [...network.layers.values()].filter((layer) =>
    ['convolution', 'fullconnect', 'add'].includes(layer.op),
  );
  expect(layers.every((layer) => entries.has(`@${layer.key}:out0`))).toBe(true);
  expect(checked).toBeGreaterThan(3 * layers.length - 20);
}
