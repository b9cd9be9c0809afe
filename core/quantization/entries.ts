import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import type { QuantizedFormat } from '../network/number-format.ts';
import type { QuantizeEntry } from '../network/quantize-table.ts';
import { toFloat32, type Tensor } from '../network/tensor.ts';
import { opSpec } from '../ops/registry.ts';
import {
  affineParameters,
  biasScale,
  fixedPointLength,
  INTEGER_RANGES,
  rangeOf,
  symmetricScale,
} from './formulas.ts';

/** Smallest and largest real value a tensor took, or may take. */
export interface Range {
  min: number;
  max: number;
}

/**
 * The entry of a tensor with one scale for all its elements.
 * Affine ranges are widened over 0 and stored so; fixed-point ranges stay as they are (formats.md c.4).
 */
export function tensorEntry(format: QuantizedFormat, range: Range): QuantizeEntry {
  const { quantizer, qtype } = format;
  const raw = { quantizer, qtype, max: Math.fround(range.max), min: Math.fround(range.min) };
  switch (quantizer) {
    case 'asymmetric_affine': {
      const { min, max, scale, zeroPoint } = affineParameters(range.min, range.max, eightBits(qtype));
      return { quantizer, qtype, max, min, scale, zeroPoint };
    }
    case 'dynamic_fixed_point':
      return { ...raw, fl: fixedPointLength(range.min, range.max, qtype === 'i16' ? 'i16' : 'i8') };
    case 'symmetric_affine':
    case 'perchannel_symmetric_affine':
      return {
        ...raw,
        scale: symmetricScale(Math.max(Math.abs(range.min), Math.abs(range.max))),
        zeroPoint: 0,
      };
    case 'bfloat16':
    case 'qbfloat16':
    case 'float16':
      return { quantizer, qtype, max: null, min: null };
  }
}

const eightBits = (qtype: QuantizedFormat['qtype']): 'u8' | 'i8' => (qtype === 'u8' ? 'u8' : 'i8');

/** What {@link weightEntry} needs to know of a layer. */
export interface WeightContext {
  layer: Layer;
  /** As the .data file stores it; the last axis is the output channel. */
  weight: Tensor;
  /** One value per output channel, where the layer has a bias. */
  bias?: Tensor | undefined;
  /** Entry of the layer's input. */
  input: QuantizeEntry | undefined;
  /** Range to use instead of the weight's own. */
  range?: Range | undefined;
}

/** The entry of a weight: its own range, or one scale per output channel. */
export function weightEntry(format: QuantizedFormat, context: WeightContext): QuantizeEntry {
  const share = opSpec(context.layer.op, context.layer.key).outputsPerScale?.(context.layer, context.weight);
  const range = context.range ?? rangeOf(toFloat32(context.weight));
  if (format.quantizer !== 'perchannel_symmetric_affine') return tensorEntry(format, range);
  // Coefficients without output channels (slopes, norm parameters) take part like activations.
  if (share === undefined) return tensorEntry({ quantizer: 'asymmetric_affine', qtype: 'i8' }, range);
  return perChannelEntry(context, share, range);
}

function perChannelEntry(context: WeightContext, share: number, range: Range): QuantizeEntry {
  const largest = largestPerChannel(context.weight, share);
  const inputScale = context.input?.scale;
  // A channel of zeros would have no scale; the tensor's own keeps its bias precise.
  const whole = symmetricScale(largest.reduce((most, value) => Math.max(most, value), 0));
  const bias = context.bias && toFloat32(context.bias);
  const scales = largest.map((value, channel) => {
    const scale = value === 0 ? whole : symmetricScale(value);
    const least = typeof inputScale === 'number' && bias ? smallestScale(bias[channel], inputScale) : 0;
    return Math.max(scale, least);
  });
  return {
    quantizer: 'perchannel_symmetric_affine',
    qtype: 'i8',
    max: Math.fround(range.max),
    min: Math.fround(range.min),
    scales,
    channelDim: -1,
  };
}

/** Below this weight scale the bias, stored in steps of input scale x weight scale, would leave int32. */
function smallestScale(bias: number, inputScale: number): number {
  return Math.fround(Math.abs(bias) / (inputScale * (INTEGER_RANGES.i32.max - 1)));
}

/** Largest |w| of each output channel (last axis); groups of `share` neighbours get their common one. */
export function largestPerChannel(weight: Tensor, share: number): number[] {
  const values = toFloat32(weight);
  const channels = weight.shape[weight.shape.length - 1];
  const largest = new Array<number>(channels).fill(0);
  for (let start = 0; start < values.length; start += channels) {
    for (let channel = 0; channel < channels; channel++) {
      const value = Math.abs(values[start + channel]);
      if (value > largest[channel] && value !== Infinity) largest[channel] = value;
    }
  }
  if (share === 1) return largest;
  return largest.map((_, channel) => {
    const first = channel - (channel % share);
    return Math.max(...largest.slice(first, first + share));
  });
}

/**
 * The entry of a bias, which follows from those of input and weight (formats.md c.4): int32 at input scale x weight
 * scale, int32 or int64 at the sum of the fractional lengths. Undefined where the products are floats or of two
 * different kinds, so that the bias is float32.
 */
export function biasEntry(
  input: QuantizeEntry | undefined,
  weight: QuantizeEntry | undefined,
  ref: string,
): QuantizeEntry | undefined {
  if (!input || !weight) return undefined;
  const unknown = { max: null, min: null };
  if (typeof input.fl === 'number' && typeof weight.fl === 'number') {
    const qtype = input.qtype === 'i16' || weight.qtype === 'i16' ? 'i64' : 'i32';
    return { quantizer: 'dynamic_fixed_point', qtype, ...unknown, fl: input.fl + weight.fl };
  }
  if (isFloat(input) || isFloat(weight)) return undefined;
  const { scale } = input;
  if (typeof scale === 'number' && weight.scales) {
    const scales = weight.scales.map((value) => biasScale(scale, value));
    return { quantizer: 'perchannel_symmetric_affine', qtype: 'i32', ...unknown, scales, channelDim: 0 };
  }
  if (typeof scale === 'number' && typeof weight.scale === 'number') {
    const quantizer = weight.quantizer === 'symmetric_affine' ? 'symmetric_affine' : 'asymmetric_affine';
    return { quantizer, qtype: 'i32', ...unknown, scale: biasScale(scale, weight.scale), zeroPoint: 0 };
  }
  if (typeof input.fl === 'number' || typeof weight.fl === 'number') return undefined;
  throw new StudioError('quantize-invalid', `the scale of ${ref} needs the scales of its input and weight`);
}

/** Whether an entry stores short floats instead of integers. */
export function isFloat(entry: QuantizeEntry): boolean {
  return entry.qtype === 'bf16' || entry.qtype === 'f16';
}
