import { describe, expect, it } from 'vitest';
import type { NativeGraphSpec } from '../../core/simulator/native.ts';
import { affine, built, load, plain, random } from './harness.ts';
import { u8 } from './reference/quant.ts';

const good = (): NativeGraphSpec => ({
  tensors: [
    plain('f32', [4, 4, 2, 1]),
    plain('f32', [3, 3, 2, 3], new Float32Array(54)),
    { ...plain('f32', []), virtual: true },
    plain('f32', [2, 2, 3, 1]),
  ],
  nodes: [
    {
      op: 2,
      uid: 11,
      inputs: [0, 1],
      outputs: [2],
      params: { ksize: [3, 3], stride: [1, 1], dilation: [1, 1] },
    },
    { op: 22, uid: 12, inputs: [2], outputs: [3], params: {} },
  ],
  inputs: [0],
  outputs: [3],
});

/** More of them is worth it in a sanitizer build. */
const ROUNDS = Number(process.env['NIBBLE_SIM_ROUNDS'] ?? 20);

interface LooseNode {
  op: unknown;
  inputs: unknown;
  outputs: unknown;
  params: Record<string, unknown>;
}

interface LooseTensor {
  size: unknown;
  data?: unknown;
  vxType: unknown;
}

interface Loose {
  tensors: [LooseTensor, LooseTensor, LooseTensor, LooseTensor];
  nodes: [LooseNode, LooseNode];
  outputs: unknown;
}

