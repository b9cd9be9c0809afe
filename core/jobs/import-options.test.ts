import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { importOnnxJob } from './import.ts';
import type { Layer } from '../network/layer.ts';
import { encodeTiny, failure, type TinyModel } from '../importers/onnx/testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'nibble-'));
afterAll(() => rmSync(folder, { recursive: true }));

const context = { signal: new AbortController().signal, progress: () => undefined, log: () => undefined };

/** The input layers after `pegasus import onnx` with these options. */
async function inputsOf(model: TinyModel, options: Record<string, string> = {}): Promise<Layer[]> {
  const file = join(folder, 'model.onnx');
  writeFileSync(file, encodeTiny(model));
  const { network } = await importOnnxJob({ model: file, ...options }, context);
  return network.inputs;
}

const shapes = async (
  model: TinyModel,
  options?: Record<string, string>,
): Promise<Record<string, number[]>> =>
  Object.fromEntries(
    (await inputsOf(model, options)).map((layer) => [layer.name, [...layer.ints('shape', [])]]),
  );

/** A model that does nothing to inputs of these shapes. */
const passing = (inputs: TinyModel['inputs']): TinyModel => ({
  inputs,
  nodes: Object.keys(inputs).map((name) => ({ op: 'Relu', inputs: [name], outputs: [`${name}_out`] })),
  outputs: Object.keys(inputs).map((name) => `${name}_out`),
});

describe('user guide 3.6.5', () => {
  it('one input: sizes with commas, without the batch, which the model says', async () => {
    expect(await shapes(passing({ x: [100, 243, 243, 3] }), { inputSizeList: '243,243,3', sizeWithBatch: 'False' })).toEqual({ x: [100, 243, 243, 3] }); // prettier-ignore
    expect(await shapes(passing({ x: [1, 3, 'h', 'w'] }), { inputSizeList: '3,224,224' })).toEqual({ x: [1, 3, 224, 224] }); // prettier-ignore
  });

  it('three inputs: sizes with hashtags, flags with commas', async () => {
    const model = passing({ a: ['?', 243, 243, 3], b: [11, 88], c: [10, 7] });
    const options = { inputSizeList: '243,243,3#88#10,7', sizeWithBatch: 'False,False,True' };
    expect(await shapes(model, options)).toEqual({ a: [1, 243, 243, 3], b: [11, 88], c: [10, 7] });
    expect(await shapes(model)).toEqual({ a: [1, 243, 243, 3], b: [11, 88], c: [10, 7] });
  });

  it('True and False in any case, and hashtags between them', async () => {
    const model = passing({ a: [4, 8], b: [2, 8] });
    const options = { inputSizeList: '6,8#8', sizeWithBatch: 'true#FALSE' };
    expect(await shapes(model, options)).toEqual({ a: [6, 8], b: [2, 8] });
    const error = await failure(inputsOf(model, { ...options, sizeWithBatch: 'True,no' }));
    expect(error.toString()).toBe('--size-with-batch: "no" is neither True nor False');
  });

  it('types with hashtags; float where nothing is said', async () => {
    const model = passing({ a: [1, 8], b: [1, 8], c: [1, 8] });
    const types = (layers: Layer[]): unknown[] => layers.map((layer) => layer.parameters.get('type'));
    expect(types(await inputsOf(model))).toEqual(['float32', 'float32', 'float32']);
    const given = await inputsOf(model, { inputDtypeList: 'float#int8#uint16' });
    expect(Object.fromEntries(given.map((layer) => [layer.name, layer.parameters.get('type')]))).toEqual({
      a: 'float32',
      b: 'int8',
      c: 'uint16',
    });
    const error = await failure(inputsOf(model, { inputDtypeList: 'float#half#int8' }));
    expect(error.toString()).toContain('--input-dtype-list: "half" is not one of float');
  });

  const branches: TinyModel = {
    inputs: { x: [1, 8], y: [1, 8] },
    nodes: [
      { op: 'Relu', name: 'first', inputs: ['x'], outputs: ['a'] },
      { op: 'Add', name: 'sum', inputs: ['a', 'y'], outputs: ['b'] },
      { op: 'Relu', name: 'last', inputs: ['b'], outputs: ['z'] },
    ],
    outputs: ['z'],
    declared: { a: [1, 8] },
  };

  it('input points with spaces; the choices may be for these only', async () => {
    expect(Object.keys(await shapes(branches, { inputs: 'y a' })).sort()).toEqual(['a', 'y']);
    expect(Object.keys(await shapes(branches)).sort()).toEqual(['x', 'y']);
    expect(await shapes(branches, { inputs: 'a', inputSizeList: '8', inputDtypeList: 'uint8' })).toEqual({ a: [1, 8], y: [1, 8] }); // prettier-ignore
    const error = await failure(inputsOf(branches, { inputSizeList: '8' }));
    expect(error.toString()).toBe('--input-size-list gives 1 size but the model has 2 inputs (x, y)');
  });

  it('output points with spaces', async () => {
    const file = join(folder, 'model.onnx');
    writeFileSync(file, encodeTiny(branches));
    const { network } = await importOnnxJob({ model: file, outputs: 'b a' }, context);
    expect(network.outputs.map((layer) => layer.name)).toEqual([
      'attach_Add_sum/out0',
      'attach_Relu_first/out0',
    ]);
  });
});

describe('inputs that the model leaves open', () => {
  it('are all named in one message, with the option to give', async () => {
    const error = await failure(inputsOf(passing({ image: ['N', 3, 'height', 'width'], ids: ['N', 'tokens'], z: [1, 4] }))); // prettier-ignore
    expect(error.code).toBe('usage');
    expect(error.message).toBe(
      'dimensions 2, 3 of input "image" are not fixed: the model declares [N,3,height,width]; ' +
        'dimension 1 of input "ids" is not fixed: the model declares [N,tokens]',
    );
    expect(error.hint).toBe(
      "Give all sizes without the batch: --input-size-list '3,<height>,<width>#<tokens>#4'.",
    );
  });

  it('may be scalars, between two hashtags', async () => {
    const model: TinyModel = {
      inputs: { x: [1, 'n'], s: [], y: [1, 4] },
      nodes: [
        { op: 'Mul', inputs: ['x', 's'], outputs: ['p'] },
        { op: 'Relu', inputs: ['y'], outputs: ['q'] },
      ],
      outputs: ['p', 'q'],
    };
    const layers = await inputsOf(model, { inputSizeList: '5##4' });
    const scalar = layers.find((layer) => layer.name === 's');
    expect(scalar?.flag('is_scalar', false)).toBe(true);
    expect(layers.find((layer) => layer.name === 'x')?.ints('shape')).toEqual([1, 5]);
  });

  it('become batch 1 in front', async () => {
    expect(await shapes(passing({ x: ['N', 4] }))).toEqual({ x: [1, 4] });
    expect(await shapes(passing({ x: ['N', 4] }), { inputSizeList: '8,4', sizeWithBatch: 'True' })).toEqual({ x: [8, 4] }); // prettier-ignore
  });
});
