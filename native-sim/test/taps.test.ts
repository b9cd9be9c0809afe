import { describe, expect, it } from 'vitest';
import type { NativeGraph, NativeHistogram } from '../../core/simulator/native.ts';
import { affine, built, codes, load, plain, random, variants } from './harness.ts';
import { u8 } from './reference/quant.ts';

const NEG = 86;

/** A float32 input 0 and its negative 1. */
function negative(size: number[], threads: number): NativeGraph {
  return load().createGraph({
    tensors: [plain('f32', size), plain('f32', size)],
    nodes: [{ op: NEG, uid: 1, inputs: [0], outputs: [1], params: {} }],
    inputs: [0],
    outputs: [1],
    threads,
  });
}

/** Bin of a value by its definition: bins of negative values mirror those of positive ones. */
function bin(x: number, width: number): number {
  const index = Math.floor(Math.abs(x) / width);
  return x < 0 ? -1 - index : index;
}

/** The histogram of all values at once, bins in a map. */
function histogram(values: readonly number[], bins: number): NativeHistogram {
  const finite = values.filter((x) => Number.isFinite(x));
  const min = finite.reduce((a, b) => Math.min(a, b), Infinity);
  const max = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  const zeros = finite.filter((x) => x === 0).length;
  const others = values.length - finite.length;
  const result = { width: 0, first: 0, counts: new Float64Array(), zeros, others, count: values.length };
  if (finite.length === zeros) return { ...result, min, max };
  let width = 2 ** -126;
  while (bin(max, width) - bin(min, width) >= bins || Math.max(max, -min) / width >= 2 ** 24) width *= 2;
  const used = finite.filter((x) => x !== 0).map((x) => bin(x, width));
  const first = used.reduce((a, b) => Math.min(a, b));
  const counts = new Float64Array(used.reduce((a, b) => Math.max(a, b)) - first + 1);
  for (const index of used) counts[index - first]++;
  return { ...result, width, first, counts, min, max };
}

/** Numbers as activations have them: zeros of both signs, tiny ones, runs, and what is not finite. */
function values(n: number, span: number, odd = true): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => {
    const r = random();
    if (r < 0.3) return r < 0.1 ? -0 : 0;
    if (i % 997 < 40) return span / 2;
    if (odd && r < 0.302) return [NaN, Infinity, -Infinity][i % 3] ?? 0;
    if (r < 0.31) return (r < 0.305 ? 1 : -1) * 2 ** -140;
    return (random() + random() + random() - 1.5) * span;
  });
}

function counted(graph: NativeGraph, runs: readonly Float32Array[], bins: number): NativeHistogram[] {
  graph.startHistograms(bins, Int32Array.of(0, 1));
  for (const data of runs) {
    graph.writeFloat(0, data);
    graph.run();
  }
  return [graph.histogram(0), graph.histogram(1)];
}

