import { expect, test } from 'vitest';
import type { OwnParameters } from '../../network/own-quantization.ts';
import { fromNumbers } from './numeric.ts';
import { makeNode, type NodeInit } from './compose.ts';
import type { OnnxGraph } from './graph.ts';
import type { Storage } from './own-constants.ts';
import { StatedQuantization } from './stated-quantization.ts';
import { translate } from './translate.ts';

const info = (name: string, shape: number[]) => ({ name, type: 'float32' as const, onnxType: 1, shape });

const node = (type: string, inputs: string[], output: string, attributes: NodeInit['attributes'] = {}) =>
  makeNode({ type, name: output, inputs, outputs: [output], attributes, layerName: output }, 22);

/** x [2, 4] through nodes to y, with what is stated about the tensors. */
async function quantized(
  nodes: ReturnType<typeof node>[],
  parameters: Record<string, OwnParameters>,
  { storages = {}, cuts = false }: { storages?: Record<string, Storage>; cuts?: boolean } = {},
) {
  const weight = fromNumbers(
    'float32',
    [4, 3],
    [1, -2, 3, 0, 5, -6, 7, 8, -9, 1, 2, 3].map((q) => q * 0.5),
  );
  const graph: OnnxGraph = {
    nodes,
    inputs: [info('x', [2, 4])],
    outputs: [info('y', [2, 3])],
    infos: new Map([['x', info('x', [2, 4])]]),
    initializers: new Map([['w', () => weight]]),
    onnxTypes: new Map(),
    opset: 22,
  };
  const own = () =>
    new StatedQuantization({
      parameters: (name) => parameters[name],
      storage: (name) => storages[name],
      cuts,
    });
  const network = await translate({ graph, framework: 'test', endings: /$/, own }, { name: 'n' });
  return {
    network,
    entries: network.quantization?.entries ?? new Map(),
    notes: network.quantization?.notes ?? [],
  };
}

const u8 = (scale: number, zero: number): OwnParameters => ({ type: 'u8', scale, zero });
const product = [node('MatMul', ['x', 'w'], 'y')];
const int8: Storage = { type: 'int8', scales: [0.5], zeros: [0] };

test('inputs, results and weights get the stated entries', async () => {
  const given = { x: u8(0.1, 7), y: u8(0.2, 9) };
  const { network, entries } = await quantized(product, given, { storages: { w: int8 } });
  expect(entries.get(`@${network.inputs[0].key}:out0`)).toMatchObject({ scale: 0.1, zeroPoint: 7 });
  const [dense] = network.withOp('fullconnect');
  expect(entries.get(`@${dense.key}:out0`)).toMatchObject({ scale: 0.2, zeroPoint: 9 });
  expect(entries.get(`@${dense.key}:weight`)).toMatchObject({ qtype: 'i8', scale: 0.5, zeroPoint: 0 });
});

test('weights alone bring nothing', async () => {
  expect((await quantized(product, {}, { storages: { w: int8 } })).entries.size).toBe(0);
});

test('a weight that was moved before it is used keeps its storage', async () => {
  const moved = [
    node('Transpose', ['w'], 't', { perm: [1, 0] }),
    node('Transpose', ['t'], 'u', { perm: [1, 0] }),
    node('MatMul', ['x', 'u'], 'y'),
  ];
  const { network, entries } = await quantized(moved, { y: u8(0.2, 9) }, { storages: { w: int8 } });
  expect(entries.has(`@${network.withOp('fullconnect')[0].key}:weight`)).toBe(true);
});

test('a tensor that is stated twice is converted', async () => {
  const twice = [node('MatMul', ['x', 'w'], 'm'), node('Identity', ['m'], 'y')];
  const { network } = await quantized(twice, { m: u8(0.2, 9), y: u8(0.3, 1) });
  expect(network.withOp('dtype_converter')).toHaveLength(1);
});

test('what the parameters cut is cut by a layer only where the source says so', async () => {
  const given = { y: u8(0.1, 0) };
  expect((await quantized(product, given)).network.withOp('relu')).toHaveLength(0);
  expect((await quantized(product, given, { cuts: true })).network.withOp('relu')).toHaveLength(1);
});

test('16 bits: steps that are no powers of two, and zero points, are told', async () => {
  const { notes } = await quantized(product, {
    x: { type: 'i16', scale: 0.001, zero: 0 },
    y: { type: 'i16', scale: 0.5, zero: 3 },
  });
  expect(notes).toEqual([
    expect.stringMatching(/^1 int16 tensors have steps/),
    expect.stringMatching(/^1 int16 tensors have zero/),
  ]);
});
