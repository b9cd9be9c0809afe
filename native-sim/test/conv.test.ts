import { describe, expect, it } from 'vitest';
import {
  affine,
  built,
  codes,
  distance,
  load,
  plain,
  randomCodes,
  randomFloats,
  runCodes,
  runFloat,
  signed,
  variants,
} from './harness.ts';
import { type ConvOptions, type Dense, conv, count, deconv } from './reference/ops.ts';
import { type Affine, i8, toCode, u8 } from './reference/quant.ts';

interface Case extends ConvOptions {
  name: string;
  x: number[];
  w: number[];
  op: number;
  depthwise: boolean;
}

const base = {
  stride: [1, 1],
  pad: [0, 0, 0, 0],
  dilation: [1, 1],
  groups: 1,
  op: 2,
  depthwise: false,
} satisfies ConvOptions & { op: number; depthwise: boolean };
const cases: Case[] = [
  { ...base, name: '1x1', x: [16, 16, 8, 1], w: [1, 1, 8, 12] },
  { ...base, name: '1x1 stride 2, batch 2', x: [9, 7, 5, 2], w: [1, 1, 5, 3], stride: [2, 2] },
  { ...base, name: '3x3 pad 1', x: [17, 9, 3, 1], w: [3, 3, 3, 10], pad: [1, 1, 1, 1] },
  { ...base, name: '3x3 whole vectors per row', x: [32, 6, 4, 1], w: [3, 3, 4, 16], pad: [1, 1, 1, 1] },
  {
    ...base,
    name: '5x3 stride 3x2, uneven pad',
    x: [19, 12, 6, 1],
    w: [5, 3, 6, 9],
    stride: [3, 2],
    pad: [2, 0, 1, 2],
  },
  { ...base, name: 'dilated', x: [13, 11, 2, 1], w: [3, 3, 2, 4], dilation: [2, 3], pad: [2, 2, 3, 3] },
  { ...base, name: 'to one pixel', x: [7, 7, 9, 1], w: [7, 7, 9, 5] },
  { ...base, name: 'grouped', x: [8, 8, 6, 1], w: [3, 3, 3, 8], op: 105, groups: 2, pad: [1, 1, 1, 1] },
  { ...base, name: 'depthwise', x: [14, 14, 6, 1], w: [3, 3, 6, 1], depthwise: true, pad: [1, 1, 1, 1] },
  {
    ...base,
    name: 'depthwise stride 2, multiplier 2',
    x: [13, 10, 3, 2],
    w: [3, 3, 3, 2],
    depthwise: true,
    stride: [2, 2],
    pad: [1, 1, 0, 1],
  },
  {
    ...base,
    name: 'depthwise, rows of several vectors',
    x: [45, 7, 3, 1],
    w: [3, 3, 3, 1],
    depthwise: true,
    pad: [1, 1, 1, 1],
  },
  {
    ...base,
    name: 'depthwise stride 2, rows of several vectors',
    x: [70, 13, 2, 1],
    w: [3, 3, 2, 1],
    depthwise: true,
    stride: [2, 2],
    pad: [0, 1, 1, 1],
  },
  {
    ...base,
    name: 'depthwise 5x5, batch 2',
    x: [7, 7, 5, 2],
    w: [5, 5, 5, 1],
    depthwise: true,
    pad: [2, 2, 2, 2],
  },
  {
    ...base,
    name: 'depthwise 5x5 stride 2',
    x: [35, 11, 3, 1],
    w: [5, 5, 3, 1],
    depthwise: true,
    stride: [2, 2],
    pad: [4, 2, 6, 1],
  },
  {
    ...base,
    name: 'depthwise, more padding than picture',
    x: [4, 3, 3, 1],
    w: [3, 3, 3, 1],
    depthwise: true,
    pad: [7, 9, 5, 4],
  },
  {
    ...base,
    name: 'depthwise 5x5 dilated',
    x: [12, 12, 3, 1],
    w: [5, 5, 3, 1],
    depthwise: true,
    dilation: [2, 2],
    pad: [4, 4, 4, 4],
  },
];

const params = (c: Case) => ({
  ksize: [c.w[0] ?? 1, c.w[1] ?? 1],
  stride: c.stride,
  pad: c.pad,
  dilation: c.dilation,
  group: c.depthwise ? (c.x[2] ?? 1) : c.groups,
  multiplier: c.depthwise ? (c.w[3] ?? 1) : 0,
});
const channels = (c: Case): number => (c.depthwise ? (c.w[2] ?? 1) : 1) * (c.w[3] ?? 1);
const minus = (data: number[], zero: number): number[] => data.map((v) => v - zero);
const without = (t: Dense, zero: number): Dense => ({ size: t.size, data: minus(t.data, zero) });

