import { expect, test } from 'vitest';
import { rangeSentence, spanOf } from './channel-ranges.ts';

const ranges = { name: 'weight', min: [-0.5, -12.9, -0.4], max: [0.5, 12.9, 0.5], scales: null };

test('one wide channel takes bits from the others', () => {
  expect(spanOf(ranges)).toEqual({ low: -12.9, high: 12.9, median: 1 });
  // log2(25.8 / 1) = 4.69
  expect(rangeSentence(ranges)).toBe(
    'Channel 1 spans 25.8, the median channel 1: one scale for all takes 4.7 bits from most of them.',
  );
  expect(rangeSentence({ ...ranges, scales: [1, 1, 1] })).toContain('each has a scale of its own');
  expect(rangeSentence({ ...ranges, min: [-0.5, -0.6, -0.4], max: [0.5, 0.4, 0.5] })).toContain(
    'one scale suits',
  );
});

test('zeros are no trouble', () => {
  expect(rangeSentence({ name: 'w', min: [0, 0], max: [0, 0], scales: null })).toContain('one scale suits');
});
