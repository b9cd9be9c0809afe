import type { Layer } from '../../network/layer.ts';
import type { Data } from './evaluate.ts';

/** Sizes of a channel-last picture. */
export interface Plane {
  n: number;
  h: number;
  w: number;
  c: number;
}

/** Reads [n, h, w, c]. */
export const planeOf = ({ shape: [n, h, w, c] }: Data): Plane => ({ n, h, w, c });

/** Window of a 2-D layer. */
export function windowOf(layer: Layer) {
  const [top, bottom, left, right] = layer.ints('pad');
  const [, dy, dx] = layer.ints('dilation', [1, 1, 1, 1]);
  const [kh, kw, sy, sx] = ['ksize_h', 'ksize_w', 'stride_h', 'stride_w'].map((name) => layer.int(name));
  return { top, bottom, left, right, dy, dx, kh, kw, sy, sx };
}

/** What windowOf reads. */
export type Window = ReturnType<typeof windowOf>;

/** Number of window positions along one axis. */
export function outputSize(
  size: number,
  kernel: number,
  step: number,
  dilation: number,
  pads: [number, number],
  ceil = false,
): number {
  const room = (size + pads[0] + pads[1] - (kernel - 1) * dilation - 1) / step;
  const out = (ceil ? Math.ceil(room) : Math.floor(room)) + 1;
  return ceil && (out - 1) * step >= size + pads[0] ? out - 1 : out;
}
