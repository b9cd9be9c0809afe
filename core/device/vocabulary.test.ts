import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sharedPath } from '../testing/shared.ts';
import type { DeviceType } from './graph.ts';
import {
  checkedParams,
  deviceOps,
  deviceTypeInfo,
  enumConstants,
  enumValue,
  opInfo,
  quantizationInfo,
  vxParams,
} from './vocabulary.ts';

interface OpsMap {
  acuity_ops: { op: string; vx_param_written: string[]; available_in_1_1_36: boolean }[];
  enum: Record<string, { value: number; since: string }>;
  params: Record<string, { fields: { name: string; type: string; since: string }[] }>;
  constants: { ovxlib_1_1_36: Record<string, number> };
}

const path = sharedPath('reference/case-code/ops-map.json');
const reference = path === undefined ? undefined : (JSON.parse(readFileSync(path, 'utf8')) as OpsMap);

/** Items that came after 1.1.34. */
function isLater(since: string): boolean {
  const [major, minor, patch] = (/(\d+)\.(\d+)\.(\d+)$/.exec(since)?.slice(1) ?? []).map(Number);
  return major * 10000 + minor * 100 + patch > 10134;
}

/** Our spelling of a C declaration, e.g. `const uint32_t *` → `u32*`. */
function spelling(ctype: string): string {
  const words: [RegExp, string][] = [
    [/^const /, ''],
    [/vx_bool|vsi_bool/, 'bool'],
    [/vsi_enum|vsi_nn_\w+/, 'enum'],
    [/(vx_)?uint32(_t)?/, 'u32'],
    [/(vx_)?int32(_t)?|^int\b/, 'i32'],
    [/uint8_t/, 'u8'],
    [/vx_float32|float/, 'f32'],
    [/char \*/, 'string'],
    [/ /g, ''],
    [/\[\d+\]/, '[]'],
  ];
  return words.reduce((text, [pattern, by]) => text.replace(pattern, by), ctype);
}

describe.skipIf(reference === undefined)(
  'the vocabulary agrees with ops-map.json (skipped without ../shared)',
  () => {
    const { enum: values, params, constants, acuity_ops: acuity } = reference ?? ({} as OpsMap);

    it('has the numbers of every op and constant', () => {
      for (const [name, { value }] of Object.entries(deviceOps))
        expect([name, value]).toEqual([name, values[name].value]);
      for (const [name, value] of enumConstants)
        expect([name, value]).toEqual([name, constants.ovxlib_1_1_36[name]]);
    });

    it('has every op that ACUITY layers become and 1.1.34 knows', () => {
      const expected = new Set(
        acuity.map(({ op }) => op.replace('VSI_NN_OP_', '')).filter((name) => !isLater(values[name].since)),
      );
      expect([...expected].filter((name) => !Object.hasOwn(deviceOps, name))).toEqual([]);
    });

    it('has only fields that 1.1.34 declares, with their types', () => {
      for (const [name, { member, fields }] of Object.entries(deviceOps)) {
        expect([name, isLater(values[name].since)]).toEqual([name, false]);
        for (const [field, { type, count }] of Object.entries(fields)) {
          const declared = params[member ?? ''].fields.find((item) => item.name === field);
          if (member === 'proposal' && field.includes('.')) continue; // nested structs are not in the map
          expect([name, field, isLater(declared?.since ?? '9.9.99')]).toEqual([name, field, false]);
          expect([name, field, type]).toEqual([name, field, spelling(declared?.type ?? '')]);
          if (type.endsWith('[]')) expect(declared?.type).toContain(`[${count}]`);
        }
      }
    });

    it('writes vx_param where ACUITY does', () => {
      for (const { op, vx_param_written: written } of acuity) {
        const name = op.replace('VSI_NN_OP_', '');
        if (!Object.hasOwn(deviceOps, name)) continue;
        expect([name, Object.keys(vxParams(opInfo(name), {}))]).toEqual([name, written]);
      }
    });

    it('has the constants of element types and quantizations', () => {
      const types: DeviceType[] = [
        'float32',
        'float16',
        'bfloat16',
        'uint8',
        'int8',
        'int16',
        'uint16',
        'int32',
        'uint32',
        'int64',
        'bool8',
      ];
      for (const { constant, value } of types.map(deviceTypeInfo)) {
        expect([constant, value]).toEqual([constant, constants.ovxlib_1_1_36[constant]]);
      }
      for (const kind of ['none', 'dfp', 'affine', 'perchannel'] as const) {
        const { constant, value } = quantizationInfo(kind);
        expect([constant, value]).toEqual([constant, constants.ovxlib_1_1_36[constant]]);
      }
    });
  },
);

describe('vocabulary helpers', () => {
  it('rejects what ovxlib does not know', () => {
    expect(() => opInfo('CONV4D')).toThrow(/no operator "CONV4D"/);
    expect(() => opInfo('constructor')).toThrow(/no operator/);
    expect(() => enumValue('VSI_NN_NOPE')).toThrow(/not a constant/);
    expect(() => checkedParams('RELU', { alpha: 1 })).toThrow(/no parameter "alpha"/);
  });

  it('fills in the lengths of arrays, in the order of the headers', () => {
    expect(checkedParams('RESHAPE', { size: [10, 1] })).toEqual([
      ['size', [10, 1]],
      ['dim_num', 2],
    ]);
  });

  it.each([
    ['CONV2D', { ksize: [3] }],
    ['CONV2D', { pad: [1, 1, 1, -2] }],
    ['POOL', { type: 'VSI_NN_ROUND_CEIL' }],
    ['FCL', { weights: 1.5 }],
    ['FCL', { weights: '3; exit(1)' }],
    ['CLIP', { min: NaN }],
    ['GELU', { approximate: 2 }],
  ])('%s rejects %o', (name, params) => {
    expect(() => checkedParams(name, params)).toThrow(/does not fit/);
  });

  it('rounds pooling sizes up together with round_type', () => {
    expect(vxParams(opInfo('POOL'), { round_type: 'VSI_NN_ROUND_CEIL' })).toEqual({
      down_scale_size_rounding: 'VX_CONVOLUTIONAL_NETWORK_DS_SIZE_ROUNDING_CEILING',
    });
  });
});
