import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan } from '../device/types.ts';
import { StudioError } from '../network/errors.ts';
import { Layer, parseRef, type ParameterValue } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import { elementCount, floatTensor } from '../network/tensor.ts';
import { inferShapes } from './shapes.ts';

type Row = [key: string, op: string, inputs: string[], parameters?: Record<string, ParameterValue>];

function build(rows: Row[], coefficients: Record<string, Record<string, number[]>> = {}): Network {
  const layers = rows.map(
    ([key, op, inputs, parameters]) =>
      new Layer({ key, name: key, op, inputs: inputs.map((name) => parseRef(`@${name}:out0`)), parameters }),
  );
  const network = new Network({ name: 'n', acuityVersion: '6', platform: 'tensorflow' }, layers);
  for (const [key, tensors] of Object.entries(coefficients)) {
    for (const [name, shape] of Object.entries(tensors)) {
      const values = Float32Array.from({ length: elementCount(shape) }, (_, index) => index);
      network.setCoefficient(key, name, floatTensor(shape, values));
    }
  }
  return network;
}

const lower = (network: Network) => lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 });

const conv = (
  weights: number,
  size: number,
  more: Record<string, ParameterValue> = {},
): Record<string, ParameterValue> => ({
  weights,
  ksize_h: size,
  ksize_w: size,
  stride_h: 1,
  stride_w: 1,
  pad_method: 'padding_const',
  pad: [0, 0, 0, 0],
  ...more,
});

describe('layouts', () => {
  const channelFirst = (): Network =>
    build(
      [
        ['o_0', 'output', ['back_1']],
        ['back_1', 'permute', ['conv_2'], { perm: [0, 3, 1, 2] }],
        ['conv_2', 'convolution', ['to_3'], conv(4, 3)],
        ['to_3', 'permute', ['in_4'], { perm: [0, 2, 3, 1] }],
        ['in_4', 'input', [], { shape: [1, 3, 8, 6] }],
      ],
      { conv_2: { weight: [3, 3, 3, 4], bias: [4] } },
    );

  test('a channel-first model needs no permute on the device', () => {
    const { graph } = lower(channelFirst());
    expect(graph.nodes.map((node) => node.op)).toEqual(['CONV2D']);
    expect(graph.tensors[graph.inputs[0]].size).toEqual([6, 8, 3, 1]);
    expect(graph.tensors[graph.outputs[0]]).toMatchObject({
      size: [4, 6, 4, 1],
      role: 'output',
      name: '@o_0:out0',
    });
  });

  test('a channel-last model is permuted once in and once out', () => {
    const network = build(
      [
        ['in_0', 'input', [], { shape: [0, 8, 6, 3] }],
        ['conv_1', 'convolution', ['in_0'], conv(4, 3)],
        ['relu_2', 'relu', ['conv_1']],
        ['o_3', 'output', ['relu_2']],
      ],
      { conv_1: { weight: [3, 3, 3, 4], bias: [4] } },
    );
    const { graph } = lower(network);
    expect(graph.nodes.map((node) => node.op)).toEqual(['PERMUTE', 'CONV2D', 'RELU', 'PERMUTE']);
    expect(graph.nodes[0].params).toEqual({ perm: [1, 2, 0, 3], dim_num: 4 });
    expect(graph.nodes[3].params).toEqual({ perm: [2, 0, 1, 3], dim_num: 4 });
  });

  test('weights are laid out [kw, kh, in, out]', () => {
    const { graph } = lower(channelFirst());
    const weight = graph.tensors[graph.nodes[0].inputs[1]];
    expect(weight.size).toEqual([3, 3, 3, 4]);
    const data = new Float32Array(weight.data?.slice().buffer ?? new ArrayBuffer(0));
    // out 1, in 2, row 0, column 1 of HWIO [3,3,3,4] is element ((0*3+1)*3+2)*4+1.
    expect(data[((1 * 3 + 2) * 3 + 0) * 3 + 1]).toBe(21);
  });

  test('a constant operand is laid out at conversion time, not permuted at run time', () => {
    const network = channelFirst();
    network.add(
      new Layer({ key: 'k_5', name: 'k', op: 'variable', inputs: [], parameters: { shape: [1, 1, 1, 4] } }),
    );
    network.add(
      new Layer({
        key: 'mul_6',
        name: 'm',
        op: 'multiply',
        inputs: [parseRef('@conv_2:out0'), parseRef('@k_5:out0')],
      }),
    );
    network.layer('back_1').inputs[0] = { layer: 'mul_6', port: 0 };
    network.setCoefficient('k_5', 'data', floatTensor([1, 1, 1, 4], Float32Array.of(1, 2, 3, 4)));
    const { graph } = lower(network);
    expect(graph.nodes.map((node) => node.op).sort()).toEqual(['CONV2D', 'MULTIPLY', 'VARIABLE']);
    const variable = graph.nodes.find((node) => node.op === 'VARIABLE');
    expect(graph.tensors[variable?.outputs[0] ?? -1].size).toEqual([1, 1, 4, 1]);
  });

  test('fullconnect on a picture keeps the device order and moves its weight rows instead', () => {
    const network = build(
      [
        ['o_0', 'output', ['fc_1']],
        ['fc_1', 'fullconnect', ['to_2'], { weights: 1, axis: 1 }],
        ['to_2', 'permute', ['in_3'], { perm: [0, 2, 3, 1] }],
        ['in_3', 'input', [], { shape: [1, 2, 1, 3] }],
      ],
      { fc_1: { weight: [6, 1] } },
    );
    const { graph } = lower(network);
    expect(graph.nodes.map((node) => node.op)).toEqual(['FCL']);
    const weight = graph.tensors[graph.nodes[0].inputs[1]];
    // Stored rows enumerate h,w,c; the device enumerates c,h,w.
    expect([...new Float32Array(weight.data?.slice().buffer ?? new ArrayBuffer(0))]).toEqual([
      0, 2, 4, 1, 3, 5,
    ]);
  });
});

