import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary.ts';
import { measureAgreement } from './agreement.ts';
import { findModels } from './models.ts';
import { spearman } from './rank-correlation.ts';
import { Workspace } from './workspace.ts';

const folder = temporaryFolder();
const { complete, classifiers, others } = findModels();
const missing = complete ? '' : ' (skipped: ../shared/models is not beside this checkout)';

test('rank correlation follows its formula', () => {
  expect(spearman([1, 2, 3], [10, 20, Infinity])).toBe(1);
  expect(spearman([1, 2, 3], [3, 2, 1])).toBe(-1);
  // 1 - 6 * sum d^2 / (n (n^2 - 1)) with d = 0, 1, 1, 1, 1.
  expect(spearman([1, 2, 3, 4, 5], [1, 3, 2, 5, 4])).toBeCloseTo(1 - 24 / 120, 12);
  expect(spearman([1, 1, 2], [5, 5, 9])).toBeCloseTo(1, 12);
});

describe.skipIf(!complete)(`the entropy of one picture tells the errors on others${missing}`, () => {
  test.each(
    [...classifiers, ...others.slice(0, 1)].map((model, index) => [model.title, index, model] as const),
  )('%s', async (_, index, model) => {
    const workspace = await Workspace.open(model, `${folder}/${index}`, new AbortController().signal);
    for (const { scheme, single, channels, unseen } of await measureAgreement(model, workspace)) {
      expect(single, scheme).toBeGreaterThan(0.8);
      expect(channels, scheme).toBeGreaterThan(0.8);
      // What is cut off of new pictures no other picture can tell.
      expect(unseen, scheme).toBeGreaterThan(0.6);
    }
  });
});
