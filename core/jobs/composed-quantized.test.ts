import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan, type TypePlan } from '../device/types.ts';
import { importOnnx } from '../importers/onnx/import.ts';
import {
  encodeTiny,
  floats,
  ints,
  noise,
  noiseTensor,
  type TinyModel,
  type TinyNode,
  type TinyTensor,
} from '../importers/onnx/testing.ts';
import type { Network } from '../network/network.ts';
import { calibrate } from '../quantization/calibrate.ts';
import { resolveScheme } from '../quantization/schemes.ts';
import { buildTable } from '../quantization/table.ts';
import { Simulator } from '../simulator/simulator.ts';

/** x of [2, 3, 8] through some nodes to y. */
const model = (nodes: TinyNode[], constants: Record<string, TinyTensor> = {}): TinyModel => ({
  opset: 18,
  inputs: { x: [2, 3, 8] },
  constants,
  nodes,
  outputs: ['y'],
});

const one = (op: string, constants: Record<string, TinyTensor> = {}, attributes = {}): TinyModel =>
  model([{ op, inputs: ['x', ...Object.keys(constants)], outputs: ['y'], attributes }], constants);

const cases: [string, TinyModel][] = [
  ...['Cos', 'Sinh', 'Cosh', 'Asinh', 'Asin', 'Acos', 'Atan', 'Selu', 'Celu', 'Softsign', 'Shrink', 'Sign', 'ThresholdedRelu'].map(
    (op): [string, TinyModel] => [op, one(op)],
  ),
  ['PRelu', one('PRelu', { slope: noiseTensor([3, 8]) })],
  ['HardSigmoid', one('HardSigmoid', {}, { alpha: { float: 1 / 6 } })],
  ['CumSum', one('CumSum', { axis: { dims: [], data: [1], type: 'int64' } })],
  ['ReduceLogSumExp', one('ReduceLogSumExp', { axes: ints(1) })],
  ['Hardmax', one('Hardmax')],
  [
    'a choice by truth values',
    model(
      [
        { op: 'Greater', inputs: ['x', 'c'], outputs: ['g'] },
        { op: 'Less', inputs: ['x', 'd'], outputs: ['l'] },
        { op: 'Or', inputs: ['g', 'l'], outputs: ['o'] },
        { op: 'Not', inputs: ['o'], outputs: ['n'] },
        { op: 'Where', inputs: ['n', 'x', 'c'], outputs: ['y'] },
      ],
      { c: floats(0.5), d: floats(-0.5) },
    ),
  ],
  [
    'integers between floats',
    model(
      [
        { op: 'ArgMax', inputs: ['x'], outputs: ['i'], attributes: { axis: 2, keepdims: 1 } },
        { op: 'Mul', inputs: ['i', 'k'], outputs: ['m'] },
        { op: 'Div', inputs: ['m', 'h'], outputs: ['q'] },
        { op: 'Cast', inputs: ['q'], outputs: ['f'], attributes: { to: 1 } },
        { op: 'Add', inputs: ['f', 'x'], outputs: ['y'] },
      ],
      { k: ints(3), h: ints(2) },
    ),
  ],
]; // prettier-ignore

describe('composed operators in uint8 stay near their floats', () => {
  test.each(cases)('%s', async (_, tiny) => {
    const network = await importOnnx(encodeTiny(tiny), { name: 'tiny.onnx' });
    const sample = Float32Array.from(noise(48, 7));
    const ranges = await calibrate(network, {
      batchSize: 2,
      batches: (async function* once() {
        yield { inputs: new Map([[network.inputs[0].key, sample]]) };
      })(),
      signal: new AbortController().signal,
      onBatch: () => undefined,
    });
    const table = buildTable(network, {
      scheme: resolveScheme('asymmetric_affine', 'uint8'),
      ranges,
      all: true,
    });
    const float = run(network, floatPlan('float32'), sample);
    const quantized = run(network, quantizedPlan(table), sample);
    const size = Math.max(...float.map(Math.abs));
    const near = float.filter((value, index) => Math.abs(value - quantized[index]) <= 0.05 * size).length;
    // A threshold may fall on the other side for a few elements.
    expect(near / float.length).toBeGreaterThanOrEqual(0.9);
  });
});

function run(network: Network, plan: TypePlan, sample: Float32Array): Float32Array {
  const simulator = new Simulator(lowerNetwork(network, { plan, batch: 2 }).graph);
  const [{ values }] = simulator.run([sample]);
  simulator.dispose();
  return values;
}
