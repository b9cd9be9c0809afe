import { describe, expect, test } from 'vitest';
import { toFloat32 } from '../../network/tensor.ts';
import { WeightsReader } from './weights.ts';

/** A .weights file. @param seen bytes of the counter behind the version */
function file(version: readonly [number, number, number], seen: 4 | 8, numbers: readonly number[]) {
  const bytes = new Uint8Array(12 + seen + 4 * numbers.length);
  const view = new DataView(bytes.buffer);
  version.forEach((part, index) => view.setInt32(4 * index, part, true));
  numbers.forEach((number, index) => view.setFloat32(12 + seen + 4 * index, number, true));
  return { name: 'net.weights', bytes };
}

const parts = [
  { name: 'biases', shape: [2] },
  { name: 'weights', shape: [2, 1] },
];

describe('a .weights file', () => {
  test.each([
    [[0, 1, 0], 4, { transposed: false, isFork: false }],
    [[0, 2, 0], 8, { transposed: false, isFork: false }],
    [[0, 2, 5], 8, { transposed: false, isFork: true }],
    [[1, 0, 0], 8, { transposed: false, isFork: false }],
    [[0, 1001, 0], 4, { transposed: true, isFork: false }],
    [[1001, 0, 0], 4, { transposed: true, isFork: false }],
  ] as const)('of version %j counts pictures in %i bytes', (version, seen, traits) => {
    const reader = new WeightsReader(file(version, seen, [1, 2, 3, 4, 5]));
    expect(reader).toMatchObject(traits);
    const taken = reader.take('layer 0', parts);
    const values = [...taken].map(([name, load]) => [name, [...toFloat32(load())]]);
    expect(values).toEqual([
      ['biases', [1, 2]],
      ['weights', [3, 4]],
    ]);
    reader.take('layer 1', [{ name: 'biases', shape: [1] }]);
    expect(() => reader.end()).not.toThrow();
  });

  test('that ends too early names the layer and what is left', () => {
    const reader = new WeightsReader(file([0, 2, 0], 8, [1, 2, 3]));
    expect(() => reader.take('layer 4, [convolutional] in line 20,', parts)).toThrow(
      'it ends too early: layer 4, [convolutional] in line 20, needs 4 numbers, 3 are left',
    );
  });

  test('that is too long names the last layer', () => {
    const reader = new WeightsReader(file([0, 2, 0], 8, [1, 2, 3, 4, 5]));
    reader.take('layer 4, [convolutional] in line 20,', parts);
    expect(() => reader.end()).toThrow('4 bytes are left behind layer 4, [convolutional] in line 20');
  });

  test('sizes that no memory holds are refused before it is asked for', () => {
    const reader = new WeightsReader(file([0, 2, 0], 8, []));
    expect(() => reader.take('layer 0', [{ name: 'weights', shape: [65_536, 65_536] }])).toThrow('too large');
  });

  test.each([
    ['nothing', new Uint8Array(0), 'it has no header'],
    ['a cut header', new Uint8Array(17).fill(2, 4, 5), 'it has no header'],
    ['a zip file', Buffer.from('PK\x03\x04 and so on, a text'), 'it does not begin with a version'],
    ['a text', Buffer.from('[net]\nwidth=416\nheight=416\n'), 'it does not begin with a version'],
  ])('%s is not one', (_, bytes, message) => {
    expect(() => new WeightsReader({ name: 'net.weights', bytes })).toThrow(message);
  });
});
