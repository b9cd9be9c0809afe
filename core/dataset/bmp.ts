import { StudioError } from '../network/errors.ts';
import type { Picture } from './image.ts';

/** Limit of a picture's pixels; what sharp allows by default. */
const MAX_PIXELS = 16_383 ** 2;
const UNCOMPRESSED = 0;
const BIT_FIELDS = 3;

/** Whether bytes are a BMP file; sharp's builds do not read those. */
export function isBmp(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x4d;
}

/** Sizes and places in a BMP file, checked against its length. */
interface BmpLayout {
  width: number;
  height: number;
  bits: number;
  stride: number;
  topDown: boolean;
  pixels: number;
  palette: number;
}

/**
 * Decodes uncompressed BMP pictures of 8 bits with palette, 24 and 32 bits. Alpha is dropped.
 * @throws StudioError 'file-malformed'
 */
export function decodeBmp(bytes: Uint8Array): Picture {
  const layout = layoutOf(bytes);
  const { width, height } = layout;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = layout.pixels + (layout.topDown ? y : height - 1 - y) * layout.stride;
    copyRow(bytes, layout, row, data, y * width * 3);
  }
  return { width, height, channels: 3, data };
}

function layoutOf(bytes: Uint8Array): BmpLayout {
  if (bytes.length < 54) throw malformed('it is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerSize = view.getUint32(14, true);
  const width = view.getInt32(18, true);
  const height = Math.abs(view.getInt32(22, true));
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  const plain = compression === UNCOMPRESSED || (compression === BIT_FIELDS && bits === 32);
  if (headerSize < 40 || !plain || ![8, 24, 32].includes(bits))
    throw malformed('this kind of BMP is not supported');
  if (width < 1 || height < 1 || width * height > MAX_PIXELS)
    throw malformed(`a size of ${width} x ${height}`);
  const stride = Math.ceil((width * bits) / 32) * 4;
  const pixels = view.getUint32(10, true);
  if (pixels + stride * height > bytes.length) throw malformed('it is cut off');
  return {
    width,
    height,
    bits,
    stride,
    topDown: view.getInt32(22, true) < 0,
    pixels,
    palette: 14 + headerSize,
  };
}

/** Pixels are stored as blue, green, red; palette entries have 4 bytes. */
function copyRow(bytes: Uint8Array, layout: BmpLayout, row: number, data: Uint8Array, to: number): void {
  const step = layout.bits >> 3;
  for (let x = 0; x < layout.width; x++) {
    const at = row + x * step;
    const from = step === 1 ? layout.palette + bytes[at] * 4 : at;
    if (from + 2 >= bytes.length) throw malformed('a colour is outside of its palette');
    data[to++] = bytes[from + 2];
    data[to++] = bytes[from + 1];
    data[to++] = bytes[from];
  }
}

function malformed(problem: string): StudioError {
  return new StudioError('file-malformed', `cannot read this BMP picture: ${problem}`);
}
