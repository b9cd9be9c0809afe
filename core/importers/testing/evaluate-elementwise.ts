import { filled } from '../onnx/numeric.ts';
import type { Evaluate, Data } from './evaluate.ts';

const unary =
  (apply: (x: number) => number): Evaluate =>
  (_, [x]) => [{ shape: x.shape, data: x.data.map(apply) }];

/** Gauss error function, to about 1e-7 (series and continued fraction would be exact; tests need 1e-5). */
export function erf(x: number): number {
  const t = 1 / (1 + 0.5 * Math.abs(x));
  const c = [-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277]; // prettier-ignore
  const poly = c.reduceRight((sum, factor) => sum * t + factor, 0);
  const tail = t * Math.exp(-x * x + poly);
  return x >= 0 ? 1 - tail : tail - 1;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0);
const clamp = (x: number, low: number, high: number): number => Math.max(low, Math.min(high, x));

function broadcast(inputs: Data[], apply: (values: number[]) => number): Data {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  const padded = inputs.map(({ shape }) => [...filled(rank - shape.length, 1), ...shape]);
  const shape = Array.from({ length: rank }, (_, axis) => {
    const dims = padded.map((dim) => dim[axis]);
    const dim = Math.max(...dims);
    if (dims.some((d) => d !== 1 && d !== dim)) throw new Error(`[${padded.join('] [')}] do not broadcast`);
    return dim;
  });
  const strides = padded.map((dims) => {
    let step = 1;
    return dims.map((_, i) => i).reverse().map((i) => {
      const stride = dims[i] === 1 ? 0 : step;
      step *= dims[i];
      return stride;
    }).reverse();
  }); // prettier-ignore
  const data = new Float32Array(shape.reduce((all, dim) => all * dim, 1));
  const index = filled(rank, 0);
  const values = filled(inputs.length, 0);
  for (let target = 0; target < data.length; target++) {
    for (let k = 0; k < inputs.length; k++) {
      let at = 0;
      for (let axis = 0; axis < rank; axis++) at += index[axis] * strides[k][axis];
      values[k] = inputs[k].data[at];
    }
    data[target] = apply(values);
    for (let axis = rank - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return { shape, data };
}

const binary =
  (apply: (a: number, b: number) => number): Evaluate =>
  (_, inputs) => [broadcast(inputs, ([a, b]) => apply(a, b))];

const compare = (apply: (a: number, b: number) => boolean): Evaluate => binary((a, b) => Number(apply(a, b)));

function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  return x - down === 0.5 ? (down % 2 === 0 ? down : down + 1) : Math.round(x);
}

/** Functions of single elements. */
export const elementwiseOps: Readonly<Record<string, Evaluate>> = {
  relu: unary((x) => Math.max(x, 0)),
  sigmoid: unary(sigmoid),
  tanh: unary(Math.tanh),
  softrelu: unary(softplus),
  mish: unary((x) => x * Math.tanh(softplus(x))),
  hard_swish: unary((x) => (x * clamp(x + 3, 0, 6)) / 6),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  abs: unary(Math.abs),
  neg: unary((x) => -x),
  floor: unary(Math.floor),
  ceil: unary(Math.ceil),
  round: unary(roundHalfEven),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  sign: unary(Math.sign),
  erf: unary(erf),
  softsign: unary((x) => x / (1 + Math.abs(x))),
  logical_not: unary((x) => Number(x === 0)),
  cast: (layer, [x]) => [
    layer.text('out_data_type').startsWith('float') ? x : { shape: x.shape, data: x.data.map(Math.trunc) },
  ],
  relun: (layer, [x]) => {
    const [low, high] = [layer.number('relu_clamp_bottom', 0), layer.number('relu_clamp_top')];
    return [{ shape: x.shape, data: x.data.map((v) => clamp(v, low, high)) }];
  },
  clipbyvalue: (layer, [x]) => {
    const [low, high] = [layer.number('clip_value_min'), layer.number('clip_value_max')];
    return [{ shape: x.shape, data: x.data.map((v) => clamp(v, low, high)) }];
  },
  leakyrelu: (layer, [x]) => {
    const ratio = layer.number('leaky_ratio');
    return [{ shape: x.shape, data: x.data.map((v) => (v > 0 ? v : v * ratio)) }];
  },
  elu: (layer, [x]) => {
    const alpha = layer.number('alpha');
    return [{ shape: x.shape, data: x.data.map((v) => (v > 0 ? v : alpha * Math.expm1(v))) }];
  },
  hard_sigmoid: (layer, [x]) => {
    const [alpha, beta] = [layer.number('alpha'), layer.number('beta')];
    return [{ shape: x.shape, data: x.data.map((v) => clamp(alpha * v + beta, 0, 1)) }];
  },
  swish: (layer, [x]) => {
    const beta = layer.number('beta');
    return [{ shape: x.shape, data: x.data.map((v) => v * sigmoid(beta * v)) }];
  },
  gelu: (layer, [x]) => {
    const tanhForm = layer.flag('approximate');
    const form = (v: number): number =>
      tanhForm ? Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)) : erf(v / Math.SQRT2);
    return [{ shape: x.shape, data: x.data.map((v) => 0.5 * v * (1 + form(v))) }];
  },
  prelu: (_, [x], coefficient) => {
    const a = coefficient('a').data;
    return [{ shape: x.shape, data: x.data.map((v, i) => (v > 0 ? v : v * a[i % a.length])) }];
  },
  add: binary((a, b) => a + b),
  subtract: binary((a, b) => a - b),
  multiply: binary((a, b) => a * b),
  real_div: binary((a, b) => a / b),
  floor_div: binary((a, b) => Math.floor(a / b)),
  pow: binary(Math.pow),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  equal: compare((a, b) => a === b),
  greater: compare((a, b) => a > b),
  greater_equal: compare((a, b) => a >= b),
  less: compare((a, b) => a < b),
  less_equal: compare((a, b) => a <= b),
  logical_and: compare((a, b) => a !== 0 && b !== 0),
  logical_or: compare((a, b) => a !== 0 || b !== 0),
  logical_xor: compare((a, b) => (a !== 0) !== (b !== 0)),
  where: (_, inputs) => [broadcast(inputs, ([c, a, b]) => (c === 0 ? b : a))],
};
