import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DeviceGraph } from '../device/graph.ts';
import { float32, GraphBuilder, smallNetwork, uint8, type Storage } from '../testing/device-graphs.ts';
import { addonPath } from './addon.ts';
import type { CompareMode } from './native.ts';
import { Simulator, type Difference } from './simulator.ts';

/** Three layers that pass positive numbers on; every tensor is stored in its own way. */
function chain(storage: readonly Storage[]): DeviceGraph {
  const build = new GraphBuilder();
  let id = build.input('in_0', [3, 2, 1, 1], storage[0]);
  for (const layer of [1, 2, 3])
    id = build.node('RELU', `relu_${layer}`, [id], [3, 2, 1, 1], {}, storage[layer]);
  build.output(id);
  return build.build();
}

const input = Float32Array.of(-3, 0.5, 1.5, 3, 7.5, 300);
const positive = [0, 0.5, 1.5, 3, 7.5, 300];
const reference = [[...input], positive, positive, positive];

/** What a pair of tensors must add up to. */
function difference(id: number, ours: readonly number[], clipped: number): Difference {
  const theirs = reference[id];
  const sum = (term: (a: number, b: number) => number): number =>
    ours.reduce((total, value, index) => total + term(value, theirs[index]), 0);
  return {
    ours: id,
    theirs: id,
    count: 6,
    signal: sum((_, b) => b * b),
    own: sum((a) => a * a),
    dot: sum((a, b) => a * b),
    noise: sum((a, b) => (a - b) ** 2),
    maxError: Math.max(...ours.map((value, index) => Math.abs(value - theirs[index]))),
    clipped,
    channels: { signal: new Float64Array(), noise: new Float64Array() },
  };
}

/** Float32 and uint8 simulations of the chain, the reference run and the pairs with these ids compared. */
function compared(mode: CompareMode, ids: readonly number[], samples = 1): Difference[] {
  const options = { keepAll: true, threads: 1 };
  const golden = new Simulator(chain([float32, float32, float32, float32]), options);
  const ours = new Simulator(chain([uint8(0.5, 4), uint8(1), uint8(2), uint8(4)]), options);
  ours.compareWith(
    golden,
    ids.map((id) => ({ ours: id, theirs: id })),
  );
  for (let sample = 0; sample < samples; sample++) {
    golden.run([input]);
    ours.runCompared([input], mode);
  }
  const result = ours.comparison();
  ours.dispose();
  golden.dispose();
  return result;
}

