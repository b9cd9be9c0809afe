import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { toNumbers, type ElementType, type Tensor } from '../network/tensor.ts';
import { attack } from '../testing/hostile.ts';
import { formatNpy, parseNpy } from './npy.ts';

const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const values = [0, 1, 2, 100, 3, 127];
const types: [string, ElementType][] = [
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
  ['i1', 'int8'],
  ['i2', 'int16'],
  ['i4', 'int32'],
  ['i8', 'int64'],
  ['u1', 'uint8'],
  ['u2', 'uint16'],
  ['u4', 'uint32'],
  ['u8', 'int64'],
];

test.each(types)('%s of NumPy is read as %s, also big endian in Fortran order', (code, type) => {
  const names = [`c_${code}.npy`, ...(code.endsWith('1') ? [] : [`big_${code}.npy`])];
  for (const name of names) {
    const tensor = parseNpy(fixture(name), name);
    expect([tensor.type, tensor.shape, toNumbers(tensor)]).toEqual([type, [2, 3], values]);
  }
});

test('booleans, scalars and the formats 2 and 3 are read', () => {
  expect(toNumbers(parseNpy(fixture('c_b1.npy')))).toEqual([0, 1, 1, 1, 1, 1]);
  expect(parseNpy(fixture('scalar.npy'))).toMatchObject({ shape: [], type: 'float32' });
  for (const name of ['v2.npy', 'v3.npy']) expect(toNumbers(parseNpy(fixture(name)))).toEqual(values);
});

test('what is written equals what NumPy writes', () => {
  for (const code of ['f2', 'f4', 'f8', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'b1']) {
    const tensor = parseNpy(fixture(`c_${code}.npy`));
    const written = parseNpy(Buffer.concat(formatNpy(tensor)));
    expect([written.type, written.shape, toNumbers(written)]).toEqual([
      tensor.type,
      [2, 3],
      toNumbers(tensor),
    ]);
  }
  const vector: Tensor = { type: 'float32', shape: [2], data: Float32Array.of(1, 2) };
  expect(Buffer.concat(formatNpy(vector)).toString('latin1')).toContain("'shape': (2,), }");
});

test.each(['complex.npy', 'text.npy', 'layers_p2.data'])('%s is refused by its element type', (name) => {
  expect(() => parseNpy(fixture(name), name)).toThrow(/elements of type/);
});

function withHeader(dict: string, payload = 16): Buffer {
  const head = Buffer.from(
    `\x93NUMPY\x01\x00${String.fromCharCode(dict.length & 0xff, dict.length >> 8)}${dict}`,
    'latin1',
  );
  return Buffer.concat([head, Buffer.alloc(payload)]);
}

test.each([
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,), }", /cut off/],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740991, 4), }", /too large/],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (99999, 99999, 0), }", /too large/],
  ["{'descr': __import__('os').system('x'), 'fortran_order': False, 'shape': (), }", /damaged/],
  ["{'descr': '<f4', 'fortran_order': 1, 'shape': (), }", /damaged/],
  ["{'descr': '<f4', 'shape': (), }", /lacks/],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", /damaged/],
  ["{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (), }", /records/],
])('the header %s is refused', (dict, message) => {
  expect(() => parseNpy(withHeader(dict))).toThrow(message);
});

test('a header of Python 2 is read', () => {
  expect(parseNpy(withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 2L), }")).shape).toEqual(
    [2, 2],
  );
});

test('damaged files are read or refused', () => {
  for (const name of ['c_f4.npy', 'big_i2.npy', 'v3.npy']) {
    expect(attack(fixture(name), (variant) => parseNpy(variant))).toBeGreaterThan(200);
  }
});
