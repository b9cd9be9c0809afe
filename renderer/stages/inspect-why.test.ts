import { describe, expect, it } from 'vitest';
import type { EntryView, TensorReport } from '../../core/worker/contract-inspect.ts';
import { costOf, spellBytes } from './inspect-cost.ts';
import { reasons } from './inspect-why.ts';

const measure = (sqnr: number | null, clipped = 0) => ({ sqnr, cosine: 1, maxError: 0, clipped });
const entry: EntryView = {
  quantizer: 'asymmetric_affine',
  qtype: 'u8',
  min: 0,
  max: 8,
  scale: 8 / 255,
  zeroPoint: 0,
  fl: null,
  perChannel: false,
};
const output: TensorReport = {
  ref: '@a:out0',
  layer: 'a',
  op: 'convolution',
  kind: 'activation',
  requested: 'asymmetric_affine-u8',
  delivered: 'asymmetric_affine-u8',
  min: 0,
  max: 8,
  entropy: 0.5,
  stored: measure(40),
  single: measure(40),
  entire: measure(38),
  histogram: { width: 1, first: 0, counts: [100, 100, 100, 100, 100, 100, 100, 100], zeros: 0 },
};
const weights: TensorReport = {
  ...output,
  ref: '@a:weight',
  kind: 'weight',
  stored: measure(12),
  single: null,
  entire: null,
};

describe('why a layer loses', () => {
  it('is told with numbers', () => {
    expect(reasons(output, undefined, entry)).toEqual([
      'Alone it keeps 40.0 dB: the noise has 1.0 % of the signal’s amplitude.',
    ]);
    expect(reasons({ ...output, entire: measure(null) }, undefined, entry)).toEqual([
      'Nothing is lost here.',
    ]);
    expect(reasons(output, weights, entry)[0]).toContain('12.0 dB with one scale for all channels');
    expect(reasons({ ...output, entire: measure(20) }, undefined, entry)[0]).toContain('layers in front');
    expect(reasons({ ...output, single: measure(30, 0.02) }, undefined, entry)[0]).toContain(
      '2.0 % of its values',
    );
  });

  it('finds ranges that few values need', () => {
    const histogram = { width: 1, first: 0, counts: [100_000, 0, 0, 0, 0, 0, 0, 1], zeros: 0 };
    expect(reasons({ ...output, histogram }, undefined, entry)[0]).toBe(
      '99.9 % of the values lie between 0 and 1, but the type reaches from 0 to 8: 32 of 256 steps are left for them.',
    );
  });
});

describe('what another type costs', () => {
  it('is counted in bytes against what the table has', () => {
    const coefficient = { type: 'float32', shape: [], min: null, max: null, histogram: [] };
    const layer = {
      key: 'a',
      name: 'a',
      op: 'convolution',
      parameters: [],
      inputs: [],
      outputs: [{ port: 0, shape: ['N', 4, 5], readers: [] }],
      coefficients: [
        { ...coefficient, name: 'weight', count: 100 },
        { ...coefficient, name: 'bias', count: 3 },
      ],
    };
    const entries = { '@a:out0': entry, '@a:weight': entry, '@a:bias': { ...entry, qtype: 'i32' } };
    const format = { value: 'x', label: 'int16', weightBytes: 2, biasBytes: 8, activationBytes: 2 };
    expect(costOf(layer, format, entries)).toEqual({ weights: 112, output: 20 });
    expect([112, -2500, 0].map(spellBytes)).toEqual(['+112 B', '−2.5 kB', '±0 B']);
  });
});
