import type { DeviceGraph, DeviceNode, DeviceParam, DeviceTensor } from '../device/graph.ts';
import {
  checkedParams,
  deviceTypeInfo,
  enumValue,
  opInfo,
  quantizationInfo,
  vxParams,
  type FieldType,
} from '../device/vocabulary.ts';
import { StudioError } from '../network/errors.ts';
import type {
  NativeGraphSpec,
  NativeNodeSpec,
  NativeParam,
  NativeRequantization,
  NativeTensorSpec,
} from './native.ts';

/** How to set a graph up for simulation. */
export interface SpecOptions {
  /** Keep every tensor readable after a run; costs memory. */
  keepAll?: boolean;
  /** Worker threads; 0 or absent = one per core. */
  threads?: number;
  /** Raised by another thread, it stops a run between two nodes; the run then throws 'cancelled'. */
  stop?: Int32Array;
  /** How integer sums become codes; absent = exact. */
  requantization?: NativeRequantization;
}

/** The graph in numbers, as the addon takes it. Throws when a node does not fit the vocabulary. */
export function toNativeSpec(graph: DeviceGraph, options: SpecOptions = {}): NativeGraphSpec {
  return {
    tensors: graph.tensors.map(toTensorSpec),
    nodes: graph.nodes.map(toNodeSpec),
    inputs: graph.inputs,
    outputs: graph.outputs,
    ...options,
  };
}

/** One tensor in numbers. */
export function toTensorSpec(tensor: DeviceTensor): NativeTensorSpec {
  return {
    size: tensor.size,
    vxType: deviceTypeInfo(tensor.type).value,
    qntType: quantizationInfo(tensor.quantization.kind).value,
    ...quantizationFields(tensor),
    ...(tensor.data === undefined ? {} : { data: tensor.data }),
    virtual: tensor.role === 'virtual',
  };
}

function quantizationFields({ quantization }: DeviceTensor): Partial<NativeTensorSpec> {
  switch (quantization.kind) {
    case 'none':
      return {};
    case 'affine':
      return { scale: quantization.scale, zeroPoint: quantization.zeroPoint };
    case 'dfp':
      return { fl: quantization.fl };
    case 'perchannel':
      return { scales: Float32Array.from(quantization.scales), channelDim: quantization.channelDim };
  }
}

/** One node in numbers. Throws when it does not fit the vocabulary. */
export function toNodeSpec(node: DeviceNode): NativeNodeSpec {
  try {
    const info = opInfo(node.op);
    const params = checkedParams(node.op, node.params).map(
      ([field, value]) => [field, toNativeParam(info.fields[field].type, value)] as const,
    );
    const vx = Object.entries(vxParams(info, node.params)).map(
      ([field, constant]) => [field, enumValue(constant)] as const,
    );
    return {
      op: info.value,
      uid: node.uid,
      inputs: node.inputs,
      outputs: node.outputs,
      params: Object.fromEntries(params),
      ...(vx.length === 0 ? {} : { vx: Object.fromEntries(vx) }),
    };
  } catch (error) {
    throw error instanceof StudioError ? error.at({ layer: node.layer, ...node.place }) : error;
  }
}

function toNativeParam(type: FieldType, value: DeviceParam): NativeParam {
  if (typeof value === 'boolean') return value ? 1 : 0;
  // -1 ("infer") is stored in an unsigned field as ovxlib stores it.
  if (typeof value === 'number') return type === 'u32' ? value >>> 0 : value;
  if (type === 'enum' && typeof value === 'string') return enumValue(value);
  if (typeof value === 'string') {
    throw new StudioError('op-unsupported', 'the simulator cannot run a packed network inside a network');
  }
  return type.startsWith('u32') ? value.map((item) => item >>> 0) : value.map(Number);
}
