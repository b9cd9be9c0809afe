import { describe, expect, it } from 'vitest';
import type { GraphNode } from '../../core/worker/contract.ts';
import type { AnalysisView, TensorReport } from '../../core/worker/contract-inspect.ts';
import { arrange, between, connected, rowsOf, shortType } from './inspect-rows.ts';

const KEYS = ['in', 'a', 'b', 'c', 'd', 'out'];
/** in-a-b-d-out with c beside b. */
const EDGES = [
  [0, 1],
  [1, 2],
  [1, 3],
  [2, 4],
  [3, 4],
  [4, 5],
] as const;

const nodes = KEYS.map((key): GraphNode => ({
  key,
  name: `layer ${key}`,
  op: 'conv',
  detail: '',
  shapes: [],
  parameters: 0,
  macs: 0,
  role: key === 'in' ? 'input' : key === 'out' ? 'output' : 'layer',
}));
const scene = {
  nodes,
  from: Int32Array.from(EDGES, ([from]) => from),
  to: Int32Array.from(EDGES, ([, to]) => to),
  indexOf: (key: string) => KEYS.indexOf(key),
};

const measure = (sqnr: number | null) => ({ sqnr, cosine: 0.9, maxError: 0, clipped: 0 });
function tensor(
  layer: string,
  kind: TensorReport['kind'],
  entropy: number,
  sqnr: number | null,
): TensorReport {
  const errors = kind === 'weight' ? null : measure(sqnr);
  return {
    ref: `@${layer}:${kind === 'weight' ? 'weight' : 'out0'}`,
    layer,
    op: 'conv',
    kind,
    requested: null,
    delivered: 'asymmetric_affine-u8',
    min: 0,
    max: 1,
    entropy,
    stored: measure(sqnr),
    single: errors,
    entire: errors,
    histogram: null,
  };
}
const view: AnalysisView = {
  samples: 1,
  tensors: [
    tensor('a', 'activation', 0.5, 30),
    tensor('b', 'activation', 0.4, null),
    tensor('c', 'activation', 0.7, 10),
    tensor('gone', 'activation', 0.9, 1),
    tensor('b', 'weight', 0.8, 12),
  ],
  suggested: {},
  entries: {},
  units: [],
};

describe('the list of layers', () => {
  const rows = rowsOf(view, scene);
  const keys = (by: Parameters<typeof arrange>[1]['by'], reversed = false, filter = ''): string =>
    arrange(rows, { by, reversed, filter })
      .map(({ key }) => key)
      .join('');

  it('has the worst first, by what is asked for', () => {
    expect(rows.map(({ byWeights }) => byWeights)).toEqual([false, true, false]);
    expect(keys('entropy')).toBe('bca');
    expect(keys('single')).toBe('cab');
    expect(keys('entire', true)).toBe('bac');
    expect(keys('name', true)).toBe('cba');
    expect(keys('order')).toBe('abc');
    expect(keys('order', false, 'LAYER uint8 b')).toBe('b');
    expect(keys('order', false, 'int16')).toBe('');
  });

  it('fills what lies between chosen layers, all ways', () => {
    expect(between(scene, ['a', 'd'])).toEqual(['a', 'b', 'c', 'd']);
    expect(between(scene, ['b', 'c'])).toEqual(['b', 'c']);
    expect(between(scene, ['in', 'b'])).toEqual(['a', 'b']);
    expect(between(scene, [])).toEqual([]);
  });

  it('grows a choice through layers that lose much, both ways, until one is good', () => {
    const grown = (keys: string[], limit: number): string =>
      connected(scene, rows, { units: [] }, keys, limit).join('');
    // a has 30 dB, b no error, c 10 dB, d is not measured.
    expect(grown(['a'], 20)).toBe('ac');
    expect(grown(['c'], 31)).toBe('ac');
    expect(grown(['c'], 30)).toBe('c');
    expect(grown(['d'], 31)).toBe('acd');
    expect(grown(['b'], 20)).toBe('b');
    expect(grown(['b', 'd'], 20)).toBe('bcd');
  });

  it('takes along what shares a range, and grows from there', () => {
    const units = [['b', 'd']];
    expect(connected(scene, rows, { units }, ['b'], 20)).toEqual(['b', 'c', 'd']);
    expect(connected(scene, rows, { units: [] }, ['in', 'out', 'gone'], 99)).toEqual([]);
    expect(connected(scene, rows, { units: [] }, [], 99)).toEqual([]);
  });

  it('calls types by their usual names', () => {
    const formats = [
      'asymmetric_affine-u8',
      'perchannel_symmetric_affine-i8',
      'dynamic_fixed_point-i16',
      'float32',
    ];
    expect(formats.map(shortType)).toEqual(['uint8', 'int8 per channel', 'int16', 'float32']);
    expect(['float16', 'bfloat16-bf16', 'asymmetric_affine-i8'].map(shortType)).toEqual([
      'float16',
      'bfloat16',
      'int8',
    ]);
  });
});
