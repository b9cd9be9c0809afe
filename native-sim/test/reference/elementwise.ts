/** Functions of one and of two real numbers, as their definitions say. */
import { clamp, rint } from './quant.ts';

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** The error function: its series, or a continued fraction of what is left to 1. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 3) return Math.sign(x) * (1 - erfcTail(a));
  let term = a;
  let sum = a;
  for (let n = 1; n < 100; n++) {
    term *= (-a * a) / n;
    sum += term / (2 * n + 1);
  }
  return Math.sign(x) * sum * (2 / Math.sqrt(Math.PI));
}

function erfcTail(x: number): number {
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = k / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}

/** Parameters are float32 in the struct. */
const f = Math.fround;

/** By operator: what it computes from a number, and its parameters. */
export const unaryFunctions: Readonly<
  Record<
    string,
    { f: (x: number) => number; params?: Record<string, number>; positive?: boolean; slack?: number }
  >
> = {
  RELU: { f: (x) => Math.max(0, x) },
  RELU1: { f: (x) => clamp(x, -1, 1) },
  RELU6: { f: (x) => clamp(x, 0, 6) },
  RELUN: { f: (x) => clamp(x, -1, 1), params: { relu_clamp_top: 1, relu_clamp_bottom: -1 } },
  CLIP: { f: (x) => clamp(x, f(-0.7), f(1.9)), params: { min: f(-0.7), max: f(1.9) } },
  LEAKY_RELU: { f: (x) => (x > 0 ? x : x * f(0.13)), params: { leaky_ratio: f(0.13) } },
  RELU_KERAS: {
    f: (x) => (x < f(0.3) ? f(0.2) * (x - f(0.3)) : Math.min(x, f(1.7))),
    params: { alpha: f(0.2), max_value: f(1.7), threshold: f(0.3) },
  },
  SIGMOID: { f: sigmoid },
  HARD_SIGMOID: { f: (x) => clamp(0.2 * x + 0.5, 0, 1) },
  TANH: { f: (x) => f(1.3) * Math.tanh(f(0.7) * x), params: { scale_a: f(1.3), scale_b: f(0.7) } },
  SWISH: { f: (x) => x * sigmoid(f(1.4) * x), params: { type: 0, beta: f(1.4) } },
  ELU: { f: (x) => (x > 0 ? x : f(0.6) * Math.expm1(x)), params: { alpha: f(0.6) } },
  SOFTRELU: { f: softplus },
  MISH: { f: (x) => x * Math.tanh(softplus(x)) },
  GELU: { f: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)), params: { approximate: 0 } },
  EXP: { f: Math.exp },
  LOG: { f: Math.log, positive: true },
  SQRT: { f: Math.sqrt, positive: true },
  RSQRT: { f: (x) => 1 / Math.sqrt(x), positive: true },
  SQUARE: { f: (x) => x * x },
  ABS: { f: Math.abs },
  NEG: { f: (x) => -x },
  FLOOR: { f: Math.floor },
  CEIL: { f: Math.ceil },
  ROUND: { f: rint },
  SIN: { f: Math.sin },
  ERF: { f: erf },
  LINEAR: { f: (x) => x * f(-1.7) + f(0.4), params: { a: f(-1.7), b: f(0.4) } },
};

/** By operator: what it computes from two numbers. */
export const binaryFunctions: Readonly<
  Record<
    string,
    { f: (a: number, b: number) => number; params?: Record<string, number>; second?: 'positive' }
  >
> = {
  ADD: { f: (a, b) => a + b },
  SUBTRACT: { f: (a, b) => a - b },
  MULTIPLY: { f: (a, b) => a * b * f(0.7), params: { scale: f(0.7) } },
  DIVIDE: { f: (a, b) => (a / b) * f(1.3), params: { scale: f(1.3) }, second: 'positive' },
  MAXIMUM: { f: Math.max },
  MINIMUM: { f: Math.min },
  POW: { f: (a, b) => a ** b },
  FLOORDIV: { f: (a, b) => Math.floor(a / b), second: 'positive' },
  PRELU: { f: (a, b) => (a > 0 ? a : a * b) },
};

/** Relations and logic by their number. */
export const relations: readonly ((a: number, b: number) => boolean)[] = [
  (a, b) => a > b,
  (a, b) => a >= b,
  (a, b) => a < b,
  (a, b) => a <= b,
  (a, b) => a !== b,
  (a, b) => a === b,
];
export const logic: readonly ((a: number, b: number) => boolean)[] = [
  (a, b) => a !== 0 || b !== 0,
  (a, b) => a !== 0 && b !== 0,
  (a, b) => (a !== 0) !== (b !== 0),
];
