import { expect, test } from 'vitest';
import { searchGroups, type SearchOptions } from './search.ts';

/** A network whose score is 1 less what each group that stays narrow costs. */
function options(
  costs: readonly number[],
  target: number,
  signal = new AbortController().signal,
): SearchOptions {
  return {
    groups: costs.length,
    target,
    score: (groups) =>
      Promise.resolve(1 - costs.reduce((sum, cost, index) => (groups.includes(index) ? sum : sum + cost), 0)),
    signal,
    onPoint: () => undefined,
  };
}

test('nothing is widened where the target is reached already', async () => {
  const { best, reached, curve } = await searchGroups(options([0.001, 0.001], 0.99));
  expect([best.groups, reached, curve.length]).toEqual([[], true, 1]);
});

test('the shortest prefix loses groups that turn out harmless', async () => {
  const costs = [0.2, 0, 0, 0.1, 0, 0.05, ...new Array<number>(30).fill(0.0001)];
  const { best, reached } = await searchGroups(options(costs, 0.99));
  expect(reached).toBe(true);
  expect(best.groups).toEqual([0, 3, 5]);
});

test('a target out of reach gives the best there is', async () => {
  const stubborn = options([0.1, 0.1, 0.1], 0.99);
  const { best, reached } = await searchGroups({
    ...stubborn,
    score: async (groups) => (await stubborn.score(groups)) - 0.05,
  });
  expect(reached).toBe(false);
  expect(best.groups).toEqual([0, 1, 2]);
});

test('an interrupted search keeps the best so far', async () => {
  const controller = new AbortController();
  const { best, interrupted, curve } = await searchGroups({
    ...options([0.3, 0.2, 0.1, 0.1], 0.99, controller.signal),
    onPoint: ({ groups }) => {
      if (groups.length === 2) controller.abort();
    },
  });
  expect(interrupted).toBe(true);
  expect(best).toEqual(curve.at(-1));
  expect(best.groups).toEqual([0, 1]);
});

test('a trial that is stopped on its way does not count; other failures are told', async () => {
  const controller = new AbortController();
  const stopped = options([0.3, 0.2], 0.99, controller.signal);
  const { best, interrupted } = await searchGroups({
    ...stopped,
    score: (groups) => {
      if (groups.length === 0) return stopped.score(groups);
      controller.abort();
      throw new Error('stopped');
    },
  });
  expect([best.groups, interrupted]).toEqual([[], true]);
  const failing = { ...options([0.3], 0.99), score: () => Promise.reject(new Error('broken')) };
  await expect(searchGroups(failing)).rejects.toThrow('broken');
});

test('a network without groups is only scored', async () => {
  expect((await searchGroups(options([], 2))).curve).toHaveLength(1);
});
