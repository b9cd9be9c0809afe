import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { StudioError } from '../network/errors.ts';
import { Layer } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import { attack } from '../testing/hostile.ts';
import { sharedPath } from '../testing/shared.ts';
import { defaultInputMeta, parseChannelMeanValue } from './inputmeta-default.ts';
import { parseInputMeta } from './inputmeta-file.ts';
import { formatInputMeta } from './inputmeta-text.ts';

const fixture = readFileSync(new URL('fixtures/two_inputs_inputmeta.yml', import.meta.url), 'utf8');

function network(orgPlatform: string, ...shapes: number[][]): Network {
  const inputs = shapes.map((shape, index) => {
    return new Layer({
      key: `in_${index}`,
      name: 'in',
      op: 'input',
      parameters: { shape, type: 'float32' },
      inputs: [],
    });
  });
  return new Network({ name: 'n', acuityVersion: '6', platform: 'tensorflow', orgPlatform }, inputs);
}

/** A list's problem is told at its first item, hence the tolerance. */
function expectLine(error: unknown, text: string, part: string): void {
  const line = text.slice(0, text.indexOf(part)).split('\n').length;
  expect(error).toBeInstanceOf(StudioError);
  if (error instanceof StudioError) expect(Math.abs((error.place.line ?? 0) - line)).toBeLessThanOrEqual(1);
}

test('a picture that can only be channel-last is, whatever the framework', () => {
  const inputs = network('onnx', [1, 128, 128, 3], [1, 3, 3, 3], [1, 64, 8, 8], [1, 96, 96, 1]);
  const [{ ports }] = defaultInputMeta(inputs).databases;
  expect(ports.map(({ layout }) => layout)).toEqual(['nhwc', 'nchw', 'nchw', 'nhwc']);
  expect(ports[0].preprocess).toMatchObject({ reverseChannel: false, mean: [0, 0, 0] });
});

test('a file is written back to the same bytes', () => {
  expect(formatInputMeta(parseInputMeta(fixture))).toBe(fixture);
});

test('newer files with less or more fields are read', () => {
  const meta = parseInputMeta(`# comment
input_meta:
  databases:
  - path: list.txt
    type: TEXT
    ports:
    - lid: x_0
      dtype: float32
      layout: nchw
      shape: [1, 3, 8, 8]
      new_field: {a: 1}
      preprocess:
        reverse_channel: True
        mean: [103.94, 116.78, 123.68]
        scale: [0.017, 0.0171, 0.0172]
`);
  expect(meta.databases[0]?.ports[0]).toMatchObject({
    category: 'undefined',
    fitting: 'scale',
    tensorName: null,
    redirectToOutput: false,
    preprocess: {
      reverseChannel: true,
      scale: [0.017, 0.0171, 0.0172],
      preprocType: 'IMAGE_RGB',
      preprocPerm: [0, 1, 2, 3],
    },
  });
  expect(parseInputMeta(formatInputMeta(meta))).toEqual(meta);
});

test.each([
  ['layout: nhwc', 'layout: nhcw', 'expected one of nhwc, nchw'],
  ['sparse: false', 'sparse: maybe', 'true or false'],
  ['      - 8\n', '      - -8\n', 'at least 1'],
  ['scale: 0.0078125', 'scale: fast', 'expected a number'],
  ['lid: attach_x/out0_1', 'name: attach_x/out0_1', '"lid" is missing'],
  ['        - 128.0\n', '', '2 values for 3 channels'],
])('%s → %j is an error with its line', (from, to, message) => {
  let caught: unknown;
  try {
    parseInputMeta(fixture.replace(from, to), 'm.yml');
  } catch (error) {
    caught = error;
  }
  expect(String(caught)).toContain(message);
  expect(caught).toMatchObject({ code: 'inputmeta-invalid', place: { file: 'm.yml' } });
  expectLine(caught, fixture, from);
});

