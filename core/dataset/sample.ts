import { basename, extname } from 'node:path';
import { readFileOf } from '../files/atomic.ts';
import { readNpyFile } from '../files/npy.ts';
import { readTensorFile } from '../files/tensor-file.ts';
import { StudioError, type Place } from '../network/errors.ts';
import type { InputPort } from '../network/input-meta.ts';
import { toFloat32, viewElements, type Tensor } from '../network/tensor.ts';
import { readPicture, readPictureSize, resizePicture } from './image.ts';
import { pictureSize, pixelsToLayout, preprocess, sampleShape, sampleSize } from './preprocess.ts';

/**
 * Loads one sample for one port: a picture, or raw values from .npy, .tensor, .bin or .raw, and applies the
 * port's preprocessing. `redirect_to_output`, `sparse` and the crop settings are not applied.
 * @param place list and line the path came from, for errors
 * @returns the values of one sample (no batch axis) in the port's layout
 * @throws StudioError 'dataset-invalid' for a wrong shape, else as the readers; always with list and line
 */
export async function loadSample(path: string, port: InputPort, place: Place = {}): Promise<Float32Array> {
  try {
    return preprocess(await loadRaw(path, port), port);
  } catch (error) {
    throw error instanceof StudioError ? inList(error, path, place) : error;
  }
}

/** Puts the list and its line in front: that is where people look first; the sample's file goes into the text. */
function inList(error: StudioError, path: string, place: Place): StudioError {
  if (place.file === undefined) return error.at({ file: path });
  return new StudioError(
    error.code,
    `${basename(path)}: ${error.message}`,
    { ...error.place, ...place },
    error.hint,
  );
}

/** Files that hold values, not a picture. */
const VALUE_FILES = new Set(['.npy', '.tensor', '.bin', '.raw']);

/** Width and height of a sample's file before it is resized; undefined when it is no picture. */
export async function pictureSizeOf(path: string): Promise<{ width: number; height: number } | undefined> {
  return VALUE_FILES.has(extname(path).toLowerCase()) ? undefined : readPictureSize(path);
}

async function loadRaw(path: string, port: InputPort): Promise<Float32Array> {
  switch (extname(path).toLowerCase()) {
    case '.npy':
      return fromArray(await readNpyFile(path), port);
    case '.tensor':
      return counted(await readTensorFile(path), port);
    case '.bin':
    case '.raw':
      return fromRawBytes(await readFileOf(path), port);
    default:
      return loadPicture(path, port);
  }
}

async function loadPicture(path: string, port: InputPort): Promise<Float32Array> {
  const size = pictureSize(port);
  if (!size) {
    throw new StudioError(
      'dataset-invalid',
      `a picture cannot fill input "${port.lid}" of shape [${port.shape.join(',')}] in ${port.layout} layout`,
      {},
      'Give a .npy file of that shape, or correct "layout" and "shape" in the input meta file.',
    );
  }
  const picture = resizePicture(await readPicture(path, size.channels), size.height, size.width);
  return pixelsToLayout(picture.data, size.channels, port.layout);
}

/** An array of the port's shape, with batch 1 or without batch; its values are raw, preprocessing applies. */
function fromArray(tensor: Tensor, port: InputPort): Float32Array {
  const wanted = sampleShape(port);
  const given =
    tensor.shape.length === wanted.length + 1 && tensor.shape[0] === 1 ? tensor.shape.slice(1) : tensor.shape;
  if (given.length !== wanted.length || given.some((dim, axis) => dim !== wanted[axis])) {
    throw new StudioError(
      'dataset-invalid',
      `the array has shape [${tensor.shape.join(',')}], input "${port.lid}" needs [${wanted.join(',')}]`,
      {},
      `Values must be in ${port.layout} order.`,
    );
  }
  const values = toFloat32(tensor);
  // Preprocessing works in place; the array must stay as it was read.
  return values === tensor.data ? values.slice() : values;
}

/** float32 little endian, or bytes when the length says so. */
function fromRawBytes(bytes: Uint8Array<ArrayBuffer>, port: InputPort): Float32Array {
  const size = sampleSize(port);
  if (bytes.length === size) return Float32Array.from(bytes);
  if (bytes.length === size * 4) return new Float32Array(viewElements('float32', bytes) as Float32Array);
  throw new StudioError(
    'dataset-invalid',
    `${bytes.length} bytes are neither ${size} float32 values nor ${size} bytes for input "${port.lid}"`,
  );
}

function counted(values: Float32Array, port: InputPort): Float32Array {
  const size = sampleSize(port);
  if (values.length === size) return values;
  throw new StudioError('dataset-invalid', `${values.length} values, input "${port.lid}" needs ${size}`);
}

/** The sample at `index` of an array whose first axis counts samples (database type NPY), preprocessed. */
export function sampleOfArray(samples: Tensor, index: number, port: InputPort): Float32Array {
  const size = sampleSize(port);
  const type = samples.type;
  const data = samples.data.subarray(index * size, (index + 1) * size);
  return preprocess(Float32Array.from(toFloat32({ type, shape: sampleShape(port), data })), port);
}
