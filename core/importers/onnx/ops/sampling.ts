import { composed, type Composer } from '../compose.ts';
import { Unsupported } from '../builder.ts';
import { foldedCount, integersOf, product } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';

/** Base of the cubic kernel, as in ONNX. */
const CUBIC_A = -0.75;

type Padding = 'zeros' | 'border' | 'reflection';

/** One neighbour along an axis: whole positions inside the axis, and their weights (undefined = 1). */
interface Tap {
  at: string;
  weight: string | undefined;
}

const clamped = (c: Composer, name: string, low: number, high: number): string =>
  c.op('Min', [c.op('Max', [name, c.scalar(low)]), c.scalar(high)]);

/** Folds what lies outside low..high back inside, as a mirror does. */
function reflected(c: Composer, name: string, low: number, high: number): string {
  const range = high - low;
  if (range === 0) return clamped(c, name, low, high);
  const distance = c.op('Abs', [c.sub(name, c.scalar(low))]);
  const turns = c.op('Floor', [c.mul(distance, c.scalar(1 / range))]);
  const rest = c.sub(distance, c.mul(turns, c.scalar(range)));
  const half = c.op('Floor', [c.mul(turns, c.scalar(0.5))]);
  const odd = c.sub(turns, c.mul(half, c.scalar(2)));
  const back = c.sub(c.scalar(range), c.mul(rest, c.scalar(2)));
  return c.add(c.add(rest, c.scalar(low)), c.mul(odd, back));
}

/** Where the pixels end: at the centres of the outermost ones, or half a pixel further. */
const bounds = (size: number, corners: boolean): [number, number] =>
  corners ? [0, size - 1] : [-0.5, size - 0.5];

/** A whole position brought inside the axis, and whether it was inside. */
function tap(
  c: Composer,
  at: string,
  weight: string | undefined,
  size: number,
  padding: Padding,
  corners: boolean,
): Tap {
  const mirrored = padding === 'reflection' ? reflected(c, at, ...bounds(size, corners)) : at;
  const inside = clamped(c, mirrored, 0, size - 1);
  if (padding !== 'zeros') return { at: inside, weight };
  const hit = c.op('Cast', [c.op('Equal', [inside, at])], { to: 1 });
  return { at: inside, weight: weight === undefined ? hit : c.mul(weight, hit) };
}

/** Weights of the four neighbours at -1, 0, 1, 2 of a cubic with fraction t. */
function cubicWeights(c: Composer, t: string): string[] {
  const a = CUBIC_A;
  const polynomial = (x: string, coefficients: readonly number[]): string =>
    coefficients
      .slice(1)
      .reduce((sum, next) => c.add(c.mul(x, sum), c.scalar(next)), c.scalar(coefficients[0]));
  const near = [a + 2, -(a + 3), 0, 1];
  const far = [a, -5 * a, 8 * a, -4 * a];
  const rest = c.sub(c.scalar(1), t);
  return [
    polynomial(c.add(t, c.scalar(1)), far),
    polynomial(t, near),
    polynomial(rest, near),
    polynomial(c.add(rest, c.scalar(1)), far),
  ];
}

/** The neighbours along one axis of positions in pixels. */
function tapsOf(
  c: Composer,
  position: string,
  size: number,
  mode: string,
  padding: Padding,
  corners: boolean,
): Tap[] {
  const make = (at: string, weight?: string): Tap => tap(c, at, weight, size, padding, corners);
  const start = mode === 'nearest' ? c.op('Round', [position]) : position;
  const placed =
    padding === 'zeros'
      ? start
      : padding === 'border'
        ? clamped(c, start, 0, size - 1)
        : reflected(c, start, ...bounds(size, corners));
  if (mode === 'nearest') return [make(placed)];
  const low = c.op('Floor', [placed]);
  const t = c.sub(placed, low);
  if (mode === 'linear') return [make(low, c.sub(c.scalar(1), t)), make(c.add(low, c.scalar(1)), t)];
  return cubicWeights(c, t).map((weight, i) => make(c.add(low, c.scalar(i - 1)), weight));
}

