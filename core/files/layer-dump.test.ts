import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary.ts';
import { dumpFileName, parseDumpName, readDump } from './layer-dump.ts';

const folder = temporaryFolder();

describe('names of dumps', () => {
  test('are read, with a prefix too', () => {
    const name = 'L2_NORMALIZE_uid_12_t_0_s_112_112_32_1.txt';
    const dump = { op: 'L2_NORMALIZE', uid: 12, port: 0, size: [112, 112, 32, 1] };
    expect(parseDumpName(name)).toEqual(dump);
    expect(dumpFileName(dump)).toBe(name);
    expect(parseDumpName(`graph0_${name}`)?.op).toBe('graph0_L2_NORMALIZE');
  });

  test.each([
    'CONV2D_uid_1_t_0_s_.txt',
    'CONV2D_uid_x_t_0_s_1.txt',
    'CONV2D_uid_1_t_0_s_1_1_1_1_1_1_1_1_1.txt',
    'a.txt',
  ])('others are none: %s', (name) => expect(parseDumpName(name)).toBeUndefined());

  test('a name made again leads nowhere', () => {
    const op = `../../${'x'.repeat(300)}/..\\CONV2D\0`;
    const made = dumpFileName({ op, uid: 1, port: 0, size: [1] });
    expect(made).toMatch(/^\w+\.txt$/);
    expect(made.length).toBeLessThan(150);
  });
});

describe('readDump', () => {
  const read = async (text: string, count: number) => {
    const file = join(folder, 'X_uid_1_t_0_s_3.txt');
    await writeFile(file, text);
    return readDump(file, count);
  };

  test('real numbers and stored integers', async () => {
    expect(await read('1.500000\n-nan\ninf\n', 3)).toEqual({
      values: Float32Array.of(1.5, NaN, Infinity),
      integers: false,
    });
    expect(await read('1\r\n-128\r\n\n7', 3)).toEqual({
      values: Float32Array.of(1, -128, 7),
      integers: true,
    });
  });

  test.each([
    ['1\n2\n', 3, { code: 'file-malformed' }],
    ['1\n2\n3\n4\n', 3, { code: 'file-malformed' }],
    ['1\n0x2\n3\n', 3, { code: 'file-malformed', place: expect.objectContaining({ line: 2 }) as unknown }],
    ['1.2.3\n', 1, { code: 'file-malformed' }],
    [' '.repeat(1000), 3, { code: 'file-unreadable' }],
  ])('refuses %#', async (text, count, problem) => {
    await expect(read(text, count)).rejects.toMatchObject(problem);
  });
});
