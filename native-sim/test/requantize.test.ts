import { describe, expect, it } from 'vitest';
import type { NativeTensorSpec } from '../../core/simulator/native.ts';
import { base, biasOf, channelsOf, codesOf, combinations, layers, less, paramsOf } from './conv-layers.ts';
import { built, bytesOf, plain, random, randomFloats, runCodes, variants } from './harness.ts';
import { sim } from './op-check.ts';
import { npuCode, npuModes, type NpuMode } from './reference/npu.ts';
import { conv, count, deconv } from './reference/ops.ts';
import { rint } from './reference/quant.ts';
import { affineOf, decode, dfp, encode, isFloat, type Scheme, tensorOf } from './reference/schemes.ts';

const [one, u8y] = [affineOf('u8', 1, 0), affineOf('u8', 1, 100)];

/** Sums become codes through a layer whose weights are zero, so that its biases are the sums. */
function codesOfSums(
  sums: readonly bigint[],
  w: NativeTensorSpec,
  y: Scheme,
  mode: NpuMode | 'exact',
  wide = false,
): number[] {
  const n = sums.length;
  const data = wide ? BigInt64Array.from(sums) : Int32Array.from(sums, Number);
  const got = runCodes(sim, {
    op: 5,
    inputs: [tensorOf(one, [1, 1]), w, plain(wide ? 'i64' : 'i32', [n], data)],
    feed: { 0: encode([7], one) },
    outputs: [tensorOf(y, [n, 1])],
    params: { weights: n },
    requantization: mode,
  });
  return decode(got, y);
}

const zeroWeights = (scale: number, n: number): NativeTensorSpec =>
  tensorOf(
    affineOf('i8', scale, 0),
    [1, n],
    Array.from({ length: n }, () => 0),
  );

const int32 = (): bigint => BigInt(Math.floor((random() - 0.5) * 2 ** 32));

/** Edges of the range, and sums of every magnitude. */
const edges = [0n, 1n, -1n, 2n ** 31n - 1n, -(2n ** 31n), -(2n ** 31n) + 1n, 2n ** 30n, -(2n ** 30n)];
const sums32 = [...edges, ...Array.from({ length: 800 }, (_, i) => int32() >> BigInt(i % 31))];

/** Float32 neighbours of 2^exponent, and mantissas that lose something when they are cut. */
const around = (exponent: number): number[] =>
  [
    1,
    1 + 2 ** -23,
    1 - 2 ** -24,
    2 - 2 ** -23,
    1 + 2 ** -15,
    1 + 2 ** -15 - 2 ** -23,
    1.5,
    1.000091552734375,
  ].map((mantissa) => mantissa * 2 ** exponent);
const multipliers = [-60, -31, -24, -23, -16, -8, -1, 0, 1, 15, 16, 17, 23, 24, 40, -126].flatMap(around);

