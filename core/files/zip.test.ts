import { deflateRawSync, crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { StudioError } from '../network/errors.ts';
import { looksLikeZip, readZip } from './zip.ts';

interface Packed {
  name: string;
  data: Uint8Array;
  deflate?: boolean;
  /** What the directory says instead of the real size. */
  claimed?: number;
}

/** A small writer, apart from the reader, so that both can be wrong only together with the format. */
function zip(files: readonly Packed[]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data, deflate = false, claimed = data.length } of files) {
    const packed = deflate ? deflateRawSync(data) : Buffer.from(data);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(deflate ? 8 : 0, 4);
    fields.writeUInt32LE(crc32(data), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(claimed, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), fields, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000'), fields, tail, Buffer.from(name)]),
    );
    parts.push(local);
    offset += local.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, list, end]);
}

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
