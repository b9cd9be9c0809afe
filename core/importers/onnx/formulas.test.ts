import { describe, expect, it } from 'vitest';
import { checkCase } from './check-case.ts';
import { importOnnx } from './import.ts';
import { float8Value } from './float8.ts';
import {
  encodeTiny,
  failure,
  floats,
  ints,
  noiseTensor,
  scalar,
  type TinyAttribute,
  type TinyModel,
  type TinyTensor,
} from './testing.ts';

/** One operator on x, after `before` has brought x (-1 to 1) into its domain. */
function model(
  op: string,
  attributes: Record<string, TinyAttribute> = {},
  constants: Record<string, TinyTensor> = {},
  { opset = 18, shape = [2, 3, 4], shift = 0 } = {},
): TinyModel {
  return {
    opset,
    inputs: { x: shape },
    constants: { ...constants, shift: scalar(shift) },
    nodes: [
      { op: 'Add', inputs: ['x', 'shift'], outputs: ['moved'] },
      { op, inputs: ['moved', ...Object.keys(constants)], outputs: ['y'], attributes },
    ],
    outputs: ['y'],
  };
}

/** Whole numbers from -1000 to 1000 combined with a constant that broadcasts. */
const bits = (op: string): TinyModel => ({
  opset: 18,
  inputs: { x: [2, 3, 4] },
  constants: { scale: scalar(1000), long: ints(5, -1, 255, -77) },
  nodes: [
    { op: 'Mul', inputs: ['x', 'scale'], outputs: ['m'] },
    { op: 'Cast', inputs: ['m'], outputs: ['a'], attributes: { to: 5 } },
    { op: 'Cast', inputs: ['long'], outputs: ['b'], attributes: { to: 5 } },
    { op, inputs: ['a', 'b'], outputs: ['c'] },
    { op: 'Cast', inputs: ['c'], outputs: ['y'], attributes: { to: 1 } },
  ],
  outputs: ['y'],
});

const cases: [name: string, model: TinyModel][] = [
  ['Cos', model('Cos')],
  ['Tan', model('Tan')],
  ['Sinh', model('Sinh')],
  ['Cosh', model('Cosh')],
  ['Asinh', model('Asinh')],
  ['Acosh', model('Acosh', {}, {}, { shift: 2.5 })],
  ['Atanh', model('Atanh')],
  ['Asin', model('Asin')],
  ['Acos', model('Acos')],
  ['Atan', model('Atan', {}, {}, { shift: 0.5 })],
  ['Selu', model('Selu')],
  ['Celu', model('Celu', { alpha: { float: 2 } })],
  ['Celu with 1', model('Celu')],
  ['ThresholdedRelu', model('ThresholdedRelu', { alpha: { float: 0.25 } })],
  ['Shrink', model('Shrink', { lambd: { float: 0.25 }, bias: { float: 0.5 } })],
  ['Softsign', model('Softsign')],
  ['Sign', model('Sign')],
  ['Hardmax', model('Hardmax', { axis: 1 })],
  ['Hardmax over the rest', model('Hardmax', { axis: 1 }, {}, { opset: 11 })],
  ['PRelu with any slope', model('PRelu', {}, { slope: noiseTensor([3, 4]) })],
  ['Mod', model('Mod', { fmod: 1 }, { d: floats(0.3, 0.7, -0.45, 2) })],
  ['ReduceLogSumExp', model('ReduceLogSumExp', { keepdims: 0 }, { axes: ints(0, 2) })],
  ['CumSum', model('CumSum', {}, { axis: { dims: [], data: [1], type: 'int64' } })],
  ['CumSum backwards', model('CumSum', { reverse: 1, exclusive: 1 }, { axis: { dims: [], data: [-1], type: 'int64' } })],
  ['DFT', model('DFT', { axis: 1, onesided: 1 }, {}, { shape: [2, 6, 3, 1] })],
  ['DFT backwards', model('DFT', { axis: 2, inverse: 1 }, {}, { shape: [2, 2, 5, 2] })],
  ['DFT of a longer signal', model('DFT', { axis: 1 }, { n: { dims: [], data: [8], type: 'int64' } }, { shape: [2, 6, 1] })],
  ['STFT', model('STFT', {}, { step: { dims: [], data: [3], type: 'int64' }, w: floats(0.1, 0.5, 1, 0.5) }, { shape: [2, 14, 1] })],
  ['Det', model('Det', {}, {}, { shape: [2, 3, 3] })],
  ['Det of two rows', model('Det', {}, {}, { shape: [3, 2, 2] })],
]; // prettier-ignore

describe('operators that are composed', () => {
  it.each(cases)('%s', (name, tiny) => checkComposed(name, tiny));

  it.each(['BitwiseAnd', 'BitwiseOr', 'BitwiseXor'])('%s', (op) => checkComposed(op, bits(op)));

  it.each([17, 18, 19, 20])('Cast to 8-bit float type %i and back', async (type) => {
    await checkComposed('Cast', {
      opset: 19,
      inputs: { x: [4, 64] },
      constants: { scale: scalar(600), power: scalar(3) },
      nodes: [
        { op: 'Pow', inputs: ['x', 'power'], outputs: ['p'] },
        { op: 'Mul', inputs: ['p', 'scale'], outputs: ['m'] },
        { op: 'Cast', inputs: ['m'], outputs: ['c'], attributes: { to: type } },
        { op: 'Cast', inputs: ['c'], outputs: ['y'], attributes: { to: 1 } },
      ],
      outputs: ['y'],
    });
  });

  it('says what has no place on the device', async () => {
    const error = await failure(
      importOnnx(encodeTiny(model('BitwiseAnd', {}, { b: ints(1) })), { name: 'a' }),
    );
    expect(error).toMatchObject({ code: 'op-unsupported' });
    expect(error.message).toMatch(/BitwiseAnd.*the device carries integers in 32 signed bits/);
  });
});

/** Which layers it is made of is a matter of taste; the numbers are not. */
async function checkComposed(name: string, tiny: TinyModel): Promise<void> {
  const network = await importOnnx(encodeTiny(tiny), { name: 'tiny.onnx' });
  const layers = [...network.layers.values()].filter(({ op }) => op !== 'input' && op !== 'output');
  await checkCase({ name, model: tiny, ops: layers.map(({ op }) => op).join(' ') });
}

describe('8-bit floats', () => {
  it.each([
    [17, 0x7e, 448], [17, 0x7f, NaN], [17, 0x01, 2 ** -9], [17, 0xb8, -1],
    [18, 0x80, NaN], [18, 0x7f, 240], [18, 0x40, 1],
    [19, 0x7b, 57344], [19, 0x7c, Infinity], [19, 0xfd, NaN], [19, 0x3c, 1],
    [20, 0x7f, 57344], [20, 0x80, NaN],
  ])('type %i code %i is %d', (type, code, value) => expect(float8Value(type, code)).toBe(value)); // prettier-ignore
});
