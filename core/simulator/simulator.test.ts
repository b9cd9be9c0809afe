import { describe, expect, it } from 'vitest';
import type { DeviceGraph } from '../device/graph.ts';
import { StudioError } from '../network/errors.ts';
import { GraphBuilder, smallNetwork, uint8, uint8Network } from '../testing/device-graphs.ts';
import { networkShape, toDeviceLayout, toNetworkLayout } from './layout.ts';
import type { NativeGraphSpec, NativeModule } from './native.ts';
import { Simulator } from './simulator.ts';
import { toNativeSpec } from './spec.ts';

/** A function of the addon that these tests do not need; statistics.test.ts has the real one. */
const absent = (): never => {
  throw new Error('not in the stand-in');
};

/** A stand-in for the addon: tensors are float arrays, `run` copies the first input to every output. */
function fakeModule(failure?: string): NativeModule & { disposed: number } {
  return {
    disposed: 0,
    version: '1.1.34',
    features: () => ['portable'],
    useFeature: () => undefined,
    ops: () => [],
    floatToDtype: (data) => new Uint8Array(data.buffer),
    loadPacked: absent,
    createGraph(spec: NativeGraphSpec) {
      const values: Float32Array[] = spec.tensors.map(
        ({ size }) => new Float32Array(size.reduce((a, b) => a * b, 1)),
      );
      return {
        write: (id, data) => (values[id] = new Float32Array(data.slice().buffer)),
        writeFloat: (id, data) => (values[id] = data),
        run: () => {
          if (failure !== undefined) throw new Error(failure);
          for (const id of spec.outputs) values[id] = values[spec.inputs[0]];
        },
        read: (id) => new Uint8Array(values[id].slice().buffer),
        readFloat: (id) => values[id],
        resetRanges: () => undefined,
        ranges: () => ({
          min: Float32Array.from(values, (data, id) => (id === 0 ? Math.min(...data) : Infinity)),
          max: Float32Array.from(values, (data, id) => (id === 0 ? Math.max(...data) : -Infinity)),
        }),
        startHistograms: absent,
        histogram: absent,
        startChannelStats: absent,
        channelStats: absent,
        compareWith: absent,
        runCompared: absent,
        comparison: absent,
        times: () => Float64Array.from(spec.nodes, (_, index) => index),
        dispose: () => this.disposed++,
      };
    },
  };
}

/** An identity on a 2x3 picture of 2 channels that the device keeps as planes, the network interleaved. */
function movedGraph(): DeviceGraph {
  const build = new GraphBuilder();
  const data = build.input('in_0', [3, 2, 2, 1]);
  build.output(build.node('RELU', 'relu_1', [data], [3, 2, 2, 1]));
  const graph = build.build();
  return { ...graph, tensors: graph.tensors.map((tensor) => ({ ...tensor, order: [0, 3, 1, 2] })) };
}

describe('toNativeSpec', () => {
  it('turns names into numbers', () => {
    const { nodes, tensors, inputs, outputs } = toNativeSpec(smallNetwork());
    expect(nodes[0].op).toBe(2);
    expect(nodes[0].vx).toEqual({
      overflow_policy: 40961,
      rounding_policy: 73730,
      down_scale_size_rounding: 106496,
    });
    expect(nodes[1]).toMatchObject({ op: 22, uid: 2, params: {} });
    expect(nodes[1].vx).toBeUndefined();
    expect(nodes[2].params).toMatchObject({ type: 110592, round_type: 1, ksize: [2, 2] });
    expect(nodes[3].params).toEqual({ size: [64, 1], dim_num: 2 });
    expect(tensors[inputs[0]]).toEqual({ size: [8, 8, 3, 1], vxType: 10, qntType: 0, virtual: false });
    expect(tensors[outputs[0]].virtual).toBe(false);
  });

  it('passes quantization on', () => {
    const { tensors } = toNativeSpec(uint8Network(), { threads: 1, keepAll: true });
    expect(tensors[1]).toMatchObject({ vxType: 3, qntType: 2, scale: 1 / 64, zeroPoint: 120 });
    const build = new GraphBuilder();
    build.input('a_0', [1], { type: 'int16', quantization: { kind: 'dfp', fl: 7 } });
    const scales = { kind: 'perchannel', scales: [1, 2], channelDim: 0 } as const;
    build.constant('b_1:weight', [2], new Uint8Array(2), { type: 'int8', quantization: scales });
    const spec = toNativeSpec(build.build());
    expect(spec.tensors[0]).toMatchObject({ qntType: 1, fl: 7 });
    expect(spec.tensors[1]).toMatchObject({ qntType: 3, channelDim: 0, scales: Float32Array.of(1, 2) });
  });

  it('stores "infer" and booleans as C does', () => {
    const build = new GraphBuilder();
    const data = build.input('a_0', [4, 1]);
    const flat = build.node('RESHAPE', 'r_1', [data], [4], { size: [-1] });
    build.output(build.node('GELU', 'g_2', [flat], [4], { approximate: true }));
    const { nodes } = toNativeSpec(build.build());
    expect(nodes[0].params).toEqual({ size: [4294967295], dim_num: 1 });
    expect(nodes[1].params).toEqual({ approximate: 1 });
  });

  it('names the layer of a node that does not fit', () => {
    const build = new GraphBuilder();
    build.output(build.node('RELU', 'relu_1', [build.input('a_0', [4, 1])], [4, 1], { alpha: 1 }));
    expect(() => toNativeSpec(build.build())).toThrow(
      expect.objectContaining({ place: { layer: 'relu_1' } }),
    );
  });
});

