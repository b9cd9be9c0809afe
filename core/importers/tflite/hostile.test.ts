import { expect, test } from 'vitest';
import { StudioError } from '../../network/errors.ts';
import { readFlexMap } from './flex-map.ts';
import { densify } from './sparse.ts';

const values = { type: 'float32', shape: [2, 3], data: Float32Array.of(1, 2) } as const;
const dense = { size: 2, segments: undefined, indices: undefined };

test('sparse rows become a dense tensor', () => {
  const columns = { size: 0, segments: [0, 1, 2], indices: [2, 0] };
  const { data } = densify('w', values, { order: [0, 1], blockMap: [], dimensions: [dense, columns] });
  expect([...data]).toEqual([0, 0, 1, 2, 0, 0]);
});

// Lists that point outside, run backwards, overlap or do not fit the shape.
test.each([
  ['an index behind the axis', [0, 1, 2], [3, 0]],
  ['a list that ends before it begins', [0, 2, 1], [0, 1]],
  ['more indices than there are', [0, 1, 9], [0, 1]],
  ['more values than there are', [0, 2, 3], [0, 1, 2]],
])('%s', (_, segments, indices) => {
  const dimensions = [dense, { size: 0, segments, indices }];
  expect(() => densify('w', values, { order: [0, 1], blockMap: [], dimensions })).toThrow(StudioError);
});

test.each([
  ['a level too many', [0, 1, 2], []],
  ['a level twice', [0, 0], []],
  ['a block of nothing', [0, 1, 2], [0]],
])('%s', (_, order, blockMap) => {
  const dimensions = order.map(() => ({ ...dense, size: blockMap.length > 0 ? 0 : 2 }));
  expect(() => densify('w', values, { order, blockMap, dimensions })).toThrow(StudioError);
});

test('options of custom operators that point outside of themselves', () => {
  // A map (type 9) of one byte width whose offset leads in front of the bytes.
  expect(() => readFlexMap(Uint8Array.of(200, 9 << 2, 1))).toThrow(/point outside/);
  expect(() => readFlexMap(new Uint8Array())).toThrow(/point outside/);
  expect(readFlexMap(Uint8Array.of(5, 1 << 2, 1))).toEqual({});
});
