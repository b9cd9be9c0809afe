import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { addonPath } from '../simulator/addon.ts';
import { Simulator } from '../simulator/simulator.ts';
import { convolution, GraphBuilder } from '../testing/device-graphs.ts';
import type { DeviceGraph } from './graph.ts';
import { removeEdgePermutes } from './remove-permutes.ts';

/** Interleaved pictures around a convolution, as TensorFlow networks have them; a second output reads the first. */
function channelLast(): DeviceGraph {
  const build = new GraphBuilder();
  const input = build.input('in_1', [2, 5, 4, 1]);
  const weight = build.weights('conv_2:weight', [3, 3, 2, 3]);
  const planes = build.node('PERMUTE', 'head_3', [input], [5, 4, 2, 1], { perm: [1, 2, 0, 3] });
  const conv = build.node('CONV2D', 'conv_2', [planes, weight, -1], [5, 4, 3, 1], convolution(3, 3, 1));
  build.output(build.node('PERMUTE', 'tail_4', [conv], [3, 5, 4, 1], { perm: [2, 0, 1, 3] }));
  return build.build();
}

describe('permutes at the edges', () => {
  it('go, and the ports take the layout of the inside', () => {
    const { graph, removed } = removeEdgePermutes(channelLast());
    expect(removed.map(({ layer }) => layer)).toEqual(['head_3', 'tail_4']);
    expect(graph.nodes.map(({ op }) => op)).toEqual(['CONV2D']);
    expect(graph.inputs.map((id) => graph.tensors[id].size)).toEqual([[5, 4, 2, 1]]);
    expect(graph.outputs.map((id) => graph.tensors[id].size)).toEqual([[5, 4, 3, 1]]);
    expect(graph.outputs.map((id) => graph.tensors[id].name)).toEqual(['@tail_4:out0']);
  });

  it('stay where something else reads the port', () => {
    const before = channelLast();
    const other = { ...before.nodes[0], layer: 'relu_9', op: 'RELU', uid: 9, params: {}, outputs: [] };
    const { removed } = removeEdgePermutes({ ...before, nodes: [...before.nodes, other] });
    expect(removed.map(({ layer }) => layer)).toEqual(['tail_4']);
  });

  it.skipIf(!existsSync(addonPath()))('change only the order of the data (skipped without the addon)', () => {
    const pixels = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i));
    // Interleaved pixel p, channel c is plane c, pixel p.
    const planes = Float32Array.from({ length: 40 }, (_, i) => pixels[(i % 20) * 2 + Math.floor(i / 20)]);
    const results = [channelLast(), removeEdgePermutes(channelLast()).graph].map((graph, index) => {
      const simulator = new Simulator(graph);
      const [{ bytes }] = simulator.runRaw([new Uint8Array((index === 0 ? pixels : planes).buffer)]);
      simulator.dispose();
      return new Float32Array(bytes.slice().buffer);
    });
    const moved = Float32Array.from({ length: 60 }, (_, i) => results[0][(i % 20) * 3 + Math.floor(i / 20)]);
    expect(results[1]).toEqual(moved);
    expect(new Set(moved).size).toBeGreaterThan(50);
  });
});
