import { describe, expect, it } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan, type TypePlan } from '../device/types.ts';
import { importOnnx } from '../importers/onnx/import.ts';
import { encodeTiny, noise, type TinyModel } from '../importers/onnx/testing.ts';
import {
  affine,
  integers,
  QuantizedModel,
  quantizedNetwork,
  type TinyParameters,
} from '../importers/onnx/testing-quantized.ts';
import type { Network } from '../network/network.ts';
import { Simulator } from '../simulator/simulator.ts';
import { ownTable } from './own-table.ts';

const ort = await import('onnxruntime-node').catch(() => undefined);

/** What ONNX Runtime computes, as plain numbers. */
async function reference(
  bytes: Uint8Array,
  data: Float32Array,
  model: TinyModel,
): Promise<number[][] | undefined> {
  if (!ort) return undefined;
  const session = await ort.InferenceSession.create(bytes, {
    logSeverityLevel: 4,
    graphOptimizationLevel: 'disabled',
  });
  const [[name, dims]] = Object.entries(model.inputs);
  const tensor =
    model.types?.[name] === 'uint8'
      ? new ort.Tensor('uint8', Uint8Array.from(data), dims.map(Number))
      : new ort.Tensor('float32', data, dims.map(Number));
  const results = await session.run({ [name]: tensor });
  return session.outputNames.map((output) => Array.from(results[output].data as Float32Array, Number));
}

function simulate(network: Network, plan: TypePlan, input: Float32Array): number[][] {
  const simulator = new Simulator(lowerNetwork(network, { plan, batch: 1 }).graph);
  try {
    return simulator.run([input]).map(({ values }) => [...values]);
  } finally {
    simulator.dispose();
  }
}

async function imported(model: TinyModel) {
  const network = await importOnnx(encodeTiny(model), { name: 'tiny.onnx' });
  const own = ownTable(network);
  if (!own) throw new Error('the model brought no quantization');
  return { network, ...own, ops: [...network.layers.values()].map(({ op }) => op) };
}

const share = (a: readonly number[], b: readonly number[], most: number): number =>
  a.filter((value, i) => Math.abs(value - b[i]) <= most).length / a.length;

/** Runs a model in all three ways; the last step of output 0 is the unit. */
async function compare(model: TinyModel, real?: (input: Float32Array) => Float32Array): Promise<void> {
  const { network, table } = await imported(model);
  const [dims] = Object.values(model.inputs);
  const count = dims.reduce<number>((all, dim) => all * Number(dim), 1);
  const given = real
    ? Float32Array.from(integers(count, 0, 255))
    : Float32Array.from(noise(count, 7), (value) => value * 2);
  const wanted = await reference(encodeTiny(model), given, model);
  const input = real ? real(given) : given;
  const quantized = simulate(network, quantizedPlan(table), input);
  const plain = simulate(network, floatPlan('float32'), input);
  for (const [index, layer] of network.outputs.entries()) {
    const entry = table.entries.get(`@${layer.key}:out0`);
    const step = entry?.scale ?? 0;
    expect(step).toBeGreaterThan(0);
    expect(new Set(quantized[index]).size).toBeGreaterThan(3);
    const integer = model.types?.[model.outputs[index]] === 'uint8';
    const expected = wanted?.[index].map((value) =>
      integer ? (value - (entry?.zeroPoint ?? 0)) * step : value,
    );
    if (!expected) continue;
    expect(share(quantized[index], expected, step * 1.01)).toBeGreaterThanOrEqual(0.99);
    expect(share(quantized[index], expected, step * 0.01)).toBeGreaterThanOrEqual(0.9);
    expect(share(plain[index], expected, step * 4)).toBeGreaterThanOrEqual(0.99);
  }
}

describe('QuantizeLinear and DequantizeLinear', () => {
  it.each([
    ['uint8', false, false],
    ['uint8', false, true],
    ['int8', false, false],
    ['int8', true, false],
    ['uint8', true, true],
  ] as const)('%s, per channel %s, relu cut into the quantization %s', async (type, perChannel, removed) => {
    const model = quantizedNetwork(type, perChannel, removed);
    const { ops, table } = await imported(model);
    expect(ops.filter((op) => op === 'relu' || op === 'convolution')).toHaveLength(3);
    expect(ops.some((op) => /round|multiply|subtract|real_div|converter/.test(op))).toBe(false);
    const wanted = perChannel ? 'perchannel_symmetric_affine' : 'asymmetric_affine';
    const kinds = [...table.entries]
      .filter(([ref]) => ref.endsWith(':weight'))
      .map(([, entry]) => entry.quantizer);
    expect(kinds).toEqual([wanted, wanted, wanted]);
    await compare(model);
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
    const { ops, notes } = await imported(integerNetwork(false));
    expect(ops.filter((op) => op !== 'permute')).toEqual(
      expect.arrayContaining(['input', 'convolution', 'relu', 'add', 'pooling', 'swish', 'fullconnect']),
    );
    expect(ops.some((op) => /round|real_div|clip|cast/.test(op))).toBe(false);
    expect(notes).toEqual([]);
    await compare(integerNetwork(false));
  });

  it('with integer inputs and outputs get real ones', async () => {
    const { network: made, table } = await imported(integerNetwork(true));
    expect(made.inputs[0].text('type')).toBe('float32');
    expect(table.entries.get(`@${made.inputs[0].key}:out0`)).toMatchObject({
      qtype: 'u8',
      zeroPoint: 127,
    });
    const { scale, zero } = affine('uint8', -2, 2);
    await compare(integerNetwork(true), (input) => input.map((q) => (q - Number(zero)) * Number(scale)));
  });
});

