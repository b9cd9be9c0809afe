import { expect, test } from 'vitest';
import { fuzzImport, fuzzRequest } from '../../conformance/fuzz.ts';

// `npm run fuzz` tries thousands, with a limit of time and memory for each.
test('damaged models end in a network or a sentence', async () => {
  const outcomes = [];
  for (let seed = 1; seed <= 400; seed++) outcomes.push(await fuzzImport(fuzzRequest('tflite', seed)));
  expect(outcomes.filter(({ outcome }) => outcome === 'bug')).toEqual([]);
  expect(outcomes.filter(({ outcome }) => outcome === 'imported').length).toBeGreaterThan(10);
}, 300_000);