describe.skipIf(!built)('graph specs', () => {
  const sim = built ? load() : (undefined as never);
  /** A specification that tests may spoil in any way. */
  const broken =
    (change: (spec: Loose) => unknown): (() => unknown) =>
    () => {
      const spec = structuredClone(good()) as unknown as Loose;
      change(spec);
      return sim.createGraph(spec as unknown as NativeGraphSpec);
    };

  it('runs a good one', () => {
    const graph = sim.createGraph(good());
    graph.writeFloat(0, new Float32Array(32).fill(1));
    graph.run();
    expect(graph.readFloat(3)).toEqual(new Float32Array(12));
    expect(graph.times().length).toBe(2);
    expect(() => graph.read(2)).toThrow(/keepAll/);
    expect(() => graph.read(4)).toThrow(/tensor/);
    expect(() => graph.write(0, new Uint8Array(3))).toThrow(/3 bytes.*128/);
    expect(() => graph.writeFloat(0, new Float32Array(3))).toThrow(/3 elements/);
    graph.dispose();
    expect(() => graph.run()).toThrow(/disposed/);
  });

  it.each([
    ['an unknown op', (s: Loose) => (s.nodes[0].op = 9999), /uid 11.*9999/],
    ['an unknown parameter', (s: Loose) => (s.nodes[0].params.ksise = 1), /CONV2D.*ksise|ksise.*CONV2D/],
    ['a wrong array length', (s: Loose) => (s.nodes[0].params.ksize = [3]), /ksize.*expected 2/],
    ['a wrong kernel', (s: Loose) => (s.nodes[0].params.ksize = [5, 5]), /uid 11 \(CONV2D\).*ksize/],
    ['stride 0', (s: Loose) => (s.nodes[0].params.stride = [0, 1]), /stride 0/],
    ['a huge pad', (s: Loose) => (s.nodes[0].params.pad = [4294967295, 0, 0, 0]), /uid 11/],
    ['a window larger than the input', (s: Loose) => (s.nodes[0].params.dilation = [9, 9]), /larger than/],
    ['a missing input', (s: Loose) => (s.nodes[0].inputs = [0]), /uid 11.*input 1 is missing/],
    ['a tensor that does not exist', (s: Loose) => (s.nodes[0].inputs = [0, 17]), /inputs\[1\]/],
    ['a wrong order', (s: Loose) => s.nodes.reverse(), /topological|later node/],
    ['an output with two writers', (s: Loose) => (s.nodes[1].outputs = [2]), /written by another|written by/],
    ['a constant of the wrong length', (s: Loose) => (s.tensors[1].data = new Uint8Array(5)), /5 bytes/],
    ['an empty dimension', (s: Loose) => (s.tensors[0].size = [4, 0, 2, 1]), /empty dimension/],
    ['too many elements', (s: Loose) => (s.tensors[0].size = [65536, 65536, 65536, 1]), /too many elements/],
    ['nine dimensions', (s: Loose) => (s.tensors[0].size = Array(9).fill(1)), /8 dimensions/],
    [
      'an output of another shape',
      (s: Loose) => (s.tensors[3].size = [2, 2, 4, 1]),
      /output 0 has shape \[2,2,4,1\]/,
    ],
    ['an unknown type', (s: Loose) => (s.tensors[0].vxType = 99), /vxType/],
    ['a virtual graph output', (s: Loose) => (s.outputs = [2]), /virtual/],
    ['no tensors', (s: Loose) => Reflect.deleteProperty(s, 'tensors'), /tensors/],
  ] as [string, (s: Loose) => unknown, RegExp][])('refuses %s', (_, change, message) => {
    expect(broken(change)).toThrow(message);
  });

  it('refuses array parameters that are shorter than their count', () => {
    const spec = {
      tensors: [plain('f32', [4, 4]), plain('f32', [4, 4])],
      nodes: [{ op: 19, uid: 5, inputs: [0], outputs: [1], params: { perm: [0], dim_num: 2 } }],
      inputs: [0],
      outputs: [1],
    };
    expect(() => sim.createGraph(spec)).toThrow(/perm.*dim_num/);
  });

  it('measures ranges of inputs and of every node, ignoring NaN', () => {
    const graph = sim.createGraph({
      tensors: [plain('f32', [40]), { ...plain('f32', []), virtual: true }, affine(u8(0.5, 10), [40])],
      nodes: [
        { op: 86, uid: 1, inputs: [0], outputs: [1], params: {} },
        { op: 48, uid: 2, inputs: [1], outputs: [2], params: {} },
      ],
      inputs: [0],
      outputs: [2],
    });
    graph.resetRanges();
    const x = Float32Array.from({ length: 40 }, (_, i) => i - 10);
    x[3] = NaN;
    graph.writeFloat(0, x);
    graph.run();
    const { min, max } = graph.ranges();
    expect([min[0], max[0], min[1], max[1], min[2], max[2]]).toEqual([-10, 29, -29, 10, -5, 10]);
  });

  it('survives random nonsense for every op', () => {
    for (const op of sim.ops())
      for (let round = 0; round < ROUNDS; round++) {
        const tensor = () => ({
          ...(random() < 0.5 ? plain('f32', []) : affine(u8(0.1, 7), [])),
          size: Array.from({ length: 1 + Math.floor(random() * 5) }, () => 1 + Math.floor(random() * 5)),
        });
        const n = 1 + Math.floor(random() * 3);
        const tensors = Array.from({ length: n }, tensor);
        const constants = tensors.map((t, i) =>
          i > 0
            ? { ...t, data: new Uint8Array(t.size.reduce((a, b) => a * b, 1) * (t.vxType === 10 ? 4 : 1)) }
            : t,
        );
        const params: Record<string, number | number[]> = {};
        for (const f of op.fields) {
          const value = (): number =>
            random() < 0.8 ? Math.floor(random() * 5) : Math.floor((random() - 0.5) * 2e9);
          const bounded = (): number => (f.type.includes('8') ? value() & 127 : value());
          params[f.name] = f.count === 1 ? bounded() : Array.from({ length: f.count || 2 }, bounded);
        }
        try {
          const output = { ...tensor(), size: [], virtual: true };
          const sink = { ...tensor(), size: [1] };
          const graph = sim.createGraph({
            tensors: [...constants, output, sink],
            nodes: [{ op: op.value, uid: 1, inputs: constants.map((_, i) => i), outputs: [n], params }],
            inputs: [0],
            outputs: [],
          });
          graph.run();
          graph.dispose();
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }
  });
});
