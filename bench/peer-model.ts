import { constantValues } from '../core/device/constant-values.ts';
import type { DeviceGraph, DeviceNode, DeviceParam, DeviceTensor } from '../core/device/graph.ts';
import {
  encodeTiny,
  ints,
  scalar,
  type TinyAttribute,
  type TinyModel,
  type TinyNode,
  type TinyTensor,
} from '../core/importers/onnx/testing.ts';

/** An ONNX node in the making: its op, attributes and further constant inputs. */
interface Form {
  op: string;
  attributes?: Record<string, TinyAttribute>;
  constants?: TinyTensor[];
}

const numbers = (value: DeviceParam): number[] => (Array.isArray(value) ? value.map(Number) : []);
const reversed = (value: DeviceParam): number[] => numbers(value).toReversed();
const shapeOf = (tensor: DeviceTensor): number[] => [...tensor.size].toReversed();

/** [top, left, bottom, right] of ovxlib's [left, right, top, bottom]. */
function pads(value: DeviceParam): number[] {
  const [left, right, top, bottom] = numbers(value);
  return [top, left, bottom, right];
}

const clamp = (low: number, high: number): Form => ({
  op: 'Clip',
  constants: [scalar(low), scalar(high)],
});

/** ONNX's form of the ovxlib nodes that the benchmarks' networks have. */
const FORMS: Readonly<Record<string, (node: DeviceNode, tensors: readonly DeviceTensor[]) => Form>> = {
  CONV2D: ({ params, inputs }, tensors) => {
    const depthwise = Number(params.multiplier) > 0;
    const [, , channels] = tensors[inputs[0]].size;
    return {
      op: 'Conv',
      attributes: {
        strides: reversed(params.stride),
        dilations: reversed(params.dilation),
        pads: pads(params.pad),
        group: depthwise ? channels : 1,
      },
    };
  },
  FCL: () => ({ op: 'Gemm', attributes: { transB: 1 } }),
  RELU: () => ({ op: 'Relu' }),
  RELU6: () => clamp(0, 6),
  LEAKY_RELU: ({ params }) => ({
    op: 'LeakyRelu',
    attributes: { alpha: { float: Number(params.leaky_ratio) } },
  }),
  ADD: () => ({ op: 'Add' }),
  CONCAT: ({ params, outputs }, tensors) => ({
    op: 'Concat',
    attributes: { axis: tensors[outputs[0]].size.length - 1 - Number(params.axis) },
  }),
  SOFTMAX: ({ params, outputs }, tensors) => ({
    op: 'Softmax',
    attributes: { axis: tensors[outputs[0]].size.length - 1 - Number(params.axis) },
  }),
  RESHAPE: ({ outputs }, tensors) => ({ op: 'Reshape', constants: [ints(...shapeOf(tensors[outputs[0]]))] }),
  PERMUTE: ({ params }) => {
    const order = numbers(params.perm);
    return {
      op: 'Transpose',
      attributes: { perm: order.map((axis) => order.length - 1 - axis).toReversed() },
    };
  },
  POOL: ({ params }) => ({
    op: params.type === 'VX_CONVOLUTIONAL_NETWORK_POOLING_MAX' ? 'MaxPool' : 'AveragePool',
    attributes: {
      kernel_shape: reversed(params.ksize),
      strides: reversed(params.stride),
      pads: pads(params.pad),
      ceil_mode: params.round_type === 'VSI_NN_ROUND_CEIL' ? 1 : 0,
    },
  }),
  STRIDED_SLICE: ({ params }) => {
    const begin = reversed(params.begin_dims);
    return {
      op: 'Slice',
      constants: [
        ints(...begin),
        ints(...reversed(params.end_dims)),
        ints(...begin.map((_, axis) => axis)),
        ints(...reversed(params.stride_dims)),
      ],
    };
  },
  PAD: ({ params }) => ({
    op: 'Pad',
    constants: [ints(...reversed(params.front_size), ...reversed(params.back_size))],
  }),
  RESIZE: ({ params, inputs, outputs }, tensors) => {
    const from = shapeOf(tensors[inputs[0]]);
    return {
      op: 'Resize',
      attributes: {
        mode: params.type === 'VSI_NN_INTERPOLATION_BILINEAR' ? 'linear' : 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      },
      constants: [
        { dims: [0], data: [] },
        { dims: [4], data: shapeOf(tensors[outputs[0]]).map((size, axis) => size / from[axis]) },
      ],
    };
  },
};

const CLAMPS = new Set(['RELU', 'RELU6']);

/**
 * The network of a device graph as an ONNX model, for another engine to run. float32 graphs become float32 models;
 * of a graph with affine uint8 tensors, every one becomes a pair of QuantizeLinear and DequantizeLinear with its scale
 * and zero point, and every weight symmetric int8 with its DequantizeLinear, which is the form that engine is fastest with.
 * @throws when an op of the graph has no form here
 */
