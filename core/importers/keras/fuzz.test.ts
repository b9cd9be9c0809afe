import { describe, expect, it } from 'vitest';
import { fuzzImport, fuzzRequest } from '../../conformance/fuzz.ts';

/** Damaged models of this run; `npm run fuzz` tries thousands. */
const COUNT = 400;

describe('damaged Keras models', () => {
  it('end in a network or in a sentence for people', { timeout: 300_000 }, async () => {
    const bugs: unknown[] = [];
    let refused = 0;
    for (let seed = 0; seed < COUNT; seed++) {
      const result = await fuzzImport(fuzzRequest('keras', seed));
      if (result.outcome === 'bug') bugs.push(result);
      if (result.outcome === 'refused') refused++;
    }
    expect(bugs).toEqual([]);
    // Damage that nobody notices would say nothing.
    expect(refused).toBeGreaterThan(COUNT / 8);
  });
});
