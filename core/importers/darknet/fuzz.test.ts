import { expect, test } from 'vitest';
import { fuzzImport, fuzzRequest } from '../../conformance/fuzz.ts';

/** Two damaged copies of each case, one of its .cfg and one of its .weights. */
const COUNT = 420;

test('damaged models end in a network or a sentence', async () => {
  const bugs: unknown[] = [];
  let refused = 0;
  for (let seed = 1; seed <= COUNT; seed++) {
    const result = await fuzzImport(fuzzRequest('darknet', seed));
    if (result.outcome === 'bug') bugs.push(result);
    if (result.outcome === 'refused') refused += 1;
  }
  expect(bugs).toEqual([]);
  expect(refused).toBeGreaterThan(COUNT / 4);
}, 120_000);
