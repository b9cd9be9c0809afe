import { describe, expect, test } from 'vitest';
import { fuzzImport, fuzzRequest } from '../../conformance/fuzz.ts';
import { attack } from '../../testing/hostile.ts';
import { fixtureCases } from '../../conformance/fixtures.ts';
import { readTable } from './sstable.ts';

const SEEDS = Array.from({ length: 400 }, (_, i) => i + 1);

test('damaged graphs, checkpoints and predef files end in a network or a sentence', async () => {
  const results = await Promise.all(SEEDS.map((seed) => fuzzImport(fuzzRequest('tensorflow', seed))));
  expect(results.filter(({ outcome }) => outcome === 'bug')).toEqual([]);
  // The damage reaches what decides.
  expect(results.filter(({ outcome }) => outcome === 'refused').length).toBeGreaterThan(200);
}, 120_000);

describe('the index of a checkpoint', async () => {
  const saved = (await fixtureCases('tensorflow')).find(({ name }) => name === 'saved-model-2');
  const index = saved?.files.find(({ name }) => name.endsWith('.index'))?.bytes ?? new Uint8Array(0);

  test('lists the variables', () => {
    const keys = [...readTable(index, 'variables.index').keys()];
    expect(keys[0]).toBe('');
    expect(keys).toContain('weight/.ATTRIBUTES/VARIABLE_VALUE');
  });

  test('that is damaged is read or refused', () => {
    expect(attack(index, (bytes) => readTable(bytes, 'variables.index'))).toBeGreaterThan(index.length);
  });
});
