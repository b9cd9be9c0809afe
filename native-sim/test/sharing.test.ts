// Nodes that write over their input, activations that are done while storing, and tensors that share memory: none of it
// may change a bit of what separate nodes with memory of their own compute.
import { describe, expect, it } from 'vitest';
import type { NativeNodeSpec, NativeTensorSpec } from '../../core/simulator/native.ts';
import { affine, built, load, plain, randomCodes, randomFloats, variants } from './harness.ts';
import { u8 } from './reference/quant.ts';

const OP = { ADD: 0, MULTIPLY: 1, CONV2D: 2, LEAKY_RELU: 9, RESHAPE: 18, RELU: 22, TANH: 37 };

/** How the tensors of one kind of network are described. */
interface Kind {
  name: string;
  activation: (size: number[]) => NativeTensorSpec;
  weight: (size: number[]) => NativeTensorSpec;
}

const count = (size: number[]): number => size.reduce((product, dim) => product * dim, 1);
const q = u8(0.05, 120);
const wq = u8(0.02, 131);

const kinds: Kind[] = [
  {
    name: 'float32',
    activation: (size) => plain('f32', size),
    weight: (size) => plain('f32', size, Float32Array.from(randomFloats(count(size), 0.3))),
  },
  {
    name: 'uint8',
    activation: (size) => affine(q, size),
    weight: (size) => affine(wq, size, randomCodes(count(size), wq)),
  },
  {
    name: 'int16',
    activation: (size) => ({ size, vxType: 4, qntType: 1, fl: 10, virtual: false }),
    weight: (size) => ({
      size,
      vxType: 4,
      qntType: 1,
      fl: 14,
      virtual: false,
      data: new Uint8Array(Int16Array.from(randomFloats(count(size)), (v) => Math.round(v * 9000)).buffer),
    }),
  },
];

/** Residual blocks: `kept` is read again after later tensors have been written over each other. */
function network({ activation, weight }: Kind): { tensors: NativeTensorSpec[]; nodes: NativeNodeSpec[] } {
  const tensors: NativeTensorSpec[] = [activation([9, 7, 8, 1])];
  const nodes: NativeNodeSpec[] = [];
  const node = (
    op: number,
    inputs: number[],
    params: NativeNodeSpec['params'] = {},
    size = [9, 7, 8, 1],
  ): number => {
    const output = tensors.push({ ...activation(size), virtual: true }) - 1;
    nodes.push({ op, uid: nodes.length, inputs, outputs: [output], params });
    return output;
  };
  const conv = (x: number, multiplier: number): number => {
    const w = tensors.push(weight(multiplier ? [3, 3, 8, 1] : [1, 1, 8, 8])) - 1;
    const pad = multiplier ? [1, 1, 1, 1] : [0, 0, 0, 0];
    const ksize = multiplier ? [3, 3] : [1, 1];
    return node(OP.CONV2D, [x, w], { ksize, stride: [1, 1], pad, dilation: [1, 1], multiplier });
  };
  const leaky = (x: number): number => node(OP.LEAKY_RELU, [x], { leaky_ratio: 0.1 });
  const kept = leaky(conv(0, 0));
  const depthwise = leaky(conv(kept, 1));
  const sum = node(OP.RELU, [node(OP.ADD, [conv(depthwise, 0), kept])]);
  const flat = node(OP.RESHAPE, [sum], { size: [63, 8], dim_num: 2 }, [63, 8]);
  const back = node(OP.RESHAPE, [node(OP.TANH, [flat], { scale_a: 2, scale_b: 1 }, [63, 8])], {
    size: [9, 7, 8, 1],
    dim_num: 4,
  });
  const last = node(OP.ADD, [node(OP.MULTIPLY, [back, kept], { scale: 1 }), kept]);
  tensors[last] = { ...tensors[last], virtual: false };
  return { tensors, nodes };
}

describe.skipIf(!built)('tensors that share memory', () => {
  const sim = load();
  it.each(kinds)('hold what separate ones hold: $name', (kind) => {
    const { tensors, nodes } = network(kind);
    const output = tensors.length - 1;
    const input = Float32Array.from(randomFloats(count([9, 7, 8, 1]), 3));
    let want: Uint8Array | undefined;
    for (const { feature, threads } of variants(sim)) {
      sim.useFeature(feature);
      const results = [true, false].map((keepAll) => {
        const graph = sim.createGraph({ tensors, nodes, inputs: [0], outputs: [output], keepAll, threads });
        graph.writeFloat(0, input);
        graph.run();
        const plainly = graph.read(output);
        // Measured tensors are written on their own.
        graph.resetRanges();
        graph.run();
        expect(graph.read(output), feature).toEqual(plainly);
        graph.dispose();
        return plainly;
      });
      expect(results[1], feature).toEqual(results[0]);
      if (kind.name === 'float32') continue;
      want ??= results[0];
      expect(results[0], feature).toEqual(want);
    }
    sim.useFeature('');
  });
});
