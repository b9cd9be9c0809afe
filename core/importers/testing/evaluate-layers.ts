import type { Layer } from '../../network/layer.ts';
import type { Data, Evaluate } from './evaluate.ts';
import { outputSize, planeOf, windowOf, type Window } from './window.ts';

function convolve(x: Data, weight: Data, bias: Data, groups: number, win: Window): Data {
  const { n, h, w, c } = planeOf(x);
  const channels = weight.shape[3];
  const [inGroup, outGroup] = [c / groups, channels / groups];
  const oh = outputSize(h, win.kh, win.sy, win.dy, [win.top, win.bottom]);
  const ow = outputSize(w, win.kw, win.sx, win.dx, [win.left, win.right]);
  const data = new Float32Array(n * oh * ow * channels);
  const sums = new Float64Array(channels);
  for (let at = 0, pixel = 0; pixel < n * oh * ow; pixel++, at += channels) {
    const [batch, oy, ox] = [Math.floor(pixel / (oh * ow)), Math.floor(pixel / ow) % oh, pixel % ow];
    sums.set(bias.data);
    for (let ky = 0; ky < win.kh; ky++) {
      const y = oy * win.sy + ky * win.dy - win.top;
      if (y < 0 || y >= h) continue;
      for (let kx = 0; kx < win.kw; kx++) {
        const z = ox * win.sx + kx * win.dx - win.left;
        if (z < 0 || z >= w) continue;
        const from = ((batch * h + y) * w + z) * c;
        addProducts(
          sums,
          x.data,
          from,
          weight.data,
          (ky * win.kw + kx) * inGroup * channels,
          inGroup,
          outGroup,
          groups,
        );
      }
    }
    data.set(sums, at);
  }
  return { shape: [n, oh, ow, channels], data };
}

/** sums[o] += x[group(o)][i] * weight[i][o] */
function addProducts(
  sums: Float64Array,
  x: Float32Array,
  from: number,
  weight: Float32Array,
  base: number,
  inGroup: number,
  outGroup: number,
  groups: number,
): void {
  // prettier-ignore
  const channels = outGroup * groups;
  for (let g = 0; g < groups; g++) {
    for (let i = 0; i < inGroup; i++) {
      const value = x[from + g * inGroup + i];
      const row = base + i * channels;
      for (let o = g * outGroup; o < (g + 1) * outGroup; o++) sums[o] += value * weight[row + o];
    }
  }
}

function deconvolve(layer: Layer, x: Data, weight: Data, bias: Data): Data {
  const { n, h, w, c } = planeOf(x);
  const win = windowOf(layer);
  const groups = layer.int('group_number');
  const [, oh, ow, channels] = layer.ints('output_shape');
  const [inGroup, outGroup] = [c / groups, channels / groups];
  const sums = new Float64Array(n * oh * ow * channels);
  for (let i = 0; i < sums.length; i++) sums[i] = bias.data[i % channels];
  for (let pixel = 0; pixel < n * h * w; pixel++) {
    const [batch, y, z] = [Math.floor(pixel / (h * w)), Math.floor(pixel / w) % h, pixel % w];
    for (let ky = 0; ky < win.kh; ky++) {
      for (let kx = 0; kx < win.kw; kx++) {
        const [oy, ox] = [y * win.sy + ky - win.top, z * win.sx + kx - win.left];
        if (oy < 0 || oy >= oh || ox < 0 || ox >= ow) continue;
        const at = ((batch * oh + oy) * ow + ox) * channels;
        const base = (ky * win.kw + kx) * inGroup * channels;
        addProducts(
          sums.subarray(at, at + channels),
          x.data,
          pixel * c,
          weight.data,
          base,
          inGroup,
          outGroup,
          groups,
        );
      }
    }
  }
  return { shape: [n, oh, ow, channels], data: Float32Array.from(sums) };
}

/** [n, l, c] as a plane of height 1, and back. */
function asLine(layer: Layer, x: Data, weight: Data, bias: Data): Data {
  const [n, l, c] = x.shape;
  const [left, right] = layer.ints('pad');
  const [k, i, o] = weight.shape;
  const win = {
    top: 0,
    bottom: 0,
    left,
    right,
    dy: 1,
    dx: layer.ints('dilation')[1],
    kh: 1,
    kw: k,
    sy: 1,
    sx: layer.int('stride'),
  };
  const out = convolve(
    { shape: [n, 1, l, c], data: x.data },
    { shape: [1, k, i, o], data: weight.data },
    bias,
    layer.int('group_number'),
    win,
  );
  return { shape: [n, out.shape[2], out.shape[3]], data: out.data };
}

const fullconnect: Evaluate = (layer, [x], coefficient) => {
  const [inputs, outputs] = coefficient('weight').shape;
  const axis = layer.int('axis', 1);
  const rows = x.data.length / inputs;
  const data = new Float32Array(rows * outputs);
  const sums = new Float64Array(outputs);
  for (let row = 0; row < rows; row++) {
    sums.set(coefficient('bias').data);
    addProducts(sums, x.data, row * inputs, coefficient('weight').data, 0, inputs, outputs, 1);
    data.set(sums, row * outputs);
  }
  return [{ shape: [...x.shape.slice(0, axis), outputs], data }];
};

const matmul: Evaluate = (layer, [a, b]) => {
  const rank = a.shape.length;
  const [ta, tb] = [layer.flag('transpose_a'), layer.flag('transpose_b')];
  const [m, k] = ta ? [a.shape[rank - 1], a.shape[rank - 2]] : [a.shape[rank - 2], a.shape[rank - 1]];
  const n = tb ? b.shape[rank - 2] : b.shape[rank - 1];
  const batch = a.shape.slice(0, -2).map((dim, i) => Math.max(dim, b.shape[i]));
  const total = batch.reduce((all, dim) => all * dim, 1);
  const data = new Float32Array(total * m * n);
  const offset = (shape: readonly number[], index: number): number => {
    let [rest, at, step] = [index, 0, 1];
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      if (shape[axis] > 1) at += (rest % batch[axis]) * step;
      step *= shape[axis];
      rest = Math.floor(rest / batch[axis]);
    }
    return at;
  };
  for (let i = 0; i < total; i++) {
    const [x, y] = [offset(a.shape, i) * m * k, offset(b.shape, i) * k * n];
    for (let r = 0; r < m; r++) {
      for (let c = 0; c < n; c++) {
        let sum = 0;
        for (let j = 0; j < k; j++)
          sum += a.data[x + (ta ? j * m + r : r * k + j)] * b.data[y + (tb ? c * k + j : j * n + c)];
        data[(i * m + r) * n + c] = sum;
      }
    }
  }
  return [{ shape: [...batch, m, n], data }];
};

const line: Evaluate = (layer, [x], coefficient) => [
  asLine(layer, x, coefficient('weight'), coefficient('bias')),
];

/** Convolutions and dense layers. */
export const layerOps: Readonly<Record<string, Evaluate>> = {
  convolution: (layer, [x], coefficient) => [
    convolve(x, coefficient('weight'), coefficient('bias'), layer.int('group_number'), windowOf(layer)),
  ],
  deconvolution: (layer, [x], coefficient) => [
    deconvolve(layer, x, coefficient('weight'), coefficient('bias')),
  ],
  conv1d: line,
  depthwise_conv1d: line,
  group_conv1d: line,
  fullconnect,
  matmul,
};
