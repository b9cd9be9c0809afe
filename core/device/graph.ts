import type { Place } from '../network/errors.ts';

/** Element type of a device tensor; `VSI_NN_TYPE_*` in ovxlib. */
export type DeviceType =
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'uint8'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'bool8';

/** Quantization of a device tensor; `VSI_NN_QNT_TYPE_*` in ovxlib. */
export type DeviceQuantization =
  | { kind: 'none' }
  /** real = (q - zeroPoint) * scale */
  | { kind: 'affine'; scale: number; zeroPoint: number }
  /** real = q * 2^-fl */
  | { kind: 'dfp'; fl: number }
  /** real = q * scales[index along channelDim (W,H,C,N index)] */
  | { kind: 'perchannel'; scales: readonly number[]; channelDim: number };

/** A tensor as ovxlib sees it. */
export interface DeviceTensor {
  /** Index in {@link DeviceGraph.tensors}. */
  id: number;
  /** `@<layer key>:out0`, `@<layer key>:weight`, or the same with a suffix for helper tensors. */
  name: string;
  /** W,H,C,N order: index 0 is the innermost dimension. */
  size: readonly number[];
  type: DeviceType;
  quantization: DeviceQuantization;
  /**
   * `input`/`output`: visible outside; `virtual`: between two nodes; `const`: has data.
   */
  role: 'input' | 'output' | 'virtual' | 'const';
  /** Constants: little-endian elements, innermost dimension fastest. */
  data?: Uint8Array;
  /**
   * How device axes relate to the network's axes: framework-order device axis i holds network axis
   * `order[i]`. Needed to show a device tensor in the network's layout.
   */
  order: readonly number[];
}

/** A parameter value; enum members by their C name, arrays in W,H,C,N order. */
export type DeviceParam = number | boolean | string | readonly number[];

/** One ovxlib node. */
export interface DeviceNode {
  /** Key of the layer it comes from. */
  layer: string;
  /** ACUITY op of that layer, for comments. */
  operation: string;
  /** Unique; the layer's number, or a fresh one for helper nodes. Used in dumps. */
  uid: number;
  /** ovxlib op without prefix, e.g. `CONV2D`. See vocabulary.ts. */
  op: string;
  /** Fields of `nn_param.<member>` by name. */
  params: Readonly<Record<string, DeviceParam>>;
  /** Tensor ids; -1 = absent optional input. */
  inputs: readonly number[];
  outputs: readonly number[];
  place?: Place;
}

/**
 * The network as ovxlib sees it. Plain data, nodes in a topological order. The case-code writer prints
 * it, the simulator executes it, the packer serialises it: there is no second lowering.
 */
export interface DeviceGraph {
  name: string;
  tensors: DeviceTensor[];
  nodes: DeviceNode[];
  /** Tensor ids of the graph inputs and outputs, in the order of the network's input/output layers. */
  inputs: number[];
  outputs: number[];
  /** Input and output tensors merged in the order of their layers (case code's norm_tensor[]). */
  ports: number[];
}
