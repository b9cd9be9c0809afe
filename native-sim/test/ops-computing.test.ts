import { describe, expect, it } from 'vitest';
import {
  affine,
  built,
  bytesOf,
  codes,
  plain,
  random,
  randomCodes,
  randomFloats,
  runCodes,
  runFloat,
} from './harness.ts';
import { check, f32, sim, tensor, type Params } from './op-check.ts';
import { binary, build, count, get, type Dense } from './reference/ops.ts';
import { clamp, rint, toCode, u8 } from './reference/quant.ts';

describe.skipIf(!built)('computing operators', () => {
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
