import { describe, expect, it } from 'vitest';
import type { TinyModel } from '../importers/onnx/testing.ts';
import {
  affine,
  integers,
  QuantizedModel,
  quantizedNetwork,
  type TinyParameters,
} from '../importers/onnx/testing-quantized.ts';
import { compareOwn, importedOwn } from '../testing/own-quantization.ts';

describe('QuantizeLinear and DequantizeLinear', () => {
  it.each([
    ['uint8', false, false],
    ['uint8', false, true],
    ['int8', false, false],
    ['int8', true, false],
    ['uint8', true, true],
  ] as const)('%s, per channel %s, relu cut into the quantization %s', async (type, perChannel, removed) => {
    const model = quantizedNetwork(type, perChannel, removed);
    const { ops, table } = await importedOwn(model);
    expect(ops.filter((op) => op === 'relu' || op === 'convolution')).toHaveLength(3);
    expect(ops.some((op) => /round|multiply|subtract|real_div|converter/.test(op))).toBe(false);
    const wanted = perChannel ? 'perchannel_symmetric_affine' : 'asymmetric_affine';
    const kinds = [...table.entries]
      .filter(([ref]) => ref.endsWith(':weight'))
      .map(([, entry]) => entry.quantizer);
    expect(kinds).toEqual([wanted, wanted, wanted]);
    await compareOwn(model);
  });
});

/** The same kind of network of integer operators. */
function integerNetwork(ports: boolean): TinyModel {
  const m = new QuantizedModel();
  const input = affine('uint8', -2, 2);
  const w: TinyParameters = { type: 'int8', scale: Math.fround(0.0031), zero: 0 };
  const weight = (dims: number[], seed: number): string =>
    m.constant({
      dims,
      data: integers(
        dims.reduce((a, b) => a * b, 1),
        -128,
        127,
        seed,
      ),
      type: 'int8',
    });
  const bias = (count: number, seed: number): string =>
    m.constant({ dims: [count], data: integers(count, -9000, 9000, seed), type: 'int32' });
  const at = (p: TinyParameters): string[] => m.parameters(p);
  const q = ports ? 'x' : m.quantize('x', input);
  const a = affine('uint8', 0, 9);
  const channels: TinyParameters = {
    type: 'int8',
    scale: integers(8, 20, 60).map((i) => Math.fround(i * 1e-4)),
    zero: 0,
  };
  const conv = m.node('QLinearConv', [
    q,
    ...at(input),
    weight([8, 3, 3, 3], 2),
    ...at(channels),
    ...at(a),
    bias(8, 3),
  ]);
  const b = affine('uint8', -1, 18);
  const sum = m.node('QLinearAdd', [conv, ...at(a), conv, ...at(a), ...at(b)], {}, 'com.microsoft');
  const pooled = m.node('MaxPool', [sum], { kernel_shape: [2, 2], strides: [2, 2] });
  const s = affine('uint8', 0, 1);
  const gate = m.node('QLinearSigmoid', [pooled, ...at(b), ...at(s)], {}, 'com.microsoft');
  const c = affine('uint8', -1, 18);
  const gated = m.node('QLinearMul', [pooled, ...at(b), gate, ...at(s), ...at(c)], {}, 'com.microsoft');
  const flat = m.node('Flatten', [gated]);
  const y = affine('uint8', -60, 60);
  const product = m.node('QLinearMatMul', [flat, ...at(c), weight([200, 10], 4), ...at(w), ...at(y)]);
  if (!ports) return m.model({ x: [1, 3, 12, 12] }, [m.dequantize(product, y)]);
  return m.model({ x: [1, 3, 12, 12] }, [product], { types: { x: 'uint8', [product]: 'uint8' } });
}

describe('operators on integers', () => {
  it('become layers on reals with the parameters as entries', async () => {
    const { ops, notes } = await importedOwn(integerNetwork(false));
    expect(ops.filter((op) => op !== 'permute')).toEqual(
      expect.arrayContaining(['input', 'convolution', 'relu', 'add', 'pooling', 'swish', 'fullconnect']),
    );
    expect(ops.some((op) => /round|real_div|clip|cast/.test(op))).toBe(false);
    expect(notes).toEqual([]);
    await compareOwn(integerNetwork(false));
  });

  it('with integer inputs and outputs get real ones', async () => {
    const { network: made, table } = await importedOwn(integerNetwork(true));
    expect(made.inputs[0].text('type')).toBe('float32');
    expect(table.entries.get(`@${made.inputs[0].key}:out0`)).toMatchObject({
      qtype: 'u8',
      zeroPoint: 127,
    });
    const { scale, zero } = affine('uint8', -2, 2);
    const real = (input: Float32Array) => input.map((q) => (q - Number(zero)) * Number(scale));
    await compareOwn(integerNetwork(true), { real });
  });
});