test('damaged files are read or refused', () => {
  attack(Buffer.from(fixture), (variant) => parseInputMeta(Buffer.from(variant).toString('latin1')), 2000);
});

test('the default of a TensorFlow picture network is what the tool writes', () => {
  const meta = defaultInputMeta(network('tensorflow', [0, 224, 224, 3]), {
    channelMeanValue: '128 128 128 0.0078125',
    sourceFiles: ['list.txt'],
  });
  expect(meta.databases).toMatchObject([{ path: 'list.txt', type: 'TEXT' }]);
  expect(meta.databases[0]?.ports[0]).toMatchObject({
    lid: 'in_0',
    category: 'image',
    layout: 'nhwc',
    shape: [1, 224, 224, 3],
    preprocess: { reverseChannel: false, mean: [128, 128, 128], scale: 0.0078125, preprocType: 'IMAGE_RGB' },
  });
});

test('ONNX inputs are nchw and reversed when they are pictures', () => {
  const [database] = defaultInputMeta(network('onnx', [1, 3, 8, 8], [1, 1, 8, 8], [2, 16])).databases;
  const seen = database?.ports.map(({ layout, shape, preprocess }) => [
    layout,
    shape[0],
    preprocess.reverseChannel,
    preprocess.preprocType,
  ]);
  expect(seen).toEqual([
    ['nchw', 1, true, 'IMAGE_RGB'],
    ['nchw', 1, true, 'IMAGE_GRAY'],
    ['nchw', 2, false, 'TENSOR'],
  ]);
  expect(database?.path).toBe('dataset.txt');
  expect(database?.ports[0]?.preprocess.mean).toEqual([0, 0, 0]);
  expect(formatInputMeta({ databases: database ? [database] : [] })).toContain('mean:\n        - 0\n');
});

test('separated databases have one port each', () => {
  const two = network('onnx', [1, 3, 8, 8], [1, 3, 4, 4]);
  expect(defaultInputMeta(two, { separated: true }).databases.map(({ path }) => path)).toEqual([
    'dataset0.txt',
    'dataset1.txt',
  ]);
  expect(defaultInputMeta(two, { separated: true, sourceFiles: ['a', 'b'] }).databases[1]).toMatchObject({
    path: 'b',
    ports: [{ lid: 'in_1' }],
  });
  expect(() => defaultInputMeta(two, { separated: true, sourceFiles: ['a'] })).toThrow(
    /1 source files? for 2/,
  );
  expect(() => defaultInputMeta(two, { sourceFiles: ['a', 'b'] })).toThrow(/2 source files/);
});

test('channel mean values are parsed per input', () => {
  expect(parseChannelMeanValue('128 128 128 0.00715#106 115 67 0.5')).toEqual([
    { mean: [128, 128, 128], scale: 0.00715 },
    { mean: [106, 115, 67], scale: 0.5 },
  ]);
  expect(() => parseChannelMeanValue('a b')).toThrow(/not a list/);
  expect(() => parseChannelMeanValue('')).toThrow(/not a list/);
  const grey = defaultInputMeta(network('onnx', [1, 1, 8, 8]), { channelMeanValue: '127 0 0 0.5' });
  expect(grey.databases[0]?.ports[0]?.preprocess.mean).toEqual([127]);
  expect(() => defaultInputMeta(network('onnx', [1, 3, 8, 8]), { channelMeanValue: '1 2 0.5' })).toThrow(
    /2 mean values/,
  );
  expect(() => defaultInputMeta(network('onnx', [1, 3, 8, 8]), { channelMeanValue: '1 1#1 1' })).toThrow(
    /2 channel mean/,
  );
});

const real = sharedPath('reference/acuity-formats/real/mobilenet_tf_inputmeta.yml');

test.skipIf(real === undefined)(
  'the vendor tool’s file is written back byte for byte (skipped: no reference files)',
  () => {
    const text = readFileSync(real ?? '', 'utf8');
    expect(formatInputMeta(parseInputMeta(text))).toBe(text);
  },
);
