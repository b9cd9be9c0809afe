import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readNetworkFile } from '../files/network-json.ts';
import { packageRoot } from '../files/package-root.ts';
import type { Layer } from '../network/layer.ts';
import { quietContext, temporaryFolder } from '../testing/temporary.ts';
import { exportOvxlibJob } from './export.ts';
import { importOnnxJob } from './import.ts';
import { inferenceJob, type InferenceResult } from './inference.ts';
import { inputMetaJob } from './inputmeta.ts';
import { quantizeJob } from './quantize/job.ts';
import type { QuantizeResult } from './quantize/result.ts';
import { runCaseJob } from './run-case.ts';

const sample = join(packageRoot(), 'assets/sample');
const folder = temporaryFolder();
const context = quietContext();
const at = (name: string): string => join(folder, name);
const COUNT = 40;

beforeAll(async () => {
  const model = join(sample, 'mobilenetv2-tiny.onnx');
  await importOnnxJob({ model, outputModel: at('net.json'), outputData: at('net.data') }, context);
  const pictures = readFileSync(join(sample, 'fashion-mnist/labels.txt'), 'utf8').split('\n').slice(0, COUNT);
  const lines = pictures.map((line) => join(sample, 'fashion-mnist', line));
  writeFileSync(at('dataset.txt'), lines.join('\n'));
  await inputMetaJob(
    {
      model: at('net.json'),
      sourceFile: at('dataset.txt'),
      inputMetaOutput: at('net.yml'),
      channelMeanValue: '0 0 0 0.00392156862745098',
    },
    context,
  );
});

const quantize = (mode: 'rebuild' | 'hybrid', model = 'net.json'): Promise<QuantizeResult> =>
  quantizeJob(
    {
      model: at(model),
      modelData: at('net.data'),
      withInputMeta: at('net.yml'),
      [mode]: true,
      batchSize: 10,
      iterations: 4,
    },
    context,
  );

/** Rebuilds the table and gives some layers other types, as a person edits the file. */
async function customized(list: (layers: Layer[]) => string): Promise<void> {
  await quantize('rebuild');
  const network = await readNetworkFile(at('net.json'));
  const text = readFileSync(at('net.quantize'), 'utf8');
  const layers = list(network.topologicalOrder());
  writeFileSync(at('net.quantize'), text.replace('layers: {}', `layers: {${layers}}`));
}

function infer(model: string, dtype: 'float32' | 'quantized'): Promise<InferenceResult> {
  const options = { modelData: at('net.data'), withInputMeta: at('net.yml'), iterations: COUNT, dtype };
  return inferenceJob(
    { ...options, model: at(model), postprocess: 'dump_result', outputDir: folder },
    context,
  );
}

test('a hybrid network: repeatable, near float, and its case code, packed too, gives the bytes of the simulator', async () => {
  await customized((layers) => {
    const [a, b, c, d, e] = layers.filter(({ op }) => op === 'convolution').map(({ key }) => key);
    const integers = `${a}: dynamic_fixed_point-16, ${b}: dynamic_fixed_point-i16`;
    return `${integers}, '@${d}:out0': float32, ${e}: bfloat16, ${c}: float16`;
  });
  const first = await quantize('hybrid');
  expect(first.network).toBe(at('net.quantize.json'));
  const files = (): string[] =>
    ['net.quantize', 'net.quantize.json'].map((name) => readFileSync(at(name), 'utf8'));
  const written = files();
  const again = await quantize('hybrid', 'net.quantize.json');
  expect(again.samples).toBe(0);
  expect(files()).toEqual(written);

  const float = await infer('net.json', 'float32');
  const hybrid = await infer('net.quantize.json', 'quantized');
  expect((float.accuracy ?? 0) - (hybrid.accuracy ?? 0)).toBeLessThanOrEqual(0.05);

  const project = await exportOvxlibJob(
    {
      model: at('net.quantize.json'),
      modelData: at('net.data'),
      modelQuantize: at('net.quantize'),
      withInputMeta: at('net.yml'),
      dtype: 'quantized',
      outputPath: at('case/net'),
      packNbgUnify: true,
      optimize: 'VIPNANOQI_PID0X88',
    },
    context,
  );
  expect(project.files).toContain('vnn_net.c');
  const code = readFileSync(join(project.folder, 'vnn_net.c'), 'utf8');
  expect(code.match(/VSI_NN_OP_DATACONVERT/g)?.length ?? 0).toBeGreaterThanOrEqual(5);
  if (!existsSync(join(packageRoot(), 'out/sdk/include'))) return;
  const samples = hybrid.files.filter((file) => /input_\d+_out0_1_/.test(file)).slice(0, 3);
  for (const where of [project.folder, project.packed?.folder]) {
    const options = { folder: where, samples: samples.map((file) => [file]) };
    const { outputs } = await runCaseJob(options, context);
    expect(outputs.map((list) => list.map((bytes) => [...bytes]))).toEqual(
      hybrid.samples.slice(0, 3).map(({ bytes }) => bytes.map((item) => [...item])),
    );
  }
});

test('int16 throughout is nearer to float than uint8', async () => {
  await customized((layers) => layers.map(({ key }) => `${key}: dynamic_fixed_point-i16`).join(', '));
  const distance = async (model: string): Promise<number> => {
    const [float, found] = [await infer('net.json', 'float32'), await infer(model, 'quantized')];
    return float.samples.reduce((sum, item, index) => {
      const best = found.samples[index].top[0][0];
      return (
        sum + Math.abs((item.top[0].find((entry) => entry.index === best.index)?.value ?? 0) - best.value)
      );
    }, 0);
  };
  const plain = await distance('net.json');
  const { samples } = await quantize('hybrid');
  expect(samples).toBe(0);
  expect(await distance('net.quantize.json')).toBeLessThan(plain / 2);
});

test('nothing is written for a list that names unknown layers', async () => {
  await customized(() => 'conv_none_1: float32');
  const before = readFileSync(at('net.quantize'), 'utf8');
  await expect(quantize('hybrid')).rejects.toThrow(/"conv_none_1" \(nearest: /);
  expect(readFileSync(at('net.quantize'), 'utf8')).toBe(before);
});
