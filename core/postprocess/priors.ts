import { StudioError } from '../network/errors.ts';

/** Prior boxes of an SSD network, one entry of each list per feature map. */
export interface SsdPriorSettings {
  /** Width and height of the network's input. */
  inputSize: readonly [number, number];
  /** Width and height of each feature map. */
  featureSizes: readonly (readonly number[])[];
  /** Sides of the small square, in pixels of the input. */
  minSizes: readonly (readonly number[])[];
  /** Sides of the second square, sqrt(min * max); a list may be empty. */
  maxSizes: readonly (readonly number[])[];
  /** Without 1. */
  aspectRatios: readonly (readonly number[])[];
  /** Also the inverse of each ratio. */
  flip: boolean;
  /** Cut to the picture. */
  clip: boolean;
  /** Where in its cell a prior sits. */
  offset: number;
}

/**
 * Priors as Caffe's PriorBox layer makes them, all feature maps one after the other.
 * @returns rows of centre x, centre y, width, height in fractions of the input
 */
export function ssdPriors(settings: SsdPriorSettings): Float32Array {
  const [inputWidth, inputHeight] = settings.inputSize;
  const rows: number[] = [];
  settings.featureSizes.forEach(([width, height], map) => {
    const shapes = priorShapes(settings, map);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (const [w, h] of shapes) {
          const row = [(x + settings.offset) / width, (y + settings.offset) / height];
          rows.push(...clipped([...row, w / inputWidth, h / inputHeight], settings.clip));
        }
      }
    }
  });
  return Float32Array.from(rows);
}

function priorShapes(settings: SsdPriorSettings, map: number): [number, number][] {
  const ratios = settings.aspectRatios[map] ?? [];
  const all = settings.flip ? ratios.flatMap((ratio) => [ratio, 1 / ratio]) : ratios;
  return settings.minSizes[map].flatMap((min, index) => {
    const max = settings.maxSizes[map]?.[index];
    const square: [number, number][] =
      max === undefined ? [] : [[Math.sqrt(min * max), Math.sqrt(min * max)]];
    const wide = all.map((ratio): [number, number] => [min * Math.sqrt(ratio), min / Math.sqrt(ratio)]);
    return [[min, min] as [number, number], ...square, ...wide];
  });
}

function clipped([x, y, width, height]: number[], isClipped: boolean): number[] {
  if (!isClipped) return [x, y, width, height];
  const cut = (value: number): number => Math.min(Math.max(value, 0), 1);
  const [left, right] = [cut(x - width / 2), cut(x + width / 2)];
  const [top, bottom] = [cut(y - height / 2), cut(y + height / 2)];
  return [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top];
}

/**
 * Priors of UltraFace (Linzaer): for each stride a grid of ceil(size / stride) cells, in each cell one square
 * per side; everything cut to 0..1 number by number, as its authors do.
 * @returns rows of centre x, centre y, width, height in fractions of the input
 */
export function ultraFacePriors(
  inputSize: readonly [number, number],
  strides: readonly number[],
  minBoxes: readonly (readonly number[])[],
): Float32Array {
  const [inputWidth, inputHeight] = inputSize;
  const rows: number[] = [];
  strides.forEach((stride, map) => {
    const [width, height] = [Math.ceil(inputWidth / stride), Math.ceil(inputHeight / stride)];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (const side of minBoxes[map]) {
          const row = [
            ((x + 0.5) * stride) / inputWidth,
            ((y + 0.5) * stride) / inputHeight,
            side / inputWidth,
            side / inputHeight,
          ];
          rows.push(...row.map((value) => Math.min(Math.max(value, 0), 1)));
        }
      }
    }
  });
  return Float32Array.from(rows);
}

/**
 * Priors of Caffe's mbox_priorbox blob: float32, little endian, first N x 4 corners in fractions, then N x 4
 * variances.
 * @throws StudioError 'postprocess-invalid' when the bytes are no such blob
 */
export function priorsOfBlob(bytes: Uint8Array, file: string): { priors: Float32Array; variances: number[] } {
  if (bytes.length === 0 || bytes.length % 32 !== 0) {
    throw new StudioError(
      'postprocess-invalid',
      `${bytes.length} bytes are no priors: there are 8 float32 values for each`,
      { file },
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const numbers = Float32Array.from({ length: bytes.length / 4 }, (_, index) =>
    view.getFloat32(4 * index, true),
  );
  const half = numbers.length / 2;
  const variances = [...numbers.subarray(half, half + 4)];
  if (
    !numbers.every(Number.isFinite) ||
    numbers.subarray(half).some((value, index) => value !== variances[index % 4])
  ) {
    throw new StudioError('postprocess-invalid', 'the priors are not finite or their variances differ', {
      file,
    });
  }
  const priors = new Float32Array(half);
  for (let at = 0; at < half; at += 4) {
    const [left, top, right, bottom] = numbers.subarray(at, at + 4);
    priors.set([(left + right) / 2, (top + bottom) / 2, right - left, bottom - top], at);
  }
  return { priors, variances };
}
