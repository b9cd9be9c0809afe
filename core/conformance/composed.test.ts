import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan } from '../device/types.ts';
import { runtime } from '../importers/onnx/check-case.ts';
import { importOnnx } from '../importers/onnx/import.ts';
import {
  encodeTiny,
  ints,
  noise,
  noiseTensor,
  type TinyModel,
  type TinyNode,
} from '../importers/onnx/testing.ts';
import { elementCount } from '../network/tensor.ts';
import { Simulator } from '../simulator/simulator.ts';

/** Imports, simulates in float32 and compares every output with ONNX Runtime. */
async function check(model: TinyModel): Promise<void> {
  const bytes = encodeTiny(model);
  const inputs = Object.entries(model.inputs).map(([name, dims], i) => {
    const shape = dims.map(Number);
    return [name, { shape, data: Float32Array.from(noise(elementCount(shape), 50 + i)) }] as const;
  });
  const network = await importOnnx(bytes, { name: 'tiny.onnx' });
  const simulator = new Simulator(lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 }).graph);
  const given = new Map(inputs);
  const order = network.inputs.map((layer) => given.get(layer.name)?.data ?? new Float32Array());
  const got = simulator.run(order).map(({ shape, values }) => ({ shape, values: values.slice() }));
  simulator.dispose();
  const wanted = await runtime?.(bytes, given);
  wanted?.forEach(({ shape, data }, i) => {
    expect(got[i].shape).toEqual([...shape]);
    data.forEach((value, at) => {
      const near = Math.abs(got[i].values[at] - value) <= 1e-4 * Math.max(1, Math.abs(value));
      expect(near, `output ${i} element ${at}: ${got[i].values[at]} instead of ${value}`).toBe(true);
    });
  });
}

type Attributes = NonNullable<TinyNode['attributes']>;

/** One node; `weights` are constants, all outputs are graph outputs. */
function single(
  op: string,
  shape: number[],
  attributes: Attributes,
  constants: TinyModel['constants'] = {},
  outputs: string[] = ['y'],
  opset = 14,
): TinyModel {
  const inputs = ['x', ...Object.keys(constants).map((name) => (name.startsWith('none') ? '' : name))];
  const kept = Object.fromEntries(Object.entries(constants).filter(([name]) => !name.startsWith('none')));
  return {
    opset,
    inputs: { x: shape },
    constants: kept,
    nodes: [{ op, name: 'node', inputs, outputs, attributes }],
    outputs,
  };
}

const gates = { RNN: 1, GRU: 3, LSTM: 4 } as const;

/** Weights of a recurrent layer with 3 inputs and 2 units. */
function recurrent(op: keyof typeof gates, directions: number, attributes: Attributes): TinyModel {
  const width = gates[op] * 2;
  const constants = {
    w: noiseTensor([directions, width, 3], 1),
    r: noiseTensor([directions, width, 2], 2),
    b: noiseTensor([directions, 2 * width], 3),
    none: ints(0),
    h: noiseTensor([directions, 2, 2], 4),
    ...(op === 'LSTM' ? { c: noiseTensor([directions, 2, 2], 5), p: noiseTensor([directions, 6], 6) } : {}),
  };
  const outputs = ['y', 'y_h', ...(op === 'LSTM' ? ['y_c'] : [])];
  return single(op, [6, 2, 3], { hidden_size: 2, ...attributes }, constants, outputs);
}

describe('operators composed of others, against ONNX Runtime', () => {
  test.each([
    recurrent('RNN', 1, {}),
    recurrent('RNN', 1, { direction: 'reverse', clip: { float: 0.5 } }),
    recurrent('RNN', 2, { direction: 'bidirectional' }),
    recurrent('GRU', 1, {}),
    recurrent('GRU', 1, { linear_before_reset: 1 }),
    recurrent('GRU', 2, { direction: 'bidirectional', linear_before_reset: 1 }),
    recurrent('LSTM', 1, {}),
    recurrent('LSTM', 1, { direction: 'reverse' }),
    recurrent('LSTM', 2, { direction: 'bidirectional' }),
    recurrent('LSTM', 1, { clip: { float: 0.7 } }),
  ])('recurrent $nodes.0.op $nodes.0.attributes', check);

  test.each([
    single('Conv', [2, 4, 5, 6, 7], { strides: [2, 1, 2], pads: [1, 0, 1, 0, 1, 1], group: 2 }, { w: noiseTensor([6, 2, 3, 2, 3]), b: noiseTensor([6], 2) }),
    single('Conv', [1, 2, 6, 6, 6], { dilations: [2, 1, 2] }, { w: noiseTensor([3, 2, 2, 2, 2]) }),
    single('ConvTranspose', [1, 4, 5], { strides: [2], pads: [1, 0], output_padding: [1] }, { w: noiseTensor([4, 3, 3]) }),
    single('ConvTranspose', [1, 4, 5, 4], { strides: [2, 2], group: 2, dilations: [2, 1] }, { w: noiseTensor([4, 3, 2, 3]), b: noiseTensor([6], 2) }),
    single('ConvTranspose', [1, 2, 3, 4, 3], { strides: [1, 2, 1], auto_pad: 'SAME_UPPER' }, { w: noiseTensor([2, 3, 2, 3, 2]) }),
    single('ConvTranspose', [1, 2, 4, 4], { strides: [2, 2], output_shape: [10, 9] }, { w: noiseTensor([2, 2, 3, 3]) }),
    single('MaxPool', [1, 2, 6, 7, 5], { kernel_shape: [2, 3, 2], strides: [2, 2, 1], pads: [1, 1, 0, 0, 1, 1], ceil_mode: 1 }),
    single('MaxPool', [1, 3, 9], { kernel_shape: [3], dilations: [2], strides: [2], pads: [1, 1] }),
    single('AveragePool', [1, 2, 6, 7, 5], { kernel_shape: [2, 3, 2], strides: [2, 2, 1], pads: [1, 1, 0, 0, 1, 1] }),
    single('AveragePool', [1, 2, 7, 7], { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 1, 0, 1], count_include_pad: 1 }),
    single('LpPool', [1, 2, 7, 7], { kernel_shape: [3, 2], strides: [2, 2], p: 1 }),
    single('GlobalLpPool', [1, 2, 7, 7], { p: 3 }),
    single('LRN', [1, 5, 3, 3], { size: 3, alpha: { float: 0.3 }, bias: { float: 2 } }),
    single('InstanceNormalization', [2, 3, 4, 5, 2], {}, { s: noiseTensor([3]), b: noiseTensor([3], 2) }),
    single('MeanVarianceNormalization', [2, 3, 4, 5], {}),
    single('LpNormalization', [2, 3, 4], { axis: 1, p: 1 }),
    single('Gemm', [3, 4], { transA: 1 }, { b: noiseTensor([3, 5]), c: noiseTensor([4, 1], 2) }),
  ])('$nodes.0.op $nodes.0.attributes', check); // prettier-ignore

  test('the layers of an unrolled sequence share one recurrent weight', async () => {
    const network = await importOnnx(encodeTiny(recurrent('RNN', 1, {})), { name: 'tiny.onnx' });
    const sizes = network.withOp('variable').map((layer) => layer.ints('shape').join());
    expect(sizes.filter((size) => size === '2,2')).toHaveLength(2);
  });
});