describe.skipIf(!existsSync(addonPath()))('statistics (skipped until the addon is built)', () => {
  const written = [-2, 0.5, 1.5, 3, 7.5, 125.5];
  const first = [0, 0, 2, 3, 8, 126];

  it('tells channels apart where an axis is given', () => {
    const golden = new Simulator(chain([float32, float32, float32, float32]), { keepAll: true });
    const ours = new Simulator(chain([uint8(0.5, 4), uint8(1), uint8(2), uint8(4)]), { keepAll: true });
    // [W, H] = [3, 2]: axis 0 has elements 0 and 3, 1 and 4, 2 and 5; axis 1 the first and the last three.
    ours.compareWith(golden, [
      { ours: 0, theirs: 0, axis: 0 },
      { ours: 1, theirs: 1, axis: 1 },
    ]);
    golden.run([input]);
    ours.runCompared([input], 'stored');
    const [rows, columns] = ours.comparison();
    ours.dispose();
    golden.dispose();
    expect([...rows.channels.signal]).toEqual([9 + 9, 0.25 + 56.25, 2.25 + 90000]);
    expect([...rows.channels.noise]).toEqual([1, 0, (300 - 125.5) ** 2]);
    expect(columns.channels.noise[0] + columns.channels.noise[1]).toBe(columns.noise);
    expect(columns.channels.noise[0]).toBe(0.5 ** 2 * 2);
  });

  it('compares a whole run', () => {
    expect(compared('entire', [0, 1, 2, 3])).toEqual([
      difference(0, written, 2),
      difference(1, first, 1),
      difference(2, [0, 0, 2, 4, 8, 126], 0),
      difference(3, [0, 0, 0, 4, 8, 128], 0),
    ]);
  });

  it('compares single layers with golden inputs', () => {
    expect(compared('single', [0, 1, 2, 3])).toEqual([
      difference(0, written, 2),
      difference(1, first, 1),
      difference(2, [0, 0, 2, 4, 8, 256], 0),
      difference(3, [0, 0, 0, 4, 8, 300], 0),
    ]);
  });

  it('leaves inputs that are in no pair as the node before computed them', () => {
    expect(compared('single', [2, 3])).toEqual([
      difference(2, [0, 0, 2, 4, 8, 126], 0),
      difference(3, [0, 0, 0, 4, 8, 300], 0),
    ]);
  });

  it('compares what is lost by storing', () => {
    expect(compared('stored', [0, 1, 2, 3])).toEqual([
      difference(0, written, 2),
      difference(1, [0, 0, 2, 3, 8, 255], 1),
      difference(2, [0, 0, 2, 4, 8, 300], 0),
      difference(3, [0, 0, 0, 4, 8, 300], 0),
    ]);
  });

  it('adds up over samples', () => {
    const [once] = compared('single', [3]);
    const [twice] = compared('single', [3], 2);
    expect(twice).toEqual({
      ours: 3,
      theirs: 3,
      count: 12,
      signal: 2 * once.signal,
      own: 2 * once.own,
      dot: 2 * once.dot,
      noise: 2 * once.noise,
      maxError: once.maxError,
      clipped: 0,
      channels: once.channels,
    });
  });

  it('gives the same bits for every number of threads', () => {
    const build = (storage: Storage): DeviceGraph => {
      const builder = new GraphBuilder();
      const data = builder.input('in_0', [400, 300, 1, 1], storage);
      builder.output(builder.node('TANH', 'tanh_1', [data], [400, 300, 1, 1], {}, storage));
      return builder.build();
    };
    const values = Float32Array.from({ length: 120_000 }, (_, i) => Math.sin(i * i) * 2);
    const results = [1, 2].map((threads) => {
      const golden = new Simulator(build(float32), { keepAll: true, threads });
      const ours = new Simulator(build(uint8(1 / 100, 128)), { keepAll: true, threads });
      ours.compareWith(golden, [
        { ours: 0, theirs: 0 },
        { ours: 1, theirs: 1 },
      ]);
      golden.run([values]);
      for (const mode of ['entire', 'single', 'stored'] as const) ours.runCompared([values], mode);
      return ours.comparison();
    });
    expect(results[0][1].noise).toBeGreaterThan(0);
    expect(results[1]).toEqual(results[0]);
  });

  it('refuses what cannot be compared', () => {
    const options = { keepAll: true, threads: 1 };
    const golden = new Simulator(smallNetwork(), options);
    const ours = new Simulator(smallNetwork(), options);
    const pair = (mine: number, theirs = mine) => [{ ours: mine, theirs }];
    const picture = new Float32Array(192);
    expect(() => ours.comparison()).toThrow(/compareWith first/);
    expect(() => ours.runCompared([picture], 'stored')).toThrow(/compareWith first/);
    expect(() => ours.compareWith(golden, pair(99))).toThrow(/no tensor 99/);
    expect(() => ours.compareWith(golden, pair(1))).toThrow(/ours\[0\]: tensor 1 is a constant/);
    expect(() => ours.compareWith(golden, pair(0, 3))).toThrow(/pair 0 has different sizes/);
    expect(() => ours.compareWith(golden, pair(0, 6))).toThrow(/layouts differ/);
    expect(() => ours.compareWith(golden, [...pair(0), ...pair(0)])).toThrow(/more than one pair/);
    expect(() => ours.compareWith(ours, pair(0))).toThrow(/itself/);
    const forgetful = new Simulator(smallNetwork(), { threads: 1 });
    ours.compareWith(forgetful, pair(3));
    expect(() => ours.runCompared([picture], 'entire')).toThrow(/theirs\[0\]: tensor 3 is virtual/);
    ours.compareWith(golden, pair(3));
    golden.run([picture]);
    ours.runCompared([picture], 'single');
    expect(ours.comparison()).toMatchObject([{ count: 256, noise: 0, maxError: 0 }]);
    golden.dispose();
    expect(() => ours.runCompared([picture], 'entire')).toThrow(
      expect.objectContaining({ code: 'simulator-failed', message: expect.stringContaining('disposed') }),
    );
    expect(() => ours.compareWith(golden, pair(3))).toThrow(/reference graph is disposed/);
    expect(ours.comparison()).toMatchObject([{ count: 256 }]);
  });

  it('measures tensors of a network and stops where it is told', () => {
    const simulator = new Simulator(smallNetwork(), { threads: 1, keepAll: true });
    const picture = Float32Array.from({ length: 192 }, (_, i) => Math.cos(i));
    simulator.startHistograms([0, 3], 64);
    simulator.startChannelStats([{ tensor: 3, axis: 2 }]);
    simulator.resetRanges([3]);
    simulator.runUntil([picture], 0);
    const conv = simulator.read(3).values;
    const { counts, zeros, min, max } = simulator.histogram(3);
    expect(counts.reduce((a, b) => a + b, zeros)).toBe(256);
    expect({ min, max }).toEqual(simulator.ranges()(3));
    expect(simulator.histogram(0).count).toBe(192);
    const { sum, count } = simulator.channelStats(3);
    expect(count).toBe(64);
    for (let channel = 0; channel < 4; channel++) {
      const expected = conv.subarray(channel * 64, channel * 64 + 64).reduce((a, b) => a + b, 0);
      expect(sum[channel]).toBeCloseTo(expected, 3);
    }
    // The nodes behind it have not run.
    expect(simulator.read(simulator.graph.outputs[0]).values.every((value) => value === 0)).toBe(true);
    expect(() => simulator.startHistograms([0], 65)).toThrow(/power of two/);
    expect(() => simulator.histogram(6)).toThrow(/no histogram/);
    expect(() => simulator.channelStats(0)).toThrow(/no channel statistics/);
  });
});
