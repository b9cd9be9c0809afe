import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Tensor } from '../network/tensor.ts';
import { attack } from '../testing/hostile.ts';
import { parseTensorText, readTensorFile, tensorFileName, writeTensorFile } from './tensor-file.ts';

test('names are those of the tool', () => {
  const dump = { key: 'attach_input/out0_1', port: 0, shape: [1, 224, 224, 3] };
  expect(tensorFileName(dump)).toBe('attach_input_out0_1_out0_1_224_224_3.tensor');
  expect(tensorFileName({ ...dump, iteration: 1, iterations: 2 })).toMatch(
    /^iter_1_attach_input_out0_1_out0_1_/,
  );
  expect(tensorFileName({ key: 'attach_Mul_/model.22/Mul/out0_0', port: 0, shape: [1, 4] })).toBe(
    'attach_Mul__model.22_Mul_out0_0_out0_1_4.tensor',
  );
  expect(
    tensorFileName({
      key: 'Add_Add_103_36',
      port: 0,
      shape: [1, 2048, 7, 7],
      format: 'nchw',
      quantized: true,
    }),
  ).toBe('Add_Add_103_36_out0_nchw_1_2048_7_7.qnt.tensor');
  expect(tensorFileName({ key: '../..\\a:b\n_1', port: 1, shape: [1] })).toBe('.._.._a_b__1_out1_1.tensor');
});

test('values are written as Python would and read back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nibble-'));
  const path = join(folder, 'a.tensor');
  const data = Float32Array.of(-0.9921875, 3.0517578125e-5, 0.1, 1, -0, NaN, Infinity, -Infinity, 1e20);
  await writeTensorFile(path, { type: 'float32', shape: [9], data });
  expect(await readFile(path, 'utf8')).toBe(
    '-0.9921875\n3.0517578125e-05\n0.10000000149011612\n1.0\n-0.0\nnan\ninf\n-inf\n1.0000000200408773e+20\n',
  );
  expect(await readTensorFile(path)).toEqual(data);

  const bytes: Tensor = { type: 'uint8', shape: [2], data: Uint8Array.of(0, 255) };
  await writeTensorFile(path, bytes);
  expect(await readFile(path, 'utf8')).toBe('0\n255\n');
  const long = Float32Array.from({ length: 40_000 }, (_, index) => index / 3);
  await writeTensorFile(path, { type: 'float32', shape: [40_000], data: long });
  expect(await readTensorFile(path)).toEqual(long);
  await rm(folder, { recursive: true });
});

test('blank lines and CRLF are fine, anything else is an error with its line', () => {
  expect([...parseTensorText(Buffer.from('1\r\n\r\n2.5'))]).toEqual([1, 2.5]);
  let caught: unknown;
  try {
    parseTensorText(Buffer.from('1\n2\n3 4\n'), 'x.tensor');
  } catch (error) {
    caught = error;
  }
  expect(caught).toMatchObject({ code: 'file-malformed', place: { file: 'x.tensor', line: 3 } });
  attack(Buffer.from('1.5\n-2e-05\nnan\n-inf\n'), (variant) => parseTensorText(variant));
});
