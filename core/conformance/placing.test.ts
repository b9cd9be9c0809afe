import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan } from '../device/types.ts';
import { runtime } from '../importers/onnx/check-case.ts';
import { importOnnx } from '../importers/onnx/import.ts';
import {
  encodeTiny,
  failure,
  floats,
  ints,
  noise,
  noiseTensor,
  scalar,
  type TinyAttribute,
  type TinyModel,
  type TinyTensor,
} from '../importers/onnx/testing.ts';
import { addonPath } from '../simulator/addon.ts';
import { Simulator } from '../simulator/simulator.ts';

type Attributes = Record<string, TinyAttribute>;

const index = (dims: number[], data: number[]): TinyTensor => ({ dims, data, type: 'int64' });

/** One operator on x and constants; '' stands for an absent input. */
function model(
  op: string,
  shape: number[],
  attributes: Attributes,
  constants: Record<string, TinyTensor>,
  { opset = 18, order = ['x', ...Object.keys(constants)] } = {},
): TinyModel {
  return {
    opset,
    inputs: { x: shape },
    constants,
    nodes: [{ op, inputs: order, outputs: ['y'], attributes }],
    outputs: ['y'],
  };
}

/** Values and, as floats, places. */
const topK = (shape: number[], attributes: Attributes, k: number): TinyModel => ({
  opset: 18,
  inputs: { x: shape },
  constants: { k: ints(k) },
  nodes: [
    { op: 'TopK', inputs: ['x', 'k'], outputs: ['y', 'places'], attributes },
    { op: 'Cast', inputs: ['places'], outputs: ['i'], attributes: { to: 1 } },
  ],
  outputs: ['y', 'i'],
});

const resize = (shape: number[], attributes: Attributes, list: Record<string, TinyTensor>): TinyModel => {
  const at = (name: string): string => (Object.hasOwn(list, name) ? name : '');
  const order = ['x', at('roi'), at('scales'), at('sizes')];
  return model('Resize', shape, attributes, list, { opset: 19, order });
};

const scales = (...data: number[]) => ({ scales: floats(...data) });
const sizes = (...data: number[]) => ({ sizes: ints(...data) });
const pads = (...data: number[]) => ({ pads: ints(...data) });
const triple = index([2, 2], [2, 0, 1, -1]);