describe('layout', () => {
  const [tensor] = movedGraph().tensors;
  const network = Float32Array.from({ length: 12 }, (_, i) => i);
  const device = Float32Array.of(0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11);

  it('moves values between the network and the device', () => {
    expect(networkShape(tensor)).toEqual([1, 2, 3, 2]);
    expect(toDeviceLayout(tensor, network)).toEqual(device);
    expect(toNetworkLayout(tensor, device)).toEqual(network);
  });

  it('copies nothing where the layouts agree', () => {
    const same = { ...tensor, order: [0, 1, 2, 3] };
    expect(toDeviceLayout(same, network)).toBe(network);
    expect(toNetworkLayout(same, device)).toBe(device);
  });
});

describe('Simulator', () => {
  it('runs in the layout of the network', () => {
    const module = fakeModule();
    const simulator = new Simulator(movedGraph(), { module });
    const input = Float32Array.from({ length: 12 }, (_, i) => i);
    const [output] = simulator.run([input]);
    expect(output.shape).toEqual([1, 2, 3, 2]);
    expect(output.values).toEqual(input);
    expect(new Float32Array(output.bytes.buffer)).toEqual(
      Float32Array.of(0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11),
    );
    const range = simulator.ranges();
    expect([range(0), range(1)]).toEqual([{ min: 0, max: 11 }, undefined]);
    expect(simulator.times()).toEqual([{ node: simulator.graph.nodes[0], milliseconds: 0 }]);
    simulator.dispose();
    expect(module.disposed).toBe(1);
  });

  it('takes raw bytes too', () => {
    const simulator = new Simulator(movedGraph(), { module: fakeModule() });
    const bytes = new Uint8Array(Float32Array.from({ length: 12 }, (_, i) => i).buffer);
    expect(simulator.runRaw([bytes])[0].bytes).toEqual(bytes);
  });

  it('says what is wrong with inputs and tensors', () => {
    const simulator = new Simulator(movedGraph(), { module: fakeModule() });
    expect(() => simulator.run([])).toThrow(/has 1 inputs, got data for 0/);
    expect(() => simulator.run([new Float32Array(3)])).toThrow(/takes 12 values \[1,2,3,2\], got 3/);
    expect(() => simulator.read(-1)).toThrow(/no tensor -1/);
  });

  it('names the layer that failed', () => {
    const build = new GraphBuilder();
    const data = build.input('in_0', [2, 1], uint8(1));
    build.output(build.node('RELU', 'relu_17', [data], [2, 1], {}, uint8(1)));
    const simulator = new Simulator(build.build(), { module: fakeModule('node uid 17 RELU: out of memory') });
    expect(() => simulator.run([new Float32Array(2)])).toThrow(StudioError);
    expect(() => simulator.run([new Float32Array(2)])).toThrow(
      expect.objectContaining({ code: 'simulator-failed', place: { layer: 'relu_17' } }),
    );
  });
});
