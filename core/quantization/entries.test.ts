import { describe, expect, test } from 'vitest';
import { readQuantizeFile } from '../files/quantize-file.ts';
import { Layer } from '../network/layer.ts';
import type { QuantizedFormat } from '../network/number-format.ts';
import type { QuantizeEntry } from '../network/quantize-table.ts';
import { floatTensor } from '../network/tensor.ts';
import { sharedPath } from '../testing/shared.ts';
import { biasEntry, tensorEntry, weightEntry } from './entries.ts';

// float32 arithmetic by typed arrays and DataView: nothing shared with the code under test.
function f32(value: number): number {
  return new Float32Array([value])[0];
}

/** Exponent e of the smallest power of two 2^e >= value, from the bits of the float32. */
function exponentAbove(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  return (bits >>> 23) - 127 + ((bits & 0x7fffff) === 0 ? 0 : 1);
}

const affine = (qtype: 'u8' | 'i8'): QuantizedFormat => ({ quantizer: 'asymmetric_affine', qtype });
const fixed = (qtype: 'i8' | 'i16'): QuantizedFormat => ({ quantizer: 'dynamic_fixed_point', qtype });

describe('asymmetric affine', () => {
  test.each([
    // range, widened range, scale numerator, u8 zero point
    ['two sided', [-1, 0.9765625], [-1, 0.9765625], 129],
    ['positive only', [2, 4], [0, 4], 0],
    ['negative only', [-4, -2], [-4, 0], 255],
    ['from zero', [0, 6], [0, 6], 0],
    ['half steps go to the even zero point', [-127.5, 127.5], [-127.5, 127.5], 128],
    ['float32 of a double range', [-0.1, 0.3], [f32(-0.1), f32(0.3)], 64],
  ])('%s', (_name, [min, max], [low, high], zeroPoint) => {
    const scale = f32(f32(f32(high) - f32(low)) / 255);
    expect(tensorEntry(affine('u8'), { min, max })).toEqual({
      ...affine('u8'),
      min: low,
      max: high,
      scale,
      zeroPoint,
    });
    expect(tensorEntry(affine('i8'), { min, max })).toMatchObject({ scale, zeroPoint: zeroPoint - 128 });
  });

  test('a tensor of zeros has scale 1', () => {
    expect(tensorEntry(affine('u8'), { min: 0, max: 0 })).toMatchObject({ scale: 1, zeroPoint: 0 });
    expect(tensorEntry(affine('i8'), { min: 0, max: 0 })).toMatchObject({ scale: 1, zeroPoint: -128 });
  });
});

describe('dynamic fixed point', () => {
  test.each([
    ['between powers of two', -3, 2, 5, 13],
    ['a power of two saturates by one step', -1, 1, 7, 15],
    ['just above one', 0, 1.0000001192092896, 6, 14],
    ['just below one', 0, 0.9999999403953552, 7, 15],
    ['eight', -8, 0.5, 4, 12],
    ['small: more than the bits', 0, 2 ** -12, 19, 27],
    ['large: negative', -70_000, 5, -10, -2],
    ['one sided keeps its raw range', 3, 5, 4, 12],
  ])('%s', (_name, min, max, byte, word) => {
    expect(tensorEntry(fixed('i8'), { min, max })).toEqual({
      ...fixed('i8'),
      min: f32(min),
      max: f32(max),
      fl: byte,
    });
    expect(tensorEntry(fixed('i16'), { min, max }).fl).toBe(word);
    const largest = f32(Math.max(Math.abs(min), Math.abs(max)));
    expect(byte).toBe(7 - exponentAbove(largest));
  });

  test('a tensor of zeros has 300', () => {
    expect(tensorEntry(fixed('i8'), { min: 0, max: 0 }).fl).toBe(300);
    expect(tensorEntry(fixed('i16'), { min: 0, max: 0 }).fl).toBe(300);
  });
});

describe('symmetric', () => {
  const format: QuantizedFormat = { quantizer: 'symmetric_affine', qtype: 'i8' };

  test.each([
    [-2, 1, 2],
    [-1, 3, 3],
    [0.5, 0.25, 0.5],
  ])('range %f..%f: the larger magnitude over 127', (min, max, largest) => {
    expect(tensorEntry(format, { min, max })).toMatchObject({
      min,
      max,
      scale: f32(largest / 127),
      zeroPoint: 0,
    });
  });

  test('zeros have scale 1', () => {
    expect(tensorEntry(format, { min: 0, max: 0 })).toMatchObject({ scale: 1, zeroPoint: 0 });
  });
});

