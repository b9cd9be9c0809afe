/** Operators that read between pixels, at places that boxes or coefficients give. */
import { build, type Dense, get } from './ops.ts';

const clampTo = (v: number, n: number): number => Math.min(Math.max(v, 0), n - 1);

/** The value between four pixels, `read` of each with its weight. */
function between(x: number, y: number, read: (i: number, j: number) => number): number {
  const [i, j] = [Math.floor(x), Math.floor(y)];
  const [u, v] = [x - i, y - j];
  return (
    read(i, j) * (1 - u) * (1 - v) +
    read(i + 1, j) * u * (1 - v) +
    read(i, j + 1) * (1 - u) * v +
    read(i + 1, j + 1) * u * v
  );
}

export interface AlignOptions {
  width: number;
  height: number;
  /** Size of the picture as a multiple of the feature map's. */
  ratio: number;
  /** Points along each side of a bin; 0 = one per element. */
  samples: number;
}

/** Averages of points in the bins of boxes x1, y1, x2, y2 of pictures; bins outside of the map are 0. */
export function roiAlign(x: Dense, boxes: Dense, pictures: Dense, o: AlignOptions): Dense {
  const [w = 1, h = 1, c = 1] = x.size;
  const side = (r: number, axis: number, bins: number): { start: (i: number) => number; bin: number } => {
    const first = get(boxes, axis, r) / o.ratio;
    const bin = Math.max((get(boxes, axis + 2, r) - get(boxes, axis, r)) / o.ratio, 1) / bins;
    return { start: (i) => clampTo(i * bin + first, axis === 0 ? w : h), bin };
  };
  return build([o.width, o.height, c, boxes.size[1] ?? 1], ([px = 0, py = 0, ch = 0, r = 0]) => {
    const [sx, sy] = [side(r, 0, o.width), side(r, 1, o.height)];
    if (sx.start(px + 1) <= sx.start(px) || sy.start(py + 1) <= sy.start(py)) return 0;
    const [nx, ny] = [o.samples || Math.ceil(sx.bin), o.samples || Math.ceil(sy.bin)];
    let sum = 0;
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const u = sx.start(px) + ((i + 0.5) * sx.bin) / nx;
        const v = sy.start(py) + ((j + 0.5) * sy.bin) / ny;
        const base = [Math.min(Math.floor(u), w - 1), Math.min(Math.floor(v), h - 1)];
        const read = (p: number, q: number): number =>
          get(x, Math.min(p, w - 1), Math.min(q, h - 1), ch, pictures.data[r] ?? 0);
        const [p = 0, q = 0] = base;
        const [a, b] = [u - p, v - q];
        sum +=
          read(p, q) * (1 - a) * (1 - b) +
          read(p + 1, q) * a * (1 - b) +
          read(p, q + 1) * (1 - a) * b +
          read(p + 1, q + 1) * a * b;
      }
    return sum / (nx * ny);
  });
}

/**
 * An affine map, rows (height, width) of theta, of pictures that reach from -1 to 1; outside of the input is 0, and what
 * lies before it one pixel further off.
 */
export function spatialTransform(x: Dense, theta: readonly number[], w: number, h: number): Dense {
  const [iw = 1, ih = 1, ...rest] = x.size;
  const [t11 = 0, t12 = 0, t13 = 0, t21 = 0, t22 = 0, t23 = 0] = theta;
  return build([w, h, ...rest], ([px = 0, py = 0, ...more]) => {
    const [a, b] = [(2 * px) / w - 1, (2 * py) / h - 1];
    const away = (v: number): number => (v < 0 ? v - 1 : v);
    const u = away(((t21 * b + t22 * a + t23 + 1) / 2) * iw);
    const v = away(((t11 * b + t12 * a + t13 + 1) / 2) * ih);
    return between(u, v, (i, j) => (i < 0 || j < 0 || i >= iw || j >= ih ? 0 : get(x, i, j, ...more)));
  });
}
