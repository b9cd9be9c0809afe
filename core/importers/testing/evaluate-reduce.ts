import { filled } from '../onnx/numeric.ts';
import type { Layer } from '../../network/layer.ts';
import type { Data, Evaluate } from './evaluate.ts';

const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1);

/** Groups the elements that share all indices except those of `axes`. */
function groups(x: Data, axes: ReadonlySet<number>): { shape: number[]; members: number[][] } {
  const shape = x.shape.map((dim, axis) => (axes.has(axis) ? 1 : dim));
  const members = Array.from({ length: product(shape) }, (): number[] => []);
  const index = filled(shape.length, 0);
  for (let at = 0; at < x.data.length; at++) {
    const group = index.reduce((sum, v, axis) => sum * shape[axis] + (axes.has(axis) ? 0 : v), 0);
    members[group].push(at);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === x.shape[axis]; axis--) index[axis] = 0;
  }
  return { shape, members };
}

const reduce =
  (apply: (values: number[]) => number): Evaluate =>
  (layer, [x]) => {
    const axes = new Set(layer.ints('axis_list').map((axis) => (axis + x.shape.length) % x.shape.length));
    const { shape, members } = groups(x, axes);
    const data = Float32Array.from(members, (list) => apply(list.map((at) => x.data[at])));
    return [{ shape: layer.flag('keep_dims') ? shape : shape.filter((_, axis) => !axes.has(axis)), data }];
  };

const sum = (values: number[]): number => values.reduce((all, v) => all + v, 0);

function softmax(layer: Layer, x: Data, log: boolean): Data {
  const axis = (layer.int('sf_axis') + x.shape.length) % x.shape.length;
  const data = new Float32Array(x.data.length);
  for (const list of groups(x, new Set([axis])).members) {
    const top = Math.max(...list.map((at) => x.data[at]));
    const total = sum(list.map((at) => Math.exp(x.data[at] - top)));
    for (const at of list)
      data[at] = log ? x.data[at] - top - Math.log(total) : Math.exp(x.data[at] - top) / total;
  }
  return { shape: x.shape, data };
}

const argument =
  (better: (a: number, b: number) => boolean): Evaluate =>
  (layer, [x]) => {
    const axis = layer.int('axis');
    const { shape, members } = groups(x, new Set([axis]));
    const data = Float32Array.from(members, (list) =>
      list.reduce((best, at, i) => (better(x.data[at], x.data[list[best]]) ? i : best), 0),
    );
    return [{ shape: shape.filter((_, i) => i !== axis), data }];
  };

/** (x - mean) / sqrt(variance + eps) within each group; scale and bias repeat along the last axes. */
function normalize(x: Data, axes: ReadonlySet<number>, eps: number, scale: Data, bias: Data): Data {
  const data = new Float32Array(x.data.length);
  for (const list of groups(x, axes).members) {
    const mean = sum(list.map((at) => x.data[at])) / list.length;
    const variance = sum(list.map((at) => (x.data[at] - mean) ** 2)) / list.length;
    for (const at of list) data[at] = (x.data[at] - mean) / Math.sqrt(variance + eps);
  }
  const period = scale.data.length;
  return { shape: x.shape, data: data.map((v, i) => v * scale.data[i % period] + bias.data[i % period]) };
}

/** Ops that look at all elements along axes. */
export const reduceOps: Readonly<Record<string, Evaluate>> = {
  reducemean: reduce((values) => sum(values) / values.length),
  reducesum: reduce(sum),
  reducemax: reduce((values) => Math.max(...values)),
  reducemin: reduce((values) => Math.min(...values)),
  reduceprod: reduce((values) => values.reduce((all, v) => all * v, 1)),
  softmax: (layer, [x]) => [softmax(layer, x, false)],
  log_softmax: (layer, [x]) => [softmax(layer, x, true)],
  argmax: argument((a, b) => a > b),
  argmin: argument((a, b) => a < b),
  layernormalize: (layer, [x], coefficient) => {
    const axes = new Set(layer.ints('axis_list').map((axis) => (axis + x.shape.length) % x.shape.length));
    return [normalize(x, axes, layer.number('eps'), coefficient('scale'), coefficient('bias'))];
  },
  instancenormalize: (layer, [x], coefficient) => [
    normalize(x, new Set(layer.ints('axis')), layer.number('eps'), coefficient('scale'), coefficient('bias')),
  ],
  batchnormalize: (layer, [x], coefficient) => {
    const [beta, gamma, mean, variance] = ['beta', 'gamma', 'mean', 'variance'].map(
      (name) => coefficient(name).data,
    );
    const eps = layer.number('eps');
    const channels = beta.length;
    const data = x.data.map((v, i) => {
      const c = i % channels;
      return ((v - mean[c]) / Math.sqrt(variance[c] + eps)) * gamma[c] + beta[c];
    });
    return [{ shape: x.shape, data }];
  },
  localresponsenormalization: (layer, [x]) => {
    const size = layer.int('local_size');
    const [alpha, beta, bias] = [layer.number('alpha'), layer.number('beta'), layer.number('bias')];
    const channels = x.shape[x.shape.length - 1];
    const data = x.data.map((v, i) => {
      const c = i % channels;
      let squares = 0;
      const first = Math.max(0, c - Math.floor((size - 1) / 2));
      const last = Math.min(channels - 1, c + Math.ceil((size - 1) / 2));
      for (let k = first; k <= last; k++) squares += x.data[i - c + k] ** 2;
      return v / (bias + (alpha / size) * squares) ** beta;
    });
    return [{ shape: x.shape, data }];
  },
};
