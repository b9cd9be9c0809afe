import { expect, test } from 'vitest';
import { fuzzImport, fuzzRequest, type FuzzResult } from '../../conformance/fuzz.ts';

/** Every case is damaged about twice: the net or the weights. `npm run fuzz` goes on for longer. */
const COUNT = 500;

test('damaged nets and weights end in a network or a sentence', async () => {
  const results: FuzzResult[] = [];
  for (let seed = 1; seed <= COUNT; seed++) results.push(await fuzzImport(fuzzRequest('caffe', seed)));
  expect(results.filter(({ outcome }) => outcome === 'bug')).toEqual([]);
  // Damage must not be so large that nothing of the importer is reached.
  expect(results.filter(({ outcome }) => outcome === 'imported').length).toBeGreaterThan(COUNT / 20);
});
