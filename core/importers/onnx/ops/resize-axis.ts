/** What a Resize asks for along one axis. */
export interface AxisResize {
  /** Elements in and out; `exact` is the output length before it was rounded down. */
  from: number;
  to: number;
  scale: number;
  /** Part of the input that tf_crop_and_resize reads, 0..1. */
  crop: readonly [start: number, end: number];
}

/** How a Resize places and weighs its pixels, whatever opset it is written in. */
export interface ResizeStyle {
  /** nearest, linear or cubic. */
  mode: string;
  /** `coordinate_transformation_mode` */
  coordinates: string;
  /** `nearest_mode` */
  rounding: string;
  antialias: boolean;
  excludeOutside: boolean;
  cubicA: number;
}

type Coordinate = (x: number, axis: AxisResize) => number;

/** Source position of a target pixel. Source: the ONNX operator text and its reference implementation. */
const COORDINATES: Readonly<Record<string, Coordinate>> = {
  asymmetric: (x, { scale }) => x / scale,
  half_pixel: (x, { scale }) => (x + 0.5) / scale - 0.5,
  half_pixel_symmetric: (x, { from, to, scale }) => {
    const adjust = to / (scale * from);
    return (from / 2) * (1 - adjust) + (x + 0.5) / scale - 0.5;
  },
  // The length before rounding decides about the special case, and about the distance of the corners.
  pytorch_half_pixel: (x, { from, scale }) => (scale * from === 1 ? -0.5 : (x + 0.5) / scale - 0.5),
  align_corners: (x, { from, scale }) => (scale * from === 1 ? 0 : (x * (from - 1)) / (scale * from - 1)),
  tf_half_pixel_for_nn: (x, { scale }) => (x + 0.5) / scale,
  tf_crop_and_resize: (x, { from, scale, crop: [start, end] }) => {
    const span = (end - start) * (from - 1);
    return start * (from - 1) + (scale * from === 1 ? span / 2 : (x * span) / (scale * from - 1));
  },
};

const ROUNDINGS: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Whether we know these words. */
export function knownStyle({ mode, coordinates, rounding }: ResizeStyle): boolean {
  return (
    ['nearest', 'linear', 'cubic'].includes(mode) &&
    Object.hasOwn(COORDINATES, coordinates) &&
    (mode !== 'nearest' || Object.hasOwn(ROUNDINGS, rounding))
  );
}

const inside = (position: number, from: number): number => Math.max(0, Math.min(from - 1, position));

/** Source positions of all pixels of an axis; undefined = outside the input, where a fill value goes. */
function positions(axis: AxisResize, { coordinates }: ResizeStyle): (number | undefined)[] {
  const place = COORDINATES[coordinates];
  return Array.from({ length: axis.to }, (_, x) => {
    const at = place(x, axis);
    const outside = coordinates === 'tf_crop_and_resize' && (at < 0 || at > axis.from - 1);
    return outside ? undefined : at;
  });
}

/** Nearest: the element that each pixel copies. */
export function nearestPlaces(axis: AxisResize, style: ResizeStyle): (number | undefined)[] {
  const round = ROUNDINGS[style.rounding];
  return positions(axis, style).map((at) => (at === undefined ? undefined : inside(round(at), axis.from)));
}

const cubic = (a: number, x: number): number => {
  const d = Math.abs(x);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
};

/** Weights of the neighbours of a position with this fraction, from the left; antialiasing widens them. */
function kernel(fraction: number, scale: number, { mode, antialias, cubicA }: ResizeStyle): number[] {
  const factor = antialias ? Math.min(scale, 1) : 1;
  const reach = mode === 'cubic' ? 2 : 1;
  const first = Math.floor(-reach / factor) + 1;
  const count = 2 - 2 * first;
  const weights = Array.from({ length: count }, (_, i) => {
    const distance = factor * (first + i - fraction);
    return mode === 'cubic' ? cubic(cubicA, distance) : Math.max(0, 1 - Math.abs(distance));
  });
  return antialias ? normalized(weights) : weights;
}

function normalized(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/**
 * The axis as a linear map: row i holds the weights of all input elements for output element i. Rows of
 * pixels outside the input are zero.
 */
export function axisWeights(axis: AxisResize, style: ResizeStyle): Float64Array[] {
  return positions(axis, style).map((at) => {
    const row = new Float64Array(axis.from);
    if (at === undefined) return row;
    // The left neighbour is preferred: a fraction is above 0 and at most 1.
    const low = Math.ceil(at) - 1;
    let weights = kernel(at - low, axis.scale, style);
    const first = low - (weights.length / 2 - 1);
    if (style.excludeOutside) {
      weights = normalized(
        weights.map((weight, i) => (first + i < 0 || first + i >= axis.from ? 0 : weight)),
      );
    }
    weights.forEach((weight, i) => (row[inside(first + i, axis.from)] += weight));
    return row;
  });
}

/** Nearest as a linear map. */
export function nearestWeights(axis: AxisResize, style: ResizeStyle): Float64Array[] {
  return nearestPlaces(axis, style).map((place) => {
    const row = new Float64Array(axis.from);
    if (place !== undefined) row[place] = 1;
    return row;
  });
}

/** Whether an output pixel reads the input at all. */
export function coverage(axis: AxisResize, style: ResizeStyle): boolean[] {
  return positions(axis, style).map((at) => at !== undefined);
}

/** Whether nothing happens along the axis. */
export function keepsAxis({ from, to }: AxisResize, rows: readonly Float64Array[]): boolean {
  return from === to && rows.every((row, i) => Math.abs(row[i] - 1) < 1e-6);
}
