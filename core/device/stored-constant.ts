import {
  affineParameters,
  biasScale,
  fixedPointLength,
  INTEGER_RANGES,
  quantizeAffine,
  quantizeBias,
  quantizeBias64,
  quantizeBiasPerChannel,
  quantizeFixedPoint,
  rangeOf,
  roundHalfEven,
} from '../quantization/formulas.ts';
import { toInt32 } from '../network/int32.ts';
import { toFloat32, type Tensor } from '../network/tensor.ts';
import { toBfloat16, toFloat16 } from './float16.ts';
import type { DeviceQuantization, DeviceType } from './graph.ts';

/** Type and quantization of one device tensor. */
export interface StoredType {
  type: DeviceType;
  quantization: DeviceQuantization;
}

/** A stored type with its constant data: little-endian elements in C order. */
export interface StoredConstant extends StoredType {
  data: Uint8Array;
}

/** Float types a network can be run in as a whole. */
export type FloatType = 'float32' | 'float16' | 'bfloat16';

const NONE: DeviceQuantization = { kind: 'none' };

/** Values in a float type, rounded to nearest even. */
export function storeFloat(values: Tensor, type: FloatType): StoredConstant {
  const floats = toFloat32(values);
  return { type, quantization: NONE, data: bytesOf(FLOAT_CODES[type](floats)) };
}

const FLOAT_CODES = {
  float32: (values: Float32Array) => values,
  float16: toFloat16,
  bfloat16: toBfloat16,
} as const;

/** Values quantized as `stored` says. */
export function storeAs(values: Tensor, stored: StoredType): StoredConstant {
  const { type, quantization } = stored;
  switch (quantization.kind) {
    case 'none':
      if (!isFloatType(type)) throw new Error(`${type} is no type of real numbers`);
      return storeFloat(values, type);
    case 'affine': {
      const { scale, zeroPoint } = quantization;
      const codes = quantizeAffine(toFloat32(values), scale, zeroPoint, type === 'uint8' ? 'u8' : 'i8');
      return { ...stored, data: bytesOf(codes) };
    }
    case 'dfp': {
      const codes = quantizeFixedPoint(toFloat32(values), quantization.fl, type === 'int16' ? 'i16' : 'i8');
      return { ...stored, data: bytesOf(codes) };
    }
    case 'perchannel':
      return { ...stored, data: bytesOf(perChannelCodes(values, quantization)) };
  }
}

/** Whether a device type holds floats. */
export function isFloatType(type: DeviceType): type is FloatType {
  return type === 'float32' || type === 'float16' || type === 'bfloat16';
}

/** q = clamp(rint(f32(x / scale of its channel))); -128 only comes from scales that another tool chose. */
function perChannelCodes(
  values: Tensor,
  { scales, channelDim }: { scales: readonly number[]; channelDim: number },
): Int8Array {
  const floats = toFloat32(values);
  const axis = values.shape.length - 1 - channelDim;
  const inner = values.shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  return Int8Array.from(floats, (value, index) => {
    const channel = Math.floor(index / inner) % scales.length;
    const q = roundHalfEven(Math.fround(value / scales[channel]));
    return Math.min(Math.max(q, INTEGER_RANGES.i8.min), INTEGER_RANGES.i8.max) || 0;
  });
}

/**
 * Constants without an entry, in the kind of the tensor they are combined with: their own range represents them
 * best. Lowering itself makes such constants, and tables do not list every coefficient.
 */
export function storeLike(values: Tensor, consumer: StoredType): StoredConstant {
  const { kind } = consumer.quantization;
  const { min, max } = rangeOf(toFloat32(values));
  if (kind === 'affine') {
    const { scale, zeroPoint } = affineParameters(min, max, consumer.type === 'uint8' ? 'u8' : 'i8');
    return storeAs(values, { type: consumer.type, quantization: { kind, scale, zeroPoint } });
  }
  if (kind === 'dfp') {
    const fl = deviceLength(fixedPointLength(min, max, consumer.type === 'int16' ? 'i16' : 'i8'));
    return storeAs(values, { type: consumer.type, quantization: { kind, fl } });
  }
  return storeFloat(values, consumer.type === 'bfloat16' ? 'bfloat16' : 'float16');
}

/** The C API holds the fractional length in 8 bits; what lies outside is a tensor of zeros, which any length fits. */
export function deviceLength(fl: number): number {
  return Math.abs(fl) > INTEGER_RANGES.i8.max ? 0 : fl;
}

/** How far a table's bias scale may be from the product of its factors to be taken for it. */
const SAME_SCALE = 1e-2;

/**
 * A bias of products of `input` and `weight` (formats.md c.4): int32 at the product of the scales, int32 or int64 at
 * the sum of the fractional lengths; float32 where one of them is a float or they are of two kinds.
 * @param given the table's scale, taken where it agrees with the product
 */
export function storeBias(
  values: Tensor,
  input: StoredType,
  weight: StoredType,
  given?: number | null,
): StoredConstant {
  const floats = toFloat32(values);
  const a = input.quantization;
  const b = weight.quantization;
  if (a.kind === 'dfp' && b.kind === 'dfp') {
    const fl = deviceLength(a.fl + b.fl);
    const wide = input.type === 'int16' || weight.type === 'int16';
    const data = wide ? quantizeBias64(floats, fl) : quantizeBias(floats, 2 ** -fl);
    return { type: wide ? 'int64' : 'int32', quantization: { kind: 'dfp', fl }, data: bytesOf(data) };
  }
  if (a.kind === 'affine' && b.kind === 'affine') {
    const product = biasScale(a.scale, b.scale);
    const scale = given && Math.abs(given - product) <= SAME_SCALE * product ? given : product;
    const data = bytesOf(quantizeBias(floats, scale));
    return { type: 'int32', quantization: { kind: 'affine', scale, zeroPoint: 0 }, data };
  }
  if (a.kind === 'affine' && b.kind === 'perchannel') return perChannelBias(floats, a.scale, b.scales);
  return storeFloat(values, 'float32');
}

/** Output channels that share a weight scale are neighbours. */
function perChannelBias(floats: Float32Array, input: number, weights: readonly number[]): StoredConstant {
  const share = Math.max(1, floats.length / weights.length);
  const scales = Array.from(floats, (_, index) => biasScale(input, weights[Math.floor(index / share)]));
  const data = bytesOf(quantizeBiasPerChannel(floats, (index) => scales[index]));
  return { type: 'int32', quantization: { kind: 'perchannel', scales, channelDim: 0 }, data };
}

/**
 * Stores values in a fixed type whatever the scheme: indices, norm parameters.
 * @param ref the tensor, for the error when integers do not fit
 */
export function storeExact(ref: string, values: Tensor, type: DeviceType): StoredConstant {
  if (isFloatType(type)) return storeFloat(values, type);
  switch (type) {
    case 'int32':
      return { type, quantization: NONE, data: bytesOf(toInt32(integersOf(values), ref)) };
    case 'bool8':
      return {
        type,
        quantization: NONE,
        data: Uint8Array.from(toFloat32(values), (value) => (value === 0 ? 0 : 1)),
      };
    default:
      throw new Error(`constants of type ${type} are not made by any op`);
  }
}

/** Elements as they are stored; half floats are bits and have to be read. */
const integersOf = (values: Tensor): ArrayLike<number | bigint> =>
  values.type === 'float16' ? toFloat32(values) : values.data;

function bytesOf(array: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
