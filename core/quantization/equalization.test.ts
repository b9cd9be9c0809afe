import { expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan } from '../device/types.ts';
import type { Network } from '../network/network.ts';
import { floatTensor, toFloat32, type Tensor } from '../network/tensor.ts';
import { Simulator } from '../simulator/simulator.ts';
import { convolutionParameters, networkOf, noise } from '../testing/networks.ts';
import type { Range } from './entries.ts';
import { equalize, type ChannelRange } from './equalization.ts';
import { channelPairs } from './equalization-pairs.ts';
import { schemeOf } from './schemes.ts';
import { buildTable } from './table.ts';

const CHANNELS = 8;
const INPUT = noise([1, 6, 6, 4], 9);

/** Channel factors from 1 down to 1/1000. */
const spread = (channel: number): number => 10 ** ((-3 * channel) / (CHANNELS - 1));

function spreadOut({ shape, data }: Tensor): Tensor {
  return floatTensor(
    shape,
    Float32Array.from(data as Float32Array, (value, index) => value * spread(index % CHANNELS)),
  );
}

/** conv 1x1, ReLU6, depthwise 3x3 whose channels differ 1000-fold, ReLU, conv 1x1 that undoes it. */
function network(): Network {
  const last = noise([1, 1, CHANNELS, 5], 5);
  const undone = floatTensor(
    last.shape,
    Float32Array.from(last.data as Float32Array, (value, index) => value / spread(Math.floor(index / 5))),
  );
  return networkOf(
    [1, 6, 6, 4],
    [
      {
        key: 'a_1',
        op: 'convolution',
        inputs: ['x_0'],
        parameters: convolutionParameters(CHANNELS),
        coefficients: { weight: noise([1, 1, 4, CHANNELS], 1), bias: noise([CHANNELS], 2) },
      },
      { key: 'b_2', op: 'relun', inputs: ['a_1'], parameters: { relu_clamp_top: 6, relu_clamp_bottom: 0 } },
      {
        key: 'c_3',
        op: 'convolution',
        inputs: ['b_2'],
        parameters: convolutionParameters(CHANNELS, { kernel: 3, pad: 1, group: CHANNELS }),
        coefficients: {
          weight: spreadOut(noise([3, 3, 1, CHANNELS], 3)),
          // Large enough that some channels never reach 0.
          bias: floatTensor(
            [CHANNELS],
            Float32Array.from({ length: CHANNELS }, (_, i) => 9 * spread(i)),
          ),
        },
      },
      { key: 'd_4', op: 'relu', inputs: ['c_3'] },
      {
        key: 'e_5',
        op: 'convolution',
        inputs: ['d_4'],
        parameters: convolutionParameters(5),
        coefficients: { weight: undone, bias: noise([5], 6) },
      },
    ],
    'e_5',
  );
}

/** Every tensor's values by reference, in the network's layout. */
function valuesOf(subject: Network): Map<string, Float32Array> {
  const { graph, values } = lowerNetwork(subject, { plan: floatPlan('float32'), batch: 1 });
  const simulator = new Simulator(graph, { keepAll: true });
  simulator.run([toFloat32(INPUT)]);
  const result = new Map(
    [...values].map(([ref, { tensor }]) => [ref, simulator.read(tensor).values.slice()]),
  );
  simulator.dispose();
  return result;
}

/** Channel ranges of tensors that lie channel-first or channel-last: both end in the network's layout. */
function channelRanges(values: ReadonlyMap<string, Float32Array>): Map<string, ChannelRange> {
  return new Map(
    ['a_1', 'b_2', 'c_3', 'd_4'].map((key) => {
      const data = values.get(`@${key}:out0`) ?? new Float32Array();
      const min = new Float32Array(CHANNELS).fill(Infinity);
      const max = new Float32Array(CHANNELS).fill(-Infinity);
      data.forEach((value, index) => {
        min[index % CHANNELS] = Math.min(min[index % CHANNELS], value);
        max[index % CHANNELS] = Math.max(max[index % CHANNELS], value);
      });
      return [`@${key}:out0`, { min, max }];
    }),
  );
}

/** 10 log10 of signal over noise of the uint8 network's output against the float one, in dB. */
function sqnr(subject: Network, reference: Float32Array): number {
  const ranges = new Map<string, Range>(
    [...valuesOf(subject)].map(([ref, data]) => [ref, { min: Math.min(...data), max: Math.max(...data) }]),
  );
  const scheme = schemeOf({ quantizer: 'asymmetric_affine', qtype: 'u8' });
  const table = buildTable(subject, { scheme, ranges, all: true });
  const simulator = new Simulator(lowerNetwork(subject, { plan: quantizedPlan(table), batch: 1 }).graph);
  const [{ values }] = simulator.run([toFloat32(INPUT)]);
  let signal = 0;
  let error = 0;
  reference.forEach((value, index) => {
    signal += value ** 2;
    error += (values[index] - value) ** 2;
  });
  simulator.dispose();
  return 10 * Math.log10(signal / error);
}

test('pairs are found through activations and end at other readers', () => {
  expect(channelPairs(network()).map(({ first, second, top }) => [first.key, second.key, top])).toEqual([
    ['a_1', 'c_3', 6],
    ['c_3', 'e_5', Infinity],
  ]);
});

test('equalization keeps the numbers and repairs a network that uint8 breaks', () => {
  const subject = network();
  const before = valuesOf(subject);
  const reference = before.get('@e_5:out0') ?? new Float32Array();
  const broken = sqnr(subject, reference);
  const changes = equalize(subject, channelRanges(before));
  expect(changes.map(({ first }) => first)).toContain('c_3');
  expect(Math.max(...changes.map(({ absorbed }) => absorbed))).toBeGreaterThan(0);
  const after = valuesOf(subject).get('@e_5:out0') ?? new Float32Array();
  after.forEach((value, index) => expect(value).toBeCloseTo(reference[index], 3));
  expect(broken).toBeLessThan(20);
  expect(sqnr(subject, reference)).toBeGreaterThan(broken + 10);
});

test('a clamp without known ranges is left alone, as is one that cuts', () => {
  const alone = network();
  expect(equalize(alone, new Map()).map(({ first }) => first)).toEqual(['c_3']);
  const cut = network();
  const full: ChannelRange = {
    min: new Float32Array(CHANNELS),
    max: new Float32Array(CHANNELS).fill(6),
  };
  expect(equalize(cut, new Map([['@b_2:out0', full]])).map(({ first }) => first)).toEqual(['c_3']);
});

test('a second run finds nothing left', () => {
  const subject = network();
  equalize(subject, new Map());
  expect(equalize(subject, new Map())).toEqual([]);
});