/** Every combination of one neighbour per axis: its place in C order and its weight. */
function combined(c: Composer, axes: readonly (readonly Tap[])[], sizes: readonly number[]): Tap[] {
  return axes.reduce<Tap[]>(
    (taps, own, axis) =>
      taps.flatMap(({ at, weight }) =>
        own.map((next) => ({
          at: at === '' ? next.at : c.add(c.mul(at, c.scalar(sizes[axis])), next.at),
          weight:
            weight === undefined || next.weight === undefined
              ? (weight ?? next.weight)
              : c.mul(weight, next.weight),
        })),
      ),
    [{ at: '', weight: undefined }],
  );
}

const MODES: Readonly<Record<string, string>> = {
  bilinear: 'linear',
  bicubic: 'cubic',
  linear: 'linear',
  cubic: 'cubic',
  nearest: 'nearest',
};

const gridSample = composed((c, node) => {
  const [data, grid] = [c.input(0), c.input(1)];
  const [batch, channels, ...sizes] = c.shape(data);
  const rank = sizes.length;
  const output = c.shape(grid).slice(1, -1);
  if (output.length !== rank || c.shape(grid).at(-1) !== rank)
    throw node.invalid(`a grid [${c.shape(grid).join(',')}] for [${c.shape(data).join(',')}]`);
  if (product(sizes) > 2 ** 24) throw new Unsupported('a picture of more than 2^24 pixels');
  const mode = MODES[node.text('mode', 'linear')];
  const padding = node.text('padding_mode', 'zeros');
  if (mode === undefined || (padding !== 'zeros' && padding !== 'border' && padding !== 'reflection'))
    throw node.invalid(`mode "${node.text('mode', 'linear')}" with padding "${padding}"`);
  const corners = node.int('align_corners', 0) !== 0;
  const points = product(output);
  const parts = Array.from({ length: batch }, (_, index) => {
    const positions = c.reshape(c.slice(grid, 0, index, 1), [points, rank]);
    const axes = sizes.map((size, axis) => {
      const given = c.reshape(c.slice(positions, 1, rank - 1 - axis, 1), [points]);
      const [factor, offset] = corners ? [(size - 1) / 2, (size - 1) / 2] : [size / 2, (size - 1) / 2];
      const position = c.add(c.mul(given, c.scalar(factor)), c.scalar(offset));
      return tapsOf(c, position, size, mode, padding, corners);
    });
    const picture = c.reshape(c.slice(data, 0, index, 1), [channels, product(sizes)]);
    const terms = combined(c, axes, sizes).map(({ at, weight }) => {
      const picked = c.op('Gather', [picture, c.op('Cast', [at], { to: 7 })], { axis: 1 });
      return weight === undefined ? picked : c.mul(picked, weight);
    });
    const sum = terms.slice(1).reduce((total, next) => c.add(total, next), terms[0]);
    return c.reshape(sum, [1, channels, ...output]);
  });
  c.output(0, c.concat(parts, 0));
});

/** Positions -1..1 of the pixels along an axis. */
function axisPositions(size: number, corners: boolean): number[] {
  return Array.from({ length: size }, (_, i) =>
    corners ? (size === 1 ? -1 : (2 * i) / (size - 1) - 1) : (2 * i + 1) / size - 1,
  );
}

const affineGrid = composed((c, node) => {
  const known = c.known(c.input(1));
  if (!known) throw new Unsupported('a size that is only known at run time');
  const [batch, , ...sizes] = integersOf(known);
  const rank = sizes.length;
  const corners = node.int('align_corners', 0) !== 0;
  const lines = sizes.map((size) => axisPositions(size, corners));
  const points = foldedCount(sizes);
  const base = new Float32Array(points * (rank + 1));
  for (let point = 0; point < points; point++) {
    let left = point;
    for (let axis = rank - 1; axis >= 0; axis--) {
      base[point * (rank + 1) + (rank - 1 - axis)] = lines[axis][left % sizes[axis]];
      left = Math.floor(left / sizes[axis]);
    }
    base[point * (rank + 1) + rank] = 1;
  }
  const theta = c.transpose(c.input(0), [0, 2, 1]);
  const grid = c.op('MatMul', [c.floats(base, [points, rank + 1]), theta]);
  c.output(0, c.reshape(grid, [batch, ...sizes, rank]));
});

/** Operators that read pictures at computed positions. */
export const sampling: OperatorFamily = {
  GridSample: { convert: gridSample },
  AffineGrid: { convert: affineGrid },
};
