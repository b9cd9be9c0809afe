import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixtureCases } from '../conformance/fixtures.ts';
import { toNumbers } from '../network/tensor.ts';
import { quietContext, temporaryFolder } from '../testing/temporary.ts';
import { importCaffeJob } from './import.ts';

const folder = temporaryFolder();
const at = (file: string): string => join(folder, file);
const cases = await fixtureCases('caffe');

/** Writes the files of a case; its weights under the name given. */
function lay(name: string, weights = 'net.caffemodel'): { model: string; weights: string } {
  const [net, coefficients] = cases.find((one) => one.name === name)?.files ?? [];
  writeFileSync(at('net.prototxt'), net.bytes);
  writeFileSync(at(weights), coefficients.bytes);
  return { model: at('net.prototxt'), weights: at(weights) };
}

/** Runs the import; the second item are the warnings. */
async function imported(options: Record<string, unknown>) {
  const warnings: string[] = [];
  const log = (level: string, text: string): void => void (level === 'W' && warnings.push(text));
  const { network, files } = await importCaffeJob(options, { ...quietContext(), log });
  return { network, files, warnings };
}

test('--model and --weights, whatever the ending: the network beside the model, no warnings', async () => {
  const { network, files, warnings } = await imported(lay('net-v1', 'weights.bin'));
  expect(files).toEqual({ model: at('net.json'), data: at('net.data') });
  expect(existsSync(files.model) && existsSync(files.data)).toBe(true);
  expect(warnings).toEqual([]);
  expect(network.meta).toMatchObject({ name: 'net', orgPlatform: 'caffe' });
  const layers = [...network.layers.values()].map(({ name, op }) => `${name} ${op}`);
  expect(layers).toEqual(
    expect.arrayContaining([
      'conv1 convolution',
      'relu1 relu',
      'pool1 pooling',
      'fc fullconnect',
      'prob softmax',
    ]),
  );
});

test('without --weights the coefficients are made up, always the same, and the log says so', async () => {
  const { model } = lay('net-v1');
  const [first, second] = [
    await imported({ model, outputModel: at('a.json'), outputData: at('a.data') }),
    await imported({ model, outputModel: at('b.json'), outputData: at('b.data') }),
  ];
  expect(first.warnings).toEqual([
    expect.stringMatching(/^No weights were given: the coefficients are made up/),
  ]);
  expect(first.files).toEqual({ model: at('a.json'), data: at('a.data') });
  expect(readFileSync(at('a.data')).equals(readFileSync(at('b.data')))).toBe(true);
  const conv = second.network.withOp('convolution')[0];
  const weight = second.network.coefficient(conv.key, 'weight');
  expect(new Set(weight && toNumbers(weight)).size).toBeGreaterThan(100);
});

test('--proto lstm_caffe takes the coefficients of an LSTM in the order of the fork', async () => {
  const files = lay('Lstm-plain');
  const net = readFileSync(files.model, 'utf8').replace('type: "Lstm"', 'type: "LSTM"');
  writeFileSync(files.model, net.replace('lstm_param', 'recurrent_param'));
  await expect(imported({ ...files, proto: 'caffe' })).rejects.toMatchObject({ code: 'network-invalid' });
  writeFileSync(files.model, net);
  const { network } = await imported({ ...files, proto: 'lstm_caffe' });
  expect([...network.layers.values()].map(({ op }) => op)).toContain('lstm');
});

test('files that are not there or not what they should be', async () => {
  const { model, weights } = lay('net-v1');
  await expect(imported({ model, weights: at('none.caffemodel') })).rejects.toMatchObject({
    code: 'file-missing',
  });
  await expect(imported({ model: weights, weights: model })).rejects.toMatchObject({
    code: 'file-malformed',
    hint: 'Give the .prototxt as the model and the .caffemodel as its weights.',
  });
  await expect(imported({ model, weights: model })).rejects.toMatchObject({ code: 'file-malformed' });
  const other = lay('net-in-place', 'other.caffemodel').weights;
  lay('net-v1');
  await expect(imported({ model, weights: other })).rejects.toMatchObject({ code: 'coefficient-missing' });
});
