import { describe, expect, it } from 'vitest';
import { built, random, randomFloats, runCodes, variants } from './harness.ts';
import { sim, type Params } from './op-check.ts';
import { binary, build, count, type Dense, get, pool } from './reference/ops.ts';
import { clamp, rint, toCode } from './reference/quant.ts';
import {
  affineOf,
  bfloat16,
  decode,
  dfp,
  encode,
  float16,
  float32,
  isFloat,
  type Scheme,
  stored,
  tensorOf,
} from './reference/schemes.ts';

/** Codes of integer schemes with the ends among them; real numbers of float ones. */
function valuesOf(size: number[], s: Scheme, span = 3): Dense {
  const n = count(size);
  const data = isFloat(s)
    ? randomFloats(n, span).map((v) => stored(v, s))
    : Array.from({ length: n }, () => {
        const r = random();
        return r < 0.1 ? s.lo : r < 0.2 ? s.hi : s.lo + Math.floor(random() * (s.hi - s.lo + 1));
      });
  return { size, data };
}

const real = (v: number, s: Scheme): number => (isFloat(s) ? v : (v - s.zero) * s.scale);
const reals = (t: Dense, s: Scheme): Dense => ({ size: t.size, data: t.data.map((v) => real(v, s)) });
/** A real result, as it reads back: a code, or the nearest float. */
const finish = (v: number, s: Scheme): number =>
  isFloat(s) ? stored(v, s) : toCode(Number.isNaN(v) ? 0 : v / s.scale, s);

interface Run {
  op: number;
  inputs: [Dense, Scheme][];
  size: number[];
  to: Scheme;
  params?: Params;
}

const run = ({ op, inputs, size, to, params = {} }: Run, threads = 1): number[] =>
  decode(
    runCodes(sim, {
      op,
      inputs: inputs.map(([t, s]) => tensorOf(s, t.size)),
      feed: Object.fromEntries(inputs.map(([t, s], i) => [i, encode(t.data, s)])),
      outputs: [tensorOf(to, size)],
      params,
      threads,
    }),
    to,
  );

/** Equal for integers; floats, and what is computed `from` floats, may be one step of their type apart. */
function expectClose(got: number[], want: number[], s: Scheme, from: Scheme = s): void {
  if (!isFloat(s) && !isFloat(from)) return expect(got).toEqual(want);
  if (!isFloat(s))
    return got.forEach((v, i) => expect(Math.abs(v - (want[i] ?? NaN))).toBeLessThanOrEqual(1));
  const bits = s === bfloat16 ? 8 : s === float16 ? 11 : 24;
  got.forEach((v, i) => {
    const w = want[i] ?? NaN;
    if (Object.is(v, w) || v === w) return;
    expect(Math.abs(v - w), `${v} instead of ${w}`).toBeLessThanOrEqual(Math.abs(w) * 2 ** (1 - bits) + 1e-7);
  });
}

const [u8s, i8s, i16s] = [affineOf('u8', 0.031, 117), affineOf('i8', 0.05, 3), affineOf('i16', 0.0011, 1000)];
const all: Scheme[] = [
  dfp(16, 12),
  dfp(16, -3),
  dfp(8, 5),
  u8s,
  i8s,
  i16s,
  affineOf('u16', 0.0007, 12345),
  affineOf('i8', 0.02, 0),
  float16,
  bfloat16,
  float32,
];
const pairs = all.flatMap((from) => all.map((to) => ({ from, to })));

