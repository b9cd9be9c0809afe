import { StudioError } from '../network/errors.ts';
import type { QuantizeEntry, QuantizeTable } from '../network/quantize-table.ts';
import type { Tensor } from '../network/tensor.ts';
import type { RealRange } from './conversions.ts';
import { kindOf, PER_CHANNEL, type Kind } from './legal-types.ts';
import type { DeviceQuantization, DeviceTensor, DeviceType } from './graph.ts';
import {
  deviceLength,
  storeAs,
  storeBias,
  storeFloat,
  storeLike,
  type FloatType,
  type StoredConstant,
  type StoredType,
} from './stored-constant.ts';

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
  /** Whether tensors are of several types, so that what a node reads and writes must be checked. */
  readonly checked: boolean;
  /** The real range of a tensor, where a table states it. */
  range(ref: string): RealRange | undefined;
  /** The kind a weight-like constant is listed in, by `@layer:weight`; undefined where nothing lists it. */
  weightKind(ref: string): Kind | undefined;
  /** An activation, by `@layer:out0`. */
  activation(ref: string): StoredType;
  /**
   * A weight-like constant, by `@layer:weight`.
   * @param values as the device has them
   * @param consumer how the tensor it takes part in computing is stored
   * @param channelDim W,H,C,N index of the output channels, where it has some
   */
  weight(ref: string, values: Tensor, consumer: StoredType, channelDim?: number): StoredConstant;
  /** A bias that is added to products of `input` and `weight`. */
  bias(ref: string, values: Tensor, input: DeviceTensor, weight: DeviceTensor): StoredConstant;
}

/** Everything in one float type; biases stay float32. */
export function floatPlan(type: FloatType): TypePlan {
  const stored: StoredType = { type, quantization: NONE };
  return {
    checked: false,
    range: () => undefined,
    weightKind: () => undefined,
    activation: () => stored,
    weight: (_ref, values) => storeFloat(values, type),
    bias: (_ref, values) => storeFloat(values, 'float32'),
  };
}

/** As the quantize table says; tensors it does not list are float16, as in the real tool's cases. */
export function quantizedPlan(table: QuantizeTable): TypePlan {
  return {
    checked: true,
    range: (ref) => {
      const { min, max } = table.entries.get(ref) ?? { min: null, max: null };
      return min === null || max === null ? undefined : { min, max };
    },
    weightKind: (ref) => {
      const entry = table.entries.get(ref);
      if (!entry) return undefined;
      return entry.scales ? PER_CHANNEL : kindOf(storedType(entry, ref));
    },
    activation: (ref) => {
      const entry = table.entries.get(ref);
      return entry ? storedType(entry, ref) : { type: 'float16', quantization: NONE };
    },
    weight: (ref, values, consumer, channelDim) => {
      const entry = table.entries.get(ref);
      return entry
        ? storeAs(values, storedWeight(entry, ref, values, channelDim))
        : storeLike(values, consumer);
    },
    bias: (ref, values, input, weight) => storeBias(values, input, weight, table.entries.get(ref)?.scale),
  };
}

/** The device type of a table entry with one set of parameters. Throws 'quantize-invalid' naming the tensor. */
export function storedType(entry: QuantizeEntry, ref: string): StoredType {
  const { quantizer, qtype } = entry;
  switch (quantizer) {
    case 'asymmetric_affine':
    case 'symmetric_affine':
    case 'perchannel_symmetric_affine':
      if (qtype === 'u8' || qtype === 'i8') {
        return { type: qtype === 'u8' ? 'uint8' : 'int8', quantization: affineOf(entry, ref) };
      }
      break;
    case 'dynamic_fixed_point':
      if (qtype === 'i8' || qtype === 'i16') {
        return { type: qtype === 'i8' ? 'int8' : 'int16', quantization: fixedPointOf(entry, ref) };
      }
      break;
    case 'bfloat16':
    case 'qbfloat16':
      if (qtype === 'bf16') return { type: 'bfloat16', quantization: NONE };
      break;
    case 'float16':
      if (qtype === 'f16') return { type: 'float16', quantization: NONE };
      break;
  }
  throw new StudioError(
    'quantize-invalid',
    `${ref} is ${quantizer} ${qtype}, which no tensor of this kind can be`,
    {},
    'Run "pegasus quantize --rebuild" again.',
  );
}

function affineOf({ scale, zeroPoint = 0 }: QuantizeEntry, ref: string): DeviceQuantization {
  if (typeof scale === 'number' && typeof zeroPoint === 'number' && scale > 0 && Number.isFinite(scale)) {
    return { kind: 'affine', scale, zeroPoint };
  }
  throw new StudioError('quantize-invalid', `the entry of ${ref} has no usable scale and zero_point`);
}

function fixedPointOf({ fl }: QuantizeEntry, ref: string): DeviceQuantization {
  if (typeof fl === 'number') return { kind: 'dfp', fl: deviceLength(fl) };
  throw new StudioError('quantize-invalid', `the entry of ${ref} has no fl`);
}

/**
 * A weight's type. The table counts scales along the last axis of the .data file; the device counts channels along
 * `channelDim`, of which a depthwise filter has fewer than outputs: neighbours then share a scale.
 */
function storedWeight(
  entry: QuantizeEntry,
  ref: string,
  values: Tensor,
  channelDim: number | undefined,
): StoredType {
  if (!entry.scales) return storedType(entry, ref);
  const channels = channelDim === undefined ? 0 : (values.shape.at(-1 - channelDim) ?? 0);
  const share = entry.scales.length / channels;
  if (channelDim === undefined || !Number.isInteger(share)) {
    throw new StudioError(
      'quantize-invalid',
      `the entry of ${ref} has ${entry.scales.length} scales, which does not fit its output channels`,
    );
  }
  const scales = entry.scales.filter((_, index) => index % share === 0);
  return { type: 'int8', quantization: { kind: 'perchannel', scales, channelDim } };
}