describe('shapes', () => {
  const input = (shape: number[]): Row => ['in_0', 'input', [], { shape }];
  const one = (op: string, shape: number[], parameters: Record<string, ParameterValue>, batch = 1) =>
    inferShapes(build([input(shape), ['x_1', op, ['in_0'], parameters]]), batch).get('@x_1:out0');

  test.each([
    ['reshape', [2, 3, 4], { shape: [0, -1] }, [2, 12]],
    ['flatten', [2, 3, 4], { axis: 1 }, [2, 12]],
    ['squeeze', [1, 3, 1], { axis_list: [0, 2] }, [3]],
    ['permute', [1, 2, 3], { perm: '0 2 1' }, [1, 3, 2]],
    [
      'pooling',
      [1, 7, 7, 2],
      { ksize_h: 3, ksize_w: 3, stride_h: 2, stride_w: 2, round_type: 'ceil' },
      [1, 3, 3, 2],
    ],
    [
      'pooling',
      [1, 8, 8, 2],
      { ksize_h: 3, ksize_w: 3, stride_h: 2, stride_w: 2, round_type: 'ceil' },
      [1, 4, 4, 2],
    ],
    [
      'pooling',
      [1, 8, 8, 2],
      { ksize_h: 3, ksize_w: 3, stride_h: 2, stride_w: 2, round_type: 'floor' },
      [1, 3, 3, 2],
    ],
    [
      'pooling',
      [1, 7, 7, 2],
      { ksize_h: 2, ksize_w: 2, stride_h: 2, stride_w: 2, padding: 'SAME' },
      [1, 4, 4, 2],
    ],
    ['slice', [1, 5, 6], { begin: [0, 1, 2], size: [1, 3, -1] }, [1, 3, 4]],
    [
      'stridedslice',
      [1, 8, 6],
      { slice_begin: [0, 7, 0], slice_end: [1, 0, 6], slice_strides: [1, -2, 1] },
      [1, 4, 6],
    ],
    [
      'pad',
      [1, 2],
      {
        padding_value: [
          [0, 0],
          [1, 2],
        ],
      },
      [1, 5],
    ],
    ['reducemean', [2, 3, 4], { axis_list: [-1], keep_dims: false }, [2, 3]],
    ['image_resize', [1, 2, 3, 4], { new_size: [5, 6] }, [1, 5, 6, 4]],
    ['fullconnect', [2, 3, 4], { weights: 9, axis: -1 }, [2, 3, 9]],
  ])('%s of %j with %j gives %j', (op, shape, parameters, expected) => {
    expect(one(op, shape, parameters)).toEqual(expected);
  });

  test('an open batch is filled in, and reshapes written for batch 1 follow it', () => {
    expect(one('reshape', [0, 4], { shape: [1, 2, 2] }, 5)).toEqual([5, 2, 2]);
  });

  test('what does not fit is refused with the layer named', () => {
    expect(() => one('reshape', [2, 3], { shape: [4] })).toThrow(/can't be reshaped to \[4\]/);
    try {
      one('slice', [1, 2], { begin: [0, 1], size: [1, 5] });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(StudioError);
      expect(String(error)).toContain('layer "x_1"');
    }
  });

  test('all unknown ops are reported at once', () => {
    const network = build([input([1, 2]), ['a_1', 'frobnicate', ['in_0']], ['b_2', 'twist', ['a_1']]]);
    expect(() => inferShapes(network)).toThrow(/2 layers.*a_1 \(frobnicate\), b_2 \(twist\)/);
  });
});

describe('lists longer than the device takes', () => {
  test('forty inputs are joined in rounds of sixteen', () => {
    const names = Array.from({ length: 40 }, (_, index) => `in_${index}`);
    const network = build([
      ['o_99', 'output', ['all_98']],
      ['all_98', 'concat', names, { dim: 1 }],
      ...names.map((name): Row => [name, 'input', [], { shape: [1, 2] }]),
    ]);
    const { graph } = lower(network);
    expect(graph.nodes.map((node) => [node.op, node.inputs.length])).toEqual([
      ['CONCAT', 16],
      ['CONCAT', 16],
      ['CONCAT', 8],
      ['CONCAT', 3],
    ]);
    expect(graph.tensors[graph.outputs[0]].size).toEqual([80, 1]);
  });
});

describe('shapes that files mean in their own way', () => {
  const caffe = (rows: Row[]): Network => {
    const plain = build(rows);
    return new Network({ name: 'n', acuityVersion: '2.0', platform: 'caffe' }, plain.layers.values());
  };

  test('reshape and flatten of a Caffe picture count in its order', () => {
    const network = caffe([
      ['o_0', 'output', ['flat_1']],
      ['flat_1', 'flatten', ['split_2'], { axis: 3 }],
      ['split_2', 'reshape', ['in_3'], { shape: '0 2 -1 0' }],
      ['in_3', 'input', [], { shape: [1, 4, 5, 6] }],
    ]);
    const shapes = inferShapes(network);
    // Caffe: [1,6,4,5] to [1,2,12,5], stored with the channels last.
    expect(shapes.get('@split_2:out0')).toEqual([1, 12, 5, 2]);
    expect(shapes.get('@flat_1:out0')).toEqual([1, 1, 1, 120]);
  });

  test('a scale per channel that lost an axis still finds its channels', () => {
    const network = build([
      ['m_0', 'multiply', ['in_1', 'k_2']],
      ['in_1', 'input', [], { shape: [1, 8, 3, 4] }],
      ['k_2', 'input', [], { shape: [8, 1] }],
    ]);
    expect(inferShapes(network).get('@m_0:out0')).toEqual([1, 8, 3, 4]);
  });

  test('a scalar index drops its axis', () => {
    const network = build([
      ['g_0', 'gather', ['in_1', 'k_2'], { axis: 1 }],
      ['in_1', 'input', [], { shape: [1, 8, 3] }],
      ['k_2', 'variable', [], { shape: [], is_scalar: true, type: 'int64' }],
    ]);
    expect(inferShapes(network).get('@g_0:out0')).toEqual([1, 3]);
  });
});