const cases: [name: string, model: TinyModel][] = [
  ['GatherElements', model('GatherElements', [3, 2], { axis: 0 }, { i: triple })],
  ['GatherElements along the last axis', model('GatherElements', [2, 4], { axis: 1 }, { i: index([2, 2], [2, 0, -1, 3]) })],
  ['GatherND', model('GatherND', [2, 3, 4], {}, { i: index([2, 2], [1, 2, 0, -1]) })],
  ['GatherND in batches', model('GatherND', [2, 3, 4], { batch_dims: 1 }, { i: index([2, 1], [2, 0]) })],
  ['ScatterElements', model('ScatterElements', [3, 3], { axis: 1 }, { i: index([1, 2], [1, -1]), u: noiseTensor([1, 2]) })],
  ['ScatterElements adding', model('ScatterElements', [1, 5], { axis: 1, reduction: 'add' }, { i: index([1, 3], [1, 1, 3]), u: noiseTensor([1, 3]) })],
  ['ScatterElements multiplying', model('ScatterElements', [1, 5], { axis: 1, reduction: 'mul' }, { i: index([1, 3], [1, 1, 3]), u: noiseTensor([1, 3]) })],
  ['ScatterElements maximum', model('ScatterElements', [1, 5], { axis: 1, reduction: 'max' }, { i: index([1, 3], [1, 1, 3]), u: noiseTensor([1, 3]) })],
  ['ScatterND', model('ScatterND', [4, 3], {}, { i: index([2, 1], [3, 0]), u: noiseTensor([2, 3]) })],
  ['ScatterND of single elements', model('ScatterND', [4, 3], { reduction: 'min' }, { i: index([2, 2], [3, 0, 1, 2]), u: noiseTensor([2]) })],
  ['Compress', model('Compress', [3, 4], { axis: 1 }, { c: { dims: [3], data: [1, 0, 1], type: 'bool' } })],
  ['ReverseSequence', model('ReverseSequence', [4, 2, 3], { time_axis: 0, batch_axis: 1 }, { n: ints(3, 1) })],
  ['ReverseSequence, batch first', model('ReverseSequence', [2, 4], { time_axis: 1, batch_axis: 0 }, { n: ints(3, 4) })],
  ['Trilu, upper', model('Trilu', [2, 3, 4], {}, { k: index([], [1]) })],
  ['Trilu, lower', model('Trilu', [3, 4], { upper: 0 }, {})],
  ['TopK', topK([2, 5, 3], { axis: 1 }, 2)],
  ['TopK, smallest', topK([2, 7], { largest: 0 }, 3)],
  ['Pad with a fraction', model('Pad', [1, 2, 3, 3], {}, { ...pads(0, 0, 1, 2, 0, 1, 0, 1), v: scalar(0.3) })],
  ['Pad, wrapping', model('Pad', [2, 3], { mode: 'wrap' }, pads(1, 2, 0, 1), { opset: 19 })],
  ['Pad, mirrored', model('Pad', [1, 1, 3, 4], { mode: 'reflect' }, pads(0, 0, 2, 1, 0, 0, 1, 3))],
  ['Pad, cropping and repeating', model('Pad', [3, 4], { mode: 'edge' }, pads(-1, 2, 1, 0))],
  ['Resize, cubic', resize([1, 2, 4, 4], { mode: 'cubic' }, scales(1, 1, 1.5, 2))],
  ['Resize, cubic inside', resize([1, 1, 5, 4], { mode: 'cubic', exclude_outside: 1, cubic_coeff_a: { float: -0.5 } }, scales(1, 1, 0.8, 0.8))],
  ['Resize, linear of a line', resize([1, 2, 5], { mode: 'linear' }, sizes(1, 2, 8))],
  ['Resize, antialiased', resize([1, 1, 6, 6], { mode: 'linear', antialias: 1 }, scales(1, 1, 0.5, 0.6))],
  ['Resize, antialiased cubic', resize([1, 1, 6, 6], { mode: 'cubic', antialias: 1 }, scales(1, 1, 0.5, 0.6))],
  ['Resize, nearest rounded up', resize([1, 1, 3, 4], { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'ceil' }, sizes(1, 1, 5, 6))],
  ['Resize of a part', resize([1, 1, 4, 4], { mode: 'linear', coordinate_transformation_mode: 'tf_crop_and_resize', extrapolation_value: { float: 7 } }, { ...sizes(1, 1, 3, 3), roi: floats(0, 0, 0.4, -0.2, 1, 1, 1.2, 0.8) })],
  ['GridSample', model('GridSample', [1, 2, 4, 5], {}, { g: noiseTensor([1, 3, 3, 2]) }, { opset: 16 })],
  ['GridSample, mirrored', model('GridSample', [1, 2, 4, 5], { padding_mode: 'reflection', mode: 'nearest' }, { g: { dims: [1, 1, 3, 2], data: [-1.4, 0.2, 1.7, -2.2, 0.4, 3.1] } }, { opset: 16 })],
  ['GridSample, cubic', model('GridSample', [2, 1, 4, 5], { mode: 'bicubic', padding_mode: 'border', align_corners: 1 }, { g: noiseTensor([2, 2, 3, 2]) }, { opset: 16 })],
  ['Einsum product', model('Einsum', [2, 3, 4], { equation: 'bij,bkj->bik' }, { w: noiseTensor([2, 5, 4]) }, { opset: 12 })],
  ['Einsum of attention', model('Einsum', [1, 3, 2, 4], { equation: 'bthd,bshd->bhts' }, { w: noiseTensor([1, 5, 2, 4]) }, { opset: 12 })],
  ['Einsum of hidden axes', model('Einsum', [2, 3, 4], { equation: '...ij,jk->...ik' }, { w: noiseTensor([4, 2]) }, { opset: 12 })],
  ['Einsum of a diagonal', model('Einsum', [2, 3, 3], { equation: 'bii->bi' }, {}, { opset: 12 })],
  ['Einsum of an outer product', model('Einsum', [3], { equation: 'i,j' }, { w: noiseTensor([4]) }, { opset: 12 })],
  ['Col2Im', model('Col2Im', [1, 8, 8], { pads: [0, 1, 0, 1], strides: [1, 2] }, { s: ints(3, 6), b: ints(2, 2) })],
  ['CenterCropPad', model('CenterCropPad', [5, 4], {}, { s: ints(2, 7) })],
  ['DepthToSpace', model('DepthToSpace', [1, 8, 2, 3], { blocksize: 2 }, {})],
  ['DepthToSpace, PyTorch', model('DepthToSpace', [1, 8, 2, 3], { blocksize: 2, mode: 'CRD' }, {})],
  ['SpaceToDepth', model('SpaceToDepth', [1, 2, 4, 6], { blocksize: 2 }, {})],
]; // prettier-ignore

/** The device's own numbers, against an engine nobody here wrote. */
async function compare(tiny: TinyModel): Promise<void> {
  const bytes = encodeTiny(tiny);
  const shape = Object.values(tiny.inputs)[0].map(Number);
  const data = Float32Array.from(noise(shape.reduce((all, dim) => all * dim, 1)));
  const network = await importOnnx(bytes, { name: 'tiny.onnx' });
  const simulator = new Simulator(lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 }).graph);
  const results = simulator.run([data]);
  simulator.dispose();
  const wanted = await runtime?.(bytes, new Map([['x', { shape, data }]]));
  wanted?.forEach((output, port) => {
    expect(results[port].shape).toEqual([...output.shape]);
    const worst = output.data.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - results[port].values[at])),
      0,
    );
    expect(worst).toBeLessThanOrEqual(1e-5);
  });
}

const ready = existsSync(addonPath()) && runtime !== undefined;
const why = ready ? '' : ' (skipped: needs the simulator and ONNX Runtime)';

describe.skipIf(!ready)(`operators that place, pick and resize${why}`, () => {
  it.each(cases)('%s', (_, tiny) => compare(tiny));
});

describe('what decides its own size', () => {
  it('is refused with the reason', async () => {
    const tiny = model('ScatterElements', [1, 3], { axis: 1, reduction: 'mean' }, { i: triple, u: triple });
    expect(await failure(importOnnx(encodeTiny(tiny), { name: 'a' }))).toMatchObject({
      code: 'network-invalid',
    });
    const empty = model('Compress', [3], {}, { c: { dims: [3], data: [0, 0, 0], type: 'bool' } });
    const error = await failure(importOnnx(encodeTiny(empty), { name: 'a' }));
    expect(error.code).toBe('op-unsupported');
    expect(error.message).toContain('an empty result');
  });
});
