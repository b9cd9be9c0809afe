import type { Shape } from '../../../network/tensor.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { Composer } from '../compose.ts';
import type { OnnxNode } from '../node.ts';
import { filled, product } from '../numeric.ts';
import { readWindow, windowOutput, type Window } from '../window.ts';
import { positions, taps } from './convolution-composed.ts';

/** Fill of padding that never wins a maximum; PAD holds an integer. */
const LOWEST = -(2 ** 31);

/** What a composed pooling needs to know. */
interface Pooling {
  window: Window;
  /** Spatial sizes of the result. */
  size: number[];
}

function readPooling(node: OnnxNode, spatial: Shape): Pooling {
  const window = readWindow(node, spatial);
  return { window, size: windowOutput(node, spatial, window, node.int('ceil_mode', 0) !== 0) };
}

/** Padding behind the input so that the last window is complete. */
function reach({ window, size }: Pooling, spatial: Shape): number[] {
  return size.map(
    (count, i) =>
      (count - 1) * window.strides[i] +
      (window.kernel[i] - 1) * window.dilations[i] +
      1 -
      spatial[i] -
      window.begin[i],
  );
}

/** The cuts of a window over padded input. */
function windowTaps(c: Composer, x: string, pooling: Pooling, fill: number): string[] {
  const spatial = c.shape(x).slice(2);
  const padded = c.pad(x, [0, 0, ...pooling.window.begin], [0, 0, ...reach(pooling, spatial)], fill);
  return taps(c, padded, pooling.window, pooling.size);
}

/** The window along one axis only. */
function along({ window, size }: Pooling, axis: number, spatial: Shape): Pooling {
  const only = (list: readonly number[], other: number): number[] =>
    list.map((value, i) => (i === axis ? value : other));
  return {
    window: {
      kernel: only(window.kernel, 1),
      strides: only(window.strides, 1),
      dilations: only(window.dilations, 1),
      begin: only(window.begin, 0),
      end: only(window.end, 0),
    },
    size: spatial.map((dim, i) => (i === axis ? size[i] : dim)),
  };
}

/** How many elements of each window count for an average: a constant per axis. */
function counts(pooling: Pooling, axis: number, dim: number, padding: boolean): number[] {
  const { kernel, strides, dilations, begin, end } = pooling.window;
  const [low, high] = padding ? [-begin[axis], dim + end[axis]] : [0, dim];
  return Array.from({ length: pooling.size[axis] }, (_, i) => {
    const first = i * strides[axis] - begin[axis];
    const places = Array.from({ length: kernel[axis] }, (__, k) => first + k * dilations[axis]);
    return Math.max(1, places.filter((place) => place >= low && place < high).length);
  });
}

/**
 * Pooling the NPU has no node for (dilated, 3-D, a ceil that counts padding): one axis after the other, as
 * the maximum or sum of strided cuts. Averages divide by what ONNX counts, window by window.
 */
export function poolByAxes(node: OnnxNode, builder: Builder, type: 'MAX' | 'AVG'): void {
  const c = new Composer(node, builder);
  const x = c.input(0);
  const spatial = c.shape(x).slice(2);
  const pooling = readPooling(node, spatial);
  const padding = node.int('count_include_pad', 0) !== 0;
  const pooled = spatial.reduce((all, dim, axis) => {
    const one = along(pooling, axis, c.shape(all).slice(2));
    const cuts = windowTaps(c, all, one, type === 'MAX' ? LOWEST : 0);
    const joined = cuts.reduce((a, b) => (type === 'MAX' ? c.op('Max', [a, b]) : c.add(a, b)));
    if (type === 'MAX') return joined;
    const shares = counts(pooling, axis, dim, padding).map((count) => 1 / count);
    const shape = filled(spatial.length - axis, 1);
    shape[0] = shares.length;
    return c.mul(joined, c.floats(shares, shape));
  }, x);
  c.output(0, pooled);
}

/** Pooling of 3-D data as two 2-D ones: height and width first, then depth. */
export function poolDepth(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const x = c.input(0);
  const [batch, channels, depth, height, width] = c.shape(x);
  const { window, size } = readPooling(node, [depth, height, width]);
  const step = (source: string, shape: number[], axes: number[]): string => {
    const of = (list: readonly number[], other: number): number[] =>
      axes.map((axis) => (axis < 0 ? other : list[axis]));
    return c.op(node.opType, [c.reshape(source, shape)], {
      kernel_shape: of(window.kernel, 1),
      strides: of(window.strides, 1),
      pads: [...of(window.begin, 0), ...of(window.end, 0)],
      ceil_mode: node.int('ceil_mode', 0),
      count_include_pad: node.int('count_include_pad', 0),
    });
  };
  const flat = step(x, [batch, channels * depth, height, width], [1, 2]);
  const deep = step(flat, [batch, channels, depth, size[1] * size[2]], [0, -1]);
  c.output(0, c.reshape(deep, [batch, channels, ...size]));
}

