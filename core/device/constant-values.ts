import { float16ToNumber } from '../network/tensor.ts';
import type { DeviceTensor } from './graph.ts';

/** The real values of a constant device tensor, in its own C order. Undefined for virtual tensors. */
export function constantValues(tensor: DeviceTensor): Float32Array | undefined {
  const { data, quantization } = tensor;
  const codes = data && codesOf(tensor.type, data);
  if (!codes) return undefined;
  switch (quantization.kind) {
    case 'none':
      return codes instanceof Float32Array ? codes : Float32Array.from(codes);
    case 'affine':
      return Float32Array.from(codes, (code) => (code - quantization.zeroPoint) * quantization.scale);
    case 'dfp':
      return Float32Array.from(codes, (code) => code * 2 ** -quantization.fl);
    case 'perchannel': {
      const { scales, channelDim } = quantization;
      const inner = tensor.size.slice(0, channelDim).reduce((product, dim) => product * dim, 1);
      return Float32Array.from(codes, (code, i) => code * scales[Math.floor(i / inner) % scales.length]);
    }
  }
}

function codesOf(type: DeviceTensor['type'], bytes: Uint8Array): Float32Array | number[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const list = (size: number, read: (offset: number) => number): number[] =>
    Array.from({ length: bytes.byteLength / size }, (_, index) => read(index * size));
  switch (type) {
    case 'float32':
      return Float32Array.from(list(4, (offset) => view.getFloat32(offset, true)));
    case 'float16':
      return list(2, (offset) => float16ToNumber(view.getUint16(offset, true)));
    case 'bfloat16':
      return list(2, (offset) => bfloat16ToNumber(view.getUint16(offset, true)));
    case 'uint8':
    case 'bool8':
      return Array.from(bytes);
    case 'int8':
      return list(1, (offset) => view.getInt8(offset));
    case 'int16':
      return list(2, (offset) => view.getInt16(offset, true));
    case 'uint16':
      return list(2, (offset) => view.getUint16(offset, true));
    case 'int32':
      return list(4, (offset) => view.getInt32(offset, true));
    case 'uint32':
      return list(4, (offset) => view.getUint32(offset, true));
    case 'int64':
      return list(8, (offset) => Number(view.getBigInt64(offset, true)));
  }
}

const scratch = new DataView(new ArrayBuffer(4));

function bfloat16ToNumber(bits: number): number {
  scratch.setUint32(0, bits * 2 ** 16);
  return scratch.getFloat32(0);
}
