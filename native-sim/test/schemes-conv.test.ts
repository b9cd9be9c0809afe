import { describe, expect, it } from 'vitest';
import type { NativeTensorSpec } from '../../core/simulator/native.ts';
import { built, bytesOf, plain, random, randomFloats, runCodes, variants } from './harness.ts';
import { sim, type Params } from './op-check.ts';
import { type ConvOptions, type Dense, conv, count, deconv } from './reference/ops.ts';
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

/** Codes over the whole range; `extreme` ones are mostly the ends. */
function codesOf(n: number, s: Scheme, extreme: boolean): number[] {
  return Array.from({ length: n }, () => {
    const r = random();
    if (r < (extreme ? 0.6 : 0.05)) return s.lo;
    if (r < (extreme ? 0.8 : 0.1)) return s.hi;
    return s.lo + Math.floor(random() * (s.hi - s.lo + 1));
  });
}

type Bias = 'none' | 'int32' | 'int64' | 'float32' | 'coarse';

interface Layer extends ConvOptions {
  name: string;
  x: number[];
  w: number[];
  op: number;
  depthwise: boolean;
}

const base = {
  stride: [1, 1],
  pad: [1, 1, 1, 1],
  dilation: [1, 1],
  groups: 1,
  op: 2,
  depthwise: false,
} satisfies Omit<Layer, 'name' | 'x' | 'w'>;
const layers: Layer[] = [
  { ...base, name: '3x3', x: [13, 9, 5, 2], w: [3, 3, 5, 11] },
  { ...base, name: '3x3 with long sums', x: [7, 5, 130, 1], w: [3, 3, 130, 9] },
  { ...base, name: '1x1', x: [16, 4, 70, 1], w: [1, 1, 70, 10], pad: [0, 0, 0, 0] },
  { ...base, name: '5x3 stride 3x2', x: [19, 12, 6, 1], w: [5, 3, 6, 9], stride: [3, 2], pad: [2, 0, 1, 2] },
  { ...base, name: 'grouped', x: [8, 8, 6, 1], w: [3, 3, 3, 8], op: 105, groups: 2 },
  { ...base, name: 'depthwise', x: [14, 11, 6, 2], w: [3, 3, 6, 1], depthwise: true },
  {
    ...base,
    name: 'depthwise stride 2, multiplier 2',
    x: [13, 10, 3, 2],
    w: [5, 5, 3, 2],
    depthwise: true,
    stride: [2, 2],
    pad: [2, 2, 1, 3],
  },
  {
    ...base,
    name: 'depthwise, a large window',
    x: [25, 24, 2, 1],
    w: [25, 23, 2, 1],
    depthwise: true,
    pad: [3, 4, 2, 2],
  },
];
const paramsOf = (c: Layer): Params => ({
  ksize: c.w.slice(0, 2),
  stride: c.stride,
  pad: c.pad,
  dilation: c.dilation,
  group: c.depthwise ? (c.x[2] ?? 1) : c.groups,
  multiplier: c.depthwise ? (c.w[3] ?? 1) : 0,
});
const channelsOf = (c: Layer): number => (c.depthwise ? (c.w[2] ?? 1) : 1) * (c.w[3] ?? 1);
const less = (t: Dense, zero: number): Dense => ({ size: t.size, data: t.data.map((v) => v - zero) });

interface Combination {
  x: Scheme;
  w: Scheme;
  y: Scheme;
  bias: Bias;
}
const [u8x, i8x] = [affineOf('u8', 0.02, 117), affineOf('i8', 0.013, -7)];
const combinations: Combination[] = [
  { x: dfp(16, 12), w: dfp(16, 14), y: dfp(16, 6), bias: 'int64' },
  { x: dfp(16, 15), w: dfp(16, 15), y: dfp(16, 8), bias: 'int32' },
  { x: dfp(16, 12), w: dfp(16, 14), y: dfp(16, 6), bias: 'coarse' },
  { x: dfp(16, 12), w: dfp(16, 14), y: dfp(8, -3), bias: 'none' },
  { x: dfp(8, 5), w: dfp(8, 7), y: dfp(8, 1), bias: 'int32' },
  { x: dfp(8, 5), w: dfp(8, 7), y: dfp(8, 1), bias: 'coarse' },
  { x: dfp(16, 12), w: affineOf('u8', 0.01, 131), y: dfp(16, 8), bias: 'int32' },
  { x: dfp(16, 12), w: dfp(8, 7), y: affineOf('u8', 0.3, 120), bias: 'int64' },
  { x: u8x, w: affineOf('u8', 0.01, 131), y: dfp(16, 9), bias: 'int32' },
  { x: u8x, w: affineOf('u8', 0.01, 131), y: dfp(16, 9), bias: 'int64' },
  { x: u8x, w: dfp(16, 14), y: affineOf('u8', 0.3, 120), bias: 'int64' },
  { x: u8x, w: affineOf('i8', 0.01, 0), y: affineOf('i8', 0.3, -5), bias: 'float32' },
  { x: i8x, w: affineOf('i8', 0.01, 0), y: i8x, bias: 'int32' },
  {
    x: affineOf('i16', 0.001, 300),
    w: affineOf('i8', 0.02, 0),
    y: affineOf('i16', 0.01, -77),
    bias: 'int32',
  },
  {
    x: affineOf('u16', 0.001, 30000),
    w: affineOf('i16', 0.0002, 0),
    y: affineOf('u16', 0.01, 32768),
    bias: 'int64',
  },
  { x: dfp(16, 12), w: dfp(16, 14), y: float32, bias: 'int64' },
  { x: dfp(16, 12), w: dfp(16, 14), y: bfloat16, bias: 'float32' },
  { x: u8x, w: affineOf('u8', 0.01, 131), y: float16, bias: 'int32' },
];

function biasOf(
  c: Combination,
  n: number,
): { tensor: NativeTensorSpec | null; steps: number[]; real: number[] } {
  const zeros = Array.from({ length: n }, () => 0);
  const step = c.x.scale * c.w.scale;
  if (c.bias === 'none') return { tensor: null, steps: zeros, real: zeros };
  if (c.bias === 'float32') {
    const real = randomFloats(n, 20);
    return { tensor: tensorOf(float32, [n], real), steps: zeros, real };
  }
  const steps = randomFloats(n, c.bias === 'int64' ? 2 ** 34 : 2 ** 24).map(Math.round);
  const fl = (c.x.fl ?? 0) + (c.w.fl ?? 0);
  if (c.bias === 'coarse') {
    // Dynamic fixed point with five bits fewer after the point than the products.
    const tensor = { ...plain('i32', [n], Int32Array.from(steps)), qntType: 1, fl: fl - 5 };
    return { tensor, steps: steps.map((v) => v * 32), real: zeros };
  }
  const data = c.bias === 'int64' ? BigInt64Array.from(steps, BigInt) : Int32Array.from(steps);
  const type = c.bias === 'int64' ? 'i64' : 'i32';
  const dynamic = c.x.fl !== undefined && c.w.fl !== undefined;
  const scale = dynamic ? { qntType: 1, fl } : { qntType: 2, scale: Math.fround(step), zeroPoint: 0 };
  return { tensor: { ...plain(type, [n], data), ...scale }, steps, real: zeros };
}

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