describe('rules of the table', () => {
  const u8 = (low: number, high: number): TinyParameters => affine('uint8', low, high);

  it('gives back the very integers of weights and biases', async () => {
    const m = new QuantizedModel();
    const scales = [0.01, 0.0123, 0.5].map(Math.fround);
    const w: TinyParameters = { type: 'int8', scale: scales, zero: 0 };
    const data = integers(3 * 2 * 9, -128, 127);
    const x = u8(-1, 1);
    const biases = [123456, -98765, 7];
    const b: TinyParameters = {
      type: 'int32',
      scale: scales.map((s) => Math.fround(s * Number(x.scale))),
      zero: 0,
    };
    const conv = m.node('Conv', [
      m.pair('x', x),
      m.stored([3, 2, 3, 3], data, w, 0),
      m.stored([3], biases, b, 0),
    ]);
    const { network: made, table } = await imported(
      m.model({ x: [1, 2, 5, 5] }, [m.pair(conv, u8(-30, 30))]),
    );
    const { graph } = lowerNetwork(made, { plan: quantizedPlan(table), batch: 1 });
    const stored = (part: string) =>
      graph.tensors.find(({ name }) => name.endsWith(part))?.data ?? new Uint8Array();
    expect([...new Int8Array(stored(':weight').slice().buffer)]).toEqual(data);
    expect([...new Int32Array(stored(':bias').slice().buffer)]).toEqual(biases);
  });

  it('converts behind a copy whose parameters change', async () => {
    const m = new QuantizedModel();
    const relu = m.pair(m.node('Relu', [m.pair('x', u8(-2, 2))]), u8(0, 2));
    const moved = m.node('Reshape', [relu, m.constant({ dims: [2], data: [4, 9], type: 'int64' })]);
    const model = m.model({ x: [1, 4, 3, 3] }, [m.pair(moved, u8(-1, 3))]);
    const { ops, table, network: made } = await imported(model);
    expect(ops.filter((op) => op === 'dtype_converter')).toHaveLength(1);
    const [reshape] = made.withOp('reshape');
    expect(table.entries.get(`@${reshape.key}:out0`)?.max).toBe(2);
    expect(table.entries.get(`@${made.outputs[0].key}:out0`)?.max).toBeCloseTo(3);
    await compare(model);
  });

  it('converts where a tensor is quantized twice', async () => {
    const m = new QuantizedModel();
    const model = m.model({ x: [1, 40] }, [m.pair(m.pair('x', u8(-2, 2)), u8(-2.5, 3))]);
    expect((await imported(model)).ops.filter((op) => op === 'dtype_converter')).toHaveLength(1);
    await compare(model);
  });

  it('leaves layers without parameters in floats', async () => {
    const m = new QuantizedModel();
    const x = m.pair('x', u8(-2, 2));
    const w = m.constant({ dims: [6, 5], data: noise(30) });
    const island = m.node('Tanh', [m.node('MatMul', [x, w])]);
    const model = m.model({ x: [16, 6] }, [m.pair(island, u8(-1, 1))]);
    const { table, network: made } = await imported(model);
    const [dense] = made.withOp('fullconnect');
    expect(table.entries.has(`@${dense.key}:out0`)).toBe(false);
    expect(made.layer(dense.inputs[0].layer).op).toBe('dtype_converter');
    await compare(model);
  });

  it('quantizes constants with their own parameters', async () => {
    const m = new QuantizedModel();
    const c: TinyParameters = { type: 'uint8', scale: Math.fround(0.01), zero: 100 };
    const constant = m.stored([1, 4, 1, 1], [0, 90, 200, 255], c);
    const model = m.model({ x: [1, 4, 3, 3] }, [
      m.pair(m.node('Mul', [m.pair('x', u8(-2, 2)), constant]), u8(-3, 3)),
    ]);
    const { table, network: made } = await imported(model);
    const [variable] = made.withOp('variable');
    expect(table.entries.get(`@${variable.key}:data`)).toMatchObject({
      scale: Math.fround(0.01),
      zeroPoint: 100,
    });
    await compare(model);
  });

  it('keeps int16 only at powers of two, and says so', async () => {
    const wide = (scale: number): TinyModel => {
      const m = new QuantizedModel();
      const p: TinyParameters = { type: 'int16', scale, zero: 0 };
      return m.model({ x: [1, 8] }, [m.pair(m.node('Relu', [m.pair('x', p)]), u8(0, 2))], { opset: 21 });
    };
    const exact = await imported(wide(2 ** -14));
    expect([...exact.table.entries.values()].map(({ fl }) => fl)).toContain(14);
    const other = await imported(wide(0.0001));
    expect(other.table.entries.has(`@${other.network.inputs[0].key}:out0`)).toBe(false);
    expect(other.notes.join()).toMatch(/int16/);
  });

  it.each([
    ['an isolated quantization', (m: QuantizedModel) => m.quantize('x', u8(-1, 1))],
    [
      'a computed use of the integers',
      (m: QuantizedModel) => m.node('Cast', [m.quantize('x', u8(-1, 1))], { to: 1 }),
    ],
    ['16 bits without sign', (m: QuantizedModel) => m.pair('x', { type: 'uint16', scale: 0.001, zero: 500 })],
    [
      'per channel',
      (m: QuantizedModel) => m.pair('x', { type: 'uint8', scale: [0.1, 0.2, 0.3, 0.4], zero: 0 }),
    ],
  ])('%s stays arithmetic', async (_, write) => {
    const m = new QuantizedModel();
    const made = await importOnnx(encodeTiny(m.model({ x: [2, 4] }, [write(m)], { opset: 21 })), {
      name: 'a.onnx',
    });
    expect(made.withOp('round').length).toBeGreaterThan(0);
    expect(ownTable(made)).toBeUndefined();
  });
});
