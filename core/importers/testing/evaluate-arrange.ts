import { filled } from '../onnx/numeric.ts';
import type { Data, Evaluate } from './evaluate.ts';

const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1);

/** Builds an output by asking, for each output index, which element of x it is (undefined = fill). */
function pick(
  x: Data,
  shape: readonly number[],
  source: (index: readonly number[]) => readonly number[] | undefined,
  fill = 0,
): Data {
  const data = new Float32Array(product(shape));
  const index = filled(shape.length, 0);
  for (let target = 0; target < data.length; target++) {
    const from = source(index);
    let at = 0;
    if (from) for (let axis = 0; axis < x.shape.length; axis++) at = at * x.shape[axis] + from[axis];
    data[target] = from ? x.data[at] : fill;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return { shape: [...shape], data };
}

const reshape: Evaluate = (layer, [x]) => {
  const shape = layer.ints('shape').map((dim, i) => (dim === 0 ? x.shape[i] : dim));
  const known = product(shape.filter((dim) => dim !== -1));
  return [{ shape: shape.map((dim) => (dim === -1 ? x.data.length / known : dim)), data: x.data }];
};

const permute: Evaluate = (layer, [x]) => {
  const perm = layer.ints('perm');
  const from = filled(perm.length, 0);
  return [
    pick(x, perm.map((axis) => x.shape[axis]), (index) => {
      for (let i = 0; i < perm.length; i++) from[perm[i]] = index[i];
      return from;
    }),
  ]; // prettier-ignore
};

const concat: Evaluate = (layer, inputs) => {
  const rank = inputs[0].shape.length;
  const axis = (layer.int('dim') + rank) % rank;
  const shape = inputs[0].shape.map((dim, i) =>
    i === axis ? inputs.reduce((sum, x) => sum + x.shape[axis], 0) : dim,
  );
  const outer = product(shape.slice(0, axis));
  const data = new Float32Array(product(shape));
  let at = 0;
  for (let row = 0; row < outer; row++) {
    for (const x of inputs) {
      const length = x.data.length / outer;
      data.set(x.data.subarray(row * length, (row + 1) * length), at);
      at += length;
    }
  }
  return [{ shape, data }];
};

const split: Evaluate = (layer, [x]) => {
  const axis = layer.int('dim');
  const cuts = [0, ...layer.ints('slices'), x.shape[axis]];
  return cuts.slice(1).map((end, i) => {
    const shape = x.shape.map((dim, a) => (a === axis ? end - cuts[i] : dim));
    return pick(x, shape, (index) => index.map((v, a) => (a === axis ? v + cuts[i] : v)));
  });
};

const slice: Evaluate = (layer, [x]) => {
  const begin = layer.ints('begin');
  return [pick(x, layer.ints('size'), (index) => index.map((v, axis) => v + begin[axis]))];
};

const stridedslice: Evaluate = (layer, [x]) => {
  const [begin, end, steps] = ['slice_begin', 'slice_end', 'slice_strides'].map((name) => layer.ints(name));
  const shape = begin.map((first, axis) => Math.ceil((end[axis] - first) / steps[axis]));
  return [pick(x, shape, (index) => index.map((v, axis) => begin[axis] + v * steps[axis]))];
};

const reverse: Evaluate = (layer, [x]) => {
  const axes = new Set(layer.ints('axis'));
  return [pick(x, x.shape, (index) => index.map((v, axis) => (axes.has(axis) ? x.shape[axis] - 1 - v : v)))];
};

const pad: Evaluate = (layer, [x]) => {
  const amounts = (layer.parameters.get('padding_value') as number[][]).map(([before, after]) => ({
    before,
    after,
  }));
  const shape = x.shape.map((dim, axis) => dim + amounts[axis].before + amounts[axis].after);
  const mode = layer.text('padding_mode');
  const place = (value: number, dim: number): number => {
    if (mode === 'REPLICATE') return Math.max(0, Math.min(dim - 1, value));
    return mode === 'REFLECT' ? (value < 0 ? -value : value >= dim ? 2 * dim - 2 - value : value) : value;
  };
  return [
    pick(x, shape, (index) => {
      const from = index.map((v, axis) => place(v - amounts[axis].before, x.shape[axis]));
      return from.every((v, axis) => v >= 0 && v < x.shape[axis]) ? from : undefined;
    }, layer.number('padding_const')),
  ]; // prettier-ignore
};

const gather: Evaluate = (layer, [x, indices]) => {
  const axis = layer.int('axis');
  const rank = indices.shape.length;
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return [
    pick(x, shape, (index) => {
      const at = index.slice(axis, axis + rank).reduce((sum, v, i) => sum * indices.shape[i] + v, 0);
      return [...index.slice(0, axis), indices.data[at], ...index.slice(axis + rank)];
    }),
  ];
};

const depth2space: Evaluate = (layer, [x]) => {
  const [n, h, w, c] = x.shape;
  const b = layer.int('block_size');
  const depth = c / (b * b);
  const crd = layer.text('mode') === 'CRD';
  return [
    pick(x, [n, h * b, w * b, depth], ([i, y, z, d]) => {
      const block = (y % b) * b + (z % b);
      return [i, Math.floor(y / b), Math.floor(z / b), crd ? d * b * b + block : block * depth + d];
    }),
  ];
};

const space2depth: Evaluate = (layer, [x]) => {
  const [n, h, w, c] = x.shape;
  const [by, bx] = layer.ints('block_size');
  return [
    pick(x, [n, h / by, w / bx, c * by * bx], ([i, y, z, d]) => {
      const block = Math.floor(d / c);
      return [i, y * by + Math.floor(block / bx), z * bx + (block % bx), d % c];
    }),
  ];
};

/** Ops that move elements. */
export const arrangeOps: Readonly<Record<string, Evaluate>> = {
  reshape,
  permute,
  concat,
  split,
  slice,
  stridedslice,
  reverse,
  pad,
  gather,
  depth2space,
  space2depth,
  squeeze: (layer, [x]) => {
    const axes = new Set(layer.ints('axis_list'));
    return [{ shape: x.shape.filter((_, axis) => !axes.has(axis)), data: x.data }];
  },
  expand_broadcast: (layer, [x]) => [
    pick(x, layer.ints('shape'), (index) => index.map((v, axis) => (x.shape[axis] === 1 ? 0 : v))),
  ],
  tile: (layer, [x]) => {
    const times = layer.ints('multiples');
    return [pick(x, x.shape.map((dim, axis) => dim * times[axis]), (index) => index.map((v, axis) => v % x.shape[axis]))]; // prettier-ignore
  },
};
