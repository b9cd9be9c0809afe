import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeCoefficients } from '../files/coefficients.ts';
import { writeNetworkFile } from '../files/network-json.ts';
import { writeNpyFile } from '../files/npy.ts';
import { readQuantizeFile } from '../files/quantize-file.ts';
import { readTensorFile } from '../files/tensor-file.ts';
import { runtime } from '../importers/onnx/check-case.ts';
import { encodeTiny, noise, noiseTensor, type TinyModel } from '../importers/onnx/testing.ts';
import { floatTensor, transpose } from '../network/tensor.ts';
import { convolutionParameters, networkOf, noise as noiseOf } from '../testing/networks.ts';
import { quietContext, temporaryFolder } from '../testing/temporary.ts';
import { dumpJob } from './dump.ts';
import { importOnnxJob } from './import.ts';
import { inferenceJob } from './inference.ts';
import { inputMetaJob } from './inputmeta.ts';
import { quantizeJob } from './quantize/job.ts';

const folder = temporaryFolder();
const at = (file: string): string => join(folder, file);
const context = quietContext();

/** Height and width differ, so that a wrong order of axes shows. */
const tiny = (outputs: string[]): TinyModel => ({
  inputs: { image: [1, 2, 6, 8] },
  constants: { w: noiseTensor([4, 2, 3, 3]) },
  nodes: [
    { op: 'Conv', name: 'first/conv', inputs: ['image', 'w'], outputs: ['conv'] },
    { op: 'Relu', inputs: ['conv'], outputs: ['relu'] },
    { op: 'Transpose', inputs: ['relu'], outputs: ['turned'], attributes: { perm: [0, 1, 3, 2] } },
    { op: 'Softmax', inputs: ['turned'], outputs: ['y'], attributes: { axis: 3 } },
  ],
  outputs,
});

const files = (name: string) => ({
  model: at(`${name}.json`),
  modelData: at(`${name}.data`),
  withInputMeta: at(`${name}_inputmeta.yml`),
});

/** Describes the inputs of a network that reads one array. */
async function describeInput(name: string, shape: number[], values: number[]): Promise<void> {
  await writeNpyFile(at(`${name}.npy`), floatTensor(shape, Float32Array.from(values)));
  writeFileSync(at(`${name}.txt`), `${at(`${name}.npy`)}\n`);
  await inputMetaJob({ model: at(`${name}.json`), sourceFile: at(`${name}.txt`) }, context);
}

beforeAll(async () => {
  writeFileSync(at('tiny.onnx'), encodeTiny(tiny(['y'])));
  await importOnnxJob({ model: at('tiny.onnx') }, context);
  await describeInput('tiny', [1, 2, 6, 8], noise(96, 7));
  await quantizeJob({ ...files('tiny'), rebuildAll: true }, context);
});

/** A dumped tensor of the layer whose key begins so. */
async function dumped(directory: string, start: string): Promise<{ name: string; values: number[] }> {
  const name = readdirSync(directory).find((file) => file.startsWith(start)) ?? start;
  return { name, values: [...(await readTensorFile(join(directory, name)))] };
}

const near = (got: number[], wanted: ArrayLike<number>): void => {
  expect(got.length).toBe(wanted.length);
  got.forEach((value, index) => expect(value).toBeCloseTo(wanted[index], 4));
};

