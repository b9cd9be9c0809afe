import { expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan } from '../device/types.ts';
import type { Network } from '../network/network.ts';
import { toFloat32 } from '../network/tensor.ts';
import { Simulator } from '../simulator/simulator.ts';
import { CHANNELS, INPUT, spreadNetwork as network } from '../testing/spread-network.ts';
import type { Range } from './entries.ts';
import { equalize, type ChannelRange } from './equalization.ts';
import { channelPairs } from './equalization-pairs.ts';
import { schemeOf } from './schemes.ts';
import { buildTable } from './table.ts';

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
