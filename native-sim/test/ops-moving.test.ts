import { describe, expect, it } from 'vitest';
import { affine, built, codes, randomCodes, runCodes } from './harness.ts';
import { check, checkMove, sim, tensor } from './op-check.ts';
import { at, build, get, type Dense } from './reference/ops.ts';
import { clamp, real, store, u8 } from './reference/quant.ts';

describe.skipIf(!built)('moving operators', () => {
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
});
