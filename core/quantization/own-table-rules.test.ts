import { describe, expect, it } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { quantizedPlan } from '../device/types.ts';
import { importOnnx } from '../importers/onnx/import.ts';
import { encodeTiny, noise, type TinyModel } from '../importers/onnx/testing.ts';
import {
  affine,
  integers,
  QuantizedModel,
  type TinyParameters,
} from '../importers/onnx/testing-quantized.ts';
import { StudioError } from '../network/errors.ts';
import { mutations } from '../testing/hostile.ts';
import { compareOwn, importedOwn } from '../testing/own-quantization.ts';
import { ownTable } from './own-table.ts';

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
    const { network: made, table } = await importedOwn(
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
    const { ops, table, network: made } = await importedOwn(model);
    expect(ops.filter((op) => op === 'dtype_converter')).toHaveLength(1);
    const [reshape] = made.withOp('reshape');
    expect(table.entries.get(`@${reshape.key}:out0`)?.max).toBe(2);
    expect(table.entries.get(`@${made.outputs[0].key}:out0`)?.max).toBeCloseTo(3);
    await compareOwn(model);
  });

  it('converts where a tensor is quantized twice', async () => {
    const m = new QuantizedModel();
    const model = m.model({ x: [1, 40] }, [m.pair(m.pair('x', u8(-2, 2)), u8(-2.5, 3))]);
    expect((await importedOwn(model)).ops.filter((op) => op === 'dtype_converter')).toHaveLength(1);
    await compareOwn(model);
  });

  it('leaves layers without parameters in floats', async () => {
    const m = new QuantizedModel();
    const x = m.pair('x', u8(-2, 2));
    const w = m.constant({ dims: [6, 5], data: noise(30) });
    const island = m.node('Tanh', [m.node('MatMul', [x, w])]);
    const model = m.model({ x: [16, 6] }, [m.pair(island, u8(-1, 1))]);
    const { table, network: made } = await importedOwn(model);
    const [dense] = made.withOp('fullconnect');
    expect(table.entries.has(`@${dense.key}:out0`)).toBe(false);
    expect(made.layer(dense.inputs[0].layer).op).toBe('dtype_converter');
    await compareOwn(model);
  });

  it('quantizes constants with their own parameters', async () => {
    const m = new QuantizedModel();
    const c: TinyParameters = { type: 'uint8', scale: Math.fround(0.01), zero: 100 };
    const constant = m.stored([1, 4, 1, 1], [0, 90, 200, 255], c);
    const model = m.model({ x: [1, 4, 3, 3] }, [
      m.pair(m.node('Mul', [m.pair('x', u8(-2, 2)), constant]), u8(-3, 3)),
    ]);
    const { table, network: made } = await importedOwn(model);
    const [variable] = made.withOp('variable');
    expect(table.entries.get(`@${variable.key}:data`)).toMatchObject({
      scale: Math.fround(0.01),
      zeroPoint: 100,
    });
    await compareOwn(model);
  });

  it('stores int16 in powers of two, and says so where the model had other steps', async () => {
    const wide = (scale: number): TinyModel => {
      const m = new QuantizedModel();
      const p: TinyParameters = { type: 'int16', scale, zero: 0 };
      const weight = m.stored([6, 5], integers(30, -127, 127), { type: 'int8', scale: 0.01, zero: 0 });
      const dense = m.node('MatMul', [m.pair(m.node('Relu', [m.pair('x', p)]), p), weight]);
      return m.model({ x: [16, 6] }, [m.pair(dense, p)], { opset: 21 });
    };
    const exact = await importedOwn(wide(2 ** -11));
    expect(exact.table.entries.get(`@${exact.network.inputs[0].key}:out0`)?.fl).toBe(11);
    const other = await importedOwn(wide(0.0004));
    expect(other.table.entries.get(`@${other.network.inputs[0].key}:out0`)?.fl).toBe(11);
    expect(other.notes.join()).toMatch(/int16/);
    await compareOwn(wide(2 ** -11));
    await compareOwn(wide(0.0004), { steps: 3, exact: 0 });
  });

  it('knows weights that are moved after they were quantized', async () => {
    const m = new QuantizedModel();
    const w: TinyParameters = { type: 'int8', scale: Math.fround(0.02), zero: 0 };
    const floats = integers(2 * 3 * 9, -127, 127).map((q) => Math.fround(q * 0.02));
    const fake = m.pair(m.constant({ dims: [3, 3, 2, 3], data: floats }), w);
    const weight = m.node('Transpose', [fake], { perm: [3, 2, 0, 1] });
    const model = m.model({ x: [1, 2, 6, 6] }, [
      m.pair(m.node('Conv', [m.pair('x', u8(-2, 2)), weight]), u8(-40, 40)),
    ]);
    const { table, network: made } = await importedOwn(model);
    const [conv] = made.withOp('convolution');
    expect(table.entries.get(`@${conv.key}:weight`)).toMatchObject({
      scale: Math.fround(0.02),
      qtype: 'u8',
      zeroPoint: 128,
    });
    await compareOwn(model);
  });

  it('requantizes weights that the import has to change, and says so', async () => {
    const m = new QuantizedModel();
    const scale = 0.02;
    const weight = m.stored([3, 2, 1, 1], [1, -127, 3, 50, 7, 100], { type: 'int8', scale, zero: 0 });
    const conv = m.node('Conv', [m.pair('x', u8(-2, 2)), weight]);
    const factor = m.constant({ dims: [1, 3, 1, 1], data: [0.3, 1.7, 0.9] });
    const model = m.model({ x: [1, 2, 6, 6] }, [m.pair(m.node('Mul', [conv, factor]), u8(-10, 10))]);
    const { notes } = await importedOwn(model);
    expect(notes.join()).toMatch(/quantized anew/);
    await compareOwn(model);
  });

  it('hands integers through copies, paddings and concatenations', async () => {
    const m = new QuantizedModel();
    const p = u8(-2, 2);
    const q = m.quantize('x', p);
    const zero = m.constant({ dims: [], data: [Number(p.zero)], type: 'uint8' });
    const padded = m.node('Pad', [
      q,
      m.constant({ dims: [8], data: [0, 1, 0, 0, 0, 1, 0, 0], type: 'int64' }),
      zero,
    ]);
    const wide = u8(-3, 3);
    const other = m.quantize(m.dequantize(q, p), wide);
    const parts = [padded, ...m.parameters(p), other, ...m.parameters(wide)];
    const y = u8(-2.5, 2.5);
    const joined = m.node('QLinearConcat', [...m.parameters(y), ...parts], { axis: 1 }, 'com.microsoft');
    const model = m.model({ x: [1, 3, 5, 5] }, [m.dequantize(joined, y)]);
    const { ops } = await importedOwn(model);
    expect(ops.some((op) => /round|multiply|relu/.test(op))).toBe(false);
    await compareOwn(model);
  });

  it('finds largest elements among integers', async () => {
    const m = new QuantizedModel();
    const q = m.quantize('x', u8(-2, 2));
    const best = m.node('ArgMax', [q], { axis: 1 });
    const model = m.model({ x: [1, 20, 3] }, [m.dequantize(q, u8(-2, 2)), best], { types: {} });
    const { ops } = await importedOwn(model);
    expect(ops).not.toContain('round');
    expect(ops).toContain('argmax');
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
    expect(ownTable(made).table).toBeUndefined();
  });

  it('refuses damaged models or makes usable tables of them', async () => {
    const m = new QuantizedModel();
    const p = u8(-2, 2);
    const weight = m.stored(
      [4, 2, 1, 1],
      integers(8, -127, 127),
      { type: 'int8', scale: [0.1, 0.2, 0.3, 0.4], zero: 0 },
      0,
    );
    const conv = m.pair(m.node('Conv', [m.pair('x', p), weight]), p);
    const joined = m.pair(m.node('Concat', [conv, conv], { axis: 1 }), p);
    const bytes = encodeTiny(m.model({ x: [1, 2, 2, 2] }, [joined]));
    let read = 0;
    for (const variant of mutations(bytes, 3000, 3)) {
      try {
        const network = await importOnnx(variant, { name: 'a.onnx' });
        const { table } = ownTable(network);
        if (table) lowerNetwork(network, { plan: quantizedPlan(table), batch: 1 });
        read++;
      } catch (error) {
        if (!(error instanceof StudioError)) throw error;
      }
    }
    expect(read).toBeGreaterThan(100);
  });
});
