import { describe, expect, test } from 'vitest';
import type { ParameterValue } from '../network/layer.ts';
import { networkOf } from '../testing/networks.ts';
import type { Range } from './entries.ts';
import { resolveScheme } from './schemes.ts';
import { buildTable, measuredRefs, outputTail, type TailOptions } from './table.ts';

const RANGES = new Map<string, Range>(
  ['x_0', 'a_1', 'b_2', 'c_3', 'd_4'].map((key, index) => [`@${key}:out0`, { min: -1, max: index + 1 }]),
);

/** x → two functions → what ends the network → a reshape → output. */
const ending = (op: string, parameters: Record<string, ParameterValue>) =>
  networkOf(
    [1, 4],
    [
      { key: 'a_1', op: 'sigmoid', inputs: ['x_0'] },
      { key: 'b_2', op: 'tanh', inputs: ['x_0'] },
      { key: 'c_3', op, inputs: op === 'concat' ? ['a_1', 'b_2'] : ['a_1'], parameters },
      { key: 'd_4', op: 'reshape', inputs: ['c_3'], parameters: { shape: [-1, 4] } },
    ],
    'd_4',
  );

const listed = (network: ReturnType<typeof ending>, options: TailOptions): string[] => [
  ...buildTable(network, {
    ...options,
    scheme: resolveScheme('asymmetric_affine'),
    ranges: RANGES,
  }).entries.keys(),
];

describe('the end of a network', () => {
  test('a softmax and what copies it stay float with --rebuild only', () => {
    const network = ending('softmax', { axis: 1 });
    expect(listed(network, { all: false })).toEqual(['@x_0:out0', '@a_1:out0', '@b_2:out0']);
    expect(listed(network, { all: true })).toContain('@d_4:out0');
  });

  test('a concat stays float when its parts are to keep their scales', () => {
    const network = ending('concat', { dim: 1 });
    expect(listed(network, { all: false })).toContain('@c_3:out0');
    expect(listed(network, { all: false, splitHeads: true })).not.toContain('@c_3:out0');
    expect([...outputTail(network, new Set(['concat']))]).toEqual(['c_3', 'd_4', 'y_99']);
  });

  test('only what is read is measured', () => {
    const network = ending('softmax', { axis: 1 });
    expect([...measuredRefs(network, { all: false })]).toEqual(['@x_0:out0', '@b_2:out0', '@a_1:out0']);
    expect(measuredRefs(network, { all: true }).has('@d_4:out0')).toBe(false);
  });
});

test('copies share the entry of what they copy', () => {
  const network = ending('softmax', { axis: 1 });
  const { entries } = buildTable(network, {
    all: true,
    scheme: resolveScheme('dynamic_fixed_point', 'int16'),
    ranges: RANGES,
  });
  expect(entries.get('@d_4:out0')).toBe(entries.get('@c_3:out0'));
  expect(entries.get('@c_3:out0')).toMatchObject({ qtype: 'i16', fl: 13 });
});
