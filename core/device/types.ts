import {
  affineParameters,
  biasScale,
  quantizeAffine,
  quantizeBias,
  rangeOf,
} from '../quantization/formulas.ts';
import { StudioError } from '../network/errors.ts';
import { toInt32 } from '../network/int32.ts';
import type { QuantizeEntry, QuantizeTable } from '../network/quantize-table.ts';
import { toFloat32, type Tensor } from '../network/tensor.ts';
import { toFloat16 } from './float16.ts';
import type { DeviceQuantization, DeviceTensor, DeviceType } from './graph.ts';

/** Type and quantization of one device tensor. */
export interface StoredType {
  type: DeviceType;
  quantization: DeviceQuantization;
}

/** A stored type with its constant data. */
export interface StoredConstant extends StoredType {
  data: Uint8Array;
}

/** Element types of the network that are not real numbers: how the device carries them, whatever the scheme. */
const EXACT_TYPES: Readonly<Record<string, DeviceType>> = {
  bool: 'bool8',
  int8: 'int32',
  int16: 'int32',
  int32: 'int32',
  int64: 'int32',
  uint8: 'int32',
  uint16: 'int32',
  uint32: 'int32',
};

/** The device type of an integer or boolean element type; undefined for floats, which follow the scheme. */
export const exactType = (type: string): DeviceType | undefined => EXACT_TYPES[type];

const NONE: DeviceQuantization = { kind: 'none' };

/** Decides how every tensor of a device graph is stored. */
export interface TypePlan {
  /** An activation, by `@layer:out0`. */
  activation(ref: string): StoredType;
  /**
   * A weight-like constant, by `@layer:weight`.
   * @param consumer how the tensor it takes part in computing is stored
   */
  weight(ref: string, values: Tensor, consumer: StoredType): StoredConstant;
  /** A bias that is added to products of `input` and `weight`. */
  bias(ref: string, values: Tensor, input: DeviceTensor, weight: DeviceTensor): StoredConstant;
}

/** Everything in one float type; biases of a float16 graph stay float32. */
export function floatPlan(type: 'float32' | 'float16'): TypePlan {
  const stored: StoredType = { type, quantization: NONE };
  return {
    activation: () => stored,
    weight: (_ref, values) => storeFloat(values, type),
    bias: (_ref, values) => storeFloat(values, 'float32'),
  };
}

/** As the quantize table says; tensors it does not list are float16, as in the real tool's cases. */
export function quantizedPlan(table: QuantizeTable): TypePlan {
  return {
    activation: (ref) => {
      const entry = table.entries.get(ref);
      return entry ? storedType(entry, ref) : { type: 'float16', quantization: NONE };
    },
    weight: (ref, values, consumer) => {
      const entry = table.entries.get(ref);
      if (entry) return storeAffine(values, storedType(entry, ref));
      return consumer.quantization.kind === 'affine' ? storeOwnRange(values) : storeFloat(values, 'float16');
    },
    bias: (ref, values, input, weight) => storeBias(table.entries.get(ref), values, input, weight),
  };
}

/** The device type of a table entry. Throws for schemes the device graph can't hold yet, naming the tensor. */
export function storedType(entry: QuantizeEntry, ref: string): StoredType {
  const { quantizer, qtype, scale, zeroPoint } = entry;
  if (quantizer === 'asymmetric_affine' && (qtype === 'u8' || qtype === 'i8')) {
    if (
      typeof scale !== 'number' ||
      typeof zeroPoint !== 'number' ||
      !(scale > 0) ||
      !Number.isFinite(scale)
    ) {
      throw new StudioError('quantize-invalid', `the entry of ${ref} has no usable scale and zero_point`);
    }
    return { type: qtype === 'u8' ? 'uint8' : 'int8', quantization: { kind: 'affine', scale, zeroPoint } };
  }
  throw new StudioError(
    'quantize-invalid',
    `${ref} is ${quantizer} ${qtype}, which can't be simulated or exported yet`,
    {},
    'Quantize with --quantizer asymmetric_affine --qtype uint8.',
  );
}

function storeFloat(values: Tensor, type: 'float32' | 'float16'): StoredConstant {
  const floats = toFloat32(values);
  const stored = type === 'float32' ? floats : toFloat16(floats);
  return { type, quantization: NONE, data: bytesOf(stored) };
}

function storeAffine(values: Tensor, stored: StoredType): StoredConstant {
  if (stored.quantization.kind !== 'affine') throw new Error('an affine entry was expected');
  const { scale, zeroPoint } = stored.quantization;
  const qtype = stored.type === 'uint8' ? 'u8' : 'i8';
  return { ...stored, data: bytesOf(quantizeAffine(toFloat32(values), scale, zeroPoint, qtype)) };
}

/** Constants that lowering itself makes have no entry; their own range represents them best. */
function storeOwnRange(values: Tensor): StoredConstant {
  const { min, max } = rangeOf(toFloat32(values));
  const { scale, zeroPoint } = affineParameters(min, max, 'u8');
  return storeAffine(values, { type: 'uint8', quantization: { kind: 'affine', scale, zeroPoint } });
}

function storeBias(
  entry: QuantizeEntry | undefined,
  values: Tensor,
  input: DeviceTensor,
  weight: DeviceTensor,
): StoredConstant {
  if (input.quantization.kind !== 'affine' || weight.quantization.kind !== 'affine') {
    return storeFloat(values, 'float32');
  }
  const scale = entry?.scale ?? biasScale(input.quantization.scale, weight.quantization.scale);
  return {
    type: 'int32',
    quantization: { kind: 'affine', scale, zeroPoint: 0 },
    data: bytesOf(quantizeBias(toFloat32(values), scale)),
  };
}

/**
 * Stores values in a fixed type whatever the scheme: indices, norm parameters.
 * @param ref the tensor, for the error when integers do not fit
 */
export function storeExact(ref: string, values: Tensor, type: DeviceType): StoredConstant {
  switch (type) {
    case 'float32':
    case 'float16':
      return storeFloat(values, type);
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
