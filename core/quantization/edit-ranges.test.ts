import { describe, expect, it } from 'vitest';
import { parseNetwork } from '../files/network-json.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { withRanges } from './edit-ranges.ts';
import { tensorEntry } from './entries.ts';

const U8 = { quantizer: 'asymmetric_affine', qtype: 'u8' } as const;

/** input, convolution, relu, flatten, softmax. */
const network = parseNetwork(
  JSON.stringify({
    MetaData: { Name: 'n', AcuityVersion: '6', Platform: 'onnx' },
    Layers: Object.fromEntries(
      [
        ['input_0', 'input', [], { shape: [1, 4, 4, 2] }],
        [
          'conv_1',
          'convolution',
          ['input_0'],
          { weights: 2, ksize_h: 1, ksize_w: 1, stride_h: 1, stride_w: 1, padding: 'VALID', bias: false },
        ],
        ['relu_2', 'relu', ['conv_1'], {}],
        ['flat_3', 'flatten', ['relu_2'], {}],
        ['soft_4', 'softmax', ['flat_3'], {}],
      ].map(([key, op, inputs, parameters]) => [
        key,
        {
          name: key,
          op,
          parameters,
          inputs: (inputs as string[]).map((name) => `@${name}:out0`),
          outputs: ['out0'],
        },
      ]),
    ),
  }),
  {},
);

const old = tensorEntry(U8, { min: 0, max: 4 });
const table: QuantizeTable = {
  entries: new Map([
    ['@input_0:out0', tensorEntry(U8, { min: 0, max: 1 })],
    ['@conv_1:out0', old],
    ['@relu_2:out0', old],
    ['@flat_3:out0', old],
    ['@soft_4:out0', tensorEntry(U8, { min: 0, max: 1 })],
  ]),
  customized: new Map(),
};

describe('a range that was set by hand', () => {
  it('goes to all that share it, and only to them', () => {
    for (const ref of ['@conv_1:out0', '@relu_2:out0']) {
      const { entries } = withRanges(network, table, new Map([[ref, { min: 0, max: 2 }]]));
      const scales = [...entries].map(([key, { max }]) => [key, max]);
      expect(Object.fromEntries(scales)).toEqual({
        '@input_0:out0': 1,
        '@conv_1:out0': 2,
        '@relu_2:out0': 2,
        '@flat_3:out0': 2,
        '@soft_4:out0': 1,
      });
      expect(entries.get(ref)?.scale).toBe(Math.fround(2 / 255));
    }
    expect(table.entries.get('@relu_2:out0')).toBe(old);
  });

  it('does not go to a copy that had another one', () => {
    const apart = { ...table, entries: new Map(table.entries) };
    apart.entries.set('@flat_3:out0', tensorEntry(U8, { min: 0, max: 3 }));
    const { entries } = withRanges(network, apart, new Map([['@conv_1:out0', { min: 0, max: 2 }]]));
    expect(entries.get('@flat_3:out0')?.max).toBe(3);
  });

  it('needs an entry with a range', () => {
    const float = { ...table, entries: new Map(table.entries) };
    float.entries.set('@conv_1:out0', { quantizer: 'float16', qtype: 'f16', min: null, max: null });
    for (const [made, ref] of [
      [float, '@conv_1:out0'],
      [table, '@none:out0'],
    ] as const)
      expect(() => withRanges(network, made, new Map([[ref, { min: 0, max: 1 }]]))).toThrow(ref);
  });
});
