import { openDatabase } from '../dataset/database.ts';
import { readPicture, resizePicture, type Picture } from '../dataset/image.ts';
import { pictureSize } from '../dataset/preprocess.ts';
import { loadSample } from '../dataset/sample.ts';
import type { InputPort } from '../network/input-meta.ts';
import { floatTensor } from '../network/tensor.ts';
import type { PictureView, PreviewView } from './contract-project.ts';
import { coefficientView } from './layer-view.ts';
import type { SampleSet } from './sample-set.ts';

/** Longest side of a picture that is sent to the page. */
const PREVIEW = 512;
const THUMBNAIL = 96;

/** Files that hold numbers, not pictures. */
const NUMBERS = /\.(?:npy|tensor|bin|raw)$/i;

/** One sample as it is and as the network gets it. @param port how it is prepared; a draft or the saved one */
export async function previewOf(
  set: SampleSet,
  folder: string,
  place: { input: string; index: number },
  port: InputPort,
): Promise<PreviewView> {
  const { path, name, database } = set.locate(place.input, place.index);
  const values =
    path === null
      ? await fromArray(folder, { ...database, ports: [port] }, place.index)
      : await loadSample(path, port);
  const { min, max, histogram } = coefficientView(port.lid, floatTensor([values.length], values));
  return {
    original: path === null || NUMBERS.test(path) ? null : await encode(await readPicture(path, 3), PREVIEW),
    seen: await seenBy(values, port, PREVIEW),
    file: name,
    count: values.length,
    min: min ?? Number.NaN,
    max: max ?? Number.NaN,
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    histogram,
  };
}

/** A small picture of a sample: the file itself, or its numbers. */
export async function thumbnailOf(
  set: SampleSet,
  folder: string,
  input: string,
  index: number,
): Promise<PictureView | null> {
  const { path, port, database } = set.locate(input, index);
  if (path !== null && !NUMBERS.test(path)) return encode(await readPicture(path, 3), THUMBNAIL);
  const values =
    path === null
      ? await fromArray(folder, { ...database, ports: [port] }, index)
      : await loadSample(path, port);
  return seenBy(values, port, THUMBNAIL);
}

async function fromArray(
  folder: string,
  database: Parameters<typeof openDatabase>[0],
  index: number,
): Promise<Float32Array> {
  const source = await openDatabase(database, folder);
  return (await source.load(index % source.length))[0];
}

/** A tensor back as a picture: smallest value black, largest white, the first channel red. */
async function seenBy(values: Float32Array, port: InputPort, limit: number): Promise<PictureView | null> {
  const size = pictureSize(port);
  if (!size) return null;
  const { width, height, channels } = size;
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const factor = max > min ? 255 / (max - min) : 0;
  const data = new Uint8Array(values.length);
  const plane = width * height;
  for (let pixel = 0; pixel < plane; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const from = port.layout === 'nhwc' ? pixel * channels + channel : channel * plane + pixel;
      data[pixel * channels + channel] = Math.round((values[from] - min) * factor);
    }
  }
  return encode({ width, height, channels, data }, limit);
}

/** PNG of a picture, made smaller where a side is longer than the limit. */
export async function encode(picture: Picture, limit: number): Promise<PictureView> {
  const { width, height } = picture;
  const factor = Math.min(1, limit / Math.max(width, height));
  const small =
    factor < 1
      ? resizePicture(
          picture,
          Math.max(1, Math.round(height * factor)),
          Math.max(1, Math.round(width * factor)),
        )
      : picture;
  const { default: sharp } = await import('sharp');
  const raw = { width: small.width, height: small.height, channels: small.channels };
  const png = await sharp(small.data, { raw }).png({ compressionLevel: 3 }).toBuffer();
  return { png: new Uint8Array(png), width, height };
}
