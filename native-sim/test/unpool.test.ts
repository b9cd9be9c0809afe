import { describe, expect, it } from 'vitest';
import { affine, built, codes, load, plain, randomFloats, runFloat, single } from './harness.ts';
import { u8 } from './reference/quant.ts';

const OPS = { POOLWITHARGMAX: 29, UPSAMPLE: 21, ROI_POOL: 14 } as const;
const MAX = 110592;
const AVERAGE = 110593;
/** Plain uint8 without quantization: indices. */
const index8 = (size: number[]) => ({ size, vxType: 3, qntType: 0, virtual: false });

/** 5x4 picture of two planes. */
const SIZE = [5, 4, 2, 1];
const picture = randomFloats(40);

/** Largest element of each 2x2 window, cut off at the border, with its place in the window. */
function reference(values: readonly number[]): { best: number[]; inside: number[]; whole: number[] } {
  const best: number[] = [];
  const inside: number[] = [];
  const whole: number[] = [];
  for (let plane = 0; plane < 2; plane++)
    for (let y = 0; y < 4; y += 2)
      for (let x = 0; x < 5; x += 2) {
        const places = [0, 1, 2, 3].filter((i) => x + (i % 2) < 5);
        const at = (i: number): number => (plane * 4 + y + Math.floor(i / 2)) * 5 + x + (i % 2);
        const top = places.reduce((a, b) => ((values[at(b)] ?? 0) > (values[at(a)] ?? 0) ? b : a));
        best.push(values[at(top)] ?? NaN);
        inside.push(top);
        whole.push(at(top));
      }
  return { best, inside, whole };
}

describe.skipIf(!built)('pooling with places', () => {
  const sim = built ? load() : (undefined as never);
  const window = { ksize: [2, 2], stride: [2, 2], pad: [0, 0, 0, 0], type: MAX, round_type: 0 };
  const pooled = [3, 2, 2, 1];
  const want = reference(picture);

  it.each([1, 2])('finds the maximum and where it is, with %i threads', (threads) => {
    const run = (indices: ReturnType<typeof index8>) =>
      runFloat(sim, {
        op: OPS.POOLWITHARGMAX,
        inputs: [plain('f32', SIZE)],
        feed: { 0: Float32Array.from(picture) },
        outputs: [plain('f32', pooled), indices],
        params: window,
        threads,
      });
    expect(run(index8(pooled))).toEqual([want.best, want.inside]);
    expect(run({ ...index8(pooled), vxType: 6 })).toEqual([want.best, want.whole]);
  });

  it('works on codes', () => {
    const q = u8(0.5, 10);
    const data = picture.map((value) => Math.round(value * 100) + 110);
    const [values] = runFloat(sim, {
      op: OPS.POOLWITHARGMAX,
      inputs: [affine(q, SIZE)],
      feed: { 0: codes(data) },
      outputs: [affine(q, pooled), index8(pooled)],
      params: window,
    });
    expect(values).toEqual(reference(data.map((code) => (code - 10) * 0.5)).best);
  });

  it.each([index8(pooled), { ...index8(pooled), vxType: 6 }])('is undone by UPSAMPLE', (indices) => {
    const places = indices.vxType === 6 ? Int32Array.from(want.whole) : Uint8Array.from(want.inside);
    const [back] = runFloat(sim, {
      op: OPS.UPSAMPLE,
      inputs: [plain('f32', pooled), indices],
      feed: { 0: Float32Array.from(want.best), 1: new Uint8Array(places.buffer) },
      outputs: [plain('f32', SIZE)],
      params: { scale: [2, 2], size: [5, 4] },
    });
    const spread = new Array<number>(40).fill(0);
    want.whole.forEach((place, i) => (spread[place] = want.best[i] ?? NaN));
    expect(back).toEqual(spread);
  });

  it('refuses places outside the output', () => {
    const once = {
      op: OPS.UPSAMPLE,
      inputs: [plain('f32', [1, 1, 1, 1]), index8([1, 1, 1, 1])],
      feed: { 0: Float32Array.of(1), 1: Uint8Array.of(3) },
      outputs: [plain('f32', [1, 2, 1, 1])],
      params: { scale: [2, 2], size: [1, 2] },
    };
    const { graph } = single(sim, once);
    expect(() => graph.run()).toThrow(/outside/);
    graph.dispose();
  });
});

describe.skipIf(!built)('ROI_POOL', () => {
  const sim = built ? load() : (undefined as never);
  const run = (boxes: number[][], type: number) =>
    runFloat(sim, {
      op: OPS.ROI_POOL,
      inputs: [plain('f32', SIZE), plain('f32', [5, boxes.length])],
      feed: { 0: Float32Array.from(picture), 1: Float32Array.from(boxes.flat()) },
      outputs: [plain('f32', [2, 2, 2, boxes.length])],
      params: { type, size: [2, 2], scale: 0.5 },
    })[0];

  it('takes the maximum or mean of each part of a box', () => {
    // Corners 1,0 to 4,3 after scaling: parts of 2x2.
    const part = (plane: number, px: number, py: number): number[] =>
      [0, 1, 2, 3].map(
        (i) => picture[(plane * 4 + py * 2 + Math.floor(i / 2)) * 5 + 1 + px * 2 + (i % 2)] ?? NaN,
      );
    const parts = Array.from({ length: 8 }, (_, i) => part(i >> 2, i & 1, (i >> 1) & 1));
    expect(run([[0, 2, 0, 8, 6]], MAX)).toEqual(parts.map((values) => Math.max(...values)));
    const means = run([[0, 2, 0, 8, 6]], AVERAGE) ?? [];
    parts.forEach((values, i) =>
      expect(means[i]).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 4, 6),
    );
  });

  it('gives 0 outside the picture and refuses boxes of pictures that are not there', () => {
    expect(run([[0, 100, 100, 110, 110]], MAX)).toEqual(new Array<number>(8).fill(0));
    expect(() => run([[1, 0, 0, 4, 4]], MAX)).toThrow(/picture 1/);
  });
});
