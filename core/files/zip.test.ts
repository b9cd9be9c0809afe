import { expect, test } from 'vitest';
import { StudioError } from '../network/errors.ts';
import { zip, type Packed } from '../testing/zip.ts';
import { looksLikeZip, readZip } from './zip.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test('gives stored entries as views and unpacks the others', async () => {
  const bytes = zip([
    { name: 'a/stored.bin', data: text('as it is') },
    { name: 'a/packed.txt', data: text('again '.repeat(500)), deflate: true },
  ]);
  const archive = await readZip(bytes);
  expect(looksLikeZip(bytes)).toBe(true);
  expect(archive.names).toEqual(['a/stored.bin', 'a/packed.txt']);
  expect(archive.bytes('a/stored.bin').buffer).toBe(bytes.buffer);
  expect(new TextDecoder().decode(archive.bytes('a/packed.txt'))).toBe('again '.repeat(500));
});

test.each<[string, Packed[]]>([
  ['more than it says', [{ name: 'x', data: new Uint8Array(5000), deflate: true, claimed: 100 }]],
  ['less than it says', [{ name: 'x', data: new Uint8Array(5000), deflate: true, claimed: 6000 }]],
  ['a bomb', [{ name: 'x', data: new Uint8Array(10), deflate: true, claimed: 2 ** 31 }]],
])('refuses an entry that unpacks to %s', async (_, files) => {
  const archive = await readZip(zip(files));
  expect(() => archive.bytes('x')).toThrow(StudioError);
});

test('refuses what is no archive, two entries of one name, and every truncation', async () => {
  const two = [1, 2].map((byte) => ({ name: 'x', data: Uint8Array.of(byte) }));
  await expect(readZip(text('not an archive'))).rejects.toThrow(StudioError);
  await expect(readZip(zip(two))).rejects.toThrow(/twice/);
  const whole = zip([{ name: 'x', data: text('0123456789') }]);
  for (let length = 0; length < whole.length; length++)
    await expect(readZip(whole.subarray(0, length))).rejects.toThrow(StudioError);
});