/** Flat ONNX index of the element that each tap of each window sees; shape [N, C, ...size] per tap. */
function tapIndices(node: OnnxNode, shape: Shape, pooling: Pooling): Float32Array[] {
  const spatial = shape.slice(2);
  const { window, size } = pooling;
  const columns = node.int('storage_order', 0) !== 0;
  const strides = spatial.map((_, i) =>
    columns ? product(spatial.slice(0, i)) : product(spatial.slice(i + 1)),
  );
  const planes = shape[0] * shape[1];
  return positions(window.kernel).map((at) => {
    const indices = positions(size).map((place) =>
      place.reduce(
        (sum, out, i) =>
          sum + (out * window.strides[i] - window.begin[i] + at[i] * window.dilations[i]) * strides[i],
        0,
      ),
    );
    const all = new Float32Array(planes * indices.length);
    for (let plane = 0, to = 0; plane < planes; plane++)
      for (const index of indices) all[to++] = plane * product(spatial) + index;
    return all;
  });
}

/** MaxPool with the indices of the maxima: the first tap that equals the maximum tells the index. */
export function poolWithIndices(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const x = c.input(0);
  const shape = c.shape(x);
  if (product(shape) >= 2 ** 24) throw new Unsupported('indices beyond 2^24, which float32 can not hold');
  const pooling = readPooling(node, shape.slice(2));
  const cuts = windowTaps(c, c.float(x), pooling, LOWEST);
  const indices = tapIndices(node, shape, pooling);
  const most = cuts.reduce((a, b) => c.op('Max', [a, b]));
  const full = [...shape.slice(0, 2), ...pooling.size];
  const last = cuts.length - 1;
  let found = c.floats(indices[last], full);
  for (let i = last - 1; i >= 0; i--) {
    const hit = c.op('Equal', [cuts[i], most]);
    found = c.op('Where', [hit, c.floats(indices[i], full), found]);
  }
  c.output(0, c.type(x).startsWith('float') ? most : c.op('Cast', [most], { to: 6 }));
  c.output(1, c.op('Cast', [found], { to: 7 }));
}

/** (sum of |x|^p)^(1/p) over windows: an average pooling of the powers, times the window's size. */
export function lpPool(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const x = c.input(0);
  const p = node.opset >= 2 ? node.int('p', 2) : node.float('p', 2);
  const window = readWindow(node, c.shape(x).slice(2));
  const size = c.op('Abs', [x]);
  const powers = p === 1 ? size : p === 2 ? c.mul(x, x) : c.op('Pow', [size, c.scalar(p)]);
  const mean = c.op('AveragePool', [powers], {
    kernel_shape: window.kernel,
    strides: window.strides,
    dilations: window.dilations,
    pads: [...window.begin, ...window.end],
    ceil_mode: node.int('ceil_mode', 0),
    count_include_pad: 1,
  });
  // With ceil, incomplete windows would be divided by less than the whole window.
  if (node.int('ceil_mode', 0) !== 0) throw new Unsupported('ceil_mode');
  const sum = c.mul(mean, c.scalar(product(window.kernel)));
  c.output(0, p === 1 ? sum : p === 2 ? c.op('Sqrt', [sum]) : c.op('Pow', [sum, c.scalar(1 / p)]));
}

/** Global pooling as a reduction over all spatial axes. */
export function globalReduction(type: string) {
  return (node: OnnxNode, builder: Builder): void => {
    const c = new Composer(node, builder);
    const x = c.input(0);
    const axes = c.shape(x).map((_, axis) => axis).slice(2); // prettier-ignore
    if (axes.length === 0) throw node.invalid(`the input has rank ${c.shape(x).length}`);
    const p = node.int('p', 2);
    if (type !== 'Lp') return c.output(0, c.op(type, [x, c.ints(axes)], { keepdims: 1 }));
    if (p === 1 || p === 2) return c.output(0, c.op(`ReduceL${p}`, [x, c.ints(axes)], { keepdims: 1 }));
    const powers = c.op('Pow', [c.op('Abs', [x]), c.scalar(p)]);
    const sum = c.op('ReduceSum', [powers, c.ints(axes)], { keepdims: 1 });
    c.output(0, c.op('Pow', [sum, c.scalar(1 / p)]));
  };
}

/** Puts the values of a pooling back to where their indices say; the rest is 0. */
export function maxUnpool(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const [x, indices] = [c.input(0), c.input(1)];
  const [batch, channels, ...spatial] = c.shape(x);
  const window = readWindow(node, spatial);
  const natural = spatial.map(
    (dim, i) => (dim - 1) * window.strides[i] + window.kernel[i] - window.begin[i] - window.end[i],
  );
  const shape = [batch, channels, ...natural];
  if (product(shape) >= 2 ** 24) throw new Unsupported('indices beyond 2^24, which float32 can not hold');
  const count = product(c.shape(x));
  const zeros = c.floats(new Float32Array(product(shape)));
  const flat = c.op('ScatterND', [zeros, c.reshape(indices, [count, 1]), c.reshape(x, [count])]);
  const placed = c.reshape(flat, shape);
  const asked = builder.integers(node, 2, 'the output shape');
  const more = asked?.map((dim, axis) => dim - shape[axis]) ?? filled(shape.length, 0);
  c.output(0, c.pad(placed, filled(shape.length, 0), more));
}
