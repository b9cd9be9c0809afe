import { describe, expect, it } from 'vitest';
import { Simulator } from '../simulator/simulator.ts';
import { GraphBuilder, uint8 } from '../testing/device-graphs.ts';
import type { DeviceGraph } from './graph.ts';
import { appendOutputNodes } from './output-nodes.ts';

/** uint8 in, uint8 out, 4 x 3 x 2 of W,H,C. */
function network(): DeviceGraph {
  const build = new GraphBuilder();
  const storage = uint8(0.5, 10);
  const input = build.input('in_1', [4, 3, 2, 1], storage);
  build.output(build.node('RELU', 'relu_2', [input], [4, 3, 2, 1], {}, storage));
  const graph = build.build();
  const [output] = graph.outputs;
  graph.tensors[output] = { ...graph.tensors[output], name: '@out_0:out0' };
  return graph;
}

const identity = [0, 1, 2, 3];

describe('nodes behind outputs', () => {
  it('are none where nothing changes', () => {
    const graph = network();
    expect(appendOutputNodes(graph, [])).toEqual(graph);
    expect(appendOutputNodes(graph, [{ lid: 'out_0', perm: identity, forceFloat32: false }])).toEqual(graph);
  });

  it.each([
    ['float32', identity, true, ['DATACONVERT']],
    ['order', [0, 2, 3, 1], false, ['PERMUTE']],
    ['both', [0, 2, 3, 1], true, ['PERMUTE', 'DATACONVERT']],
  ])('change the output: %s', (_, perm, forceFloat32, ops) => {
    const graph = appendOutputNodes(network(), [{ lid: 'out_0', perm, forceFloat32 }]);
    expect(graph.nodes.slice(1).map(({ op }) => op)).toEqual(ops);
    expect(new Set(graph.nodes.map(({ uid }) => uid)).size).toBe(graph.nodes.length);
    expect(graph.ports).toContain(graph.outputs[0]);
    const output = graph.tensors[graph.outputs[0]];
    expect([output.role, output.name, output.type]).toEqual([
      'output',
      '@out_0:out0',
      forceFloat32 ? 'float32' : 'uint8',
    ]);
    const input = Float32Array.from({ length: 24 }, (__, index) => index / 2);
    const simulator = new Simulator(graph);
    const [{ shape, values }] = simulator.run([input]);
    simulator.dispose();
    // [1,2,3,4] → [1,3,4,2] for the permuted ones.
    const isMoved = perm !== identity;
    expect(shape).toEqual(isMoved ? [1, 3, 4, 2] : [1, 2, 3, 4]);
    const expected = isMoved
      ? input.map((__, index) => input[(index % 2) * 12 + Math.floor(index / 2)])
      : input;
    expect([...values]).toEqual([...expected]);
  });

  it('follow the axis order of the device', () => {
    const graph = network();
    const [output] = graph.outputs;
    graph.tensors[output] = { ...graph.tensors[output], order: [0, 3, 1, 2] };
    // The network has [1,3,4,2] here; turned to [1,2,3,4] it is what the device holds already.
    const turned = appendOutputNodes(graph, [{ lid: 'out_0', perm: [0, 3, 1, 2], forceFloat32: false }]);
    expect(turned.nodes.at(-1)?.params.perm).toEqual([0, 1, 2, 3]);
    expect(turned.tensors[turned.outputs[0]].size).toEqual([4, 3, 2, 1]);
  });

  it('say what is wrong', () => {
    const add = (lid: string, perm: number[]) => () =>
      appendOutputNodes(network(), [{ lid, perm, forceFloat32: true }]);
    expect(add('out_1', identity)).toThrow('"out_1" is no output of the network');
    expect(add('out_0', [1, 0])).toThrow('"perm" has 2 axes, the output has 4');
  });
});
