import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { StudioError } from '../network/errors.ts';
import { attack } from '../testing/hostile.ts';
import { sharedPath } from '../testing/shared.ts';
import { parseQuantizeBytes, parseQuantizeTable } from './quantize-file.ts';
import { MAX_TEXT_BYTES } from './atomic.ts';
import { parseNumberFormat } from '../network/number-format.ts';
import { formatQuantizeTable } from './quantize-text.ts';

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
const v1 = fixture('table_v1.quantize');

/** Lists are told at their first item, YAML syntax where the parser stops, hence the tolerance. */
function expectLine(error: unknown, text: string, part: string): void {
  const line = text.slice(0, text.indexOf(part)).split('\n').length;
  expect(error).toBeInstanceOf(StudioError);
  if (error instanceof StudioError) expect(Math.abs((error.place.line ?? 0) - line)).toBeLessThanOrEqual(1);
}

test('a table of 6.0 is written back to the same bytes', () => {
  const table = parseQuantizeTable(v1);
  expect(table.entries.get('@blank_4:bias')).toEqual({
    quantizer: 'asymmetric_affine',
    qtype: 'i32',
    max: null,
    min: null,
    scale: null,
    zeroPoint: null,
  });
  expect(table.entries.get('@fc_2:weight')).toMatchObject({ max: 1, min: -1.5, zeroPoint: 153 });
  expect(table.customized.get("it's_3")).toBe('float32');
  expect(formatQuantizeTable(table)).toBe(v1);
});

test('bytes are read as the file is; those that are no table are refused', () => {
  expect(parseQuantizeBytes(Buffer.from(v1), 'v1.quantize')).toEqual(parseQuantizeTable(v1));
  const refused = (bytes: Uint8Array, code: string): void =>
    expect(() => parseQuantizeBytes(bytes, 'a.quantize')).toThrow(
      expect.objectContaining({ code, place: expect.objectContaining({ file: 'a.quantize' }) }),
    );
  refused(Uint8Array.of(0xff, 0xfe, 0), 'file-malformed');
  refused(new Uint8Array(MAX_TEXT_BYTES + 1), 'file-unreadable');
  refused(Buffer.from('other: 1\n'), 'quantize-invalid');
});

test('an empty table is written as the tool does', () => {
  expect(formatQuantizeTable({ entries: new Map(), customized: new Map() })).toBe(
    '%YAML 1.2\n---\n# !!!This file disallow TABs!!!\nquantize_parameters:\ncustomized_quantize_layers: {}\n',
  );
  expect(parseQuantizeTable('quantize_parameters:\n').entries.size).toBe(0);
});

test('a table of 6.12 is read', () => {
  const { entries, customized } = parseQuantizeTable(fixture('table_v2.quantize'));
  expect(entries.get('@attach_x/out0_1:out0')).toEqual({
    quantizer: 'asymmetric_affine',
    qtype: 'u8',
    max: 0.9765625,
    min: -1,
    scale: 0.007751225493848324,
    zeroPoint: 129,
  });
  expect([...entries.keys()][1]).toMatch(/^@a very long key .*_3:out0$/);
  expect(entries.get('@fc_2:weight')).toMatchObject({
    scales: [0.5, Number('2.3577948013553395e-05')],
    channelDim: -1,
  });
  expect(entries.get('@half_7:out0')).toEqual({ quantizer: 'bfloat16', qtype: 'bf16', max: null, min: null });
  expect(entries.get('@sym_8:weight')?.scale).toBe(1e-5);
  expect([...customized]).toEqual([
    ['conv2_3', 'float32'],
    ['conv1_1', 'dynamic_fixed_point-16'],
  ]);
  // Translated to the other dialect it says the same.
  const table = parseQuantizeTable(formatQuantizeTable({ entries, customized }));
  expect([...table.entries]).toEqual([...entries]);
  expect([...table.customized]).toEqual([...customized]);
});

test('old names are understood', () => {
  const old =
    "quantize_parameters:\n  '@a_1:out0': {dtype: asymmetric_quantized-u8, max_value: [1], scale: [1e-05]}\n";
  expect(parseQuantizeTable(old).entries.get('@a_1:out0')).toMatchObject({
    quantizer: 'asymmetric_affine',
    qtype: 'u8',
    scale: 1e-5,
  });
  expect(parseNumberFormat('dynamic_fixed_point-16')).toEqual({
    quantizer: 'dynamic_fixed_point',
    qtype: 'i16',
  });
  expect(parseNumberFormat('asymmetric_quantized-u8')).toEqual({
    quantizer: 'asymmetric_affine',
    qtype: 'u8',
  });
  expect(parseNumberFormat('perchannel_symmetric_affine')).toMatchObject({ qtype: 'i8' });
  expect(parseNumberFormat('float32')).toBe('float32');
  const channels =
    "quantize_parameters: {'@a_1:weight': {dtype: perchannel_symmetric_affine, max_value: [1, 3], min_value: [-4, -2], zero_point: [0, 0], scale: [1, 2], qtype: i8}}";
  expect(parseQuantizeTable(channels).entries.get('@a_1:weight')).toMatchObject({
    max: 3,
    min: -4,
    scales: [1, 2],
  });
  expect(() => parseNumberFormat('dynamic_fixed_point-7')).toThrow(/no quantized type/);
});

test.each([
  ['qtype: u8', 'qtype: u9', '"u9"'],
  ['-   0.007751225493848324', '-   abc', 'expected a number'],
  ['-   0.007751225493848324', '-   -1.0', 'above 0'],
  ['-   129', '-   1.5', 'whole numbers'],
  ['dtype: asymmetric_affine', 'dtype: other', '"other"'],
  ["'@it''s_3:out0'", "'@attach_x/out0_1:out0'", 'twice'],
  ['max_value: 0.9765625', 'max_value: *x', 'aliases'],
  ['max_value: 0.9765625', 'max_value: !!js/function 1', 'tags'],
  ['max_value: 0.9765625', 'max_value: &a 1', 'anchors'],
  ['max_value: 0.9765625', 'max_value: {a: [}', 'YAML'],
])('%s → %s is an error with its line', (from, to, message) => {
  let caught: unknown;
  try {
    parseQuantizeTable(v1.replace(from, to), 't.quantize');
  } catch (error) {
    caught = error;
  }
  expect(String(caught)).toContain(message);
  expect(caught).toMatchObject({ code: 'quantize-invalid', place: { file: 't.quantize' } });
  expectLine(caught, v1, from);
});

test('deep, wide and damaged files are read or refused', () => {
  expect(() => parseQuantizeTable('['.repeat(100_000))).toThrow(/YAML|entries/);
  expect(() => parseQuantizeTable('- '.repeat(100_000))).toThrow(/YAML/);
  expect(() => parseQuantizeTable('a:\n'.repeat(1_100_000))).toThrow(/too many/);
  for (const name of ['table_v1.quantize', 'table_v2.quantize']) {
    const bytes = Buffer.from(fixture(name));
    attack(bytes, (variant) => parseQuantizeTable(Buffer.from(variant).toString('latin1')), 2000);
  }
});

const real = sharedPath('reference/acuity-formats/real/mobilenet_tf.quantize');

test.skipIf(real === undefined)(
  'the vendor tool’s table is written back byte for byte (skipped: no reference files)',
  () => {
    const text = readFileSync(real ?? '', 'utf8');
    const table = parseQuantizeTable(text, 'mobilenet_tf.quantize');
    expect([table.entries.size, table.customized.size]).toEqual([122, 12]);
    expect(formatQuantizeTable(table) === text).toBe(true);
  },
);
