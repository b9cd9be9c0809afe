/** Pooling that remembers places, its reverse, and pooling inside boxes. */
import { at, build, type Dense, each, get } from './ops.ts';

/** Maxima of k x k windows and where they lie: inside the window, or as element index of the input. */
export function poolWithArgmax(x: Dense, k: number, stride: number, pad: number, relative: boolean): Dense[] {
  const [iw = 1, ih = 1, c = 1, n = 1] = x.size;
  const length = (i: number): number => Math.floor((i + 2 * pad - k) / stride) + 1;
  const size = [length(iw), length(ih), c, n];
  const places = build(size, ([px = 0, py = 0, ch = 0, b = 0]) => {
    let best = -1;
    let top = -Infinity;
    for (let ky = 0; ky < k; ky++)
      for (let kx = 0; kx < k; kx++) {
        const [u, v] = [px * stride + kx - pad, py * stride + ky - pad];
        if (u < 0 || v < 0 || u >= iw || v >= ih || get(x, u, v, ch, b) <= top) continue;
        top = get(x, u, v, ch, b);
        best = relative ? ky * k + kx : at(x.size, [u, v, ch, b]);
      }
    return best;
  });
  const values = build(size, (where) => {
    const place = get(places, ...where);
    if (!relative) return x.data[place] ?? NaN;
    const [px = 0, py = 0, ch = 0, b = 0] = where;
    return get(x, px * stride + (place % k) - pad, py * stride + Math.floor(place / k) - pad, ch, b);
  });
  return [values, places];
}

/** Values put back where their window's maximum was, zeros elsewhere; windows of `scale` without overlap. */
export function unpool(x: Dense, places: Dense, scale: number): Dense {
  const [w = 1, h = 1, ...rest] = x.size;
  const out = build([w * scale, h * scale, ...rest], () => 0);
  each(x.size, (where, i) => {
    const place = places.data[i] ?? 0;
    const [px = 0, py = 0, ...more] = where;
    out.data[at(out.size, [px * scale + (place % scale), py * scale + Math.floor(place / scale), ...more])] =
      x.data[i] ?? NaN;
  });
  return out;
}

/** Pooled boxes [picture, x1, y1, x2, y2], corners rounded to elements that both belong to the box. */
export function roiPool(x: Dense, boxes: Dense, w: number, h: number, max: boolean): Dense {
  const [iw = 1, ih = 1, c = 1] = x.size;
  return build([w, h, c, boxes.size[1] ?? 1], ([px = 0, py = 0, ch = 0, r = 0]) => {
    const corner = (i: number): number => {
      const v = get(boxes, i, r);
      return Math.sign(v) * Math.round(Math.abs(v));
    };
    const [x1, y1] = [corner(1), corner(2)];
    const bin = (
      first: number,
      last: number,
      i: number,
      parts: number,
      start: number,
      limit: number,
    ): number[] => {
      const length = Math.fround(Math.max(last - first + 1, 1) / parts);
      const from = Math.floor(Math.fround(i * length)) + start;
      const to = Math.ceil(Math.fround((i + 1) * length)) + start;
      return [Math.min(Math.max(from, 0), limit), Math.min(Math.max(to, 0), limit)];
    };
    const [u0 = 0, u1 = 0] = bin(x1, corner(3), px, w, x1, iw);
    const [v0 = 0, v1 = 0] = bin(y1, corner(4), py, h, y1, ih);
    const values: number[] = [];
    for (let v = v0; v < v1; v++) for (let u = u0; u < u1; u++) values.push(get(x, u, v, ch, corner(0)));
    if (values.length === 0) return 0;
    return max ? Math.max(...values) : values.reduce((a, b) => a + b, 0) / values.length;
  });
}
