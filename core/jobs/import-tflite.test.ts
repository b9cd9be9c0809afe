import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixtureCases } from '../conformance/fixtures.ts';
import { readNetworkFile } from '../files/network-json.ts';
import { readQuantizeFile } from '../files/quantize-file.ts';
import { quietContext, temporaryFolder } from '../testing/temporary.ts';
import { importTfliteJob } from './import.ts';

const folder = temporaryFolder();
const at = (file: string): string => join(folder, file);
const cases = await fixtureCases('tflite');

/** Writes the model of a case. @returns its path */
function lay(name: string): string {
  const [file] = cases.find((one) => one.name === name)?.files ?? [];
  writeFileSync(at(`${name}.tflite`), file.bytes);
  return at(`${name}.tflite`);
}

const run = (options: Record<string, unknown>) => importTfliteJob(options, quietContext());

test('--model: the network beside it, its layers named after the tensors', async () => {
  const { network, files } = await run({ model: lay('network_classifier_float') });
  expect(files).toEqual({
    model: at('network_classifier_float.json'),
    data: at('network_classifier_float.data'),
  });
  expect(network.meta).toMatchObject({ name: 'network_classifier_float', orgPlatform: 'tflite' });
  const [first] = network.layers.keys();
  const [input] = network.inputs;
  const [output] = network.outputs;
  expect([first, input.key, input.name]).toEqual(['input_0', 'input_0', 'x']);
  expect([output.key, output.name]).toEqual([`output_${network.layers.size - 1}`, 'Identity']);
  expect([...network.layers.values()].map(({ op }) => op)).toEqual(
    ['input', 'convolution', 'relun', 'convolution', 'relu', 'convolution', 'add', 'reducemean', 'fullconnect', 'softmax', 'output'],
  ); // prettier-ignore
});

test('an integer model brings its table; --output-model, --output-data and --output-quantize name the files', async () => {
  const files = { outputModel: at('n.json'), outputData: at('n.data'), outputQuantize: at('own.quantize') };
  const { network } = await run({ model: lay('network_classifier_int8'), ...files });
  expect(Object.values(files).every(existsSync)).toBe(true);
  const { entries } = await readQuantizeFile(files.outputQuantize);
  expect(entries.get(`@${network.inputs[0].key}:out0`)).toMatchObject({
    qtype: 'i8',
    quantizer: 'asymmetric_affine',
  });
  const weights = [...entries]
    .filter(([name]) => name.endsWith(':weight'))
    .map(([, { quantizer }]) => quantizer);
  expect(weights).toEqual(Array.from({ length: 4 }, () => 'perchannel_symmetric_affine'));
  expect([...(await readNetworkFile(files.outputModel)).layers.keys()]).toEqual([...network.layers.keys()]);
});

test('weights of 8 bits below floats bring no table', async () => {
  const { files } = await run({ model: lay('network_classifier_dynamic') });
  expect(files.quantize).toBeUndefined();
});

describe('cuts and sizes', () => {
  test('--inputs and --outputs cut at tensors, and at the names of the signature', async () => {
    const model = lay('network_classifier_float');
    const { network } = await run({ model, inputs: 'Relu6', outputs: 'Mean' });
    expect(network.inputs[0]).toMatchObject({ name: 'Relu6', key: 'input_0' });
    expect(network.outputs[0].name).toBe('Mean');
    const open = await run({ model: lay('network_open_scores'), inputs: 'rows', outputs: 'scores' });
    expect(open.network.inputs[0].name).toBe('serving_default_rows:0');
  });

  test('--outputs: a wrong name is told with the nearest', async () => {
    await expect(run({ model: lay('network_classifier_float'), outputs: 'Meen' })).rejects.toThrow(/"Meen"/);
  });

  test('--input-size-list without and with the batch (--size-with-batch)', async () => {
    const model = lay('network_open_features');
    const shapeOf = async (options: Record<string, unknown>) =>
      (await run({ model, ...options })).network.inputs[0].parameters.get('shape');
    expect(await shapeOf({ inputSizeList: '6,5,3' })).toEqual([1, 6, 5, 3]);
    expect(await shapeOf({ inputSizeList: '2,6,5,3', sizeWithBatch: 'True' })).toEqual([2, 6, 5, 3]);
  });

  test('sizes that are missing are asked for, a missing batch is 1', async () => {
    await expect(run({ model: lay('network_open_features') })).rejects.toThrow(/dimensions 1, 2 of input/);
    const { network } = await run({ model: lay('network_open_scores') });
    expect(network.inputs[0].parameters.get('shape')).toEqual([1, 8]);
  });
});

describe('what is no model', () => {
  test.each([
    ['empty', new Uint8Array()],
    ['text', new TextEncoder().encode('version https://git-lfs.github.com/spec/v1')],
    ['only the mark', new TextEncoder().encode('\u0010\0\0\0TFL3')],
  ])('%s', async (_, bytes) => {
    writeFileSync(at('bad.tflite'), bytes);
    await expect(run({ model: at('bad.tflite') })).rejects.toMatchObject({ code: 'file-malformed' });
    expect(existsSync(at('bad.json'))).toBe(false);
  });

  test('a model that is cut off names what is missing', async () => {
    const whole = readFileSync(lay('network_classifier_float'));
    writeFileSync(at('half.tflite'), whole.subarray(0, whole.length / 2));
    await expect(run({ model: at('half.tflite') })).rejects.toThrow(/it points at byte \d+ of/);
  });
});
