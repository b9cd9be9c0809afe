import { describe, expect, it } from 'vitest';
import type { NativeNodeSpec } from '../../core/simulator/native.ts';
import {
  affine,
  built,
  bytesOf,
  codes,
  distance,
  load,
  plain,
  random,
  randomCodes,
  randomFloats,
  runCodes,
  runFloat,
  signed,
  unary,
} from './harness.ts';
import { type Dense, at, binary, build, count, get, pool } from './reference/ops.ts';
import { type Affine, clamp, i8, real, rint, store, toCode, u8 } from './reference/quant.ts';

type Params = NativeNodeSpec['params'];

describe.skipIf(!built)('operators', () => {
  const sim = built ? load() : (undefined as never);

  const tensor = (size: number[], span = 1): Dense => ({ size, data: randomFloats(count(size), span) });
  const f32 = (t: Dense): Float32Array => Float32Array.from(t.data);

  /** Runs one op on float32 inputs and compares all its outputs. */
  function check(op: number, inputs: Dense[], want: Dense[], params: Params = {}, tolerance = 1e-5): void {
    for (const threads of [1, 2]) {
      const feed = Object.fromEntries(inputs.map((t, i) => [i, f32(t)]));
      const once = {
        op,
        inputs: inputs.map((t) => plain('f32', t.size)),
        feed,
        outputs: want.map((t) => plain('f32', t.size)),
        params,
        threads,
      };
      const got = runFloat(sim, once);
      want.forEach((t, i) => expect(distance(got[i] ?? [], t.data)).toBeLessThanOrEqual(tolerance));
    }
  }

  /** The same op on codes: every element of the input moves unchanged, so real values can be compared exactly. */
  function checkMove(op: number, x: Dense, want: (x: Dense) => Dense, params: Params): void {
    check(op, [x], [want(x)], params, 0);
    const q = u8(0.1, 30);
    const source = { size: x.size, data: randomCodes(count(x.size), q) };
    const moved = want(source);
    const same = {
      op,
      inputs: [affine(q, x.size)],
      feed: { 0: codes(source.data) },
      outputs: [affine(q, moved.size)],
      params,
    };
    expect(Array.from(runCodes(sim, same))).toEqual(moved.data);
    const other = u8(0.17, 80);
    const changed = runCodes(sim, { ...same, outputs: [affine(other, moved.size)] });
    expect(Array.from(changed)).toEqual(moved.data.map((v) => store(real(v, q), other)));
  }

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

  it.each([0, 1, 2, -1])('SOFTMAX and LOG_SOFTMAX along %i', (axis) => {
    const x = tensor([4, 5, 6], 5);
    const d = axis < 0 ? axis + 3 : axis;
    const along = (f: (v: number, all: number[]) => number): Dense =>
      build(x.size, (w) => {
        const all = Array.from({ length: x.size[d] ?? 1 }, (_, i) =>
          get(x, ...w.map((c, k) => (k === d ? i : c))),
        );
        return f(get(x, ...w), all);
      });
    const sum = (all: number[]): number => all.reduce((a, b) => a + Math.exp(b), 0);
    check(7, [x], [along((v, all) => Math.exp(v) / sum(all))], { axis, beta: 1 });
    check(119, [x], [along((v, all) => v - Math.log(sum(all)))], { axis, betaValue: 1 });
  });

  it('moves elements', () => {
    const x = tensor([4, 3, 5, 2]);
    const perm = [2, 0, 3, 1];
    checkMove(
      19,
      x,
      (t) =>
        build(
          perm.map((p) => t.size[p] ?? 1),
          (w) => {
            const from = [0, 0, 0, 0];
            perm.forEach((p, i) => (from[p] = w[i] ?? 0));
            return get(t, ...from);
          },
        ),
      { perm, dim_num: 4 },
    );
    checkMove(18, x, (t) => ({ size: [12, 10], data: t.data }), { size: [-1, 10], dim_num: 2 });
    checkMove(
      50,
      x,
      (t) => build([2, 3, 3, 1], ([a = 0, b = 0, c = 0, d = 0]) => get(t, a + 1, b, c + 2, d + 1)),
      {
        dims: 4,
        start: [1, 0, 2, 1],
        length: [2, 3, 3, 1],
      },
    );
    checkMove(62, x, (t) => build([2, 2, 2], ([a = 0, b = 0, c = 0]) => get(t, 3 - 2 * a, b, 1 + 2 * c, 1)), {
      begin_dims: [3, 0, 1, -1],
      begin_dims_num: 4,
      end_dims: [0, 2, 9, 0],
      end_dims_num: 4,
      stride_dims: [-2, 1, 2, 1],
      stride_dims_num: 4,
      begin_mask: 2,
      end_mask: 4,
      shrink_axis_mask: 8,
    });
    checkMove(45, x, (t) => build(t.size, ([a = 0, b = 0, c = 0, d = 0]) => get(t, 3 - a, b, 4 - c, d)), {
      axis: [0, 2],
      axis_num: 2,
    });
    checkMove(
      104,
      x,
      (t) => build([8, 3, 15, 2], ([a = 0, b = 0, c = 0, d = 0]) => get(t, a % 4, b, c % 5, d)),
      { multiples: [2, 1, 3, 1], multiples_num: 4 },
    );
    checkMove(138, tensor([1, 3, 1]), (t) => build([4, 3, 2, 2], ([, b = 0]) => get(t, 0, b, 0)), {
      shape: [4, 3, 2, 2],
      dim_num: 4,
    });
    checkMove(135, tensor([4, 1, 3, 1]), (t) => ({ size: [4, 3], data: t.data }), {
      axis: [1, 3],
      axis_num: 2,
    });
    for (const op of [13, 26, 42, 48, 131]) checkMove(op, x, (t) => t, {});
  });

  it('rearranges blocks', () => {
    const x = tensor([6, 4, 8, 2]);
    checkMove(
      47,
      x,
      (t) =>
        build([2, 2, 48, 2], ([a = 0, b = 0, c = 0, n = 0]) => {
          const block = Math.floor(c / 8);
          return get(t, a * 3 + (block % 3), b * 2 + Math.floor(block / 3), c % 8, n);
        }),
      { block_size: [3, 2] },
    );
    for (const mode of [0, 1])
      checkMove(
        46,
        x,
        (t) =>
          build([12, 8, 2, 2], ([a = 0, b = 0, c = 0, n = 0]) => {
            const inside = (b % 2) * 2 + (a % 2);
            return get(t, a >> 1, b >> 1, mode === 1 ? c * 4 + inside : inside * 2 + c, n);
          }),
        { block_size: 2, mode },
      );
    checkMove(
      43,
      x,
      (t) =>
        build(t.size, ([a = 0, b = 0, c = 0, n = 0]) => get(t, a, b, (c % 4) * 2 + Math.floor(c / 4), n)),
      { group_number: 4, axis: 2 },
    );
    checkMove(
      25,
      x,
      (t) =>
        build([3, 2, 32, 2], ([a = 0, b = 0, c = 0, n = 0]) => {
          const block = Math.floor(c / 8);
          return get(t, a * 2 + (block % 2), b * 2 + Math.floor(block / 2), c % 8, n);
        }),
      { stride: 2 },
    );
    const batches = build([3, 3, 8, 8], ([a = 0, b = 0, c = 0, n = 0]) => {
      const block = Math.floor(n / 2);
      const [px, py] = [a * 2 + (block % 2), b * 2 + Math.floor(block / 2) - 1];
      return py < 0 || py >= 4 ? 0 : get(x, px, py, c, n % 2);
    });
    check(53, [x], [batches], { block_size: [2, 2], block_size_num: 2, pad: [0, 0, 1, 1] }, 0);
    check(52, [batches], [x], { block_size: [2, 2], block_size_num: 2, crop: [0, 0, 1, 1] }, 0);
  });

  it('CONCAT, SPLIT, STACK, UNSTACK', () => {
    const [a, b] = [tensor([4, 3, 2]), tensor([4, 5, 2])];
    const whole = build([4, 8, 2], ([x = 0, y = 0, z = 0]) =>
      y < 3 ? get(a, x, y, z) : get(b, x, y - 3, z),
    );
    check(11, [a, b], [whole], { axis: 1 }, 0);
    check(12, [whole], [a, b], { axis: 1, slices: [3, 5], slices_num: 2 }, 0);
    const c = tensor([4, 3, 2]);
    const stacked = build([4, 2, 3, 2], ([x = 0, k = 0, y = 0, z = 0]) => get(k === 0 ? a : c, x, y, z));
    check(83, [a, c], [stacked], { axis: 1 }, 0);
    check(97, [stacked], [a, c], { axis: 1 }, 0);
    const [qa, qb, qo] = [u8(0.1, 10), u8(0.2, 90), u8(0.15, 128)];
    const [xa, xb] = [randomCodes(24, qa), randomCodes(40, qb)];
    const want = build([4, 8, 2], ([x = 0, y = 0, z = 0]) =>
      y < 3
        ? store(real(xa[at([4, 3, 2], [x, y, z])] ?? 0, qa), qo)
        : store(real(xb[at([4, 5, 2], [x, y - 3, z])] ?? 0, qb), qo),
    );
    const once = {
      op: 11,
      inputs: [affine(qa, [4, 3, 2]), affine(qb, [4, 5, 2])],
      feed: { 0: codes(xa), 1: codes(xb) },
      outputs: [affine(qo, [4, 8, 2])],
      params: { axis: 1 },
    };
    expect(Array.from(runCodes(sim, once))).toEqual(want.data);
  });

  it.each([0, 1, 2, 3])('PAD mode %i', (mode) => {
    const x = tensor([4, 3, 2]);
    const source = (i: number, n: number): number => {
      if (i >= 0 && i < n) return i;
      if (mode === 0) return -1;
      if (mode === 1) return i < 0 ? 0 : n - 1;
      if (mode === 2) return i < 0 ? -1 - i : 2 * n - 1 - i;
      return i < 0 ? -i : 2 * n - 2 - i;
    };
    const want = build([8, 5, 2], ([a = 0, b = 0, c = 0]) => {
      const [u, v] = [source(a - 3, 4), source(b - 1, 3)];
      return u < 0 || v < 0 ? 2 : get(x, u, v, c);
    });
    check(
      54,
      [x],
      [want],
      { front_size: [3, 1, 0], back_size: [1, 1, 0], dim_num: 3, const_val: 2, mode },
      0,
    );
  });

  it.each([
    [false, false],
    [true, false],
    [false, true],
  ])('RESIZE align %s half %s', (align, half) => {
    const x = tensor([5, 4, 2]);
    const size = [9, 7];
    const position = (i: number, d: number): number => {
      const [n, m] = [x.size[d] ?? 1, size[d] ?? 1];
      const scale = align ? (n - 1) / (m - 1) : n / m;
      return half ? (i + 0.5) * scale - 0.5 : i * scale;
    };
    const bilinear = build([9, 7, 2], ([a = 0, b = 0, c = 0]) => {
      const [u, v] = [Math.max(0, position(a, 0)), Math.max(0, position(b, 1))];
      const [u0, v0] = [Math.floor(u + 1e-6), Math.floor(v + 1e-6)];
      const g = (p: number, q: number): number => get(x, Math.min(p, 4), Math.min(q, 3), c);
      const top = g(u0, v0) * (1 - (u - u0)) + g(u0 + 1, v0) * (u - u0);
      const low = g(u0, v0 + 1) * (1 - (u - u0)) + g(u0 + 1, v0 + 1) * (u - u0);
      return top * (1 - (v - v0)) + low * (v - v0);
    });
    const params = { factor: 0, size, align_corners: align ? 1 : 0, half_pixel_centers: half ? 1 : 0 };
    check(44, [x], [bilinear], { type: 1, ...params });
    const nearest = build([9, 7, 2], ([a = 0, b = 0, c = 0]) => {
      const pick = (i: number, d: number): number => {
        const p = half ? position(i, d) + 0.5 : position(i, d);
        return clamp(align ? Math.floor(p + 0.5 + 1e-6) : Math.floor(p + 1e-6), 0, (x.size[d] ?? 1) - 1);
      };
      return get(x, pick(a, 0), pick(b, 1), c);
    });
    check(44, [x], [nearest], { type: 0, ...params }, 0);
  });

  it.each([
    [1, (v: number[]) => v.reduce((a, b) => a + b, 0) / v.length],
    [2, (v: number[]) => Math.max(...v)],
    [3, (v: number[]) => Math.min(...v)],
    [4, (v: number[]) => v.reduce((a, b) => a + b, 0)],
    [7, (v: number[]) => v.reduce((a, b) => a * b, 1)],
  ] as [number, (v: number[]) => number][])('REDUCE type %i', (type, f) => {
    const x = tensor([4, 3, 5]);
    const values = (y: number): number[] =>
      Array.from({ length: 20 }, (_, i) => get(x, i % 4, y, Math.floor(i / 4)));
    check(59, [x], [build([1, 3, 1], ([, y = 0]) => f(values(y)))], {
      type,
      axis: [0, 2],
      axis_num: 2,
      keep_dim: 1,
    });
    check(59, [x], [build([3], ([y = 0]) => f(values(y)))], {
      type,
      axis: [0, -1],
      axis_num: 2,
      keep_dim: 0,
    });
  });

  it('normalises', () => {
    const x = tensor([4, 3, 6, 2], 3);
    const vector = (size: number[]): Dense => ({
      size,
      data: randomFloats(count(size)).map((v) => Math.abs(v) + 0.1),
    });
    const [mean, variance, gamma, beta] = [vector([6]), vector([6]), vector([6]), vector([6])];
    const eps = 0.001;
    const p = (t: Dense, c: number): number => t.data[c] ?? NaN;
    const bn = build(
      x.size,
      ([a = 0, b = 0, c = 0, n = 0]) =>
        ((get(x, a, b, c, n) - p(mean, c)) * p(gamma, c)) / Math.sqrt(p(variance, c) + eps) + p(beta, c),
    );
    check(15, [x, mean, variance, gamma, beta], [bn], { eps });
    const shaped = [mean, variance, gamma, beta].map((t) => ({ size: [1, 1, 6, 1], data: t.data }));
    check(133, [x, ...shaped], [bn], { eps });
    const normalised = (group: (w: number[]) => number, channel: (w: number[]) => number): Dense => {
      const groups = new Map<number, number[]>();
      build(x.size, (w) => {
        const list = groups.get(group(w)) ?? [];
        groups.set(group(w), [...list, get(x, ...w)]);
        return 0;
      });
      return build(x.size, (w) => {
        const v = groups.get(group(w)) ?? [];
        const m = v.reduce((a, b) => a + b, 0) / v.length;
        const s = v.reduce((a, b) => a + (b - m) ** 2, 0) / v.length;
        return ((get(x, ...w) - m) / Math.sqrt(s + eps)) * p(gamma, channel(w)) + p(beta, channel(w));
      });
    };
    check(
      60,
      [x, beta, gamma],
      [
        normalised(
          ([, , c = 0, n = 0]) => n * 6 + c,
          ([, , c = 0]) => c,
        ),
      ],
      { eps },
    );
    check(
      146,
      [x, beta, gamma],
      [
        normalised(
          ([, , c = 0, n = 0]) => n * 2 + Math.floor(c / 3),
          ([, , c = 0]) => c,
        ),
      ],
      { eps, group_num: 2 },
    );
    const [b4, g4] = [
      { size: [4], data: beta.data.slice(0, 4) },
      { size: [4], data: gamma.data.slice(0, 4) },
    ];
    check(
      58,
      [x, b4, g4],
      [
        normalised(
          ([, b = 0, c = 0, n = 0]) => (n * 6 + c) * 3 + b,
          ([a = 0]) => a,
        ),
      ],
      { eps },
    );
    const norm = (b: number, a: number, n: number): number =>
      Math.sqrt(Array.from({ length: 6 }, (_, c) => get(x, a, b, c, n) ** 2).reduce((s, v) => s + v, 0));
    check(27, [x], [build(x.size, ([a = 0, b = 0, c = 0, n = 0]) => get(x, a, b, c, n) / norm(b, a, n))], {
      axis: 2,
    });
    check(
      32,
      [x, gamma],
      [build(x.size, ([a = 0, b = 0, c = 0, n = 0]) => (get(x, a, b, c, n) / norm(b, a, n)) * p(gamma, c))],
      { axis: 2 },
    );
    const lrn = build(x.size, ([a = 0, b = 0, c = 0, n = 0]) => {
      let sum = 0;
      for (let k = Math.max(0, c - 1); k <= Math.min(5, c + 1); k++) sum += get(x, a, b, k, n) ** 2;
      return get(x, a, b, c, n) / (2 + 0.3 * sum) ** 0.75;
    });
    check(70, [x], [lrn], { type: 114689, size: 3, alpha: 0.3, beta: 0.75, bias: 2, axis: 2 });
  });

  it.each([
    [0, 0],
    [1, 0],
    [0, 1],
  ])('MATRIXMUL transpose %i %i', (ta, tb) => {
    const a = tensor(ta ? [5, 7, 3] : [7, 5, 3]);
    const b = tensor(tb ? [7, 4] : [4, 7]);
    const product = (f: (x: number, y: number) => number, x: Dense, y: Dense): Dense =>
      build([4, 5, 3], ([n = 0, m = 0, batch = 0]) => {
        let sum = 0;
        for (let k = 0; k < 7; k++)
          sum += f(ta ? get(x, m, k, batch) : get(x, k, m, batch), tb ? get(y, k, n) : get(y, n, k));
        return sum;
      });
    check(56, [a, b], [product((x, y) => x * y, a, b)], { transpose: [ta, tb] });
    const [qa, qb, qc] = [u8(0.02, 99), u8(0.03, 140), u8(0.5, 128)];
    const xa = { size: a.size, data: randomCodes(count(a.size), qa) };
    const xb = { size: b.size, data: randomCodes(count(b.size), qb) };
    const acc = product((x, y) => (x - qa.zero) * (y - qb.zero), xa, xb);
    const once = {
      op: 56,
      inputs: [affine(qa, a.size), affine(qb, b.size)],
      feed: { 0: codes(xa.data), 1: codes(xb.data) },
      outputs: [affine(qc, [4, 5, 3])],
      params: { transpose: [ta, tb] },
    };
    expect(Array.from(runCodes(sim, once))).toEqual(
      acc.data.map((v) => toCode(v * ((qa.scale * qb.scale) / qc.scale), qc)),
    );
  });

  it('GATHER, ARGMAX, ARGMIN, TOPK, ONE_HOT, SELECT, comparisons', () => {
    const x = tensor([4, 6, 3]);
    const index = Int32Array.from([5, 0, -1, 2]);
    const want = build([4, 2, 2, 3], ([a = 0, i = 0, j = 0, c = 0]) =>
      get(x, a, ((index[j * 2 + i] ?? 0) + 6) % 6, c),
    );
    const gather = {
      op: 103,
      inputs: [plain('f32', x.size), plain('i32', [2, 2], index)],
      feed: { 0: f32(x) },
      outputs: [plain('f32', want.size)],
      params: { axis: 1 },
    };
    expect(runFloat(sim, gather)[0]).toEqual(want.data);
    const wrong = {
      ...gather,
      inputs: [plain('f32', x.size), plain('i32', [2, 2], Int32Array.from([6, 0, 0, 0]))],
    };
    expect(() => runFloat(sim, wrong)).toThrow(/uid 7.*GATHER.*index 6|index 6/);
    const column = (a: number, c: number): number[] => Array.from({ length: 6 }, (_, y) => get(x, a, y, c));
    const arg = (best: (v: number[]) => number): number[] =>
      build([4, 3], ([a = 0, c = 0]) => column(a, c).indexOf(best(column(a, c)))).data;
    const i32out = (op: number, params: Params): number[] =>
      runFloat(sim, {
        op,
        inputs: [plain('f32', x.size)],
        feed: { 0: f32(x) },
        outputs: [plain('i32', [4, 3])],
        params,
      })[0] ?? [];
    expect(i32out(30, { axis: 1 })).toEqual(arg((v) => Math.max(...v)));
    expect(i32out(111, { axis: 1 })).toEqual(arg((v) => Math.min(...v)));
    const sorted = (row: number): number[] => x.data.slice(row * 4, row * 4 + 4).sort((p, q) => q - p);
    check(106, [x], [build([2, 6, 3], ([k = 0, y = 0, c = 0]) => sorted(c * 6 + y)[k] ?? NaN)], { k: 2 }, 0);
    check(
      152,
      [{ size: [3], data: [2, 0, 1] }],
      [{ size: [3, 3], data: [-1, -1, 9, 9, -1, -1, -1, 9, -1] }],
      { depth: 3, on_value: 9, off_value: -1, axis: -1 },
      0,
    );
    const [a, b] = [tensor([4, 3]), tensor([4, 1])];
    const condition = { size: [1, 3], data: [1, 0, 1] };
    check(
      78,
      [condition, a, b],
      [build([4, 3], ([p = 0, q = 0]) => (q === 1 ? get(b, p, 0) : get(a, p, q)))],
      {},
      0,
    );
    const truths: ((p: number, q: number) => boolean)[] = [
      (p, q) => p > q,
      (p, q) => p >= q,
      (p, q) => p < q,
      (p, q) => p <= q,
      (p, q) => p !== q,
      (p, q) => p === q,
    ];
    truths.forEach((f, op) => check(71, [a, b], [binary(a, b, (p, q) => Number(f(p, q)))], { op }, 0));
    const bits = { size: [4], data: [0, 0, 1, 2] };
    const others = { size: [4], data: [0, 1, 0, 1] };
    check(77, [bits, others], [{ size: [4], data: [0, 1, 1, 1] }], { op: 0 }, 0);
    check(77, [bits, others], [{ size: [4], data: [0, 0, 0, 1] }], { op: 1 }, 0);
    check(77, [bits, others], [{ size: [4], data: [0, 1, 1, 0] }], { op: 2 }, 0);
    check(108, [bits], [{ size: [4], data: [1, 1, 0, 0] }], {}, 0);
    check(
      64,
      [a, b, a],
      [
        binary(
          binary(a, b, (p, q) => p * q),
          a,
          (p, q) => p + q,
        ),
      ],
    );
    check(
      100,
      [a, b, a],
      [
        binary(
          binary(a, b, (p, q) => p + q),
          a,
          (p, q) => p + q,
        ),
      ],
    );
  });

  it('converts types', () => {
    const x = [0, 1, -1, 0.1, 65504, 70000, 1e-8, -3.75, 2.5, 3.5, random()].map(Math.fround);
    const run = (to: ReturnType<typeof plain>): number[] =>
      runFloat(sim, {
        op: 48,
        inputs: [plain('f32', [x.length])],
        feed: { 0: Float32Array.from(x) },
        outputs: [to],
      })[0] ?? [];
    expect(run(plain('i32', [x.length]))).toEqual(x.map(Math.trunc).map((v) => v + 0));
    const half = run(plain('f16', [x.length]));
    half.forEach((v, i) =>
      expect(Math.abs(v - (x[i] ?? 0))).toBeLessThanOrEqual(
        (x[i] ?? 0) > 65504 ? Infinity : Math.max(6e-8, Math.abs(x[i] ?? 0) / 2048),
      ),
    );
    const dfp = { size: [x.length], vxType: 2, qntType: 1, fl: 2, virtual: false };
    expect(run(dfp)).toEqual(x.map((v) => clamp(rint(v * 4), -128, 127) / 4 + 0));
    expect(
      Array.from(sim.floatToDtype(Float32Array.from([0.25, 0.75, 99, -99]), affine(u8(0.5, 3), [4]))),
    ).toEqual([3, 5, 201, 0]);
    expect(bytesOf(Float32Array.from([1])).length).toBe(4);
  });
});
