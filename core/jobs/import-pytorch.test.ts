import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fixtureCases } from '../conformance/fixtures.ts';
import { failure } from '../importers/onnx/testing.ts';
import type { Network } from '../network/network.ts';
import { importPytorchJob } from './import-pytorch.ts';

const folder = mkdtempSync(join(tmpdir(), 'nibble-'));
afterAll(() => rmSync(folder, { recursive: true }));

const cases = await fixtureCases('pytorch');
const model = join(folder, 'model.pt');
// Two inputs of [2, 3], called x and y.
const pair = cases.find(({ op, inputs }) => op.includes('aten::lerp') && inputs.size === 2);
writeFileSync(model, pair?.files[0].bytes ?? new Uint8Array());

const context = { signal: new AbortController().signal, progress: () => undefined, log: () => undefined };

const imported = async (options: Record<string, string>): Promise<Network> =>
  (await importPytorchJob(options, context)).network;

const shapes = (network: Network): Record<string, number[]> =>
  Object.fromEntries(network.inputs.map((layer) => [layer.name, [...layer.ints('shape', [])]]));

test('user guide 3.6.6: sizes with hashtags, with and without the batch', async () => {
  const wanted = { x: [2, 3], y: [2, 3] };
  const options = { inputSizeList: '2,3#2,3', sizeWithBatch: 'True,True' };
  expect(shapes(await imported({ model, ...options }))).toEqual(wanted);
  expect(shapes(await imported({ model, inputSizeList: '3#3' }))).toEqual({ x: [1, 3], y: [1, 3] });
  const turned = await imported({ model, ...options, inputs: 'y x' });
  expect(Object.keys(shapes(turned))).toEqual(['y', 'x']);
});

test('outputs cut the network, and names that it does not have are told', async () => {
  const sizes = { inputSizeList: '2,3#2,3', sizeWithBatch: 'True,True' };
  const whole = await imported({ model, ...sizes });
  const cut = await imported({ model, ...sizes, outputs: 'lerp' });
  expect(cut.outputs).toHaveLength(1);
  expect(cut.layers.size).toBeLessThan(whole.layers.size);
  const error = await failure(imported({ model, ...sizes, outputs: 'lerpp' }));
  expect(error.toString()).toContain('--outputs: the model has no tensor or node "lerpp"');
});

test('inputs cut the network, at tensors whose sizes the program tells', async () => {
  const stem = cases.find(({ op }) => op.split(' ').includes('quantized::conv2d'));
  writeFileSync(join(folder, 'cut.pt'), stem?.files[0].bytes ?? new Uint8Array());
  const options = { model: join(folder, 'cut.pt'), inputs: 'quant', inputSizeList: '3,8,8' };
  expect(shapes(await imported(options))).toEqual({ quant: [1, 3, 8, 8] });
  const error = await failure(imported({ ...options, inputs: 'x quant', inputSizeList: '3,6,6#3,8,8' }));
  expect(error.toString()).toContain('gives [3,8,8] for "quant", but the network has [1,3,6,6] there');
});

test('the files go where the options say', async () => {
  const outputModel = join(folder, 'written.json');
  const outputData = join(folder, 'written.data');
  await imported({ model, inputSizeList: '3#3', outputModel, outputData });
  expect([outputModel, outputData].map(existsSync)).toEqual([true, true]);
});

test('without sizes that nothing tells, the message names the inputs', async () => {
  const error = await failure(imported({ model }));
  expect(error.toString()).toContain('the model does not say the shape of input "x"');
  expect(error.toString()).toContain('the model does not say the shape of input "y"');
});

test('a configuration stands in the place of all other options, which go before it where they are given', async () => {
  const config = join(folder, 'config.json');
  const outputModel = join(folder, 'configured.json');
  writeFileSync(config, JSON.stringify({
    model, inputs: ['x', 'y'], 'input-size-list': [[2, 3], [2, 3]], size_with_batch: [true, true],
    'output-model': outputModel,
  })); // prettier-ignore
  expect(shapes(await imported({ config }))).toEqual({ x: [2, 3], y: [2, 3] });
  expect(existsSync(outputModel)).toBe(true);
  expect(shapes(await imported({ config, inputs: 'y x' }))).toEqual({ y: [2, 3], x: [2, 3] });
  writeFileSync(config, '{"modle": "x.pt"}');
  expect((await failure(imported({ config }))).toString()).toContain('"modle" is no option');
  writeFileSync(config, '[]');
  expect((await failure(imported({ config }))).toString()).toContain('not a configuration');
  writeFileSync(config, '{');
  expect((await failure(imported({ config }))).toString()).toContain('not JSON');
});

test('--model is required', async () => {
  expect((await failure(imported({}))).toString()).toContain('--model is missing');
});
