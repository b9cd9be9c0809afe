import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DeviceGraph } from '../device/graph.ts';
import { convolution, float32, GraphBuilder, uint8, type Storage } from '../testing/device-graphs.ts';
import { addonPath } from './addon.ts';
import { Simulator } from './simulator.ts';

const SIZE = [6, 5, 4, 1];
const PICTURE = Float32Array.from({ length: 120 }, (_, i) => Math.sin(i * 1.7) * 3);

/**
 * A convolution with a RELU that is folded into it, and two branches that meet. The branches come in the order asked
 * for, so that two graphs of one network can differ in it.
 */
function network(storage: Storage, leftFirst: boolean): { graph: DeviceGraph; ids: Map<string, number> } {
  const build = new GraphBuilder();
  const ids = new Map<string, number>();
  const node = (name: string, ...rest: [string, number[], Parameters<GraphBuilder['node']>[4]?]): number => {
    const [op, inputs, params] = rest;
    const id = build.node(op, `${name}_${ids.size}`, inputs, SIZE, params, storage);
    ids.set(name, id);
    return id;
  };
  const data = build.input('in_0', SIZE, storage);
  ids.set('in', data);
  const left = (): number => node('left', 'TANH', [data]);
  const right = (): number => node('right', 'SIGMOID', [data]);
  const [first, second] = leftFirst ? [left(), right()] : [right(), left()];
  const sum = node('sum', 'ADD', leftFirst ? [first, second] : [second, first]);
  const weight = build.weights('conv:weight', [1, 1, 4, 4]);
  const conv =
    storage === float32
      ? node('conv', 'CONV2D', [sum, weight, -1], convolution(1, 4))
      : node('conv', 'NEG', [sum]);
  const relu = node('relu', 'RELU', [conv]);
  build.output(node('last', 'ABS', [relu]));
  return { graph: build.build(), ids };
}

describe.skipIf(!existsSync(addonPath()))(
  'looking at tensors without keeping them (skipped without the addon)',
  () => {
    it('streams chosen tensors in the order of computation, as a graph that keeps all has them', () => {
      const { graph, ids } = network(float32, true);
      const keeping = new Simulator(graph, { keepAll: true });
      keeping.execute([PICTURE]);
      const streaming = new Simulator(graph);
      const names = ['relu', 'in', 'conv', 'left'];
      const wanted = names.map((name) => ids.get(name) ?? -1);
      const seen = [...streaming.stream([PICTURE], wanted)].map(({ tensor, values }) => {
        expect(values).toEqual(keeping.read(tensor.id).values);
        return tensor.id;
      });
      expect(seen).toEqual(['in', 'left', 'conv', 'relu'].map((name) => ids.get(name)));
      // The rest of the network was not run.
      expect(streaming.times().at(-1)?.milliseconds).toBe(0);
      expect(streaming.run([PICTURE])[0].bytes).toEqual(keeping.run([PICTURE])[0].bytes);
      expect(() => streaming.read(ids.get('left') ?? -1)).toThrow(/is virtual/);
    });

    it('refuses to go on where the run before did not stop', () => {
      const { graph, ids } = network(float32, true);
      const simulator = new Simulator(graph);
      const [left, right] = ['left', 'right'].map((name) => ids.get(name) ?? -1);
      const stream = simulator.stream([PICTURE], [left, right]);
      expect(stream.next().done).toBe(false);
      simulator.run([PICTURE]);
      expect(() => stream.next()).toThrow(/node 1 cannot be run without those before it/);
    });

    it.each([true, false])(
      'compares two graphs that run together, branches in the same order: %s',
      (same) => {
        const ours = network(uint8(1 / 32, 128), true);
        const theirs = network(uint8(1 / 64, 128), same);
        const pairs = [...ours.ids].map(([name, id]) => ({
          ours: id,
          theirs: theirs.ids.get(name) ?? -1,
          axis: 2,
        }));
        const compared = ([true, false] as const).map((keepAll) => {
          const reference = new Simulator(theirs.graph, { keepAll });
          const simulator = new Simulator(ours.graph, { keepAll });
          simulator.compareWith(reference, pairs);
          if (keepAll) {
            reference.execute([PICTURE]);
            simulator.runCompared([PICTURE], 'entire');
          } else {
            expect(() => simulator.runCompared([PICTURE], 'entire')).toThrow(/virtual/);
            simulator.runCompared([PICTURE], 'together');
          }
          const outputs = [simulator, reference].map(({ graph }, index) =>
            [simulator, reference][index].read(graph.outputs[0]),
          );
          return { sums: simulator.comparison(), bytes: outputs.map(({ bytes }) => bytes) };
        });
        expect(compared[1]).toEqual(compared[0]);
        expect(compared[0].sums.every(({ noise }) => noise > 0)).toBe(true);
      },
    );
  },
);
