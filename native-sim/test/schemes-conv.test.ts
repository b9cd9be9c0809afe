import { describe, expect, it } from 'vitest';
import {
  base,
  biasOf,
  channelsOf,
  codesOf,
  combinations,
  i8x,
  type Layer,
  layers,
  less,
  paramsOf,
} from './conv-layers.ts';
import { built, bytesOf, plain, randomFloats, runCodes, variants } from './harness.ts';
import { sim } from './op-check.ts';
import { conv, count, deconv } from './reference/ops.ts';
import { toCode } from './reference/quant.ts';
import {
  affineOf,
  bfloat16,
  decode,
  dfp,
  float16,
  float32,
  isFloat,
  type Scheme,
  stored,
  tensorOf,
  encode,
} from './reference/schemes.ts';

/** The rule: exact sums, times the ratio of scales, one rounding. */
function finish(acc: number, ratio: number, real: number, y: Scheme): number {
  const v = acc * ratio + real / y.scale;
  return isFloat(y) ? stored(v, y) : toCode(v, y);
}

describe.skipIf(!built)('convolutions in every scheme', () => {
  describe.each(layers)('$name', (layer) => {
    it.each(combinations)('$x.name x $w.name -> $y.name, bias $bias', (c) => {
      for (const extreme of [false, true]) {
        const x = { size: layer.x, data: codesOf(count(layer.x), c.x, extreme) };
        const w = { size: layer.w, data: codesOf(count(layer.w), c.w, extreme) };
        const bias = biasOf(c, channelsOf(layer));
        const acc = conv(less(x, c.x.zero), less(w, c.w.zero), bias.steps, layer, layer.depthwise);
        const plane = (acc.size[0] ?? 1) * (acc.size[1] ?? 1);
        const ratio = (c.x.scale * c.w.scale) / c.y.scale;
        const want = acc.data.map((a, i) =>
          finish(a, ratio, bias.real[Math.floor(i / plane) % channelsOf(layer)] ?? 0, c.y),
        );
        for (const { feature, threads } of variants(sim)) {
          sim.useFeature(feature);
          const got = runCodes(sim, {
            op: layer.op,
            inputs: [tensorOf(c.x, layer.x), tensorOf(c.w, layer.w, w.data), bias.tensor],
            feed: { 0: encode(x.data, c.x) },
            outputs: [tensorOf(c.y, acc.size)],
            params: paramsOf(layer),
            threads,
          });
          expect(decode(got, c.y), `${feature} ${threads}`).toEqual(want);
        }
      }
      sim.useFeature('');
    });
  });

  it.each(combinations)('fully connected: $x.name x $w.name -> $y.name, bias $bias', (c) => {
    const [n, outputs] = [2100, 7];
    for (const extreme of [false, true]) {
      const x = { size: [1, 1, n, 2], data: codesOf(n * 2, c.x, extreme) };
      const w = { size: [1, 1, n, outputs], data: codesOf(n * outputs, c.w, extreme) };
      const bias = biasOf(c, outputs);
      const acc = conv(less(x, c.x.zero), less(w, c.w.zero), bias.steps, { ...base, pad: [0, 0, 0, 0] });
      const ratio = (c.x.scale * c.w.scale) / c.y.scale;
      const want = acc.data.map((a, i) => finish(a, ratio, bias.real[i % outputs] ?? 0, c.y));
      for (const { feature, threads } of variants(sim)) {
        sim.useFeature(feature);
        const got = runCodes(sim, {
          op: 5,
          inputs: [tensorOf(c.x, [n, 2]), tensorOf(c.w, [n, outputs], w.data), bias.tensor],
          feed: { 0: encode(x.data, c.x) },
          outputs: [tensorOf(c.y, [outputs, 2])],
          params: { weights: outputs },
          threads,
        });
        expect(decode(got, c.y), `${feature} ${threads}`).toEqual(want);
      }
    }
    sim.useFeature('');
  });

  it('a fully connected layer whose operands are all the least code', () => {
    const [s, y] = [dfp(16, 15), dfp(16, 3)];
    const n = 4096;
    const least = Array.from({ length: n }, () => -32768);
    for (const feature of sim.features()) {
      sim.useFeature(feature);
      const once = {
        op: 5,
        inputs: [tensorOf(s, [n, 1]), tensorOf(s, [n, 1], least)],
        feed: { 0: encode(least, s) },
        outputs: [tensorOf(dfp(16, 2), [1, 1])],
        params: { weights: 1 },
      };
      // 4096 * 2^30 * 2^-30, in steps of 2^-2 and, saturated, of 2^-3.
      expect(decode(runCodes(sim, once), y), feature).toEqual([16384]);
      const full = runCodes(sim, { ...once, outputs: [tensorOf(y, [1, 1])] });
      expect(decode(full, y), feature).toEqual([32767]);
    }
    sim.useFeature('');
  });

  it('operands whose upper bytes tell least about them', () => {
    const [s, y] = [dfp(16, 15), dfp(16, 1)];
    const xs = [32767, 32767 - 255, 255, 0, -1, -256, -32768, -32768 + 255, 127, 128];
    const ws = [32767, 32640, 32639, 32512, 383, 384, 128, 127, -128, -129, -32768, -32641, -32640, -32513];
    const n = 2048;
    const line = (v: number): number[] => Array.from({ length: n }, () => v);
    const want = xs.flatMap((x) => ws.map((w) => toCode(n * x * w * 2 ** -29, y)));
    for (const feature of sim.features()) {
      sim.useFeature(feature);
      const dense = runCodes(sim, {
        op: 5,
        inputs: [tensorOf(s, [n, xs.length]), tensorOf(s, [n, ws.length], ws.flatMap(line))],
        feed: { 0: encode(xs.flatMap(line), s) },
        outputs: [tensorOf(y, [ws.length, xs.length])],
        params: { weights: ws.length },
      });
      expect(decode(dense, y), feature).toEqual(want);
      const pointwise = runCodes(sim, {
        op: 2,
        inputs: [tensorOf(s, [1, 1, n, xs.length]), tensorOf(s, [1, 1, n, ws.length], ws.flatMap(line))],
        feed: { 0: encode(xs.flatMap(line), s) },
        outputs: [tensorOf(y, [1, 1, ws.length, xs.length])],
        params: { ksize: [1, 1], stride: [1, 1], dilation: [1, 1] },
      });
      expect(decode(pointwise, y), feature).toEqual(want);
    }
    sim.useFeature('');
  });

  it('an int64 bias beyond 2^53 is rounded once, half to even', () => {
    const [s, y] = [dfp(16, 15), dfp(16, -20)];
    // 2^50 steps make one step of the output.
    const [step, half] = [1n << 50n, 1n << 49n];
    const bias = [
      5n * step + half,
      5n * step + half - 1n,
      6n * step + half,
      6n * step + half + 1n,
      -half,
      -3n * half,
      -3n * half - 1n,
    ];
    const tensor = { ...plain('i64', [bias.length], BigInt64Array.from(bias)), qntType: 1, fl: 30 };
    const got = runCodes(sim, {
      op: 5,
      inputs: [
        tensorOf(s, [1, 1]),
        tensorOf(
          s,
          [1, bias.length],
          bias.map(() => 0),
        ),
        tensor,
      ],
      feed: { 0: encode([1], s) },
      outputs: [tensorOf(y, [bias.length, 1])],
      params: { weights: bias.length },
    });
    expect(decode(got, y)).toEqual([6, 5, 6, 7, 0, -2, -2]);
  });

  it('transposed, int16', () => {
    const [sx, sw, sy] = [dfp(16, 12), dfp(16, 15), dfp(16, 5)];
    const [size, weight] = [
      [5, 4, 9, 1],
      [4, 4, 9, 2],
    ];
    const x = { size, data: codesOf(count(size), sx, true) };
    const w = { size: weight, data: codesOf(count(weight), sw, true) };
    const acc = deconv(x, w, [1000, -5], 2, 1);
    const once = {
      op: 17,
      inputs: [
        tensorOf(sx, size),
        tensorOf(sw, weight, w.data),
        plain('i64', [2], BigInt64Array.from([1000n, -5n])),
      ],
      feed: { 0: encode(x.data, sx) },
      outputs: [tensorOf(sy, acc.size)],
      params: { ksize: [4, 4], stride: [2, 2], pad: [1, 1, 1, 1], weights: 2, group: 1 },
    };
    for (const feature of sim.features()) {
      sim.useFeature(feature);
      expect(decode(runCodes(sim, once), sy), feature).toEqual(acc.data.map((a) => toCode(a * 2 ** -22, sy)));
    }
    sim.useFeature('');
  });

  it.each([
    ['convolution', base, [9, 7, 5, 1], [3, 3, 5, 6], 3],
    ['depthwise', { ...base, depthwise: true }, [9, 7, 6, 1], [3, 3, 6, 1], 2],
  ] as const)(
    'per-channel int8 weights on asymmetric int8 and int16: %s',
    (name, options, xs, ws, channelDim) => {
      const layer: Layer = { ...options, name, x: [...xs], w: [...ws] };
      const scales = Float32Array.from({ length: 6 }, (_, i) => 0.003 * (i + 1));
      for (const [sx, sy] of [
        [i8x, affineOf('i8', 0.2, 9)],
        [dfp(16, 9), dfp(16, 4)],
        [i8x, bfloat16],
      ] as const) {
        const x = { size: layer.x, data: codesOf(count(layer.x), sx, false) };
        const w = { size: layer.w, data: codesOf(count(layer.w), dfp(8, 0), false) };
        const steps = randomFloats(6, 20000).map(Math.round);
        const acc = conv(less(x, sx.zero), w, steps, layer, layer.depthwise);
        const want = acc.data.map((a, i) =>
          finish(a, (sx.scale * (scales[Math.floor(i / 63) % 6] ?? 0)) / sy.scale, 0, sy),
        );
        const weight = {
          size: layer.w,
          vxType: 2,
          qntType: 3,
          scales,
          channelDim,
          virtual: false,
          data: encode(w.data, dfp(8, 0)),
        };
        for (const { feature, threads } of variants(sim)) {
          sim.useFeature(feature);
          const got = runCodes(sim, {
            op: 2,
            inputs: [tensorOf(sx, layer.x), weight, plain('i32', [6], Int32Array.from(steps))],
            feed: { 0: encode(x.data, sx) },
            outputs: [tensorOf(sy, acc.size)],
            params: paramsOf(layer),
            threads,
          });
          expect(decode(got, sy), `${feature} ${threads}`).toEqual(want);
        }
      }
      sim.useFeature('');
    },
  );

  it.each([
    [float16, affineOf('i8', 0.01, 3), float16, 'float32'],
    [float16, dfp(16, 14), dfp(16, 8), 'int32'],
    [bfloat16, bfloat16, bfloat16, 'float32'],
    [float32, affineOf('u8', 0.01, 100), affineOf('u8', 0.2, 128), 'int32'],
  ] as const)('real operands: %o x %o -> %o, bias %s', (sx, sw, sy, kind) => {
    const layer: Layer = { ...base, name: '', x: [9, 7, 5, 1], w: [3, 3, 5, 6] };
    const data = (n: number, s: Scheme): number[] =>
      isFloat(s) ? randomFloats(n).map((v) => stored(v, s)) : codesOf(n, s, false);
    const value = (v: number, s: Scheme): number => (isFloat(s) ? v : (v - s.zero) * s.scale);
    const x = { size: layer.x, data: data(count(layer.x), sx) };
    const w = { size: layer.w, data: data(count(layer.w), sw) };
    const bias = randomFloats(6, 3);
    const dynamic = bias.map((v) => Math.round(v * 2 ** 20));
    const tensor =
      kind === 'float32'
        ? tensorOf(float32, [6], bias)
        : { ...plain('i32', [6], Int32Array.from(dynamic)), qntType: 1, fl: 20 };
    const real = kind === 'float32' ? bias : dynamic.map((v) => v * 2 ** -20);
    const exact = conv(
      { ...x, data: x.data.map((v) => value(v, sx)) },
      { ...w, data: w.data.map((v) => value(v, sw)) },
      real,
      layer,
    );
    const got = runCodes(sim, {
      op: 2,
      inputs: [tensorOf(sx, layer.x), tensorOf(sw, layer.w, w.data), tensor],
      feed: { 0: encode(x.data, sx) },
      outputs: [tensorOf(sy, exact.size)],
      params: paramsOf(layer),
    });
    // Sums in float32 may fall on the other side of a rounding.
    decode(got, sy).forEach((v, i) => {
      const want = exact.data[i] ?? NaN;
      const step = isFloat(sy) ? Math.abs(want) * (sy === bfloat16 ? 2 ** -7 : 2 ** -10) : sy.scale;
      expect(Math.abs(value(v, sy) - want)).toBeLessThan(step * 0.51 + 1e-5);
    });
  });

  it('a clamp folded into an int16 convolution and not into one that cannot do it', () => {
    for (const [sx, sw, sy] of [
      [dfp(16, 12), dfp(16, 14), dfp(16, 6)],
      [dfp(16, 12), dfp(16, 14), float32],
      [float16, dfp(8, 7), affineOf('u8', 0.05, 60)],
      [affineOf('u8', 0.02, 100), dfp(8, 7), float32],
    ] as const) {
      const x = isFloat(sx)
        ? randomFloats(12 * 12 * 4).map((v) => stored(v, sx))
        : codesOf(12 * 12 * 4, sx, false);
      const weight = tensorOf(sw, [3, 3, 4, 8], codesOf(288, sw, false));
      const [folded, separate] = [false, true].map((keepAll) => {
        const graph = sim.createGraph({
          tensors: [
            tensorOf(sx, [12, 12, 4, 1]),
            weight,
            { ...tensorOf(sy, []), virtual: true },
            tensorOf(sy, [12, 12, 8, 1]),
          ],
          nodes: [
            {
              op: 2,
              uid: 1,
              inputs: [0, 1],
              outputs: [2],
              params: { ...paramsOf({ ...base, name: '', x: [], w: [3, 3] }) },
            },
            { op: 35, uid: 2, inputs: [2], outputs: [3], params: {} },
          ],
          inputs: [0],
          outputs: [3],
          keepAll,
        });
        graph.write(0, bytesOf(encode(x, sx)));
        graph.run();
        const out = graph.read(3);
        graph.dispose();
        return out;
      });
      expect(folded).toEqual(separate);
    }
  });
});
