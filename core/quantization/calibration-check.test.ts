import { expect, test } from 'vitest';
import type { Batch } from '../dataset/batches.ts';
import type { Preprocess } from '../network/input-meta.ts';
import { imageMeta } from '../testing/input-meta.ts';
import { CalibrationCheck } from './calibration-check.ts';

const SIDE = 16;
const BYTES = { mean: [0], scale: 1 / 255 };

/** A soft slope, different for every number, in 0..255. */
function slope(number: number): Float32Array {
  return Float32Array.from(
    { length: SIDE * SIDE },
    (_, index) => 255 * Math.abs(Math.sin((index % SIDE) / 9 + Math.floor(index / SIDE) / 11 + number)),
  );
}

function noise(seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: SIDE * SIDE }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (255 * state) / 2 ** 32;
  });
}

/** Kinds of warnings about samples that were preprocessed as the input description says. */
function kinds(
  samples: readonly Float32Array[],
  preprocess: Partial<Preprocess> = BYTES,
  label: (index: number) => number | undefined = () => undefined,
): string[] {
  const check = new CalibrationCheck(imageMeta('in', [1, 1, SIDE, SIDE], preprocess));
  samples.forEach((values, index) => {
    const scaled = values.map(
      (value) => (value - (preprocess.mean?.[0] ?? 0)) * Number(preprocess.scale ?? 1),
    );
    const batch: Batch = {
      index,
      inputs: new Map([['in', scaled]]),
      shapes: new Map(),
      labels: [label(index)],
    };
    check.add(batch);
  });
  const warnings = check.warnings();
  expect(warnings.every(({ message }) => message.length > 20)).toBe(true);
  return warnings.map(({ kind }) => kind);
}

const many = Array.from({ length: 40 }, (_, index) => slope(index));

test('good data raise nothing', () => {
  expect(kinds(many, BYTES, (index) => index % 10)).toEqual([]);
});

test('few and repeated samples', () => {
  expect(kinds(many.slice(0, 5))).toEqual(['few']);
  expect(kinds([...many, ...many.slice(0, 3)])).toEqual(['repeated']);
  expect(kinds([many[0], many[0]])).toEqual(['few', 'repeated']);
});

test('samples in one batch are told apart', () => {
  const check = new CalibrationCheck(imageMeta('in', [2, 1, SIDE, SIDE], BYTES));
  const inputs = new Map([['in', Float32Array.of(...many[0], ...many[0])]]);
  check.add({ index: 0, inputs, shapes: new Map(), labels: [] });
  expect(check.warnings().map(({ message }) => message)).toContain(
    '1 of 2 samples repeat others and add nothing',
  );
});

test('constant, random and not finite samples', () => {
  const flat = new Float32Array(SIDE * SIDE).fill(7);
  expect(kinds([...many, flat])).toEqual(['constant']);
  expect(kinds(Array.from({ length: 40 }, (_, index) => noise(index + 1)))).toEqual(['noise']);
  const broken = slope(99);
  broken[3] = NaN;
  expect(kinds([...many, broken])).toEqual(['not-finite']);
});

test('mean and scale that do not fit the values', () => {
  expect(kinds(many, { mean: [0], scale: 1 })).toEqual(['scale']);
  const scaledAlready = many.map((values) => values.map((value) => value / 255));
  expect(kinds(scaledAlready)).toEqual(['scale']);
  expect(kinds(scaledAlready, { mean: [128], scale: 1 / 128 })).toEqual(['scale']);
  // Mean without scale, and values that need no preprocessing, are usual.
  expect(kinds(many, { mean: [104], scale: 1 })).toEqual([]);
  expect(kinds(scaledAlready, { mean: [0], scale: 1 })).toEqual([]);
});

test('one label for all', () => {
  expect(kinds(many, BYTES, () => 3)).toEqual(['one-label']);
});
