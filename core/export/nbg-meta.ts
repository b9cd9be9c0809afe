import type { DeviceGraph, DeviceTensor, DeviceType } from '../device/graph.ts';

const quantizedTypes: Partial<Record<DeviceType, string>> = {
  uint8: 'u8',
  int8: 'i8',
  uint16: 'u16',
  int16: 'i16',
  uint32: 'u32',
  int32: 'i32',
  int64: 'i64',
};

/** nbg_meta.json: what the ports of a packed network hold. */
export function nbgMeta(graph: DeviceGraph, format: 'nchw' | 'nhwc'): string {
  const ports = (ids: readonly number[]): Record<string, object> =>
    Object.fromEntries(ids.map((id) => portMeta(graph.tensors[id], format)));
  const content = { Inputs: ports(graph.inputs), Outputs: ports(graph.outputs), Recurrent_connections: {} };
  return `${JSON.stringify(content, undefined, 4)}\n`;
}

function portMeta(tensor: DeviceTensor, format: string): [string, object] {
  const lid = tensor.name.replace(/^@/, '').replace(/:[^:]*$/, '');
  const common = { name: lid.replace(/_\d+$/, ''), shape: [...tensor.size].reverse(), format };
  return [lid, { ...common, ...storage(tensor) }];
}

function storage({ type, quantization }: DeviceTensor): object {
  const qtype = quantizedTypes[type] ?? type;
  switch (quantization.kind) {
    case 'none':
      return { dtype: type };
    case 'affine':
      return {
        quantizer: 'asymmetric_affine',
        quantize: { qtype, scale: [quantization.scale], zero_point: [quantization.zeroPoint] },
      };
    case 'dfp':
      return { quantizer: 'dynamic_fixed_point', quantize: { qtype, fl: [quantization.fl] } };
    case 'perchannel':
      return {
        quantizer: 'perchannel_symmetric_affine',
        quantize: { qtype, scale: quantization.scales, channel_dim: quantization.channelDim },
      };
  }
}
