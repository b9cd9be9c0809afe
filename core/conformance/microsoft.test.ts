import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan } from '../device/types.ts';
import { runtime } from '../importers/onnx/check-case.ts';
import { importOnnx } from '../importers/onnx/import.ts';
import {
  encodeTiny,
  failure,
  floats,
  noise,
  noiseTensor,
  scalar,
  type TinyAttribute,
  type TinyModel,
  type TinyNode,
  type TinyTensor,
} from '../importers/onnx/testing.ts';
import { elementCount } from '../network/tensor.ts';
import { addonPath } from '../simulator/addon.ts';
import { ownTable } from '../quantization/own-table.ts';
import { Simulator } from '../simulator/simulator.ts';

const domain = 'com.microsoft';

/** Imports, simulates in float32 and compares every output with ONNX Runtime. */
async function check(model: TinyModel, tolerance = 1e-4): Promise<void> {
  const bytes = encodeTiny(model);
  const given = new Map(
    Object.entries(model.inputs).map(([name, dims], i) => {
      const shape = dims.map(Number);
      return [name, { shape, data: Float32Array.from(noise(elementCount(shape), 50 + i)) }];
    }),
  );
  const network = await importOnnx(bytes, { name: 'tiny.onnx' });
  // Codes that become the model's own table are rounded by its types.
  const { table } = ownTable(network);
  const plan = table ? quantizedPlan(table) : floatPlan('float32');
  const simulator = new Simulator(lowerNetwork(network, { plan, batch: 1 }).graph);
  const order = network.inputs.map(({ name }) => given.get(name)?.data ?? new Float32Array());
  const got = simulator.run(order).map(({ shape, values }) => ({ shape, values: values.slice() }));
  simulator.dispose();
  const wanted = await runtime?.(bytes, given);
  expect(wanted).toHaveLength(model.outputs.length);
  wanted?.forEach(({ shape, data }, i) => {
    expect(got[i].shape).toEqual([...shape]);
    const worst = data.reduce((most, value, at) => Math.max(most, Math.abs(got[i].values[at] - value)), 0);
    expect(worst).toBeLessThanOrEqual(tolerance);
  });
}

interface More {
  attributes?: Record<string, TinyAttribute>;
  constants?: Record<string, TinyTensor>;
  /** Names of all inputs where some are absent or made by `before`. */
  order?: string[];
  outputs?: string[];
  before?: TinyNode[];
  types?: TinyModel['types'];
}

/** One operator of ONNX Runtime's own on float inputs and constants. */
function single(op: string, inputs: Record<string, number[]>, more: More = {}): TinyModel {
  const { attributes = {}, constants = {}, outputs = ['y'], before = [], types } = more;
  const order = more.order ?? [...Object.keys(inputs), ...Object.keys(constants)];
  return {
    opset: 17,
    inputs,
    constants,
    nodes: [...before, { op, name: 'node', domain, inputs: order, outputs, attributes }],
    outputs: outputs.filter((name) => name !== ''),
    ...(types ? { types } : {}),
  };
}

const [B, S, H] = [2, 5, 8];
const sequence = { x: [B, S, H] };
const norm = { gamma: noiseTensor([H], 1), beta: noiseTensor([H], 2) };
const epsilon = { float: 1e-5 };
const bytes = (type: 'uint8' | 'int8', ...data: number[]): TinyTensor => ({ dims: [], data, type });
const conv = { w: noiseTensor([4, 3, 3, 3]), b: noiseTensor([4], 2) };
const image = [1, 3, 6, 5];

/** Whole numbers from 0 to `limit` - 1 made of noise. */
const whole = (from: string, to: string, limit: number, type = 6): TinyNode[] => [
  { op: 'Abs', inputs: [from], outputs: [`${to}_abs`] },
  { op: 'Mul', inputs: [`${to}_abs`, `limit${limit}`], outputs: [`${to}_scaled`] },
  { op: 'Cast', inputs: [`${to}_scaled`], outputs: [to], attributes: { to: type } },
];