describe.skipIf(!built)('operators in every scheme', () => {
  it.each(pairs)('conversion $from.name to $to.name', ({ from, to }) => {
    const x = valuesOf([40, 7], from, 4);
    if (isFloat(from))
      x.data.push(
        ...[0, 1e-7, -3e-5, 6e-8, 60000, -1e5, 1 + 2 ** -9, 1 + 2 ** -8].map((v) => stored(v, from)),
      );
    const size = [x.data.length];
    const want = x.data.map((v) => finish(real(v, from), to));
    const flat = { size, data: x.data };
    // DATACONVERT, RESHAPE, and two halves joined.
    expect(run({ op: 48, inputs: [[flat, from]], size, to })).toEqual(want);
    const shaped = { size: [1, ...size], dim_num: 2 };
    expect(run({ op: 18, inputs: [[flat, from]], size: [1, ...size], to, params: shaped })).toEqual(want);
    const other = valuesOf([9], dfp(16, 9));
    expect(
      run({
        op: 11,
        inputs: [
          [flat, from],
          [other, dfp(16, 9)],
        ],
        size: [x.data.length + 9],
        to,
        params: { axis: 0 },
      }),
    ).toEqual([...want, ...other.data.map((v) => finish(v * 2 ** -9, to))]);
  });

  const triples: [Scheme, Scheme, Scheme][] = [
    [dfp(16, 12), dfp(16, 12), dfp(16, 11)],
    [dfp(16, 12), dfp(16, 5), dfp(16, 6)],
    [dfp(16, 15), dfp(8, 4), dfp(16, 12)],
    [dfp(8, 5), dfp(8, 3), dfp(8, 4)],
    [dfp(16, 12), u8s, u8s],
    [u8s, i8s, i16s],
    [i16s, affineOf('u16', 0.002, 30000), i16s],
    [u8s, u8s, float32],
    [dfp(16, 12), float16, dfp(16, 10)],
    [float16, i8s, float16],
    [float16, float16, float16],
    [bfloat16, float16, bfloat16],
    [bfloat16, bfloat16, dfp(8, 4)],
  ];
  const sizes: [number[], number[]][] = [
    [[300], [300]],
    [
      [7, 5, 3],
      [1, 5, 1],
    ],
    [[1], [20, 3]],
  ];
  const integers = (a: Scheme, b: Scheme): boolean => !isFloat(a) && !isFloat(b);
  const operations: [string, number, (a: number, b: number) => number][] = [
    ['ADD', 0, (a, b) => a + b],
    ['SUBTRACT', 34, (a, b) => a - b],
    ['MULTIPLY', 1, (a, b) => a * b],
    ['DIVIDE', 41, (a, b) => a / b],
    ['MAXIMUM', 31, Math.max],
    ['MINIMUM', 75, Math.min],
  ];
  describe.each(operations)('%s', (name, op, f) => {
    it.each(triples)('%o, %o -> %o', (qa, qb, qc) => {
      for (const [sa, sb] of sizes) {
        const [a, b] = [valuesOf(sa, qa), valuesOf(sb, qb)];
        const want = binary(a, b, (x, y) => {
          const [u, v] = [x - qa.zero, y - qb.zero];
          // The rules for integers round once; everything else goes through real numbers.
          if (integers(qa, qb) && !isFloat(qc)) {
            if (name === 'ADD') return toCode(u * (qa.scale / qc.scale) + v * (qb.scale / qc.scale), qc);
            if (name === 'SUBTRACT') return toCode(u * (qa.scale / qc.scale) - v * (qb.scale / qc.scale), qc);
            if (name === 'MULTIPLY') return toCode(u * v * ((qa.scale * qb.scale) / qc.scale), qc);
          }
          const exact = f(real(x, qa), real(y, qb));
          // Two floats give a float32.
          return finish(isFloat(qa) && isFloat(qb) ? Math.fround(exact) : exact, qc);
        });
        for (const { feature, threads } of variants(sim)) {
          sim.useFeature(feature);
          const inputs: Run['inputs'] = [
            [a, qa],
            [b, qb],
          ];
          expectClose(run({ op, inputs, size: want.size, to: qc }, threads), want.data, qc);
        }
        sim.useFeature('');
      }
    });
  });

  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const functions: [string, number, (x: number) => number, Params][] = [
    ['RELU', 22, (x) => Math.max(0, x), {}],
    ['RELU6', 35, (x) => clamp(x, 0, 6), {}],
    ['CLIP', 94, (x) => clamp(x, -0.5, 1.5), { min: -0.5, max: 1.5 }],
    ['LEAKY_RELU', 9, (x) => (x > 0 ? x : x * Math.fround(0.1)), { leaky_ratio: Math.fround(0.1) }],
    ['SIGMOID', 36, sigmoid, {}],
    ['TANH', 37, Math.tanh, {}],
    ['HSWISH', 128, (x) => (x * clamp(x + 3, 0, 6)) / 6, { type: 1 }],
    ['ELU', 51, (x) => (x > 0 ? x : 0.5 * Math.expm1(x)), { alpha: 0.5 }],
    ['ABS', 66, Math.abs, {}],
    ['SQUARE', 85, (x) => x * x, {}],
    ['NEG', 86, (x) => -x, {}],
    ['ROUND', 147, rint, {}],
  ];
  it.each(functions)('%s', (_, op, f, params) => {
    const types: [Scheme, Scheme][] = [
      [dfp(16, 12), dfp(16, 12)],
      [dfp(16, 12), dfp(16, 14)],
      [dfp(16, 12), u8s],
      [dfp(8, 4), dfp(8, 5)],
      [i16s, dfp(16, 10)],
      [affineOf('u16', 0.0002, 30000), affineOf('u16', 0.0002, 30000)],
      [u8s, dfp(16, 12)],
      [i8s, bfloat16],
      [float16, float16],
      [bfloat16, bfloat16],
    ];
    for (const [from, to] of types)
      // Small tensors are computed, large ones looked up.
      for (const n of [500, 6000]) {
        const x = valuesOf([n], from);
        const want = x.data.map((v) => finish(f(real(v, from)), to));
        expectClose(run({ op, inputs: [[x, from]], size: [n], to, params }), want, to);
      }
  });

  it.each([
    [3, 2, 1, true],
    [2, 2, 0, false],
    [5, 1, 0, false],
  ])('POOL %i stride %i pad %i ceil %s', (k, s, p, ceil) => {
    const types: [Scheme, Scheme][] = [
      [dfp(16, 12), dfp(16, 12)],
      [dfp(16, 12), dfp(16, 13)],
      [dfp(8, 5), dfp(8, 5)],
      [i16s, i16s],
      [dfp(16, 12), u8s],
      [u8s, dfp(16, 12)],
      [affineOf('u16', 0.0007, 12345), float16],
      [float16, float16],
      [bfloat16, dfp(16, 12)],
    ];
    const sum = (v: number[]): number => v.reduce((a, b) => a + b, 0);
    const square = (v: number[]): number => sum(v.map((x) => x * x));
    for (const [from, to] of types) {
      const x = valuesOf([11, 11, 3, 2], from);
      const params = (type: number): Params => ({
        type,
        round_type: ceil ? 0 : 1,
        ksize: [k, k],
        stride: [s, s],
        pad: [p, p, p, p],
      });
      const check = (type: number, want: Dense): void =>
        expectClose(
          run({ op: 8, inputs: [[x, from]], size: want.size, to, params: params(type) }),
          want.data,
          to,
          from,
        );
      const ratio = from.scale / to.scale;
      const average = (v: number[], n: number): number => {
        if (isFloat(from)) return finish(Math.fround(Math.fround(sum(v)) / n), to);
        const steps = (sum(v.map((c) => c - from.zero)) / n) * ratio;
        return isFloat(to) ? stored(steps, to) : toCode(steps, to);
      };
      check(
        110592,
        pool(x, k, s, p, ceil, (v) => finish(real(Math.max(...v), from), to)),
      );
      check(110593, pool(x, k, s, p, ceil, average));
      check(
        7450625,
        pool(x, k, s, p, ceil, (v) => average(v, v.length)),
      );
      check(
        7450624,
        pool(reals(x, from), k, s, p, ceil, (v) => finish(Math.sqrt(square(v) / v.length), to)),
      );
    }
  });

  it.each([
    [0, 0],
    [1, 0],
    [0, 1],
  ])('MATRIXMUL transpose %i %i', (ta, tb) => {
    const k = 67;
    const types: [Scheme, Scheme, Scheme][] = [
      [dfp(16, 15), dfp(16, 15), dfp(16, 9)],
      [dfp(8, 7), dfp(8, 7), dfp(8, 2)],
      [dfp(16, 12), u8s, u8s],
      [u8s, i8s, i16s],
      [i16s, affineOf('u16', 0.002, 30000), float32],
      [float16, dfp(8, 6), float16],
      [bfloat16, bfloat16, bfloat16],
    ];
    for (const [qa, qb, qc] of types) {
      const a = valuesOf(ta ? [5, k, 3] : [k, 5, 3], qa, 0.5);
      const b = valuesOf(tb ? [k, 4] : [4, k], qb, 0.5);
      const sums = build([4, 5, 3], ([n = 0, m = 0, batch = 0]) => {
        let sum = 0;
        for (let i = 0; i < k; i++)
          sum +=
            ((ta ? get(a, m, i, batch) : get(a, i, m, batch)) - qa.zero) *
            ((tb ? get(b, i, n) : get(b, n, i)) - qb.zero);
        return sum;
      });
      const got = run({
        op: 56,
        inputs: [
          [a, qa],
          [b, qb],
        ],
        size: sums.size,
        to: qc,
        params: { transpose: [ta, tb] },
      });
      const steps = sums.data.map((v) => v * ((qa.scale * qb.scale) / qc.scale));
      if (integers(qa, qb) && !isFloat(qc)) expect(got).toEqual(steps.map((v) => toCode(v, qc)));
      // Sums in float32 lose more the more they cancel out.
      else
        got.forEach((v, i) =>
          expect(Math.abs(v - (steps[i] ?? NaN))).toBeLessThan(Math.abs(steps[i] ?? NaN) * 2 ** -8 + 1e-4),
        );
    }
  });

  it('SOFTMAX, REDUCE, LAYER_NORM and RESIZE compute integers in double', () => {
    for (const [from, to] of [
      [dfp(16, 11), dfp(16, 15)],
      [i16s, affineOf('u8', 1 / 256, 0)],
      [u8s, dfp(16, 15)],
    ] as const) {
      const x = valuesOf([10, 6], from);
      const r = reals(x, from);
      const rows = Array.from({ length: 6 }, (_, y) => r.data.slice(y * 10, y * 10 + 10));
      const soft = rows.flatMap((v) => {
        const e = v.map((t) => Math.exp(t - Math.max(...v)));
        const sum = e.reduce((a, b) => a + b, 0);
        return e.map((t) => finish(t * (1 / sum), to));
      });
      const inputs: Run['inputs'] = [[x, from]];
      expect(run({ op: 7, inputs, size: x.size, to, params: { beta: 1, axis: 0 } })).toEqual(soft);
      const mean = rows.map((v) => finish(v.reduce((a, b) => a + b, 0) / 10, to));
      const reduce = { type: 1, axis: [0], axis_num: 1, keep_dim: 0 };
      expect(run({ op: 59, inputs, size: [6], to, params: reduce })).toEqual(mean);
      const normal = rows.flatMap((v) => {
        const m = v.reduce((a, b) => a + b, 0) / 10;
        const variance = v.reduce((a, b) => a + (b - m) ** 2, 0) / 10;
        return v.map((t) => finish((t - m) * (1 / Math.sqrt(variance + 0.5)), to));
      });
      expect(run({ op: 58, inputs, size: x.size, to, params: { eps: 0.5 } })).toEqual(normal);
      const doubled = build([20, 12], ([a = 0, b = 0]) => {
        const at = (i: number, n: number): number => get(r, Math.min(i, 9), Math.min(n, 5));
        const [i, j] = [Math.floor(a / 2), Math.floor(b / 2)];
        const [s, t] = [(a % 2) / 2, (b % 2) / 2];
        const top = at(i, j) + (at(i + 1, j) - at(i, j)) * s;
        const low = at(i, j + 1) + (at(i + 1, j + 1) - at(i, j + 1)) * s;
        return finish(top + (low - top) * t, to);
      });
      expect(run({ op: 44, inputs, size: [20, 12], to, params: { type: 1, size: [20, 12] } })).toEqual(
        doubled.data,
      );
      const nearest = build([20, 12], ([a = 0, b = 0]) => get(x, Math.floor(a / 2), Math.floor(b / 2)));
      const params = { type: 0, size: [20, 12] };
      expect(run({ op: 44, inputs, size: [20, 12], to: from, params })).toEqual(nearest.data);
      const changed = nearest.data.map((v) => finish(real(v, from), to));
      expect(run({ op: 44, inputs, size: [20, 12], to, params })).toEqual(changed);
    }
  });
});