describe('dump', () => {
  test('every layer of an ONNX network in the order that ONNX Runtime has', async (skip) => {
    const { files: written } = await dumpJob({ ...files('tiny'), outputDir: at('nchw/new') }, context);
    expect(readdirSync(at('nchw/new')).length).toBe(written.length);
    const input = new Map([['image', { shape: [1, 2, 6, 8], data: Float32Array.from(noise(96, 7)) }]]);
    const wanted = await runtime?.(encodeTiny(tiny(['conv', 'relu', 'turned', 'y'])), input);
    if (!wanted) return skip.skip('onnxruntime-node is not installed');
    for (const [index, [start, dims]] of [
      ['Conv_first_conv_3_out0', '1_4_4_6'],
      ['Relu_n1_2_out0', '1_4_4_6'],
    ].entries()) {
      const { name, values } = await dumped(at('nchw/new'), start);
      expect(name).toBe(`${start}_nchw_${dims}.tensor`);
      near(values, wanted[index].data);
    }
    // The network's own output is as inference writes it.
    const { files: inferred } = await inferenceJob(
      { ...files('tiny'), outputDir: at('inferred/deep') },
      context,
    );
    const output = inferred.find((file) => file.includes('attach_')) ?? '';
    const { values } = await dumped(at('nchw/new'), 'attach_Softmax_n3_out0_0_out0');
    near(values, await readTensorFile(output));
    near(values, wanted[3].data);
  });

  test('nhwc moves channels last', async () => {
    await dumpJob({ ...files('tiny'), format: 'nhwc', outputDir: at('nhwc') }, context);
    await dumpJob({ ...files('tiny'), format: 'nchw', outputDir: at('nchw') }, context);
    const last = await dumped(at('nhwc'), 'Conv_first_conv_3_out0');
    const first = await dumped(at('nchw'), 'Conv_first_conv_3_out0');
    expect(last.name).toBe(first.name.replace('nchw_1_4_4_6', 'nhwc_1_4_6_4'));
    const moved = transpose(floatTensor([1, 4, 4, 6], Float32Array.from(first.values)), [0, 2, 3, 1]);
    expect(last.values).toEqual([...(moved.data as Float32Array)]);
  });

  test('only the layers asked for', async () => {
    const all = await dumpJob({ ...files('tiny'), outputDir: at('all') }, context);
    const relu = all.files.find((file) => basename(file).startsWith('Relu_n1_2')) ?? '';
    const options = { ...files('tiny'), layers: 'Relu_n1_2, Conv_first/conv_3', outputDir: at('some') };
    const { files: written } = await dumpJob(options, context);
    expect(written.map((file) => basename(file))).toEqual([
      'Conv_first_conv_3_out0_nchw_1_4_4_6.tensor',
      'Relu_n1_2_out0_nchw_1_4_4_6.tensor',
    ]);
    expect(readFileSync(written[1], 'utf8')).toBe(readFileSync(relu, 'utf8'));
    await expect(dumpJob({ ...options, layers: 'Relu_n1_2,nobody' }, context)).rejects.toThrow(
      /no layer "nobody"/,
    );
  });

  test('quantized tensors are written as numbers and as the integers behind them', async () => {
    await dumpJob({ ...files('tiny'), dtype: 'quantized', outputDir: at('q') }, context);
    const { entries } = await readQuantizeFile(at('tiny.quantize'));
    const relu = [...entries.keys()].find((ref) => ref.startsWith('@Relu_') && ref.endsWith(':out0')) ?? '';
    const { scale, zeroPoint } = entries.get(relu) ?? {};
    const start = relu.slice(1, -':out0'.length);
    const text = readFileSync(at(`q/${start}_out0_nchw_1_4_4_6.qnt.tensor`), 'utf8');
    const integers = text.trimEnd().split('\n');
    expect(integers.every((line) => /^\d{1,3}$/.test(line))).toBe(true);
    const numbers = await readTensorFile(at(`q/${start}_out0_nchw_1_4_4_6.tensor`));
    near(
      [...numbers],
      integers.map((line) => (Number(line) - (zeroPoint ?? NaN)) * (scale ?? NaN)),
    );
  });
});

test('a channel-last network of TensorFlow keeps its order, and nchw turns input and layers', async () => {
  const network = networkOf(
    [0, 4, 5, 2],
    [
      {
        key: 'conv/a_1',
        op: 'convolution',
        inputs: ['x_0'],
        parameters: convolutionParameters(3),
        coefficients: { weight: noiseOf([1, 1, 2, 3], 5), bias: noiseOf([3], 6) },
      },
    ],
    'conv/a_1',
  );
  await writeNetworkFile(at('tf.json'), network);
  await writeCoefficients(at('tf.data'), network.coefficients);
  await describeInput('tf', [4, 5, 2], noise(40, 3));
  await dumpJob({ ...files('tf'), outputDir: at('tf') }, context);
  expect(readdirSync(at('tf')).sort()).toEqual([
    'conv_a_1_out0_nhwc_1_4_5_3.tensor',
    'x_0_out0_nhwc_1_4_5_2.tensor',
    'y_99_out0_nhwc_1_4_5_3.tensor',
  ]);
  near([...(await readTensorFile(at('tf/x_0_out0_nhwc_1_4_5_2.tensor')))], noise(40, 3));
  await dumpJob({ ...files('tf'), outputDir: at('tf2'), format: 'nchw' }, context);
  for (const [name, channels] of [
    ['x_0', 2],
    ['conv_a_1', 3],
  ] as const) {
    const last = await readTensorFile(at(`tf/${name}_out0_nhwc_1_4_5_${channels}.tensor`));
    const first = await readTensorFile(at(`tf2/${name}_out0_nchw_1_${channels}_4_5.tensor`));
    const moved = transpose(floatTensor([1, 4, 5, channels], last), [0, 3, 1, 2]);
    expect([...first]).toEqual([...(moved.data as Float32Array)]);
  }
});
