import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { formatNetwork, parseNetwork } from '../files/network-json.ts';
import { parseQuantizeTable } from '../files/quantize-file.ts';
import type { Network } from '../network/network.ts';
import { formatName } from '../network/number-format.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { makeUpWeights } from '../testing/made-up-weights.ts';
import { block } from '../testing/block-network.ts';
import { sharedPath } from '../testing/shared.ts';
import type { Range } from './entries.ts';
import { HybridQuantization, type HybridResult } from './hybrid.ts';
import { resolveScheme } from './schemes.ts';
import { buildTable } from './table.ts';

const u8 = resolveScheme('asymmetric_affine', 'uint8');
const none: ReadonlyMap<string, Range> = new Map();

const measured = new Map<string, Range>([
  ['@in_1:out0', { min: -1, max: 1 }],
  ['@left_8:out0', { min: -9, max: 3 }],
  ['@act_6:out0', { min: 0, max: 3 }],
  ['@right_5:out0', { min: -2, max: 2 }],
  ['@sum_3:out0', { min: -2, max: 5 }],
]);

function quantized(network: Network, customized: Record<string, string>): QuantizeTable {
  const table = buildTable(network, { scheme: u8, ranges: measured, all: false });
  return { entries: table.entries, customized: new Map(Object.entries(customized)) };
}

function hybridOf(network: Network, table: QuantizeTable, ranges = measured): HybridResult {
  return new HybridQuantization(network, table, u8).apply(ranges);
}

/** `converter key ← source` of all converters, in file order. */
const convertersOf = ({ network }: HybridResult): string[] =>
  network.withOp('dtype_converter').map(({ key, inputs: [source] }) => `${key} ← ${source.layer}`);

const typesOf = ({ table }: HybridResult): Record<string, string> =>
  Object.fromEntries([...table.entries].map(([ref, entry]) => [ref, formatName(entry)]));

describe('a block of two convolutions and a sum', () => {
  test('one layer: a converter on each input of another type, the layer and its copies in the new type', () => {
    const network = block();
    const result = hybridOf(network, quantized(network, { sum_3: 'dynamic_fixed_point-i16' }));
    expect(convertersOf(result)).toEqual([
      'sum_3_pre_asymmetric_affineu8_to_dynamic_fixed_pointi16_4 ← act_6',
      'sum_3_pre_asymmetric_affineu8_to_dynamic_fixed_pointi16_7 ← right_5',
    ]);
    // The other reader of the shared tensor is left alone.
    expect(result.network.layer('right_5').inputs).toEqual([{ layer: 'act_6', port: 0 }]);
    expect(result.network.layer('in_1').ints('shape')).toEqual([1, 2, 2, 4]);
    expect(
      result.network.layer('sum_3_pre_asymmetric_affineu8_to_dynamic_fixed_pointi16_4').parameters.size,
    ).toBe(0);
    const types = typesOf(result);
    expect(types).toMatchObject({
      '@sum_3:out0': 'dynamic_fixed_pointi16',
      '@flat_2:out0': 'dynamic_fixed_pointi16',
      '@out_0:out0': 'dynamic_fixed_pointi16',
      '@right_5:out0': 'asymmetric_affineu8',
    });
    expect(Object.keys(types).slice(-2)).toEqual([
      '@sum_3_pre_asymmetric_affineu8_to_dynamic_fixed_pointi16_4:out0',
      '@sum_3_pre_asymmetric_affineu8_to_dynamic_fixed_pointi16_7:out0',
    ]);
    expect(result.table.entries.get('@sum_3:out0')).toMatchObject({ min: -2, max: 5, fl: 12 });
    // The original is not touched.
    expect(network.layer('sum_3').inputs[0].layer).toBe('act_6');
    expect(network.layer('in_1').ints('shape')).toEqual([0, 2, 2, 4]);
  });

  test('a connected float32 part has converters only at its border and no entries', () => {
    const network = block();
    const part = { right_5: 'float32', sum_3: 'float32', act_6: 'float32' };
    const result = hybridOf(network, quantized(network, part));
    expect(convertersOf(result)).toEqual(['act_6_pre_asymmetric_affineu8_to_float32_4 ← left_8']);
    expect(Object.keys(typesOf(result))).toEqual([
      '@in_1:out0',
      '@left_8:out0',
      '@left_8:weight',
      '@left_8:bias',
    ]);
    expect(result.table.entries.get('@left_8:out0')).toMatchObject({ min: -9, max: 3 });
  });

  test('a layer next to the input and an output by name', () => {
    const network = block();
    const customized = { '@left_8:out0': 'dynamic_fixed_point-16', out_0: 'float16' };
    const result = hybridOf(network, quantized(network, customized));
    expect(convertersOf(result)).toEqual([
      'left_8_pre_asymmetric_affineu8_to_dynamic_fixed_pointi16_4 ← in_1',
      'out_0_pre_asymmetric_affineu8_to_float16f16_7 ← flat_2',
    ]);
    expect(typesOf(result)).toMatchObject({
      '@left_8:weight': 'dynamic_fixed_pointi16',
      '@out_0:out0': 'float16f16',
    });
    expect([...result.table.customized]).toEqual(Object.entries(customized));
  });
});

