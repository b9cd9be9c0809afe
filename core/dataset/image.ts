import { readFileOf } from '../files/atomic.ts';
import { StudioError } from '../network/errors.ts';
import { decodeBmp, isBmp } from './bmp.ts';
import { decodeSmallPng } from './png.ts';

/** Decoded pixels: rows from the top, channels side by side, one byte each. */
export interface Picture {
  width: number;
  height: number;
  /** 3 = red, green, blue; 1 = grey. */
  channels: 1 | 3;
  /** height * width * channels */
  data: Uint8Array;
}

/** Larger files are no samples. */
const MAX_PICTURE_BYTES = 256 * 2 ** 20;

/**
 * Decodes a picture file to RGB or grey as training pipelines do: alpha is dropped (not blended), colour
 * profiles and the EXIF orientation are NOT applied, 16-bit pictures become 8-bit.
 * Formats: JPEG, PNG, WebP, GIF, TIFF (by sharp) and BMP.
 * @throws StudioError 'file-malformed', 'file-missing', 'file-unreadable'
 */
export async function readPicture(path: string, channels: 1 | 3): Promise<Picture> {
  const bytes = await readFileOf(path, { limit: MAX_PICTURE_BYTES });
  try {
    const picture = isBmp(bytes)
      ? decodeBmp(bytes)
      : (decodeSmallPng(bytes) ?? (await decodeWithSharp(bytes)));
    return withChannels(picture, channels);
  } catch (error) {
    throw undecodable(error, path);
  }
}

async function decodeWithSharp(bytes: Buffer): Promise<Picture> {
  // Loaded with the first picture: it takes longer than most commands.
  const { default: sharp } = await import('sharp');
  const image = sharp(bytes, { ignoreIcc: true, failOn: 'error', sequentialRead: true });
  const { data, info } = await image
    .toColourspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const channels = info.channels === 1 ? 1 : 3;
  if (info.channels !== channels)
    throw new StudioError('file-malformed', `a picture with ${info.channels} channels`);
  return { width: info.width, height: info.height, channels, data };
}

/**
 * Width and height of a picture file, without decoding it where the format allows.
 * @throws StudioError as {@link readPicture}
 */
export async function readPictureSize(path: string): Promise<{ width: number; height: number }> {
  const bytes = await readFileOf(path, { limit: MAX_PICTURE_BYTES });
  if (isBmp(bytes)) return readPicture(path, 3);
  try {
    const { default: sharp } = await import('sharp');
    const { width, height } = await sharp(bytes).metadata();
    return { width, height };
  } catch (error) {
    throw undecodable(error, path);
  }
}

function undecodable(error: unknown, path: string): StudioError {
  if (error instanceof StudioError) return error.at({ file: path });
  const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
  return new StudioError('file-malformed', `cannot decode this picture: ${reason}`, { file: path });
}

/** Grey by ITU-R 601 in integers, as PIL and OpenCV do; RGB from grey by repetition. */
function withChannels(picture: Picture, channels: 1 | 3): Picture {
  if (picture.channels === channels) return picture;
  const { width, height, data } = picture;
  const result = new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    if (channels === 3) {
      result.fill(data[pixel], pixel * 3, pixel * 3 + 3);
    } else {
      const at = pixel * 3;
      result[pixel] = (data[at] * 19_595 + data[at + 1] * 38_470 + data[at + 2] * 7_471 + 0x8000) >> 16;
    }
  }
  return { width, height, channels, data: result };
}

/**
 * Resizes to exactly `height` x `width`, ignoring the aspect ratio. Bilinear between pixel centres without
 * smoothing, rounded to bytes: what `cv2.resize` does and thus what most boards' code does.
 */
export function resizePicture(picture: Picture, height: number, width: number): Picture {
  if (picture.height === height && picture.width === width) return picture;
  const { channels, data } = picture;
  const rows = taps(picture.height, height);
  const columns = taps(picture.width, width);
  const stride = picture.width * channels;
  const result = new Uint8Array(height * width * channels);
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      for (let channel = 0; channel < channels; channel++) {
        const left = column.low * channels + channel;
        const right = column.high * channels + channel;
        const above = mix(data[row.low * stride + left], data[row.low * stride + right], column.weight);
        const below = mix(data[row.high * stride + left], data[row.high * stride + right], column.weight);
        result[to++] = Math.round(mix(above, below, row.weight));
      }
    }
  }
  return { width, height, channels, data: result };
}

/** The two source pixels of one target pixel along an axis, and the share of the second. */
interface Tap {
  low: number;
  high: number;
  weight: number;
}

function taps(source: number, target: number): Tap[] {
  return Array.from({ length: target }, (_, index) => {
    const centre = Math.min(Math.max(((index + 0.5) * source) / target - 0.5, 0), source - 1);
    const low = Math.floor(centre);
    return { low, high: Math.min(low + 1, source - 1), weight: centre - low };
  });
}

function mix(first: number, second: number, weight: number): number {
  return first + (second - first) * weight;
}
