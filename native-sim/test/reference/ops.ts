/** Slow, obvious forms of the operators. Tensors are flat arrays with their size in W,H,C,N order. */

export interface Dense {
  size: number[];
  data: number[];
}

export const count = (size: readonly number[]): number => size.reduce((a, b) => a * b, 1);

/** Flat index of a coordinate. */
export function at(size: readonly number[], where: readonly number[]): number {
  let index = 0;
  for (let d = size.length - 1; d >= 0; d--) index = index * (size[d] ?? 1) + (where[d] ?? 0);
  return index;
}

/** Calls f with every coordinate of a tensor, in memory order. */
export function each(size: readonly number[], f: (where: number[], index: number) => void): void {
  const where = size.map(() => 0);
  for (let i = 0; i < count(size); i++) {
    f([...where], i);
    for (let d = 0; d < size.length; d++) {
      where[d] = (where[d] ?? 0) + 1;
      if ((where[d] ?? 0) < (size[d] ?? 1)) break;
      where[d] = 0;
    }
  }
}

export function build(size: number[], f: (where: number[]) => number): Dense {
  const data: number[] = [];
  each(size, (where) => data.push(f(where)));
  return { size, data };
}

export const get = (t: Dense, ...where: number[]): number => t.data[at(t.size, where)] ?? NaN;

export interface ConvOptions {
  stride: [number, number];
  pad: [number, number, number, number];
  dilation: [number, number];
  groups: number;
}

/**
 * Convolution of x [W,H,C,N] with w [kw,kh,C/groups,OC]. `depthwise`: w is [kw,kh,C,M], output channel c*M+m.
 * Elements outside the input count as 0, so zero points have to be taken out before.
 */
export function conv(x: Dense, w: Dense, bias: readonly number[], o: ConvOptions, depthwise = false): Dense {
  const [iw = 1, ih = 1, , n = 1] = x.size;
  const [kw = 1, kh = 1, wc = 1, wn = 1] = w.size;
  const length = (i: number, k: number, s: number, d: number, pads: number): number =>
    Math.floor((i + pads - ((k - 1) * d + 1)) / s) + 1;
  const ow = length(iw, kw, o.stride[0], o.dilation[0], o.pad[0] + o.pad[1]);
  const oh = length(ih, kh, o.stride[1], o.dilation[1], o.pad[2] + o.pad[3]);
  const oc = depthwise ? wc * wn : wn;
  return build([ow, oh, oc, n], ([px = 0, py = 0, c = 0, b = 0]) => {
    let sum = bias[c] ?? 0;
    const first = depthwise ? Math.floor(c / wn) : Math.floor(c / (oc / o.groups)) * wc;
    for (let i = 0; i < (depthwise ? 1 : wc); i++)
      for (let ky = 0; ky < kh; ky++)
        for (let kx = 0; kx < kw; kx++) {
          const y = py * o.stride[1] + ky * o.dilation[1] - o.pad[2];
          const xx = px * o.stride[0] + kx * o.dilation[0] - o.pad[0];
          if (y < 0 || y >= ih || xx < 0 || xx >= iw) continue;
          const weight = depthwise ? get(w, kx, ky, Math.floor(c / wn), c % wn) : get(w, kx, ky, i, c);
          sum += get(x, xx, y, first + i, b) * weight;
        }
    return sum;
  });
}

/** Transposed convolution with w [kw,kh,IC,OC]: scatter every input element. */
export function deconv(x: Dense, w: Dense, bias: readonly number[], stride: number, pad: number): Dense {
  const [iw = 1, ih = 1, ic = 1] = x.size;
  const [kw = 1, kh = 1, , oc = 1] = w.size;
  const ow = (iw - 1) * stride + kw - 2 * pad;
  const oh = (ih - 1) * stride + kh - 2 * pad;
  const out = build([ow, oh, oc, 1], ([, , c = 0]) => bias[c] ?? 0);
  each([iw, ih, ic, oc], ([px = 0, py = 0, i = 0, c = 0]) => {
    for (let ky = 0; ky < kh; ky++)
      for (let kx = 0; kx < kw; kx++) {
        const ox = px * stride + kx - pad;
        const oy = py * stride + ky - pad;
        if (ox < 0 || oy < 0 || ox >= ow || oy >= oh) continue;
        const k = at(out.size, [ox, oy, c]);
        out.data[k] = (out.data[k] ?? 0) + get(x, px, py, i) * get(w, kx, ky, i, c);
      }
  });
  return out;
}

/** Square windows; `finish` gets the values inside the input and the size of the whole window. */
export function pool(
  x: Dense,
  k: number,
  stride: number,
  pad: number,
  ceil: boolean,
  finish: (values: number[], window: number) => number,
): Dense {
  const [iw = 1, ih = 1, c = 1, n = 1] = x.size;
  const length = (i: number): number => {
    const room = (i + 2 * pad - k) / stride;
    const out = (ceil ? Math.ceil(room) : Math.floor(room)) + 1;
    return ceil && (out - 1) * stride >= i + pad ? out - 1 : out;
  };
  return build([length(iw), length(ih), c, n], ([px = 0, py = 0, ch = 0, b = 0]) => {
    const values: number[] = [];
    for (let ky = 0; ky < k; ky++)
      for (let kx = 0; kx < k; kx++) {
        const y = py * stride + ky - pad;
        const xx = px * stride + kx - pad;
        if (y >= 0 && y < ih && xx >= 0 && xx < iw) values.push(get(x, xx, y, ch, b));
      }
    return finish(values, k * k);
  });
}

/** Numpy-style broadcast. */
export function binary(a: Dense, b: Dense, f: (x: number, y: number) => number): Dense {
  const rank = Math.max(a.size.length, b.size.length);
  const size = Array.from({ length: rank }, (_, d) => Math.max(a.size[d] ?? 1, b.size[d] ?? 1));
  const pick = (t: Dense, where: number[]): number =>
    get(t, ...where.slice(0, t.size.length).map((i, d) => (t.size[d] === 1 ? 0 : i)));
  return build(size, (where) => f(pick(a, where), pick(b, where)));
}

/** A function of every element. */
export const map = (t: Dense, f: (x: number) => number): Dense => ({ size: t.size, data: t.data.map(f) });

/** An input that a case is never without. */
export function need(t: Dense | null | undefined): Dense {
  if (!t) throw new Error('an input is missing');
  return t;
}
