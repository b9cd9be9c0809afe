import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixtureCases } from '../conformance/fixtures.ts';
import { readNetworkFile } from '../files/network-json.ts';
import { failure } from '../importers/onnx/testing.ts';
import type { Network } from '../network/network.ts';
import { quietContext, temporaryFolder } from '../testing/temporary.ts';
import { importTensorflowJob } from './import-tensorflow.ts';

const folder = temporaryFolder();
const cases = new Map((await fixtureCases('tensorflow')).map((one) => [one.name, one]));

/** Writes the files of a case; companions of SavedModels go where TensorFlow puts them. @returns path of the main one */
function written(name: string): string {
  const files = cases.get(name)?.files ?? [];
  const place = (file: string): string =>
    join(folder, name, ...(file.startsWith('variables.') ? ['variables'] : []), file);
  for (const { name: file, bytes } of files) {
    mkdirSync(dirname(place(file)), { recursive: true });
    writeFileSync(place(file), bytes);
  }
  return place(files[0]?.name ?? '');
}

const run = async (options: Record<string, string>): Promise<Network> =>
  (await importTensorflowJob(options, quietContext())).network;

const shapesOf = (network: Network): Record<string, number[]> =>
  Object.fromEntries(network.inputs.map((layer) => [layer.name, [...layer.ints('shape')]]));

describe('user guide 3.6.2', () => {
  it('points with spaces, sizes without the batch, output files', async () => {
    const model = written('MatMul-dense');
    const [outputModel, outputData] = [join(folder, 'dense.json'), join(folder, 'dense.data')];
    const network = await run({
      model,
      inputs: 'x0:0',
      inputSizeList: '4',
      outputs: 'Relu',
      outputModel,
      outputData,
    });
    expect(shapesOf(network)).toEqual({ 'attach_x0/out0': [2, 4] });
    expect(network.outputs.map(({ name }) => name)).toEqual(['attach_Relu/out0']);
    expect([...network.layers.values()].map(({ op }) => op)).toEqual([
      'output',
      'input',
      'relu',
      'fullconnect',
    ]);
    expect((await readNetworkFile(outputModel)).meta.orgPlatform).toBe('tensorflow');
    expect(existsSync(outputData)).toBe(true);
  });

  it('a point in the middle, with the sizes of all axes', async () => {
    const model = written('MatMul-dense');
    const network = await run({
      model,
      inputs: 'BiasAdd',
      inputSizeList: '5,3',
      sizeWithBatch: 'True',
      outputs: 'Relu',
    });
    expect(shapesOf(network)).toEqual({ 'attach_BiasAdd/out0': [5, 3] });
  });

  it('without points: placeholders, and nodes that nobody reads', async () => {
    const network = await run({ model: written('MatMul-dense') });
    expect(shapesOf(network)).toEqual({ 'attach_x0/out0': [2, 4] });
    expect(network.outputs.map(({ name }) => name)).toEqual(['attach_Relu/out0']);
  });

  it('values of placeholders that only control, under another name where NumPy forbids their own', async () => {
    const model = written('predef-map');
    const predefFile = join(dirname(model), 'p.npz');
    const network = await run({ model, predefFile });
    expect(network.inputs.map(({ name }) => name)).toEqual(['attach_x0/out0']);
    expect(network.outputs.map(({ name }) => name)).toEqual(['attach_batchnorm/add_1/out0']);
    // Neither the branch with the statistics of the batch nor the condition is left.
    expect(new Set([...network.layers.values()].map(({ op }) => op))).toEqual(
      new Set(['output', 'add', 'multiply', 'variable', 'input']),
    );
    const without = await failure(run({ model }));
    expect(without.toString()).toContain('"inference/train_stage"');
  });

  it('a predef file with a name that the model does not have', async () => {
    const model = written('MatMul-dense');
    written('predef-map');
    const error = await failure(run({ model, predefFile: join(folder, 'predef-map/p.npz') }));
    expect(error.toString()).toContain('p.npz: --predef-file: the model has no node "inference/train_stage"');
  });

  it('subgraphs: only the parts between their points, joined where they name the same point', async () => {
    const model = written('static_rnn');
    const whole = await run({ model });
    const cell = 'rnn/basic_lstm_cell';
    const subgraphs = `x0#${cell}/MatMul;${cell}/MatMul#${cell}/Tanh`;
    const part = await run({ model, subgraphs });
    expect(part.outputs.map(({ name }) => name)).toEqual([`attach_${cell}/Tanh/out0`]);
    expect(part.layers.size).toBeLessThan(whole.layers.size / 4);
    const apart = await run({
      model,
      subgraphs: `x0#${cell}/MatMul;unstack:1#${cell}/concat_1`,
      inputs: 'unstack:1',
      inputSizeList: '2,3#2,5,3',
      sizeWithBatch: 'True,True',
    });
    expect(shapesOf(apart)).toEqual({ 'attach_unstack/out1': [2, 3], 'attach_x0/out0': [2, 5, 3] });
    expect(apart.outputs.map(({ name }) => name)).toEqual([
      `attach_${cell}/MatMul/out0`,
      `attach_${cell}/concat_1/out0`,
    ]);
    const error = await failure(run({ model, subgraphs: 'x0' }));
    expect(error.toString()).toContain('--subgraphs: "x0" is not a list of input points');
  });

  it('means and deviations are numbers, one per input', async () => {
    const model = written('MatMul-dense');
    const error = await failure(run({ model, meanValues: '128,x', stdValues: '128' }));
    expect(error.toString()).toContain('--mean-values: "x" in "128,x" is not a number');
  });

  it('means and deviations tell what the integers of a quantized model stand for', async () => {
    const model = written('FakeQuantWithMinMaxArgs');
    const given = { model, meanValues: '128', stdValues: '127' };
    const { network, files } = await importTensorflowJob(given, quietContext());
    const [input] = network.inputs;
    const entry = network.quantization?.entries.get(`@${input.key}:out0`);
    expect([entry?.qtype, entry?.scale, entry?.zeroPoint]).toEqual(['u8', 1 / 127, 128]);
    expect(existsSync(files.quantize ?? '')).toBe(true);
    const error = await failure(run({ ...given, stdValues: '127,127' }));
    expect(error.toString()).toContain('--std-values gives 2 numbers but the model has 1 input');
    const plain = await run({ ...given, model: written('MatMul-dense') });
    expect(plain.quantization?.notes).toEqual([expect.stringContaining('the model is not quantized')]);
  });
});

describe('a SavedModel', () => {
  it('is given as its folder; the network lies beside it', async () => {
    const model = dirname(written('saved-model-2'));
    const { network, files } = await importTensorflowJob({ model }, quietContext());
    expect(shapesOf(network)).toEqual({ 'attach_serving_default_x/out0': [1, 5, 5, 2] });
    expect(files.model).toBe(join(folder, 'saved-model-2.json'));
    expect(network.meta.name).toBe('saved-model-2');
  });

  it('is given as its file, with its variables beside it', async () => {
    const network = await run({ model: written('saved-model-1') });
    expect(shapesOf(network)).toEqual({ 'attach_in/out0': [1, 4] });
  });

  it('without its variables is refused', async () => {
    const bytes = cases.get('saved-model-1')?.files[0]?.bytes ?? new Uint8Array(0);
    const model = join(folder, 'alone.pb');
    writeFileSync(model, bytes);
    const error = await failure(run({ model }));
    expect(error.toString()).toContain('Give the folder of the SavedModel');
  });
});