const fusedCases: [string, TinyModel][] = [
  ['Gelu', single('Gelu', sequence)],
  ['FastGelu', single('FastGelu', sequence)],
  ['FastGelu with a bias', single('FastGelu', sequence, { constants: { b: noiseTensor([H]) } })],
  ['BiasGelu', single('BiasGelu', sequence, { constants: { b: noiseTensor([H]) } })],
  ['QuickGelu', single('QuickGelu', sequence, { attributes: { alpha: { float: 1.5 } } })],
  ['FusedMatMul', single('FusedMatMul', { x: [2, 4, 3], z: [2, 5, 4] }, { attributes: { alpha: { float: 0.25 }, transA: 1, transB: 1 } })],
  ['FusedMatMul with a weight', single('FusedMatMul', { x: [3, 4] }, { constants: { w: noiseTensor([4, 6]) }, attributes: { alpha: { float: 2 } } })],
  ['FusedConv, Relu', single('FusedConv', { x: image }, { constants: conv, attributes: { activation: 'Relu', pads: [1, 1, 1, 1] } })],
  ['FusedConv, LeakyRelu', single('FusedConv', { x: image }, { constants: conv, attributes: { activation: 'LeakyRelu', activation_params: { floats: [0.2] }, strides: [2, 1] } })],
  ['FusedConv, Clip', single('FusedConv', { x: image }, { constants: conv, attributes: { activation: 'Clip', activation_params: { floats: [-0.5, 0.75] } } })],
  ['FusedConv with a sum', single('FusedConv', { x: image, z: [1, 4, 4, 3] }, { constants: conv, order: ['x', 'w', 'b', 'z'], attributes: { activation: 'Relu' } })],
  ['FusedGemm', single('FusedGemm', { x: [3, 4] }, { constants: { w: noiseTensor([5, 4]), b: noiseTensor([5], 2) }, attributes: { transB: 1, alpha: { float: 0.5 }, activation: 'LeakyRelu', activation_alpha: { float: 0.1 } } })],
  ['SkipLayerNormalization', single('SkipLayerNormalization', { ...sequence, z: [B, S, H] }, { constants: { ...norm, bias: noiseTensor([H], 3) }, attributes: { epsilon } })],
  ['SkipLayerNormalization with its sum', single('SkipLayerNormalization', { ...sequence, z: [B, S, H] }, { constants: norm, order: ['x', 'z', 'gamma', 'beta'], outputs: ['y', '', '', 'sum'] })],
  ['SkipSimplifiedLayerNormalization', single('SkipSimplifiedLayerNormalization', { ...sequence, z: [B, S, H] }, { constants: { gamma: norm.gamma }, attributes: { epsilon } })],
  [
    'EmbedLayerNormalization',
    single('EmbedLayerNormalization', { a: [B, S], s: [B, S], m: [B, S] }, {
      constants: { word: noiseTensor([9, H], 4), place: noiseTensor([7, H], 5), segment: noiseTensor([2, H], 6), ...norm, limit9: scalar(9), limit2: scalar(1.99) },
      before: [...whole('a', 'ids', 9), ...whole('s', 'parts', 2), ...whole('m', 'mask', 2)],
      order: ['ids', 'parts', 'word', 'place', 'segment', 'gamma', 'beta', 'mask'],
      attributes: { epsilon },
      outputs: ['y', 'count', 'sum'],
      types: { count: 'int32' },
    }),
  ],
]; // prettier-ignore

const HEADS = { num_heads: 2 };
const wide = { w: noiseTensor([H, 3 * H], 7), b: noiseTensor([3 * H], 8) };
const ids = (dims: number[], ...data: number[]): TinyTensor => ({ dims, data, type: 'int32' });
const words = ids([B, S], 1, 1, 1, 0, 0, 1, 1, 1, 1, 0);
const L = 4;
const three = { q: [B, S, H], k: [B, L, H], v: [B, L, 6] };

const attentionCases: [string, TinyModel][] = [
  ['Attention', single('Attention', sequence, { constants: wide, attributes: HEADS })],
  ['Attention, one way', single('Attention', sequence, { constants: wide, attributes: { ...HEADS, unidirectional: 1 } })],
  ['Attention over masked words', single('Attention', sequence, { constants: { ...wide, mask: words }, attributes: HEADS })],
  ['Attention over lengths', single('Attention', sequence, { constants: { ...wide, mask: ids([B], 5, 3) }, attributes: HEADS })],
  ['Attention of other sizes', single('Attention', sequence, { constants: { w: noiseTensor([H, 22], 7), b: noiseTensor([22], 8) }, attributes: { ...HEADS, qkv_hidden_sizes: [8, 8, 6], scale: { float: 0.3 } } })],
  ['Attention with a sum', single('Attention', { ...sequence, z: [B, 2, S, S] }, { constants: wide, order: ['x', 'w', 'b', '', '', 'z'], attributes: HEADS })],
  ['MultiHeadAttention', single('MultiHeadAttention', three, { attributes: HEADS })],
  ['MultiHeadAttention with a bias and masked words', single('MultiHeadAttention', three, { constants: { b: noiseTensor([22], 9), mask: ids([B, L], 1, 1, 0, 0, 1, 1, 1, 0) }, attributes: HEADS })],
  ['MultiHeadAttention of split heads', single('MultiHeadAttention', { q: [B, S, H], k: [B, 2, L, 4], v: [B, 2, L, 4] }, { attributes: { ...HEADS, scale: { float: 0.7 } } })],
  ['MultiHeadAttention with a sum', single('MultiHeadAttention', { ...three, z: [1, 2, S, L] }, { order: ['q', 'k', 'v', '', '', 'z'], attributes: HEADS })],
]; // prettier-ignore

