import { expect, test } from 'vitest';
import { fixtureCases, importFixture } from '../../conformance/fixtures.ts';
import { compositionsOf } from '../../network/audit.ts';
import { becomes } from './becomes.ts';
import { caffeOperators, REFUSED } from './ops/index.ts';

const cases = await fixtureCases('caffe');

test('the table of docs/ops.md lists what the layers of all cases were composed of, and nothing else', async () => {
  for (const one of cases) await importFixture(one);
  const listed = Object.entries(becomes).filter(([, parts]) => parts.length > 0);
  expect(Object.fromEntries(listed)).toEqual(compositionsOf('caffe'));
});

test('every type that is imported is in the table and has three cases or more', () => {
  const imported = Object.keys(caffeOperators).filter((type) => !Object.hasOwn(REFUSED, type));
  expect(imported.sort()).toEqual(Object.keys(becomes).sort());
  const tried = new Map<string, number>();
  for (const { op } of cases) tried.set(op, (tried.get(op) ?? 0) + 1);
  expect(imported.filter((type) => (tried.get(type) ?? 0) < 3)).toEqual([]);
});
