import { describe, expect, it } from 'vitest';
import { floatTensor } from '../network/tensor.ts';
import { convolutionParameters, networkOf, noise } from '../testing/networks.ts';
import { tensorEntry } from './entries.ts';
import { NextLayers } from './next-layer.ts';

const U8 = { quantizer: 'asymmetric_affine', qtype: 'u8' } as const;
const I16 = { quantizer: 'dynamic_fixed_point', qtype: 'i16' } as const;
const [PIXELS, CHANNELS, FILTERS] = [12, 3, 4];

/** input, sigmoid; read by a 1x1 convolution with height and width changed over, which changes no sum, and by an addition that also reads the input, and by an output. */
const weight = noise([1, 1, CHANNELS, FILTERS], 1);
const bias = noise([FILTERS], 2);
const network = networkOf(
  [1, 3, 4, CHANNELS],
  [
    { key: 'sig_1', op: 'sigmoid', inputs: ['x_0'] },
    { key: 'turned_5', op: 'permute', inputs: ['sig_1'], parameters: { perm: [0, 2, 1, 3] } },
    {
      key: 'conv_2',
      op: 'convolution',
      inputs: ['turned_5'],
      parameters: convolutionParameters(FILTERS),
      coefficients: { weight, bias },
    },
    { key: 'sum_3', op: 'add', inputs: ['x_0', 'sig_1'] },
    { key: 'more_4', op: 'relu', inputs: ['sum_3'] },
  ],
  'more_4',
);
const input = Float32Array.from(noise([1, 3, 4, CHANNELS], 3).data as Float32Array, (value) => 3 * value);

/** SQNR in dB and cosine, in double precision. */
function measures(wanted: readonly number[], got: readonly number[]) {
  const sum = (term: (index: number) => number) => wanted.reduce((total, _, index) => total + term(index), 0);
  const signal = sum((i) => wanted[i] ** 2);
  return {
    sqnr: 10 * Math.log10(signal / sum((i) => (wanted[i] - got[i]) ** 2)),
    cosine: sum((i) => wanted[i] * got[i]) / Math.sqrt(signal * sum((i) => got[i] ** 2)),
  };
}

/** Both readers by hand. */
function readers(sigmoid: readonly number[]): Record<string, number[]> {
  const at = (filter: number, channel: number): number => Number(weight.data[channel * FILTERS + filter]);
  const conv = Array.from({ length: PIXELS * FILTERS }, (_, index) => {
    const [pixel, filter] = [Math.floor(index / FILTERS), index % FILTERS];
    let total = Number(bias.data[filter]);
    for (let channel = 0; channel < CHANNELS; channel++) {
      total += sigmoid[pixel * CHANNELS + channel] * at(filter, channel);
    }
    return total;
  });
  return { conv_2: conv, sum_3: sigmoid.map((value, index) => value + input[index]) };
}

const sigmoid = Array.from(input, (value) => 1 / (1 + Math.exp(-value)));
/** Rounded to multiples of a step, within the ends. */
const rounded = (step: number, low: number, high: number): number[] =>
  sigmoid.map((value) => Math.min(high, Math.max(low, Math.round(value / step) * step)));

describe('what becomes of a quantized tensor in the layers that read it', () => {
  it('is what they compute from its rounded values, all else being float', () => {
    const next = new NextLayers(network, '@sig_1:out0', [input], 1);
    const cases = [
      { entry: tensorEntry(U8, { min: 0, max: 1 }), values: rounded(1 / 255, 0, 1) },
      { entry: tensorEntry(U8, { min: 0, max: 0.5 }), values: rounded(0.5 / 255, 0, 0.5) },
      { entry: tensorEntry(I16, { min: 0, max: 1 }), values: rounded(2 ** -15, 0, 1 - 2 ** -15) },
    ];
    const found = next.errors(cases.map(({ entry }) => entry));
    const exact = readers(sigmoid);
    cases.forEach(({ values }, index) => {
      const got = readers(values);
      expect([...found[index].keys()].sort()).toEqual(['conv_2', 'sum_3']);
      for (const [layer, { sqnr, cosine }] of found[index]) {
        const wanted = measures(exact[layer], got[layer]);
        expect(sqnr, `${layer} ${index}`).toBeCloseTo(wanted.sqnr, 1);
        expect(cosine, `${layer} ${index}`).toBeCloseTo(wanted.cosine, 5);
      }
    });
    const sqnr = found.map((errors) => errors.get('conv_2')?.sqnr ?? NaN);
    expect(sqnr[1]).toBeLessThan(sqnr[0] - 20);
    expect(sqnr[2]).toBeGreaterThan(sqnr[0] + 30);
  });

  it('takes constants along, with the layers that shape them', () => {
    const reads = networkOf(
      [1, 4],
      [
        {
          key: 'half_1',
          op: 'variable',
          inputs: [],
          parameters: { shape: [4] },
          coefficients: { data: floatTensor([4], Float32Array.of(0.5, 1, 2, 4)) },
        },
        { key: 'row_2', op: 'reshape', inputs: ['half_1'], parameters: { shape: [1, 4] } },
        { key: 'product_3', op: 'multiply', inputs: ['x_0', 'row_2'] },
      ],
      'product_3',
    );
    const next = new NextLayers(reads, '@x_0:out0', [Float32Array.of(0.3, 0.6, -0.2, 1)], 1);
    const [errors] = next.errors([tensorEntry(U8, { min: 0, max: 1 })]);
    // Only the third value is lost: 0.2 * 2 of 0.15, 0.6, 0.4 and 4. The others are multiples of 1/255 but for 0.3.
    const lost =
      10 * Math.log10((0.15 ** 2 + 0.6 ** 2 + 0.4 ** 2 + 16) / (0.4 ** 2 + (0.5 * (76 / 255 - 0.3)) ** 2));
    expect(Math.abs((errors.get('product_3')?.sqnr ?? 0) - lost)).toBeLessThan(0.01);
  });

  it('is refused where nothing computes with it', () => {
    for (const ref of ['@more_4:out0', '@conv_2:out0', '@none_9:out0']) {
      expect(() => new NextLayers(network, ref, [input], 1)).toThrow(/no layer computes with/);
    }
  });
});