describe('symmetric per channel', () => {
  const layer = new Layer({
    key: 'fc_1',
    name: 'fc',
    op: 'fullconnect',
    inputs: [{ layer: 'in_0', port: 0 }],
  });
  const format: QuantizedFormat = { quantizer: 'perchannel_symmetric_affine', qtype: 'i8' };
  const weight = floatTensor([2, 3], Float32Array.of(1, -4, 0, -2, 3, 0));
  const input = tensorEntry(affine('i8'), { min: 0, max: 1 });

  test('each output channel has its own scale; one of zeros that of the tensor', () => {
    const entry = weightEntry(format, { layer, weight, input });
    expect(entry).toMatchObject({ min: -4, max: 3, channelDim: -1 });
    expect(entry.scales).toEqual([2, 4, 4].map((largest) => f32(largest / 127)));
  });

  test('a scale grows until the bias fits into int32', () => {
    const bias = floatTensor([3], Float32Array.of(0, 1e9, 0));
    const { scales } = weightEntry(format, { layer, weight, bias, input });
    const steps = 1e9 / ((input.scale ?? NaN) * (scales?.[1] ?? NaN));
    expect(steps).toBeLessThan(2 ** 31);
    expect(steps).toBeGreaterThan(2 ** 30);
    expect(scales?.[0]).toBe(f32(2 / 127));
  });
});

test('short floats have no parameters', () => {
  for (const format of [
    { quantizer: 'bfloat16', qtype: 'bf16' },
    { quantizer: 'float16', qtype: 'f16' },
  ] as const) {
    expect(tensorEntry(format, { min: -1, max: 2 })).toEqual({ ...format, min: null, max: null });
  }
});

describe('bias', () => {
  const u8 = (max: number): QuantizeEntry => tensorEntry(affine('u8'), { min: 0, max });

  test('affine: the float32 product of both scales', () => {
    const [input, weight] = [u8(0.3), u8(7)];
    expect(biasEntry(input, weight, '@a:bias')).toMatchObject({
      qtype: 'i32',
      scale: f32(f32(input.scale ?? NaN) * f32(weight.scale ?? NaN)),
      zeroPoint: 0,
    });
  });

  test('fixed point: the sum of the fractional lengths, negative ones too', () => {
    const input = tensorEntry(fixed('i16'), { min: -70_000, max: 5 });
    const weight = tensorEntry(fixed('i16'), { min: -1, max: 1 });
    expect(biasEntry(input, weight, '@a:bias')).toMatchObject({ qtype: 'i64', fl: -2 + 15 });
    const small = tensorEntry(fixed('i8'), { min: -1, max: 1 });
    expect(biasEntry(small, small, '@a:bias')).toMatchObject({ qtype: 'i32', fl: 14 });
  });

  test('floats and mixtures have none', () => {
    const float = tensorEntry({ quantizer: 'float16', qtype: 'f16' }, { min: 0, max: 0 });
    expect(biasEntry(float, u8(1), '@a:bias')).toBeUndefined();
    expect(biasEntry(undefined, u8(1), '@a:bias')).toBeUndefined();
    expect(biasEntry(u8(1), tensorEntry(fixed('i8'), { min: 0, max: 1 }), '@a:bias')).toBeUndefined();
  });
});

const real = sharedPath('reference/acuity-formats/real/mobilenet_tf.quantize');

test.skipIf(!real)(
  'every entry of a real table follows from its range (skipped where it is absent)',
  async () => {
    const { entries } = await readQuantizeFile(real ?? '');
    const checked = { affine: 0, fixed: 0 };
    for (const entry of entries.values()) {
      if (entry.qtype === 'i32' || entry.qtype === 'i64' || entry.min === null || entry.max === null)
        continue;
      expect(tensorEntry(entry, { min: entry.min, max: entry.max })).toEqual(entry);
      checked[entry.quantizer === 'dynamic_fixed_point' ? 'fixed' : 'affine']++;
    }
    expect(checked).toEqual({ affine: 65, fixed: 29 });
  },
);
