import { expect, test } from 'vitest';
import { fixtureCases, importFixture } from '../../conformance/fixtures.ts';
import { compositionsOf } from '../../network/audit.ts';
import { becomes } from './becomes.ts';
import { REFUSED } from './ops/refused.ts';
import { OPERATOR_NAMES } from './operator-names.ts';

/** As the schema numbers them. */
const byNumber = (a: string, b: string): number => OPERATOR_NAMES.indexOf(a) - OPERATOR_NAMES.indexOf(b);

const cases = await fixtureCases('tflite');

test('the table of docs/ops.md lists what the operators of all cases were composed of, and nothing else', async () => {
  for (const one of cases) await importFixture(one);
  const made = { ...compositionsOf('tflite'), ...compositionsOf('tflite.custom') };
  const listed = Object.entries(becomes).filter(([, parts]) => parts.length > 0);
  expect(Object.fromEntries(listed)).toEqual(made);
});

test('every builtin operator of the schema is in the table, or refused with a reason', () => {
  const builtin = OPERATOR_NAMES.filter((name) => name !== 'CUSTOM' && !name.startsWith('PLACEHOLDER'));
  const missing = builtin.filter((name) => !Object.hasOwn(becomes, name) && !Object.hasOwn(REFUSED, name));
  // Handles of variables and their set-up are read with the variables; results of data-given size are refused as such.
  expect(missing).toEqual(['UNIQUE', 'WHERE', 'CALL_ONCE', 'VAR_HANDLE'].sort(byNumber));
});

test('every operator of the table has a case', () => {
  const tried = new Set(cases.map(({ op }) => op));
  expect(Object.keys(becomes).filter((name) => !tried.has(name))).toEqual([]);
});