/** The exact integer definition. */
function expected(c: Case, x: Dense, w: Dense, bias: number[], qx: Affine, qw: Affine, qy: Affine): Dense {
  const acc = conv(without(x, qx.zero), without(w, qw.zero), bias, c, c.depthwise);
  const m = (qx.scale * qw.scale) / qy.scale;
  return { size: acc.size, data: acc.data.map((a) => toCode(a * m, qy)) };
}

const quantizations: [string, Affine, Affine, Affine][] = [
  ['uint8', u8(0.02, 100), u8(0.01, 131), u8(0.3, 120)],
  ['uint8, zero points at the ends', u8(0.02, 255), u8(0.01, 0), u8(0.5, 0)],
  ['uint8, the other ends', u8(0.02, 0), u8(0.01, 255), u8(0.4, 255)],
  ['int8', i8(0.02, -5), i8(0.01, 3), i8(0.3, 7)],
  // A ratio of one half gives ties.
  ['uint8 with ties', u8(1, 3), u8(0.5, 128), u8(64, 128)],
];

describe.skipIf(!built)('convolution', () => {
  const sim = built ? load() : (undefined as never);

  describe.each(cases)('$name', (c) => {
    it('float32', () => {
      const x = { size: c.x, data: randomFloats(count(c.x)) };
      const w = { size: c.w, data: randomFloats(count(c.w)) };
      const bias = randomFloats(channels(c));
      const want = conv(x, w, bias, c, c.depthwise);
      const inputs = [
        plain('f32', c.x),
        plain('f32', c.w, Float32Array.from(w.data)),
        plain('f32', [bias.length], Float32Array.from(bias)),
      ];
      for (const { feature, threads } of variants(sim)) {
        sim.useFeature(feature);
        const outputs = [plain('f32', want.size)];
        const once = {
          op: c.op,
          inputs,
          feed: { 0: Float32Array.from(x.data) },
          outputs,
          params: params(c),
          threads,
        };
        expect(distance(runFloat(sim, once)[0] ?? [], want.data), `${feature} ${threads}`).toBeLessThan(2e-5);
      }
      sim.useFeature('');
    });

    it.each(quantizations)('%s', (_, qx, qw, qy) => {
      const x = { size: c.x, data: randomCodes(count(c.x), qx) };
      const w = { size: c.w, data: randomCodes(count(c.w), qw) };
      const bias = randomFloats(channels(c), 3000).map(Math.round);
      const want = expected(c, x, w, bias, qx, qw, qy);
      const inputs = [
        affine(qx, c.x),
        affine(qw, c.w, w.data),
        plain('i32', [bias.length], Int32Array.from(bias)),
      ];
      for (const { feature, threads } of variants(sim)) {
        sim.useFeature(feature);
        const outputs = [affine(qy, want.size)];
        const once = { op: c.op, inputs, feed: { 0: codes(x.data) }, outputs, params: params(c), threads };
        expect(signed(runCodes(sim, once), qy), `${feature} ${threads}`).toEqual(want.data);
      }
      sim.useFeature('');
    });
  });

  it('deconvolution, float32 and uint8', () => {
    const size = [5, 4, 3, 1];
    const weight = [4, 4, 3, 2];
    const x = { size, data: randomFloats(count(size)) };
    const w = { size: weight, data: randomFloats(count(weight)) };
    const bias = Float32Array.from([0.5, -0.25]);
    const want = deconv(x, w, [0.5, -0.25], 2, 1);
    const p = { ksize: [4, 4], stride: [2, 2], pad: [1, 1, 1, 1], weights: 2, group: 1 };
    const inputs = [
      plain('f32', size),
      plain('f32', weight, Float32Array.from(w.data)),
      plain('f32', [2], bias),
    ];
    const feed = { 0: Float32Array.from(x.data) };
    const got =
      runFloat(sim, { op: 17, inputs, feed, outputs: [plain('f32', want.size)], params: p })[0] ?? [];
    expect(distance(got, want.data)).toBeLessThan(2e-5);
    const [qx, qw, qy] = [u8(0.02, 77), u8(0.01, 140), u8(0.2, 99)];
    const xi = { size, data: randomCodes(count(size), qx) };
    const wi = { size: weight, data: randomCodes(count(weight), qw) };
    const acc = deconv(without(xi, qx.zero), without(wi, qw.zero), [], 2, 1);
    const m = (qx.scale * qw.scale) / qy.scale;
    for (const feature of sim.features()) {
      sim.useFeature(feature);
      const integer = [affine(qx, size), affine(qw, weight, wi.data)];
      const once = {
        op: 17,
        inputs: integer,
        feed: { 0: codes(xi.data) },
        outputs: [affine(qy, acc.size)],
        params: p,
      };
      expect(Array.from(runCodes(sim, once)), feature).toEqual(acc.data.map((a) => toCode(a * m, qy)));
    }
    sim.useFeature('');
  });

  it('fully connected, float32 and uint8, batch 2', () => {
    const [n, outputs] = [70, 11];
    const c: Case = { ...base, name: '', x: [1, 1, n, 2], w: [1, 1, n, outputs] };
    const x = { size: c.x, data: randomFloats(n * 2) };
    const w = { size: c.w, data: randomFloats(n * outputs) };
    const bias = randomFloats(outputs);
    const want = conv(x, w, bias, c);
    const [qx, qw, qy] = [u8(0.02, 19), u8(0.01, 201), u8(0.1, 50)];
    const xi = { size: c.x, data: randomCodes(n * 2, qx) };
    const wi = { size: c.w, data: randomCodes(n * outputs, qw) };
    const biasInt = bias.map((v) => Math.round(v * 5000));
    const wantInt = expected(c, xi, wi, biasInt, qx, qw, qy);
    for (const { feature, threads } of variants(sim)) {
      sim.useFeature(feature);
      const weight = plain('f32', [n, outputs], Float32Array.from(w.data));
      const inputs = [plain('f32', [n, 2]), weight, plain('f32', [outputs], Float32Array.from(bias))];
      const feed = { 0: Float32Array.from(x.data) };
      const once = {
        op: 5,
        inputs,
        feed,
        outputs: [plain('f32', [outputs, 2])],
        params: { weights: outputs },
        threads,
      };
      expect(distance(runFloat(sim, once)[0] ?? [], want.data)).toBeLessThan(2e-5);
      const integer = [
        affine(qx, [n, 2]),
        affine(qw, [n, outputs], wi.data),
        plain('i32', [outputs], Int32Array.from(biasInt)),
      ];
      const got = runCodes(sim, {
        ...once,
        inputs: integer,
        feed: { 0: codes(xi.data) },
        outputs: [affine(qy, [outputs, 2])],
      });
      expect(Array.from(got), feature).toEqual(wantInt.data);
    }
    sim.useFeature('');
  });

  it('a folded clamp gives what the separate nodes give', () => {
    const qx = u8(0.02, 100);
    const qy = u8(0.05, 60);
    const x = randomCodes(12 * 12 * 4, qx);
    const weight = affine(u8(0.01, 120), [3, 3, 4, 8], randomCodes(3 * 3 * 4 * 8, u8(0.01, 120)));
    const p = { ksize: [3, 3], stride: [1, 1], pad: [1, 1, 1, 1], dilation: [1, 1] };
    const results = [true, false].map((keepAll) => {
      const graph = sim.createGraph({
        tensors: [
          affine(qx, [12, 12, 4, 1]),
          weight,
          { ...affine(qy, []), virtual: true },
          affine(qy, [12, 12, 8, 1]),
        ],
        nodes: [
          { op: 2, uid: 1, inputs: [0, 1], outputs: [2], params: p },
          { op: 35, uid: 2, inputs: [2], outputs: [3], params: {} },
        ],
        inputs: [0],
        outputs: [3],
        keepAll,
      });
      graph.write(0, codes(x));
      graph.run();
      const first = graph.read(3);
      graph.resetRanges();
      graph.run();
      expect(graph.read(3)).toEqual(first);
      return first;
    });
    expect(results[0]).toEqual(results[1]);
  });

  it('per-channel int8 weights', () => {
    const qx = u8(0.02, 100);
    const qy = u8(0.3, 120);
    const scales = Float32Array.from([0.01, 0.02, 0.005]);
    const x = { size: [6, 6, 2, 1], data: randomCodes(72, qx) };
    const w = { size: [3, 3, 2, 3], data: randomCodes(54, i8(1, 0)) };
    const acc = conv(without(x, qx.zero), w, [], base);
    const want = acc.data.map((a, i) =>
      toCode(a * ((qx.scale * (scales[Math.floor(i / 16)] ?? 0)) / qy.scale), qy),
    );
    const weight = {
      size: w.size,
      vxType: 2,
      qntType: 3,
      scales,
      channelDim: 3,
      virtual: false,
      data: codes(w.data),
    };
    const p = { ksize: [3, 3], stride: [1, 1], dilation: [1, 1] };
    for (const feature of sim.features()) {
      sim.useFeature(feature);
      const once = {
        op: 2,
        inputs: [affine(qx, x.size), weight],
        feed: { 0: codes(x.data) },
        outputs: [affine(qy, acc.size)],
        params: p,
      };
      expect(Array.from(runCodes(sim, once)), feature).toEqual(want);
    }
    sim.useFeature('');
  });
});
