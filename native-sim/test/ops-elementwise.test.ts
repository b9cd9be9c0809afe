import { describe, expect, it } from 'vitest';
import {
  affine,
  built,
  codes,
  distance,
  randomCodes,
  randomFloats,
  runCodes,
  signed,
  unary,
} from './harness.ts';
import { check, sim, tensor, type Params } from './op-check.ts';
import { binary, count, pool, type Dense } from './reference/ops.ts';
import { clamp, i8, real, rint, store, toCode, u8, type Affine } from './reference/quant.ts';

describe.skipIf(!built)('elementwise operators', () => {
  const softplus = (x: number): number => Math.log1p(Math.exp(x));
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const erf = (x: number): number => {
    // Series; good for |x| < 3.
    let sum = 0;
    let term = x;
    for (let n = 0; n < 80; n++) {
      sum += term / (2 * n + 1);
      term *= (-x * x) / (n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  };

  const unaries: [string, number, (x: number) => number, Params][] = [
    ['RELU', 22, (x) => Math.max(0, x), {}],
    ['RELU1', 82, (x) => clamp(x, -1, 1), {}],
    ['RELU6', 35, (x) => clamp(x, 0, 6), {}],
    ['RELUN', 23, (x) => clamp(x, -1, 1), { relu_clamp_top: 1, relu_clamp_bottom: -1 }],
    ['CLIP', 94, (x) => clamp(x, -0.5, 1.5), { min: -0.5, max: 1.5 }],
    ['LEAKY_RELU', 9, (x) => (x > 0 ? x : x * 0.25), { leaky_ratio: 0.25 }],
    ['SIGMOID', 36, sigmoid, {}],
    ['HARD_SIGMOID', 136, (x) => clamp(0.2 * x + 0.5, 0, 1), {}],
    ['TANH', 37, (x) => 1.5 * Math.tanh(0.5 * x), { scale_a: 1.5, scale_b: 0.5 }],
    ['SWISH', 128, (x) => x * sigmoid(2 * x), { type: 0, beta: 2 }],
    ['HSWISH', 128, (x) => (x * clamp(x + 3, 0, 6)) / 6, { type: 1 }],
    ['ELU', 51, (x) => (x > 0 ? x : 0.5 * Math.expm1(x)), { alpha: 0.5 }],
    ['SOFTRELU', 40, softplus, {}],
    ['MISH', 137, (x) => x * Math.tanh(softplus(x)), {}],
    ['GELU', 156, (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)), { approximate: 0 }],
    [
      'GELU tanh',
      156,
      (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
      { approximate: 1 },
    ],
    ['EXP', 87, Math.exp, {}],
    ['LOG', 110, Math.log, {}],
    ['SQRT', 38, Math.sqrt, {}],
    ['RSQRT', 39, (x) => 1 / Math.sqrt(x), {}],
    ['SQUARE', 85, (x) => x * x, {}],
    ['ABS', 66, Math.abs, {}],
    ['NEG', 86, (x) => -x, {}],
    ['FLOOR', 84, Math.floor, {}],
    ['CEIL', 148, Math.ceil, {}],
    ['ROUND', 147, rint, {}],
    ['SIN', 109, Math.sin, {}],
    ['ERF', 151, erf, {}],
    [
      'RELU_KERAS',
      120,
      (x) => (x < 0.1 ? 0.2 * (x - 0.1) : Math.min(x, 2)),
      { alpha: 0.2, max_value: 2, threshold: 0.1 },
    ],
  ];

  it.each(unaries)('%s', (name, op, f, params) => {
    const positive = ['LOG', 'SQRT', 'RSQRT'].includes(name);
    const x = [...randomFloats(300, 3), 0.5, 1.5, 2.5, -0.5, -1.5].map((v) =>
      positive ? Math.abs(v) + 0.01 : v,
    );
    expect(distance(unary(sim, op, x, params), x.map(f))).toBeLessThan(1e-5);
    // 8-bit: all codes at once. Functions that are not exact in both languages may differ by one at a tie.
    const qx = positive ? u8(0.02, 0) : u8(3 / 128, 128);
    const qy = u8(0.031, 77);
    const all = Array.from({ length: 255 }, (_, i) => i + 1);
    const once = {
      op,
      inputs: [affine(qx, [255])],
      feed: { 0: codes(all) },
      outputs: [affine(qy, [255])],
      params,
    };
    expect(Array.from(runCodes(sim, once))).toEqual(all.map((c) => store(f(real(c, qx)), qy)));
  });

  const shapes: [number[], number[]][] = [
    [
      [7, 5, 3, 2],
      [7, 5, 3, 2],
    ],
    [[7, 5, 3, 2], [1]],
    [
      [7, 5, 3],
      [1, 1, 3, 2],
    ],
    [
      [1, 5, 1, 2],
      [6, 1, 4, 1],
    ],
    [[40], [40, 3]],
    [
      [2, 1, 2, 1, 2],
      [1, 3, 2, 2, 1],
    ],
  ];
  const binaries: [string, number, (a: number, b: number) => number][] = [
    ['ADD', 0, (a, b) => a + b],
    ['SUBTRACT', 34, (a, b) => a - b],
    ['MULTIPLY', 1, (a, b) => a * b],
    ['DIVIDE', 41, (a, b) => a / b],
    ['MAXIMUM', 31, Math.max],
    ['MINIMUM', 75, Math.min],
    ['FLOORDIV', 74, (a, b) => Math.floor(Math.fround(a / b))],
  ];
  describe.each(binaries)('%s', (name, op, f) => {
    it.each(shapes)('float32 %j with %j', (a, b) => {
      const [x, y] = [tensor(a, 4), tensor(b, 4)];
      check(op, [x, y], [binary(x, y, f)], {}, 1e-6);
    });

    it.each(shapes)('8-bit %j with %j', (a, b) => {
      for (const [qa, qb, qc] of [
        [u8(0.05, 128), u8(0.03, 50), u8(0.07, 128)],
        [u8(0.05, 0), u8(0.05, 255), u8(0.1, 128)],
        [i8(0.05, -3), i8(0.03, 5), i8(0.07, 1)],
      ] as [Affine, Affine, Affine][]) {
        const x = { size: a, data: randomCodes(count(a), qa) };
        const y = { size: b, data: randomCodes(count(b), qb) };
        const want = binary(x, y, (p, q) => {
          const [u, v] = [p - qa.zero, q - qb.zero];
          if (name === 'ADD') return toCode(u * (qa.scale / qc.scale) + v * (qb.scale / qc.scale), qc);
          if (name === 'SUBTRACT') return toCode(u * (qa.scale / qc.scale) - v * (qb.scale / qc.scale), qc);
          if (name === 'MULTIPLY') return toCode(u * v * ((qa.scale * qb.scale) / qc.scale), qc);
          const exact =
            name === 'FLOORDIV' ? Math.floor(real(p, qa) / real(q, qb)) : f(real(p, qa), real(q, qb));
          return store(Number.isNaN(exact) ? 0 : exact, qc);
        });
        for (const feature of sim.features()) {
          sim.useFeature(feature);
          const once = {
            op,
            inputs: [affine(qa, a), affine(qb, b)],
            feed: { 0: codes(x.data), 1: codes(y.data) },
            outputs: [affine(qc, want.size)],
          };
          expect(signed(runCodes(sim, once), qc), feature).toEqual(want.data);
        }
        sim.useFeature('');
      }
    });
  });

  it('POW and PRELU', () => {
    const x = { size: [5, 4, 3], data: randomFloats(60).map((v) => Math.abs(v) + 0.1) };
    const y = tensor([1, 4]);
    check(73, [x, y], [binary(x, y, (a, b) => a ** b)]);
    const z = tensor([5, 4, 3, 1], 2);
    const alpha = tensor([1, 1, 3, 1]);
    check(20, [z, alpha], [binary(z, alpha, (a, b) => (a > 0 ? a : a * b))]);
  });

  it.each([
    [2, 2, 0, false],
    [3, 2, 1, true],
    [3, 2, 0, true],
    [3, 1, 1, false],
    [2, 3, 1, true],
  ])('POOL %i stride %i pad %i ceil %s', (k, s, p, ceil) => {
    const x = tensor([11, 11, 3, 2]);
    const params = (type: number) => ({
      type,
      round_type: ceil ? 0 : 1,
      ksize: [k, k],
      stride: [s, s],
      pad: [p, p, p, p],
    });
    const sum = (v: number[]): number => v.reduce((a, b) => a + b, 0);
    check(8, [x], [pool(x, k, s, p, ceil, (v) => Math.max(...v))], params(110592), 0);
    check(8, [x], [pool(x, k, s, p, ceil, (v, n) => sum(v) / n)], params(110593));
    check(8, [x], [pool(x, k, s, p, ceil, (v) => sum(v) / v.length)], params(7450625));
    for (const [qa, qb] of [
      [u8(0.1, 0), u8(0.1, 0)],
      [u8(0.1, 200), u8(0.07, 9)],
      [i8(0.1, 5), i8(0.2, -9)],
    ] as [Affine, Affine][]) {
      const xi = { size: x.size, data: randomCodes(count(x.size), qa) };
      const run = (type: number, want: Dense): void => {
        const once = {
          op: 8,
          inputs: [affine(qa, x.size)],
          feed: { 0: codes(xi.data) },
          outputs: [affine(qb, want.size)],
          params: params(type),
        };
        expect(signed(runCodes(sim, once), qb)).toEqual(want.data);
      };
      const ratio = qa.scale / qb.scale;
      const shifted = (v: number[]): number => sum(v.map((c) => c - qa.zero));
      run(
        110592,
        pool(xi, k, s, p, ceil, (v) => store(real(Math.max(...v), qa), qb)),
      );
      run(
        110593,
        pool(xi, k, s, p, ceil, (v, n) => toCode((shifted(v) / n) * ratio, qb)),
      );
      run(
        7450625,
        pool(xi, k, s, p, ceil, (v) => toCode((shifted(v) / v.length) * ratio, qb)),
      );
    }
  });
});
