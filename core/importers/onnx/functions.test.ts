import { expect, test } from 'vitest';
import { importOnnx } from './import.ts';
import { onnxModelType } from './encode.ts';
import { failure } from './testing.ts';

const vector = (name: string) => ({
  name,
  type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 3 }] } } },
});

const node = (opType: string, input: string[], output: string[], more: object = {}) => ({
  opType,
  input,
  output,
  name: '',
  domain: '',
  ...more,
});

/** y = twice(x, slope), where `twice` is a function of the model that calls another one. */
function model(inner: string): Uint8Array {
  const leaky = node('LeakyRelu', ['a'], ['t'], {
    attribute: [{ name: 'alpha', type: 1, refAttrName: 'slope' }],
  });
  return onnxModelType
    .encode(
      onnxModelType.fromObject({
        irVersion: 9,
        opsetImport: [
          { domain: '', version: 17 },
          { domain: 'own', version: 1 },
        ],
        graph: {
          name: 'g',
          input: [vector('x')],
          output: [vector('y')],
          node: [
            node('twice', ['x'], ['y'], {
              domain: 'own',
              attribute: [{ name: 'slope', type: 1, f: 0.25 }],
            }),
          ],
        },
        functions: [
          {
            name: 'twice',
            domain: 'own',
            input: ['a'],
            output: ['b'],
            attribute: ['slope'],
            opsetImport: [{ domain: '', version: 17 }],
            node: [leaky, node(inner, ['t'], ['b'], { domain: 'own' })],
          },
          {
            name: 'double',
            domain: 'own',
            input: ['a'],
            output: ['b'],
            opsetImport: [{ domain: '', version: 17 }],
            node: [node('Add', ['a', 'a'], ['b'])],
          },
        ],
      }),
    )
    .finish();
}

test('functions of the model are inlined with their attributes', async () => {
  const network = await importOnnx(model('double'), { name: 'functions.onnx' });
  const layers = network.topologicalOrder();
  expect(layers.map(({ op }) => op)).toEqual(['input', 'leakyrelu', 'add', 'output']);
  expect(layers[1].number('leaky_ratio')).toBe(0.25);
});

test('a function that calls itself is refused', async () => {
  const error = await failure(importOnnx(model('twice'), { name: 'functions.onnx' }));
  expect(error.code).toBe('file-malformed');
  expect(error.message).toContain('calls itself');
});
