import type {
  DeviceGraph,
  DeviceNode,
  DeviceParam,
  DeviceQuantization,
  DeviceTensor,
  DeviceType,
} from '../device/graph.ts';

type Params = Readonly<Record<string, DeviceParam>>;

/** Type and quantization of a tensor; float32 by default. */
export interface Storage {
  type: DeviceType;
  quantization: DeviceQuantization;
}

/** Plain float32. */
export const float32: Storage = { type: 'float32', quantization: { kind: 'none' } };

/** Affine uint8. */
export function uint8(scale: number, zeroPoint = 0): Storage {
  return { type: 'uint8', quantization: { kind: 'affine', scale, zeroPoint } };
}

/** Builds small device graphs by hand, for tests. Tensors are named by their id. */
export class GraphBuilder {
  private readonly tensors: DeviceTensor[] = [];
  private readonly nodes: DeviceNode[] = [];
  private readonly inputs: number[] = [];
  private readonly outputs: number[] = [];

  input(name: string, size: readonly number[], storage: Storage = float32): number {
    const id = this.tensor(`@${name}:out0`, size, storage, 'input');
    this.inputs.push(id);
    return id;
  }

  /** A constant from its bytes; `label` is e.g. `conv_1:weight`. */
  constant(label: string, size: readonly number[], data: Uint8Array, storage: Storage = float32): number {
    const id = this.tensor(`@${label}`, size, storage, 'const');
    this.tensors[id] = { ...this.tensors[id], data };
    return id;
  }

  /** A float32 constant whose values follow a fixed pattern between -1 and 1. */
  weights(label: string, size: readonly number[]): number {
    const count = size.reduce((product, dim) => product * dim, 1);
    const values = Float32Array.from({ length: count }, (_, i) => ((i * 37 + 11) % 64) / 32 - 1);
    return this.constant(label, size, new Uint8Array(values.buffer));
  }

  /** A node with one output. */
  node(
    op: string,
    layer: string,
    inputs: readonly number[],
    size: readonly number[],
    params: Params = {},
    storage: Storage = float32,
  ): number {
    const id = this.tensor(`@${layer}:out0`, size, storage, 'virtual');
    this.addNode(op, layer, inputs, [id], params);
    return id;
  }

  addNode(
    op: string,
    layer: string,
    inputs: readonly number[],
    outputs: readonly number[],
    params: Params,
  ): void {
    const uid = Number(/_(\d+)$/.exec(layer)?.[1] ?? this.nodes.length);
    this.nodes.push({ layer, operation: op.toLowerCase(), uid, op, params, inputs, outputs });
  }

  /** Makes a tensor an output of the graph. */
  output(id: number): void {
    this.tensors[id] = { ...this.tensors[id], role: 'output' };
    this.outputs.push(id);
  }

  tensor(name: string, size: readonly number[], storage: Storage, role: DeviceTensor['role']): number {
    const id = this.tensors.length;
    const order = size.map((_, axis) => axis);
    this.tensors.push({ id, name, size, ...storage, role, order });
    return id;
  }

  build(name = 'test_net'): DeviceGraph {
    const { tensors, nodes, inputs, outputs } = this;
    return { name, tensors, nodes, inputs, outputs, ports: [...outputs, ...inputs] };
  }
}

/** Parameters of an ordinary convolution. */
export function convolution(kernel: number, weights: number, pad = 0, multiplier = 0): Params {
  return {
    ksize: [kernel, kernel],
    stride: [1, 1],
    pad: [pad, pad, pad, pad],
    weights,
    group: multiplier === 0 ? 1 : weights / multiplier,
    dilation: [1, 1],
    multiplier,
  };
}

/** Parameters of a pooling that rounds sizes down. */
export function pooling(kernel: number, type: 'MAX' | 'AVG'): Params {
  return {
    ksize: [kernel, kernel],
    stride: [kernel, kernel],
    pad: [0, 0, 0, 0],
    type: `VX_CONVOLUTIONAL_NETWORK_POOLING_${type}`,
    round_type: 'VSI_NN_ROUND_FLOOR',
  };
}

/** Convolution, relu, pooling, reshape, fully connected: one of each, float32. */
export function smallNetwork(): DeviceGraph {
  const build = new GraphBuilder();
  const data = build.input('input_9', [8, 8, 3, 1]);
  const weight = build.weights('conv_1:weight', [3, 3, 3, 4]);
  const bias = build.weights('conv_1:bias', [4]);
  const conv = build.node('CONV2D', 'conv_1', [data, weight, bias], [8, 8, 4, 1], convolution(3, 4, 1));
  const relu = build.node('RELU', 'relu_2', [conv], [8, 8, 4, 1]);
  const pool = build.node('POOL', 'pool_10', [relu], [4, 4, 4, 1], pooling(2, 'MAX'));
  const flat = build.node('RESHAPE', 'reshape_3', [pool], [64, 1], { size: [64, 1], dim_num: 2 });
  const matrix = build.weights('fc_4:weight', [64, 10]);
  const offset = build.weights('fc_4:bias', [10]);
  build.output(build.node('FCL', 'fc_4', [flat, matrix, offset], [10, 1], { weights: 10 }));
  return build.build();
}

/** The same network stored as another float type; `convert` turns float32 bytes into it. */
export function withFloatType(
  graph: DeviceGraph,
  type: 'float16' | 'bfloat16',
  convert: (data: Float32Array) => Uint8Array,
): DeviceGraph {
  const tensors = graph.tensors.map((tensor): DeviceTensor => {
    // ovxlib wants the bias of a half-precision layer in single precision.
    if (tensor.role === 'const' && tensor.name.endsWith(':bias')) return tensor;
    if (tensor.data === undefined) return { ...tensor, type };
    const values = new Float32Array(tensor.data.slice().buffer);
    return { ...tensor, type, data: convert(values) };
  });
  return { ...graph, tensors };
}

/** A quantized convolution with pooling: uint8 data and weights, int32 bias. */
export function uint8Network(): DeviceGraph {
  const build = new GraphBuilder();
  const input = uint8(1 / 128, 128);
  const kernel = uint8(1 / 64, 120);
  const data = build.input('input_5', [6, 6, 2, 1], input);
  const bytes = Uint8Array.from({ length: 36 }, (_, i) => (i * 53 + 7) % 256);
  const weight = build.constant('conv_1:weight', [3, 3, 2, 2], bytes, kernel);
  const bias: Storage = { type: 'int32', quantization: { kind: 'affine', scale: 1 / 8192, zeroPoint: 0 } };
  const offsets = build.constant('conv_1:bias', [2], new Uint8Array(Int32Array.of(1500, -2200).buffer), bias);
  const output = uint8(0.0625, 130);
  const params = convolution(3, 2, 1);
  const conv = build.node('CONV2D', 'conv_1', [data, weight, offsets], [6, 6, 2, 1], params, output);
  const relu = build.node('RELU', 'relu_2', [conv], [6, 6, 2, 1], {}, output);
  build.output(build.node('POOL', 'pool_3', [relu], [3, 3, 2, 1], pooling(2, 'MAX'), output));
  return build.build();
}
