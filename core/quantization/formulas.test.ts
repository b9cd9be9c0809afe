import { expect, test } from 'vitest';
import {
  affineParameters,
  biasScale,
  quantizeAffine,
  quantizeBias,
  rangeOf,
  roundHalfEven,
} from './formulas.ts';

// Numbers from tables that the real toolkit wrote.
test.each([
  [-1, 0.9765625, 0.007751225493848324, 129],
  [0, 6, 0.0235294122248888, 0],
  [-1.5, 1, 0.009803921915590763, 153],
  [0, 0, 1, 0],
])('range %f..%f gives the scale and zero point of the real tool', (min, max, scale, zeroPoint) => {
  expect(affineParameters(min, max, 'u8')).toMatchObject({ scale, zeroPoint });
});

test('a bias scale is the float32 product', () => {
  expect(biasScale(0.007751225493848324, 0.009803921915590763)).toBe(7.59924078010954e-5);
});

test('ranges are widened over 0', () => {
  expect(affineParameters(2, 4, 'u8')).toMatchObject({ min: 0, max: 4, zeroPoint: 0 });
  expect(affineParameters(-4, -2, 'u8')).toMatchObject({ min: -4, max: 0, zeroPoint: 255 });
});

test('i8 zero points are shifted by 128', () => {
  expect(affineParameters(0, 6, 'i8').zeroPoint).toBe(-128);
  expect(affineParameters(0, 0, 'i8')).toMatchObject({ scale: 1, zeroPoint: -128 });
});

test('halves round to the even neighbour', () => {
  expect([0.5, 1.5, 2.5, -0.5, -1.5, 127.5].map(roundHalfEven)).toEqual([0, 2, 2, 0, -2, 128]);
});

test('values outside the range saturate', () => {
  expect([...quantizeAffine(Float32Array.of(-9, 0, 3, 99, NaN), 1, 10, 'u8')]).toEqual([1, 10, 13, 109, 10]);
  expect([...quantizeAffine(Float32Array.of(-1e9, 1e9), 1, 0, 'i8')]).toEqual([-128, 127]);
  expect([...quantizeBias(Float32Array.of(1e30, -1e30, 2.5), 1)]).toEqual([2 ** 31 - 1, -(2 ** 31), 2]);
});

test('a range ignores NaN and infinities', () => {
  expect(rangeOf(Float32Array.of(NaN, 1, -2, Infinity, -Infinity))).toEqual({ min: -2, max: 1 });
  expect(rangeOf(new Float32Array(0))).toEqual({ min: 0, max: 0 });
});
