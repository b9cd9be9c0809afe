import { expect, test } from 'vitest';
import { accuracyDocument } from './document.ts';
import { judgeGoals } from './goals.ts';
import type { ModelScores } from './measure.ts';
import { bundledModel } from './models.ts';
import { variants } from './variants.ts';

/** Scores of 0.91 everywhere but in some rows. */
function scoresWith(changed: Readonly<Record<string, number>>): ModelScores {
  return {
    model: bundledModel(),
    depthwise: true,
    float: { top1: 0.91, sqnr: Infinity },
    scores: variants.map(({ scheme, algorithm }) => ({
      top1: changed[`${scheme} ${algorithm}`] ?? 0.91,
      sqnr: 30,
    })),
  };
}

const misses = (changed: Readonly<Record<string, number>>): string[] =>
  judgeGoals([scoresWith(changed)]).flatMap((verdict) => verdict.misses);

test('goals allow what they say and not a picture more', () => {
  expect(misses({ 'asymmetric_affine uint8 normal': 0.895 })).toEqual([]);
  expect(misses({ 'asymmetric_affine uint8 normal': 0.89 })[0]).toMatch(/2 points, repaired by .*mse/);
  expect(misses({ 'dynamic_fixed_point int16 normal': 0.905 })).toHaveLength(1);
  expect(misses({ 'perchannel_symmetric_affine int8 normal': 0.905 })).toEqual([]);
  expect(misses({ 'perchannel_symmetric_affine int8 normal': 0.9 })).toHaveLength(1);
  expect(misses({ 'symmetric_affine int8 kl_divergence': 0.9 })).toEqual([]);
  expect(misses({ 'symmetric_affine int8 kl_divergence': 0.895 })[0]).toContain('1.5 points');
});

test('the text has a row for every variant, and says what is missed and where to look', () => {
  const models = [scoresWith({ 'dynamic_fixed_point int8 mse': 0.8, 'asymmetric_affine uint8 normal': 0.5 })];
  const text = accuracyDocument({
    complete: false,
    models,
    remedies: [],
    requantization: [],
    agreements: [],
  });
  for (const { scheme, algorithm } of variants) expect(text).toContain(`| ${scheme} | ${algorithm} |`);
  expect(text).toContain('only the bundled sample');
  expect(text).toContain('MISSED: asymmetric_affine uint8');
  expect(text).toMatch(/dynamic_fixed_point int8: mse 11\. Within 1 point: normal/);
  expect(text).toContain('| float | our simulator | 91.0 |');
});

test('requantization: what one layer changes, and what is left of it in the outputs', () => {
  const score = { top1: 0.91, sqnr: 30.04 };
  const scores = [
    { mode: 'exact', score, changed: 0, steps: 0, outputs: [1] },
    { mode: 'npu7', score, changed: 123.4e-6, steps: 1, outputs: [0.5, 0.25, 0.2, 0, 0.05] },
    { mode: 'npu8', score, changed: 2e-6, steps: 1, outputs: [] },
  ] as const;
  const requantization = [
    { title: 'A', scores: scores.map((one) => ({ ...one, outputs: [...one.outputs] })) },
  ];
  const text = accuracyDocument({ complete: true, models: [], remedies: [], requantization, agreements: [] });
  expect(text).toContain('| A | exact | 91.0 / 30.0 | 0 | 100.0 / 0.0 / 0.0 | 0 steps |');
  expect(text).toContain('| A | NN cores 7 | 91.0 / 30.0 | 123 (1 step) | 50.0 / 25.0 / 20.0 | 4 steps |');
  expect(text).toContain('| A | NN cores 8 | 91.0 / 30.0 | 2 (1 step) | floats |  |');
});
