import { crc32, inflateSync } from 'node:zlib';
import type { Picture } from './image.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Above this, threads of a decoder of its own are worth their start. */
const MAX_BYTES = 2 ** 16;

/** Samples of a pixel by colour type: grey, colours, both with alpha. Palettes are not here. */
const SAMPLES = new Map([
  [0, 1],
  [2, 3],
  [4, 2],
  [6, 4],
]);

/** Chunks that say nothing about what the stored samples are. */
const IGNORED = new Set(['tEXt', 'zTXt', 'iTXt', 'tIME', 'pHYs', 'gAMA', 'cHRM', 'sRGB', 'bKGD']);

/**
 * Decodes small PNG pictures of the plainest kinds at once: 8 bits, no palette, not interlaced, as in datasets of
 * digits and thumbnails, for which a general decoder takes most of its time to start. Alpha is dropped.
 * @returns undefined for everything else and for whatever is not as it should be: a general decoder judges that
 */
export function decodeSmallPng(bytes: Uint8Array): Picture | undefined {
  const chunks = bytes.length <= MAX_BYTES ? chunksOf(bytes) : undefined;
  const header = chunks?.header;
  if (!chunks || !header || header.length !== 13) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const samples = SAMPLES.get(header[9]);
  const plain = header[8] === 8 && header[10] === 0 && header[11] === 0 && header[12] === 0;
  if (samples === undefined || !plain || width === 0 || height === 0) return undefined;
  const length = height * (1 + width * samples);
  if (length > MAX_BYTES) return undefined;
  const rows = inflated(chunks.data, length);
  if (!rows || !unfilter(rows, height, width * samples, samples)) return undefined;
  const channels = samples < 3 ? 1 : 3;
  return { width, height, channels, data: withoutAlpha(rows, { width, height, samples, channels }) };
}

/** The header and the joined image data; undefined for damage and for chunks that change the meaning of samples. */
function chunksOf(bytes: Uint8Array): { header: Uint8Array; data: Uint8Array } | undefined {
  if (SIGNATURE.some((byte, at) => bytes[at] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const data: Uint8Array[] = [];
  let header: Uint8Array | undefined;
  for (let at = SIGNATURE.length; at + 12 <= bytes.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) return undefined;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (view.getUint32(end) !== crc32(bytes.subarray(at + 4, end))) return undefined;
    const content = bytes.subarray(at + 8, end);
    if (!header !== (type === 'IHDR')) return undefined;
    if (type === 'IEND') return header && { header, data: Buffer.concat(data) };
    if (type === 'IHDR') header = content;
    else if (type === 'IDAT') data.push(content);
    else if (!IGNORED.has(type)) return undefined;
    at = end + 4;
  }
  return undefined;
}

function inflated(data: Uint8Array, length: number): Uint8Array | undefined {
  try {
    const rows = inflateSync(data, { maxOutputLength: length });
    return rows.length === length ? rows : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Undoes the filters of all rows in place (PNG specification, 9: each sample was stored as the difference from a
 * prediction by its neighbours to the left, above, and above to the left).
 * @param step samples of a pixel @returns false for unknown filters
 */
function unfilter(rows: Uint8Array, height: number, length: number, step: number): boolean {
  for (let row = 0, start = 0; row < height; row++, start += length + 1) {
    const filter = rows[start];
    if (filter > 4) return false;
    for (let at = start + 1, end = at + length; filter > 0 && at < end; at++) {
      const left = at - start > step ? rows[at - step] : 0;
      const above = row > 0 ? rows[at - length - 1] : 0;
      const corner = row > 0 && at - start > step ? rows[at - length - 1 - step] : 0;
      rows[at] += predicted(filter, left, above, corner);
    }
  }
  return true;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  const estimate = left + above - corner;
  const [byLeft, byAbove] = [Math.abs(estimate - left), Math.abs(estimate - above)];
  const byCorner = Math.abs(estimate - corner);
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
}

/** The rows without their filter bytes and the pixels without their alpha. */
function withoutAlpha(
  rows: Uint8Array,
  size: { width: number; height: number; samples: number; channels: number },
): Uint8Array {
  const { width, height, samples, channels } = size;
  const data = new Uint8Array(width * height * channels);
  let to = 0;
  for (let row = 0, from = 0; row < height; row++) {
    from++;
    for (let x = 0; x < width; x++, from += samples) {
      for (let channel = 0; channel < channels; channel++) data[to++] = rows[from + channel];
    }
  }
  return data;
}
