import type { Data, Evaluate } from './evaluate.ts';
import { outputSize, planeOf, windowOf, type Window } from './window.ts';

function pool(x: Data, win: Window, type: string, ceil: boolean, countPadding: boolean): Data {
  const { n, h, w, c } = planeOf(x);
  const oh = outputSize(h, win.kh, win.sy, win.dy, [win.top, win.bottom], ceil);
  const ow = outputSize(w, win.kw, win.sx, win.dx, [win.left, win.right], ceil);
  const data = new Float32Array(n * oh * ow * c);
  for (let at = 0; at < data.length; at++) {
    const [ch, pixel] = [at % c, Math.floor(at / c)];
    const [batch, oy, ox] = [Math.floor(pixel / (oh * ow)), Math.floor(pixel / ow) % oh, pixel % ow];
    let [top, total, seen, padded] = [-Infinity, 0, 0, 0];
    for (let ky = 0; ky < win.kh; ky++) {
      for (let kx = 0; kx < win.kw; kx++) {
        const [y, z] = [oy * win.sy + ky * win.dy - win.top, ox * win.sx + kx * win.dx - win.left];
        if (y < h + win.bottom && z < w + win.right) padded++;
        if (y < 0 || y >= h || z < 0 || z >= w) continue;
        const value = x.data[((batch * h + y) * w + z) * c + ch];
        top = Math.max(top, value);
        total += value;
        seen++;
      }
    }
    data[at] = type === 'MAX' ? top : total / (countPadding ? padded : seen);
  }
  return { shape: [n, oh, ow, c], data };
}

const pool1d: Evaluate = (layer, [x]) => {
  const [n, l, c] = x.shape;
  const [left, right] = layer.ints('pad');
  const win = {
    top: 0,
    bottom: 0,
    left,
    right,
    dy: 1,
    dx: 1,
    kh: 1,
    kw: layer.int('ksize'),
    sy: 1,
    sx: layer.int('stride'),
  };
  const out = pool(
    { shape: [n, 1, l, c], data: x.data },
    win,
    layer.text('type'),
    layer.text('round_type') === 'ceil',
    layer.int('count_include_pad', 0) === 1,
  );
  return [{ shape: [n, out.shape[2], c], data: out.data }];
};

const imageResize: Evaluate = (layer, [x]) => {
  const { n, h, w, c } = planeOf(x);
  const [oh, ow] = layer.ints('new_size');
  const [align, half, nearest] = [
    layer.flag('align_corners'),
    layer.flag('half_pixel', false),
    layer.text('type') === 'nearest',
  ];
  const position = (at: number, from: number, to: number): number => {
    const scale = align && to > 1 ? (from - 1) / (to - 1) : from / to;
    if (nearest)
      return Math.min(
        from - 1,
        align ? Math.round(at * scale) : Math.floor((at + (half ? 0.5 : 0)) * scale + 1e-9),
      );
    return Math.max(0, Math.min(from - 1, half ? (at + 0.5) * scale - 0.5 : at * scale));
  };
  const data = new Float32Array(n * oh * ow * c);
  for (let at = 0; at < data.length; at++) {
    const [ch, pixel] = [at % c, Math.floor(at / c)];
    const [batch, y, z] = [
      Math.floor(pixel / (oh * ow)),
      position(Math.floor(pixel / ow) % oh, h, oh),
      position(pixel % ow, w, ow),
    ];
    const [y0, z0] = [Math.floor(y), Math.floor(z)];
    const value = (yy: number, zz: number): number =>
      x.data[((batch * h + Math.min(yy, h - 1)) * w + Math.min(zz, w - 1)) * c + ch];
    const [fy, fz] = [y - y0, z - z0];
    const upper = value(y0, z0) * (1 - fz) + value(y0, z0 + 1) * fz;
    data[at] = upper * (1 - fy) + (value(y0 + 1, z0) * (1 - fz) + value(y0 + 1, z0 + 1) * fz) * fy;
  }
  return [{ shape: [n, oh, ow, c], data }];
};

const pooling: Evaluate = (layer, [x]) => {
  const ceil = layer.text('round_type') === 'ceil';
  return [pool(x, windowOf(layer), layer.text('type'), ceil, layer.int('count_include_pad', 0) === 1)];
};

/** Pooling and resizing. */
export const poolingOps: Readonly<Record<string, Evaluate>> = { pooling, pool1d, image_resize: imageResize };
