import { describe, expect, test } from 'vitest';
import { importers } from '../importers/registry.ts';
import { fixtureCases, runFixture } from './fixtures.ts';

const suites = await Promise.all(
  importers.map(async ({ framework }) => ({ framework, cases: await fixtureCases(framework) })),
);

// What the framework itself computes: the archives are made by core/importers/FRAMEWORK/fixtures/make.py.
describe.each(suites.filter(({ cases }) => cases.length > 0))('operators of $framework', ({ cases }) => {
  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    expect(await runFixture(one)).toBeUndefined();
  });
});

test('every framework but ONNX, which has its own suites, has cases', () => {
  const without = suites.filter(({ framework, cases }) => framework !== 'onnx' && cases.length === 0);
  expect(without.map(({ framework }) => framework)).toEqual([]);
});
