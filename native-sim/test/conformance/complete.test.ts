import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { built } from '../harness.ts';
import { sim } from '../op-check.ts';
import { detectionCases } from './cases/detection.ts';
import { elementwiseCases } from './cases/elementwise.ts';
import { framingCases } from './cases/framing.ts';
import { lstmCases } from './cases/lstm.ts';
import { movingCases } from './cases/moving.ts';
import { pictureCases } from './cases/pictures.ts';
import { productCases } from './cases/products.ts';
import { recurrentCases } from './cases/recurrent.ts';
import { statisticsCases } from './cases/statistics.ts';
import { viewCases } from './cases/views.ts';
import { windowCases } from './cases/windows.ts';

const cases = [
  ...detectionCases,
  ...elementwiseCases,
  ...framingCases,
  ...lstmCases,
  ...movingCases,
  ...pictureCases,
  ...productCases,
  ...recurrentCases,
  ...statisticsCases,
  ...viewCases,
  ...windowCases,
];

/** Runs a file of its own; its tests are the packed networks'. */
const ELSEWHERE = ['NBG'];

describe.skipIf(!built)('conformance', () => {
  it('has a case for every operator', () => {
    const known = new Set([...ELSEWHERE, ...cases.map(({ op }) => op)]);
    expect(
      sim
        .ops()
        .map(({ name }) => name)
        .filter((name) => !known.has(name)),
    ).toEqual([]);
  });

  it('is documented for every operator', () => {
    const table = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .flatMap((line) => (line.split('|')[1] ?? '').trim().split(', '));
    const documented = new Set(table);
    expect(sim.ops().filter(({ name }) => !documented.has(name))).toEqual([]);
  });
});
