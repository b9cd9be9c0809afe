import sharp, { type PngOptions } from 'sharp';
import { expect, test } from 'vitest';
import { decodeSmallPng } from './png.ts';

/** Slopes, so that every filter is used, with grain. */
function pixels(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index * 3 + (Math.imul(index, 2654435761) >>> 29));
}

/** Sharp makes the picture and reads it as well. */
async function pair(channels: 1 | 2 | 3 | 4, options: PngOptions): Promise<{ bytes: Buffer; plain: Buffer }> {
  const raw = { width: 37, height: 23, channels };
  const grey = channels < 3;
  const source = sharp(pixels(37 * 23 * channels), { raw });
  const bytes = await (grey ? source.toColourspace('b-w') : source).png(options).toBuffer();
  const read = sharp(bytes).removeAlpha();
  return { bytes, plain: await (grey ? read.toColourspace('b-w') : read).raw().toBuffer() };
}

test.each([1, 2, 3, 4] as const)(
  '%i samples a pixel, filtered or not, give what sharp reads',
  async (count) => {
    for (const adaptiveFiltering of [false, true]) {
      const { bytes, plain } = await pair(count, { adaptiveFiltering });
      const picture = decodeSmallPng(bytes);
      expect(picture).toMatchObject({ width: 37, height: 23, channels: count < 3 ? 1 : 3 });
      expect([...(picture?.data ?? [])]).toEqual([...plain]);
    }
  },
);

test('other kinds and damaged files are left to a general decoder', async () => {
  expect(decodeSmallPng((await pair(3, { palette: true })).bytes)).toBeUndefined();
  expect(decodeSmallPng((await pair(3, { progressive: true })).bytes)).toBeUndefined();
  const { bytes } = await pair(3, {});
  expect(decodeSmallPng(bytes)).toBeDefined();
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] ^= 0x10;
    expect(decodeSmallPng(damaged)).toBeUndefined();
    expect(decodeSmallPng(bytes.subarray(0, at))).toBeUndefined();
  }
});
