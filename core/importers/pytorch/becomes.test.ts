import { expect, test } from 'vitest';
import { fixtureCases, importFixture } from '../../conformance/fixtures.ts';
import { compositionsOf } from '../../network/audit.ts';
import { becomes } from './becomes.ts';
import { torchOperators } from './ops/index.ts';

/** Operators that only say why they can't be imported. */
const REFUSED = ['rand', 'randn', 'rand_like', 'randn_like', 'bernoulli'].map((name) => `aten::${name}`);
REFUSED.push('torchvision::nms', 'torchvision::roi_pool');

const NAMESPACES = ['aten', 'prim', 'quantized', 'torchvision', 'views'];

test('the table of docs/ops.md lists what the operators of all cases were composed of, and nothing else', async () => {
  for (const one of await fixtureCases('pytorch')) await importFixture(one);
  const made = NAMESPACES.flatMap((namespace) =>
    Object.entries(compositionsOf(`${namespace}:`)).map(
      ([name, parts]) => [`${namespace}::${name}`, parts] as const,
    ),
  );
  const listed = Object.entries(becomes).filter(([, parts]) => parts.length > 0);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(made));
});

test('every operator is in the table, or refused with a reason', () => {
  expect([...Object.keys(becomes), ...REFUSED].sort()).toEqual([...torchOperators.keys()].sort());
});