describe.skipIf(!built)('statistics taps', () => {
  const sim = built ? load() : (undefined as never);

  it.each([64, 2048, 16384])(
    'counts into %i bins what a plain count gives, whatever the range does',
    (bins) => {
      const n = 9001;
      const runs = [0.001, 3, 1e-30, 0, 700, 5].map((span) => values(n, span));
      runs.push(
        new Float32Array(n),
        values(n, 1e38),
        Float32Array.from({ length: n }, () => NaN),
      );
      for (const count of [1, 2, 4, 5, 9]) {
        const graph = negative([n], 1);
        const seen = runs.slice(0, count);
        const [input, output] = counted(graph, seen, bins);
        if (!input || !output) throw new Error('no histograms');
        const all = seen.flatMap((data) => Array.from(data));
        expect(input).toEqual(histogram(all, bins));
        expect(output).toEqual(
          histogram(
            all.map((x) => -x),
            bins,
          ),
        );
        graph.dispose();
      }
    },
  );

  it('does not depend on the order of the data', () => {
    const runs = [2, 0.01, 90, 1e-20].map((span) => values(500, span));
    const [a, b] = [runs, runs.toReversed()].map((list) => counted(negative([500], 1), list, 256)[0]);
    if (!a || !b) throw new Error('no histograms');
    expect(a).toEqual(b);
  });

  it('gives the same bits on every instruction set and number of threads', () => {
    const runs = [1, 4, 2].map((span) => values(200_003, span));
    const results = variants(sim).map(({ feature, threads }) => {
      sim.useFeature(feature);
      const graph = negative([200_003, 1, 1], threads);
      graph.startChannelStats(Int32Array.of(1), Int32Array.of(1));
      graph.resetRanges();
      const histograms = counted(graph, runs, 2048);
      const result = { histograms, ranges: graph.ranges(), channels: graph.channelStats(1) };
      graph.dispose();
      return result;
    });
    sim.useFeature('');
    for (const result of results) expect(result).toEqual(results[0]);
  });

  it('counts the real numbers of quantized tensors', () => {
    const q = u8(0.25, 100);
    const size = [5000];
    const graph = sim.createGraph({
      tensors: [affine(q, size), plain('f32', size)],
      nodes: [{ op: NEG, uid: 1, inputs: [0], outputs: [1], params: {} }],
      inputs: [0],
      outputs: [1],
    });
    graph.startHistograms(64, Int32Array.of(0));
    const data = Array.from({ length: 5000 }, (_, i) => (i * 7) % 256);
    graph.write(0, codes(data));
    graph.run();
    const real = data.map((code) => (code - q.zero) * q.scale);
    expect(graph.histogram(0)).toEqual(histogram(real, 64));
  });

  it.each([0, 1, 2, 3])('measures channels along axis %i over runs', (axis) => {
    const size = [7, 5, 3, 2];
    const stride = size.slice(0, axis).reduce((a, b) => a * b, 1);
    const channels = size[axis] ?? 0;
    const graph = negative(size, 1);
    graph.startChannelStats(Int32Array.of(0), Int32Array.of(axis));
    const runs = [1, 3].map((span) => values(210, span, false));
    const expected = Array.from({ length: channels }, (_, c) =>
      runs.flatMap((data) => Array.from(data).filter((_x, i) => Math.floor(i / stride) % channels === c)),
    );
    for (const data of runs) {
      graph.writeFloat(0, data);
      graph.run();
    }
    const { min, max, sum, count } = graph.channelStats(0);
    expect(count).toBe((210 * 2) / channels);
    expect(Array.from(min)).toEqual(expected.map((list) => Math.min(...list) + 0));
    expect(Array.from(max)).toEqual(expected.map((list) => Math.max(...list) + 0));
    for (const [c, list] of expected.entries())
      expect(sum[c]).toBeCloseTo(
        list.reduce((a, b) => a + b, 0),
        10,
      );
  });

  it('measures ranges of chosen tensors only, until it is told to stop', () => {
    const graph = negative([3], 1);
    graph.writeFloat(0, Float32Array.of(-1, 0, 2));
    graph.resetRanges(Int32Array.of(1));
    graph.run();
    expect(graph.ranges()).toEqual({
      min: Float32Array.of(Infinity, -2),
      max: Float32Array.of(-Infinity, 1),
    });
    graph.resetRanges(new Int32Array());
    graph.run();
    expect(graph.ranges().min[1]).toBe(Infinity);
  });

  it('measures a convolution whose clamp is done by it only where somebody looks', () => {
    const bias = Float32Array.of(1);
    const params = { ksize: [1, 1], stride: [1, 1], pad: [0, 0, 0, 0], dilation: [1, 1] };
    const graph = sim.createGraph({
      tensors: [
        plain('f32', [4, 4, 1, 1]),
        plain('f32', [1, 1, 1, 1], Float32Array.of(2)),
        plain('f32', [1], bias),
        { ...plain('f32', [4, 4, 1, 1]), virtual: true },
        plain('f32', [4, 4, 1, 1]),
      ],
      nodes: [
        { op: 2, uid: 1, inputs: [0, 1, 2], outputs: [3], params },
        { op: 22, uid: 2, inputs: [3], outputs: [4], params: {} },
      ],
      inputs: [0],
      outputs: [4],
    });
    graph.writeFloat(
      0,
      Float32Array.from({ length: 16 }, (_, i) => i - 8),
    );
    for (const chosen of [[4], [3], [3, 4]]) {
      graph.resetRanges(Int32Array.from(chosen));
      graph.run();
      const { min, max } = graph.ranges();
      const expected = { 3: [-15, 15], 4: [0, 15] };
      for (const id of [3, 4] as const)
        expect([min[id], max[id]]).toEqual(chosen.includes(id) ? expected[id] : [Infinity, -Infinity]);
      expect(graph.readFloat(4)[10]).toBe(5);
    }
    // A run that stops before the clamp writes what the convolution gives.
    graph.resetRanges(new Int32Array());
    graph.writeFloat(0, new Float32Array(16));
    graph.run(0);
    expect(graph.readFloat(4)[10]).toBe(5);
    graph.run();
    expect(graph.readFloat(4)[10]).toBe(1);
  });

  it('refuses what cannot be measured', () => {
    const graph = sim.createGraph({
      tensors: [plain('f32', [2]), plain('f32', [2], Float32Array.of(1, 2)), plain('f32', [2])],
      nodes: [{ op: 0, uid: 1, inputs: [0, 1], outputs: [2], params: {} }],
      inputs: [0],
      outputs: [2],
    });
    const one = Int32Array.of(0);
    expect(() => graph.resetRanges(Int32Array.of(3))).toThrow(/no tensor 3/);
    expect(() => graph.resetRanges(Int32Array.of(-1))).toThrow(/no tensor -1/);
    expect(() => graph.startHistograms(2048, Int32Array.of(1))).toThrow(/tensor 1 is a constant/);
    expect(() => graph.startHistograms(100, one)).toThrow(/100, expected a power of two/);
    expect(() => graph.startHistograms(32768, one)).toThrow(/integer from 64 to 16384/);
    expect(() => graph.histogram(0)).toThrow(/no histogram of this tensor/);
    expect(() => graph.histogram(9)).toThrow(/integer from 0 to 2/);
    expect(() => graph.startChannelStats(one, new Int32Array())).toThrow(/1 tensors, but 0 axes/);
    expect(() => graph.startChannelStats(one, Int32Array.of(1))).toThrow(/axis\[0\] is 1/);
    expect(() => graph.channelStats(0)).toThrow(/no channel statistics/);
    expect(() => graph.run(1)).toThrow(/run: last node/);
    expect(() => graph.run(0, 1)).toThrow(/run: first node/);
    graph.startHistograms(64, one);
    expect(graph.histogram(0)).toMatchObject({ width: 0, counts: new Float64Array(), count: 0 });
    graph.dispose();
    expect(() => graph.startHistograms(64, one)).toThrow(/disposed/);
  });
});