describe('ranges', () => {
  test('a producer that leaves its fused activation needs its own range, and only that', () => {
    const network = block();
    const table = quantized(network, { left_8: 'dynamic_fixed_point-i16' });
    expect(table.entries.get('@left_8:out0')).toMatchObject({ min: 0, max: 3 });
    const work = new HybridQuantization(network, table, u8);
    expect([work.missing, work.cut]).toEqual([['@left_8:out0'], ['@left_8:out0']]);
    expect(work.apply(measured).table.entries.get('@left_8:out0')).toMatchObject({ min: -9, max: 3, fl: 11 });
    expect(work.apply(none).table.entries.get('@left_8:out0')).toMatchObject({ min: 0, max: 3, fl: 13 });
  });

  test('both in the same type: the producer keeps the range of the activation', () => {
    const network = block();
    const type = 'dynamic_fixed_point-i16';
    const work = new HybridQuantization(network, quantized(network, { left_8: type, act_6: type }), u8);
    expect(work.missing).toEqual([]);
    expect(work.apply(none).table.entries.get('@left_8:out0')).toMatchObject({ min: 0, max: 3, fl: 13 });
  });

  test('repeating changes nothing; an emptied list restores everything but what was float', () => {
    const network = block();
    const table = quantized(network, {
      left_8: 'dynamic_fixed_point-i16',
      right_5: 'float32',
      sum_3: 'int8',
    });
    table.customized.set('sum_3', 'dynamic_fixed_point-i8');
    const first = hybridOf(network, table);
    const second = new HybridQuantization(network, first.table, u8);
    expect(second.missing).toEqual([]);
    const again = second.apply(none);
    expect([...again.table.entries]).toEqual([...first.table.entries]);
    expect(formatNetwork(again.network)).toBe(formatNetwork(first.network));

    const plain = new HybridQuantization(network, { ...first.table, customized: new Map() }, u8);
    expect(plain.missing).toEqual(['@right_5:out0']);
    const before = quantized(network, {});
    expect([...plain.apply(measured).table.entries]).toEqual([...before.entries]);
  });
});

test('unknown layers are listed together with their nearest names; unknown types name the layer', () => {
  const network = block();
  const unknown = quantized(network, { sun_3: 'float32', left8: 'float32', act_6: 'float32' });
  expect(() => hybridOf(network, unknown)).toThrow(/"sun_3" \(nearest: sum_3, .*"left8" \(nearest: left_8/);
  expect(() => hybridOf(network, quantized(network, { sum_3: 'asymmetric_affine-i16' }))).toThrow(/i16/);
  expect(() => hybridOf(network, quantized(network, { sum_3: 'posit8' }))).toThrow(/posit8/);
});

const folder = sharedPath('reference/acuity-formats/real') ?? '';

describe.skipIf(folder === '')(
  'the real hybrid mobilenet (skipped where the reference files are absent)',
  () => {
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const raw = ['12_pointwise', '2_depthwise'];
    let network: Network;
    let real: QuantizeTable;
    beforeAll(() => {
      network = parseNetwork(read('mobilenet_tf.json'));
      makeUpWeights(network);
      real = parseQuantizeTable(read('mobilenet_tf.quantize'));
    });

    const isBlank = (ref: string): boolean =>
      raw.some((part) => ref.includes(`Conv2d_${part}/`) && ref.endsWith('bias'));
    const without = (table: QuantizeTable): unknown[] => [...table.entries].filter(([ref]) => !isBlank(ref));

    test('repeating it gives the same network, byte for byte, and the same table but for its blanks', () => {
      const work = new HybridQuantization(network, real, u8);
      expect(work.missing).toEqual([]);
      const result = work.apply(none);
      expect(formatNetwork(result.network) === read('mobilenet_tf.quantize.json')).toBe(true);
      expect(without(result.table)).toEqual(without(real));
      const blanks = [...result.table.entries].filter(([ref]) => isBlank(ref));
      expect(blanks.map(([, { scale, zeroPoint }]) => [typeof scale, zeroPoint])).toEqual([
        ['number', 0],
        ['number', 0],
      ]);
    });

    test('from the table as it was before, only the four unfused producers need measuring', () => {
      const plain = new HybridQuantization(network, { ...real, customized: new Map() }, u8).apply(none).table;
      expect(new Set([...plain.entries.values()].map(formatName))).toEqual(
        new Set(['asymmetric_affineu8', 'asymmetric_affinei32']),
      );
      const work = new HybridQuantization(network, { ...plain, customized: real.customized }, u8);
      expect(work.missing.length).toBe(4);
      const ranges = new Map(
        work.missing.map((ref): [string, Range] => {
          const entry = real.entries.get(ref);
          return [ref, { min: entry?.min ?? 0, max: entry?.max ?? 0 }];
        }),
      );
      const result = work.apply(ranges);
      expect(formatNetwork(result.network) === read('mobilenet_tf.quantize.json')).toBe(true);
      const numbers = (table: QuantizeTable): unknown[] =>
        [...table.entries].filter(([ref]) => !isBlank(ref)).map(([ref, { fl, scale }]) => [ref, fl, scale]);
      expect(numbers(result.table)).toEqual(numbers(real));
    });
  },
);
