import { expect, test } from 'vitest';
import { fixtureCases, importFixture } from '../../conformance/fixtures.ts';
import { compositionsOf } from '../../network/audit.ts';
import { becomes, PASSED } from './becomes.ts';
import { darknetFamily } from './ops/index.ts';
import { readers } from './sections/index.ts';

const cases = await fixtureCases('darknet');

test('the table of docs/ops.md lists what the sections of all cases were composed of, and nothing else', async () => {
  for (const one of cases) await importFixture(one);
  const listed = Object.entries(becomes).filter(([, parts]) => parts.length > 0);
  expect(Object.fromEntries(listed)).toEqual(compositionsOf('darknet'));
});

test('every section with a layer is in the table, every other one among those that pass', () => {
  expect(
    Object.keys(becomes)
      .map((type) => `darknet:${type}`)
      .toSorted(),
  ).toEqual(Object.keys(darknetFamily).toSorted());
  expect(Object.keys(PASSED).filter((type) => !readers.has(type))).toEqual([]);
});

test('every section has three cases or more', () => {
  const counts = new Map<string, number>();
  for (const { op } of cases) counts.set(op, (counts.get(op) ?? 0) + 1);
  const few = [...counts].filter(([op, count]) => count < 3 && !Object.hasOwn(PASSED, op));
  expect(few.map(([op]) => op)).toEqual([]);
});