describe.skipIf(!built)('requantization as an NPU does it', () => {
  it.each(npuModes)('%s: sums of 32 bits', (mode) => {
    for (const y of [u8y, affineOf('i8', 1, -3), affineOf('i16', 1, 200), affineOf('u16', 1, 0)]) {
      for (const multiplier of multipliers) {
        const got = codesOfSums(sums32, zeroWeights(multiplier, sums32.length), y, mode);
        const want = sums32.map((sum) => npuCode(sum, multiplier, y, mode));
        expect(got, `${y.name} times ${multiplier}`).toEqual(want);
      }
    }
  });

  it.each(npuModes)('%s: sums of 64 bits', (mode) => {
    const large = [
      2n ** 38n,
      2n ** 38n + 1n,
      -(2n ** 38n) - 1n,
      2n ** 52n + 1n,
      2n ** 59n - 1n,
      -(2n ** 60n),
    ];
    const random64 = Array.from(
      { length: 400 },
      (_, i) => ((int32() << 29n) + (int32() & 0x1fffffffn)) >> BigInt(i % 60),
    );
    const sums = [...sums32, ...large, ...random64];
    for (const y of [u8y, affineOf('i16', 1, 200)]) {
      for (const multiplier of multipliers) {
        const got = codesOfSums(sums, zeroWeights(multiplier, sums.length), y, mode, true);
        const want = sums.map((sum) => npuCode(sum, multiplier, y, mode));
        expect(got, `${y.name} times ${multiplier}`).toEqual(want);
      }
    }
  });

  it.each(npuModes)('%s: ties go to the even neighbour, whatever the sign and the mantissa', (mode) => {
    // 1.5 * 2^-9 makes ties of odd multiples of 2^8 divided by 3: 256 * 3 * odd / 1536.
    for (const [multiplier, step] of [
      [2 ** -9, 256n],
      [1.5 * 2 ** -9, 512n],
      [1.25 * 2 ** -9, 1024n],
    ] as const) {
      const sums = Array.from({ length: 60 }, (_, i) => BigInt(i - 30) * step);
      const want = sums.map((sum) => rint(Number(sum) * multiplier) + 100);
      const halves = sums.filter((sum) => Math.abs((Number(sum) * multiplier) % 1) === 0.5);
      expect(halves.length).toBeGreaterThan(10);
      expect(codesOfSums(sums, zeroWeights(multiplier, 60), u8y, mode)).toEqual(want);
      expect(codesOfSums(sums, zeroWeights(multiplier, 60), u8y, mode, true)).toEqual(want);
    }
  });

  it('what is cut off the mantissa is missing from the result', () => {
    // Of 1 + 2^-16 version 7 keeps the 1; a mantissa of 24 ones becomes one of 16.
    const [w, n] = [zeroWeights((1 + 2 ** -16) * 2 ** -20, 1), 255n << 20n];
    const high = affineOf('u16', 2 ** -8, 0);
    expect(codesOfSums([n], w, high, 'npu7')).toEqual([255 * 256]);
    expect(codesOfSums([n], w, high, 'npu8')).toEqual([255 * 256 + 1]);
    const ones = zeroWeights((2 - 2 ** -23) * 2 ** -24, 1);
    expect(codesOfSums([65535n << 15n], ones, affineOf('u16', 2 ** -8, 0), 'npu7')).toEqual([65534]);
    expect(codesOfSums([65535n << 15n], ones, affineOf('u16', 2 ** -8, 0), 'npu8')).toEqual([65535]);
  });

  it('scales come in float32, and the product of the operands is one', () => {
    const [x, w, y] = [0.1, 0.3, 3.7999].map(Math.fround) as [number, number, number];
    const [sx, sw, sy] = [affineOf('u8', x, 0), affineOf('i8', w, 0), affineOf('u16', y, 0)];
    const sums = Array.from({ length: 20000 }, () => BigInt(Math.floor(random() * 8e6)));
    const want = sums.map((sum) => npuCode(sum, x * w, sy, 'npu8'));
    // With one rounding of the multiplier it would be another float32, and give other codes.
    const once = Math.fround((x * w) / y);
    expect(once).not.toBe(Math.fround(Math.fround(x * w) / y));
    expect(want).not.toEqual(sums.map((sum) => npuCode(sum, once, affineOf('u16', 1, 0), 'npu8')));
    const got = runCodes(sim, {
      op: 5,
      inputs: [
        tensorOf(sx, [1, 1]),
        tensorOf(
          sw,
          [1, sums.length],
          sums.map(() => 0),
        ),
        plain('i32', [sums.length], Int32Array.from(sums, Number)),
      ],
      feed: { 0: encode([7], sx) },
      outputs: [tensorOf(sy, [sums.length, 1])],
      params: { weights: sums.length },
      requantization: 'npu8',
    });
    expect(decode(got, sy)).toEqual(want);
  });

  describe.each(layers)('$name', (layer) => {
    it.each(combinations)('$x.name x $w.name -> $y.name, bias $bias', (c) => {
      const x = { size: layer.x, data: codesOf(count(layer.x), c.x, false) };
      const w = { size: layer.w, data: codesOf(count(layer.w), c.w, false) };
      const [channels, step] = [channelsOf(layer), c.x.scale * c.w.scale];
      const bias = biasOf(c, channels);
      // Real biases are rounded to steps of the products.
      const steps = bias.steps.map((v, i) => v + rint((bias.real[i] ?? 0) / step));
      const acc = conv(less(x, c.x.zero), less(w, c.w.zero), steps, layer, layer.depthwise);
      const once = {
        op: layer.op,
        inputs: [tensorOf(c.x, layer.x), tensorOf(c.w, layer.w, w.data), bias.tensor],
        feed: { 0: encode(x.data, c.x) },
        outputs: [tensorOf(c.y, acc.size)],
        params: paramsOf(layer),
      };
      const exact = decode(runCodes(sim, once), c.y);
      for (const mode of npuModes) {
        // Results that are not codes are what they always are.
        const want = isFloat(c.y) ? exact : acc.data.map((a) => npuCode(BigInt(a), step, c.y, mode));
        for (const { feature, threads } of variants(sim)) {
          sim.useFeature(feature);
          const got = decode(runCodes(sim, { ...once, threads, requantization: mode }), c.y);
          expect(got, `${mode} ${feature} ${threads}`).toEqual(want);
        }
        sim.useFeature('');
        // Powers of two have nothing to cut off, and other scales lose 2^-15 of a result of 8 bits.
        const far = Math.max(...exact.map((code, i) => Math.abs(code - (want[i] ?? NaN))));
        if (c.x.fl !== undefined && c.w.fl !== undefined && c.y.fl !== undefined) expect(far).toBe(0);
        if (c.y.bytes === 1) expect(far).toBeLessThanOrEqual(1);
      }
    });
  });

  it.each(npuModes)('%s: transposed', (mode) => {
    const [sx, sw, sy] = [affineOf('u8', 0.02, 117), affineOf('i8', 0.01, 0), affineOf('u8', 0.3, 120)];
    const [size, weight] = [
      [5, 4, 9, 1],
      [4, 4, 9, 2],
    ];
    const x = { size, data: codesOf(count(size), sx, false) };
    const w = { size: weight, data: codesOf(count(weight), sw, false) };
    const acc = deconv(less(x, sx.zero), w, [1000, -5], 2, 1);
    const got = runCodes(sim, {
      op: 17,
      inputs: [
        tensorOf(sx, size),
        tensorOf(sw, weight, w.data),
        plain('i32', [2], Int32Array.from([1000, -5])),
      ],
      feed: { 0: encode(x.data, sx) },
      outputs: [tensorOf(sy, acc.size)],
      params: { ksize: [4, 4], stride: [2, 2], pad: [1, 1, 1, 1], weights: 2, group: 1 },
      requantization: mode,
    });
    expect(decode(got, sy)).toEqual(acc.data.map((a) => npuCode(BigInt(a), sx.scale * sw.scale, sy, mode)));
  });

  it.each([
    ['convolution', base, [9, 7, 5, 1], [3, 3, 5, 6], 3],
    ['depthwise', { ...base, depthwise: true }, [9, 7, 6, 1], [3, 3, 6, 1], 2],
  ] as const)(
    'int8 weights with a scale per channel have a multiplier each: %s',
    (name, options, xs, ws, axis) => {
      const layer = { ...options, name, x: [...xs], w: [...ws] };
      const scales = Float32Array.from({ length: 6 }, (_, i) => 0.003 * (i + 1));
      const [sx, sy] = [affineOf('i8', 0.013, -7), affineOf('i8', 0.2, 9)];
      const x = { size: layer.x, data: codesOf(count(layer.x), sx, false) };
      const w = { size: layer.w, data: codesOf(count(layer.w), dfp(8, 0), false) };
      const steps = randomFloats(6, 20000).map(Math.round);
      const acc = conv(less(x, sx.zero), w, steps, layer, layer.depthwise);
      const weight = { ...tensorOf(dfp(8, 0), layer.w, w.data), qntType: 3, scales, channelDim: axis };
      for (const mode of npuModes) {
        const got = runCodes(sim, {
          op: 2,
          inputs: [tensorOf(sx, layer.x), weight, plain('i32', [6], Int32Array.from(steps))],
          feed: { 0: encode(x.data, sx) },
          outputs: [tensorOf(sy, acc.size)],
          params: paramsOf(layer),
          requantization: mode,
        });
        const scaleOf = (i: number): number => scales[Math.floor(i / 63) % 6] ?? NaN;
        expect(decode(got, sy), mode).toEqual(
          acc.data.map((a, i) => npuCode(BigInt(a), sx.scale * scaleOf(i), sy, mode)),
        );
      }
    },
  );

  it('a folded clamp gives what its node gives', () => {
    const [sx, sw, sy] = [affineOf('u8', 0.02, 100), affineOf('u8', 0.01, 131), affineOf('u8', 0.05, 60)];
    const x = bytesOf(encode(codesOf(12 * 12 * 4, sx, false), sx));
    const weight = tensorOf(sw, [3, 3, 4, 8], codesOf(288, sw, false));
    const [folded, separate] = [false, true].map((keepAll) => {
      const params = paramsOf({ ...base, name: '', x: [], w: [3, 3] });
      const graph = sim.createGraph({
        tensors: [
          tensorOf(sx, [12, 12, 4, 1]),
          weight,
          { ...tensorOf(sy, []), virtual: true },
          tensorOf(sy, [12, 12, 8, 1]),
        ],
        nodes: [
          { op: 2, uid: 1, inputs: [0, 1], outputs: [2], params },
          { op: 35, uid: 2, inputs: [2], outputs: [3], params: {} },
        ],
        inputs: [0],
        outputs: [3],
        keepAll,
        requantization: 'npu7',
      });
      graph.write(0, x);
      graph.run();
      const out = graph.read(3);
      graph.dispose();
      return out;
    });
    expect(new Set(folded).size).toBeGreaterThan(20);
    expect(folded).toEqual(separate);
  });

  it('refuses names that are none, and scales without a multiplier', () => {
    const once = { tensors: [], nodes: [], inputs: [], outputs: [] };
    for (const name of ['npu', 'NPU7', '', 7, null])
      expect(() => sim.createGraph({ ...once, requantization: name as 'npu7' })).toThrow(
        /requantization must be "exact", "npu7" or "npu8"/,
      );
    const tiny = affineOf('u8', 2 ** -140, 0);
    expect(() => codesOfSums([1n], zeroWeights(1e10, 1), tiny, 'npu7')).toThrow(/multiplier inf/);
    expect(codesOfSums([1n], zeroWeights(1e10, 1), tiny, 'exact')).toEqual([255]);
  });
});
