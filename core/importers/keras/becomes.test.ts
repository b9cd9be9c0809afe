import { expect, test } from 'vitest';
import { fixtureCases, importFixture } from '../../conformance/fixtures.ts';
import { compositionsOf } from '../../network/audit.ts';
import { becomes } from './becomes.ts';
import { HELPER_KINDS, layerKinds } from './family.ts';
import { operations, tableName } from './operations/index.ts';

const cases = await fixtureCases('keras');

/** Names under which the same is offered, and what only other versions of a layer have. */
const KIN = new Set([
  'BatchNormalizationV1',
  'SyncBatchNormalization',
  'GroupedQueryAttention',
  'CuDNNGRU',
  'CuDNNLSTM',
]);

test('the table of docs/ops.md lists what the layers of all cases were composed of, and nothing else', async () => {
  for (const one of cases) await importFixture(one);
  const made = new Map<string, Set<string>>();
  for (const [type, parts] of Object.entries(compositionsOf('keras'))) {
    if (HELPER_KINDS.includes(type)) continue;
    const name = tableName(type);
    made.set(name, new Set([...(made.get(name) ?? []), ...parts]));
  }
  const sorted = [...made].map(([name, parts]): [string, string[]] => [name, [...parts].sort()]);
  expect(Object.fromEntries(sorted)).toEqual(becomes);
});

test('every layer has a case', () => {
  const tried = new Set([...cases.map(({ op }) => op), ...Object.keys(becomes)]);
  const same = new Set(['SpatialDropout1D', 'SpatialDropout2D', 'SpatialDropout3D', 'GaussianDropout', 'GaussianNoise', 'AlphaDropout', 'ActivityRegularization']); // prettier-ignore
  const missing = Object.keys(layerKinds).filter(
    (type) => !tried.has(type) && !same.has(type) && !KIN.has(type) && !HELPER_KINDS.includes(type),
  );
  expect(missing).toEqual([]);
});

test('every operation has a case', () => {
  const missing = Object.keys(operations).filter((name) => !Object.hasOwn(becomes, `ops.${name}`));
  // It only passes its operand on.
  expect(missing).toEqual(['copy']);
});
