/** Part of a picture of bytes, resized in fixed point with 10 bits and 15 bits for positions. */
import { build, type Dense, get } from './ops.ts';

export interface Part {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Between two neighbours: the first, and the weight of the second in 1024ths. */
function position(i: number, from: number, to: number): [number, number] {
  const step = Math.floor((from * 32768) / to);
  const x = i * step + Math.floor(step / 2) - 16384;
  const whole = Math.floor(x / 32768);
  return [Math.max(whole, 0), Math.floor((x - whole * 32768 + 16) / 32)];
}

/** Planes (byte - mean) * scale of w x h pixels, in the given order of a pixel's bytes. */
export function planesOf(
  picture: Dense,
  bytes: number,
  part: Part,
  [w, h]: readonly [number, number],
  order: readonly number[],
  normal: { mean: readonly number[]; scale: number },
): Dense {
  const [row = 1, height = 1] = picture.size;
  const width = row / bytes;
  return build([w, h, order.length], ([x = 0, y = 0, plane = 0]) => {
    const c = order[plane] ?? 0;
    const [u, wu] = w === part.width && h === part.height ? [x, 0] : position(x, part.width, w);
    const [v, wv] = w === part.width && h === part.height ? [y, 0] : position(y, part.height, h);
    const read = (i: number, j: number): number =>
      get(picture, Math.min(part.left + i, width - 1) * bytes + c, Math.min(part.top + j, height - 1));
    const line = (j: number): number => wu * (read(u + 1, j) - read(u, j)) + read(u, j) * 1024;
    const value = wv * (line(v + 1) - line(v)) + line(v) * 1024;
    return (Math.floor((value + 2 ** 19) / 2 ** 20) - (normal.mean[c] ?? 0)) * normal.scale;
  });
}

/** Red, green and blue bytes, interleaved, of brightness and two planes of colour that are 2^shift times smaller. */
export function rgbOf(light: Dense, u: Dense, v: Dense, shift: number): Dense {
  const [w = 1, h = 1] = light.size;
  const [cw = 1, ch = 1] = u.size;
  return build([w * 3, h], ([at = 0, y = 0]) => {
    const x = Math.floor(at / 3);
    const [cx, cy] = [Math.min(x >> shift, cw - 1), Math.min(y >> shift, ch - 1)];
    const [c, d, e] = [get(light, x, y) - 16, get(u, cx, cy) - 128, get(v, cx, cy) - 128];
    const sums = [298 * c + 409 * e, 298 * c - 100 * d - 208 * e, 298 * c + 516 * d];
    return Math.min(Math.max(Math.floor(((sums[at % 3] ?? NaN) + 128) / 256), 0), 255);
  });
}
