import { expect, test } from 'vitest';
import { readCoefficients } from '../files/coefficients.ts';
import { writeNetworkFile } from '../files/network-json.ts';
import { elementCount } from '../network/tensor.ts';
import { convolutionParameters, networkOf } from '../testing/networks.ts';
import { at, imported, model, quantize } from '../testing/quantize-sample.ts';
import { sharedPath } from '../testing/shared.ts';
import { quietContext } from '../testing/temporary.ts';
import { measureJob, showMeasure } from './measure.ts';

const context = quietContext();

test('parameters are those of the .data file, bytes those of its float32', async () => {
  const { layers, total } = await measureJob({ model }, context);
  const coefficients = await readCoefficients(imported);
  const counts = new Map(
    [...coefficients].map(([key, tensors]) => [
      key,
      [...tensors.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0),
    ]),
  );
  const measured = layers.filter(({ parameters }) => parameters > 0);
  expect(new Map(measured.map(({ layer, parameters }) => [layer, parameters]))).toEqual(counts);
  expect(total.parameters).toBe([...counts.values()].reduce((a, b) => a + b, 0));
  expect(total.parameterBytes).toBe(4 * total.parameters);
});

test('a table counts in its own types', async () => {
  await quantize({ iterations: 2 });
  const { layers } = await measureJob({ model, modelQuantize: at('net.quantize') }, context);
  // 96 x 10 weights in a byte each, 10 biases in four; ten outputs.
  expect(layers.at(-1)).toMatchObject({
    op: 'fullconnect',
    macs: 960,
    parameterBytes: 960 + 40,
    outputBytes: 10,
  });
});

test('an open batch multiplies what depends on it', async () => {
  const conv = { key: 'c_1', op: 'convolution', inputs: ['x_0'], parameters: convolutionParameters(3) };
  await writeNetworkFile(at('open.json'), networkOf([0, 4, 5, 2], [conv], 'c_1'));
  const { total } = await measureJob({ model: at('open.json'), batchSize: 3 }, context);
  expect(total).toEqual({
    macs: 3 * (4 * 5) * (2 * 3),
    parameters: 2 * 3 + 3,
    parameterBytes: 4 * (2 * 3 + 3),
    outputBytes: 4 * 3 * (4 * 5) * (2 + 3),
  });
});

const mobilenet = sharedPath('reference/acuity-formats/real/mobilenet_tf.json');

test.skipIf(!mobilenet)('MobileNet v1 has its published size (skipped without ../shared)', async () => {
  const { layers, total } = await measureJob({ model: mobilenet }, context);
  // arXiv:1704.04861: 569 million mult-adds, 4.2 million parameters; pooling is not counted there.
  const pooling = layers.filter(({ op }) => op === 'pooling').reduce((sum, { macs }) => sum + macs, 0);
  expect(Math.round((total.macs - pooling) / 1e6)).toBe(569);
  expect(total.parameters).toBe(4_210_112 + 11_945);
});

test('the table ends with the totals', async () => {
  const result = await measureJob({ model }, context);
  const lines = showMeasure.text?.(result).split('\n') ?? [];
  expect(lines[0]).toMatch(/^layer +op +output +MACs +parameters +bytes +output bytes$/);
  expect(lines.at(-1)).toMatch(/^total of 37 +5,004,448 +37,274 +149,096 +/);
  expect(lines.length).toBe(result.layers.length + 2);
});
