import { describe, expect, it, test } from 'vitest';
import { fixtureCases, importFixture, type FixtureCase } from '../../conformance/fixtures.ts';
import type { Network } from '../../network/network.ts';
import { failure } from '../onnx/testing.ts';
import { importerOf } from '../registry.ts';

const cases = new Map((await fixtureCases('tensorflow')).map((one) => [one.name, one]));

function fixture(name: string): FixtureCase {
  const found = cases.get(name);
  if (!found) throw new Error(`there is no case "${name}"`);
  return found;
}

/** Ops of all layers but inputs and outputs, in file order. */
const opsOf = (network: Network): string =>
  [...network.layers.values()]
    .map(({ op }) => op)
    .filter((op) => op !== 'input' && op !== 'output')
    .join(' ');

// The numbers of these cases are compared with TensorFlow's by core/conformance/fixtures.test.ts.
describe('what models are written with becomes few layers', () => {
  test.each([
    ['batch-norm-written-out', 'convolution'],
    ['batch-norm-without-scale', 'convolution'],
    ['dilated-same', 'convolution'],
    ['dilated-depthwise', 'convolution'],
    ['dilated-bias', 'relu convolution'],
    ['dilated-cropped', 'convolution slice'],
    ['dilated-three', 'convolution'],
    ['layer-norm-rows', 'layernormalize'],
    ['layer-norm-flat', 'layernormalize'],
    ['layer-norm-fused', 'reshape layernormalize reshape'],
    ['instance-norm', 'instancenormalize'],
    ['swish', 'swish'],
    ['gelu', 'gelu'],
    ['MatMul-dense', 'relu fullconnect'],
    ['predef-plain', 'multiply variable'],
  ])('%s: %s', async (name, ops) => {
    expect(opsOf(await importFixture(fixture(name)))).toBe(ops);
  });

  it('a dilated convolution keeps its own padding, less what was cropped', async () => {
    const network = await importFixture(fixture('dilated-same'));
    const [layer] = [...network.layers.values()].filter(({ op }) => op === 'convolution');
    expect(layer.ints('pad')).toEqual([2, 2, 2, 2]);
    expect(layer.ints('dilation')).toEqual([1, 2, 2, 1]);
  });

  it('layers have the names of the nodes', async () => {
    const network = await importFixture(fixture('MatMul-dense'));
    expect([...network.layers.keys()]).toEqual([
      'attach_Relu/out0_0',
      'attach_x0/out0_1',
      'Relu_2',
      'BiasAdd_3',
    ]);
  });

  it('from the fifth step on a loop shares its weights', async () => {
    const network = await importFixture(fixture('long-rnn'));
    const layers = [...network.layers.values()];
    expect(layers.filter(({ op }) => op === 'fullconnect')).toHaveLength(4);
    const products = layers.filter(({ op }) => op === 'matmul');
    expect(products).toHaveLength(2);
    expect(new Set(products.map(({ inputs }) => inputs[1].layer)).size).toBe(1);
  });
});

describe('what can not be imported is said', () => {
  const importer = importerOf('tensorflow');
  const read = async (bytes: Uint8Array, ...outputs: string[]): Promise<unknown> =>
    importer.import(bytes, { name: 'model.pb', ...(outputs.length > 0 ? { outputs } : {}) });

  test.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(0), 'not a TensorFlow graph: the file is empty'],
    ['a text', new TextEncoder().encode('node { name: "x" }\n'), 'not a TensorFlow graph'],
    ['a SavedModel without a graph', Uint8Array.of(8, 1), 'the SavedModel holds no graph'],
  ])('%s', async (_, bytes, message) => {
    const error = await failure(read(bytes));
    expect(error.code).toBe('file-malformed');
    expect(error.message).toContain(message);
  });

  it('a graph without ends: which nodes are meant has to be said', async () => {
    // One node: name "x", op "Const".
    const node = [0x0a, 1, 0x78, 0x12, 5, 0x43, 0x6f, 0x6e, 0x73, 0x74];
    const error = await failure(read(Uint8Array.from([0x0a, node.length, ...node])));
    expect(error.toString()).toBe(
      'the graph does not say which nodes are its outputs. Name them with --outputs.',
    );
  });

  it('a graph that is cut off anywhere', async () => {
    const { bytes } = fixture('MatMul-dense').files[0];
    for (let length = 0; length < bytes.length; length += 7) {
      const outcome = await read(bytes.subarray(0, length)).then(
        () => 'imported',
        (error: unknown) => (error instanceof Error ? error.name : 'other'),
      );
      expect(['imported', 'StudioError']).toContain(outcome);
    }
  });

  it('graphs that decode files: start behind that', async () => {
    const { files } = fixture('detector');
    const error = await failure(read(files[0].bytes, 'decoded'));
    expect(error.message).toContain(
      'tf:Placeholder: it prepares samples; start the network behind it with --inputs',
    );
  });

  it('results that the data size: with the outputs to cut at', async () => {
    const { files } = fixture('detector');
    const error = await failure(read(files[0].bytes, 'kept'));
    expect(error.toString()).toContain('tf:NonMaxSuppressionV3');
    expect(error.hint).toMatch(/--outputs "boxes scores"/);
  });
});