export function peerModel(graph: DeviceGraph): Uint8Array {
  return new Writer(graph).model();
}

class Writer {
  private readonly nodes: TinyNode[] = [];
  private readonly constants: Record<string, TinyTensor> = {};
  private readonly graph: DeviceGraph;

  constructor(graph: DeviceGraph) {
    this.graph = graph;
  }

  model(): Uint8Array {
    const { graph } = this;
    const inputs: TinyModel['inputs'] = {};
    for (const id of graph.inputs) {
      inputs[`i${id}`] = shapeOf(graph.tensors[id]);
      this.produce(id, `i${id}`);
    }
    for (const node of graph.nodes) this.node(node);
    return encodeTiny({
      opset: 15,
      inputs,
      constants: this.constants,
      nodes: this.nodes,
      outputs: graph.outputs.map((id) => `t${id}`),
    });
  }

  private node(node: DeviceNode): void {
    const { tensors } = this.graph;
    const form = FORMS[node.op]?.(node, tensors);
    if (!form) throw new Error(`the benchmark cannot say ${node.op} in ONNX`);
    const inputs = node.inputs.filter((id) => id >= 0).map((id, port) => this.value(id, port, node));
    for (const [index, constant] of (form.constants ?? []).entries())
      inputs.push(this.constant(`n${node.uid}_${index}`, constant));
    const [output] = node.outputs;
    this.emit(form.op, inputs, `v${output}`, form.attributes);
    this.produce(output, `v${output}`, this.onlyClampReads(output));
  }

  /** What a node reads: the tensor itself, or the reals of a constant. */
  private value(id: number, port: number, node: DeviceNode): string {
    const tensor = this.graph.tensors[id];
    const values = constantValues(tensor);
    if (!values) return `t${id}`;
    const shape = shapeOf(tensor);
    const depthwise = node.op === 'CONV2D' && port === 1 && Number(node.params.multiplier) > 0;
    const dims = depthwise ? [shape[0] * shape[1], 1, shape[2], shape[3]] : shape;
    const data = Array.from(values);
    if (tensor.quantization.kind === 'none') return this.constant(`c${id}`, { dims, data });
    return port === 2 ? this.bias(id, node, data) : this.weight(id, dims, data);
  }

  private readonly weightScales = new Map<number, number>();

  private weight(id: number, dims: number[], data: number[]): string {
    const scale = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12) / 127;
    this.weightScales.set(id, scale);
    const codes = this.constant(`q${id}`, {
      dims,
      data: data.map((value) => Math.round(value / scale)),
      type: 'int8',
    });
    return this.dequantized(id, codes, scale, { dims: [], data: [0], type: 'int8' });
  }

  private bias(id: number, node: DeviceNode, data: number[]): string {
    const { quantization } = this.graph.tensors[node.inputs[0]];
    const input = quantization.kind === 'affine' ? quantization.scale : 1;
    const scale = input * (this.weightScales.get(node.inputs[1]) ?? 1);
    const codes = this.constant(`q${id}`, {
      dims: [data.length],
      data: data.map((value) => Math.round(value / scale)),
      type: 'int32',
    });
    return this.dequantized(id, codes, scale, { dims: [], data: [0], type: 'int32' });
  }

  private dequantized(id: number, codes: string, scale: number, zero: TinyTensor): string {
    const inputs = [codes, this.constant(`s${id}`, scalar(scale)), this.constant(`z${id}`, zero)];
    this.emit('DequantizeLinear', inputs, `c${id}`);
    return `c${id}`;
  }

  /** Gives a computed tensor its name, through its codes if it is quantized. */
  private produce(id: number, from: string, plain = false): void {
    const { quantization } = this.graph.tensors[id];
    if (quantization.kind !== 'affine' || plain) return this.emit('Identity', [from], `t${id}`);
    const scale = this.constant(`s${id}`, scalar(quantization.scale));
    const zero = this.constant(`z${id}`, { dims: [], data: [quantization.zeroPoint], type: 'uint8' });
    this.emit('QuantizeLinear', [from, scale, zero], `q${id}`);
    this.emit('DequantizeLinear', [`q${id}`, scale, zero], `t${id}`);
  }

  /** Codes between a convolution and its clamp would keep the other engine from fusing the two. */
  private onlyClampReads(id: number): boolean {
    const readers = this.graph.nodes.filter(({ inputs }) => inputs.includes(id));
    return readers.length === 1 && CLAMPS.has(readers[0].op) && !this.graph.outputs.includes(id);
  }

  private constant(name: string, tensor: TinyTensor): string {
    this.constants[name] = tensor;
    return name;
  }

  private emit(
    op: string,
    inputs: string[],
    output: string,
    attributes?: Record<string, TinyAttribute>,
  ): void {
    this.nodes.push({ op, inputs, outputs: [output], name: `${op}_${output}`, attributes });
  }
}
