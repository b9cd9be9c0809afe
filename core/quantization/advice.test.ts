import { expect, test } from 'vitest';
import { findChip } from '../targets/chips.ts';
import { spreadNetwork } from '../testing/spread-network.ts';
import { convolutionParameters, networkOf, noise } from '../testing/networks.ts';
import { adviseScheme } from './advice.ts';
import { chipProblems } from './chip-check.ts';
import { resolveScheme } from './schemes.ts';

const plain = () =>
  networkOf(
    [1, 4, 4, 3],
    [
      {
        key: 'a_1',
        op: 'convolution',
        inputs: ['x_0'],
        parameters: convolutionParameters(4),
        coefficients: { weight: noise([1, 1, 3, 4], 1), bias: noise([4], 2) },
      },
    ],
    'a_1',
  );

const advise = (largest: number, chip?: string, network = plain()) =>
  adviseScheme({
    network,
    ranges: new Map([['@a_1:out0', { min: -largest, max: 1 }]]),
    chip: chip === undefined ? undefined : findChip(chip),
  });

test.each([
  [100, 'asymmetric_affine', 'u8', /within 128/],
  [200, 'asymmetric_affine', 'u8', /"a_1" reaches 200.*beyond 128/],
  [300, 'dynamic_fixed_point', 'i16', /"a_1" reaches 300.*beyond 256/],
])('ranges up to %d: %s %s', (largest, quantizer, qtype, reason) => {
  const { format, sentences } = advise(largest);
  expect(format).toEqual({ quantizer, qtype });
  expect(sentences.join(' ')).toMatch(reason);
});

test('no int16 is advised for a chip whose NN cores have none', () => {
  const { format, sentences } = advise(300, 'S905D3');
  expect(format.qtype).toBe('u8');
  expect(sentences.join(' ')).toMatch(/no int16/);
});

test('channels far apart ask for equalization, or for scales per channel where the chip has them', () => {
  const shared = advise(1, 'A311D', spreadNetwork());
  expect(shared.options).toContain('--cross-layer-equalization');
  expect(shared.sentences.join(' ')).toMatch(/"c_3" differ .*-fold/);
  expect(advise(1, 'T982', spreadNetwork()).format.quantizer).toBe('perchannel_symmetric_affine');
});

test.each([
  ['perchannel_symmetric_affine', 'int8', 'A311D', /no per-channel quantization/],
  ['perchannel_symmetric_affine', 'int8', '0X1E', /not known/],
  ['symmetric_affine', 'int8', 'A311D', /no asymmetric int8/],
  ['dynamic_fixed_point', 'int16', 'S905D3', /no int16/],
  ['qbfloat16', 'qbfloat16', 'A311D', /no bfloat16/],
  ['float16', 'float16', 'C305X', /no float16/],
])('%s %s on %s is warned of', (quantizer, qtype, chip, problem) => {
  const found = findChip(chip);
  expect(found && chipProblems(resolveScheme(quantizer, qtype), found).join()).toMatch(problem);
});

test.each([
  ['asymmetric_affine', 'uint8', '0X99'],
  ['dynamic_fixed_point', 'int16', 'A311D'],
  ['perchannel_symmetric_affine', 'int8', 'T982'],
])('%s %s on %s is fine', (quantizer, qtype, chip) => {
  const found = findChip(chip);
  expect(found && chipProblems(resolveScheme(quantizer, qtype), found)).toEqual([]);
});