/** x as uint8 codes of scale 1/100 and zero 120 through an operator on codes, and back. */
function coded(
  op: string,
  shape: number[],
  order: string[],
  attributes: Record<string, TinyAttribute> = {},
  constants: Record<string, TinyTensor> = {},
): TinyModel {
  return {
    opset: 17,
    inputs: { x: shape },
    constants: {
      xs: scalar(0.01),
      xz: bytes('uint8', 120),
      ys: scalar(0.02),
      yz: bytes('uint8', 90),
      ...constants,
    },
    nodes: [
      { op: 'QuantizeLinear', inputs: ['x', 'xs', 'xz'], outputs: ['xq'] },
      { op, domain, inputs: order, outputs: ['yq'], attributes },
      { op: 'DequantizeLinear', inputs: ['yq', 'ys', 'yz'], outputs: ['y'] },
    ],
    outputs: ['y'],
  };
}

const X = ['xq', 'xs', 'xz'];
const Y = ['ys', 'yz'];
const second: Record<string, TinyTensor> = {
  b: { dims: [4, 1, 1], data: [10, 250, 128, 3], type: 'uint8' },
  bs: scalar(0.015),
  bz: bytes('uint8', 100),
};
const W = ['b', 'bs', 'bz'];
const picture = [1, 4, 6, 6];
const matrix: Record<string, TinyTensor> = {
  b: { dims: [4, 3], data: Array.from({ length: 12 }, (_, i) => (i * 53) % 256), type: 'uint8' },
  bs: scalar(0.015),
  bz: bytes('uint8', 100),
  c: ids([3], 500, -900, 40),
};

const codedCases: [string, TinyModel][] = [
  ['QLinearAdd', coded('QLinearAdd', picture, [...X, ...W, ...Y], {}, second)],
  ['QLinearMul', coded('QLinearMul', picture, [...X, ...W, ...Y], {}, second)],
  ['QLinearConcat', coded('QLinearConcat', picture, [...Y, ...X, 'other', 'bs', 'bz'], { axis: 1 }, { ...second, other: { dims: [1, 2, 6, 6], data: Array.from({ length: 72 }, (_, i) => (i * 37) % 256), type: 'uint8' } })],
  ['QLinearLeakyRelu', coded('QLinearLeakyRelu', picture, [...X, ...Y], { alpha: { float: 0.2 } })],
  ['QLinearSigmoid', coded('QLinearSigmoid', picture, [...X, ...Y])],
  ['QLinearSoftmax', coded('QLinearSoftmax', [2, 3, 4], [...X, ...Y], { axis: 1, opset: 13 })],
  ['QLinearSoftmax of old', coded('QLinearSoftmax', [2, 3, 4], [...X, ...Y], { axis: 1, opset: 12 })],
  ['QLinearGlobalAveragePool', coded('QLinearGlobalAveragePool', picture, [...X, ...Y])],
  ['QLinearGlobalAveragePool, channels last', coded('QLinearGlobalAveragePool', [1, 6, 6, 4], [...X, ...Y], { channels_last: 1 })],
  ['QLinearAveragePool', coded('QLinearAveragePool', picture, [...X, ...Y], { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] })],
  ['QLinearAveragePool, channels last', coded('QLinearAveragePool', [1, 6, 6, 4], [...X, ...Y], { kernel_shape: [2, 2], channels_last: 1 })],
  ['QGemm', coded('QGemm', [2, 4], [...X, ...W, 'c', ...Y], {}, matrix)],
]; // prettier-ignore

const ready = existsSync(addonPath()) && runtime !== undefined;
const why = ready ? '' : ' (skipped: needs the simulator and ONNX Runtime)';

describe.skipIf(!ready)(`operators of ONNX Runtime${why}`, () => {
  it.each(fusedCases)('%s', (_, model) => check(model));
  it.each(attentionCases)('%s', (_, model) => check(model));
  // The engine rounds products in another order, so a code may differ by one.
  it.each(codedCases)('%s, within one step', (_, model) => check(model, 0.0201));
});

describe('operators of ONNX Runtime that are refused', () => {
  it.each([
    [single('FusedConv', { x: image }, { constants: conv, attributes: { activation: 'Swish' } }), 'the activation Swish'],
    [single('FusedMatMul', { x: [2, 2, 2], z: [2, 2, 2] }, { attributes: { transBatchA: 1 } }), 'batch axes'],
    [single('Attention', sequence, { constants: wide, attributes: HEADS, outputs: ['y', 'present'] }), 'keys and values as an output'],
    [single('Attention', sequence, { constants: { ...wide, mask: floats(1, 2, 3) }, attributes: HEADS }), 'a mask of shape [3]'],
    [single('MultiHeadAttention', { q: [B, S, 2, 3, 4] }, { attributes: HEADS }), 'in one tensor'],
    [single('SkipLayerNormalization', { ...sequence, z: [B, S, H] }, { constants: norm, outputs: ['y', 'mean'] }), 'the mean'],
  ])('%#', async (model, reason) => {
    const error = await failure(importOnnx(encodeTiny(model), { name: 'a' }));
    expect(error).toMatchObject({ code: 'op-unsupported' });
    expect(error.message).toContain(reason);
  }); // prettier-ignore
});
