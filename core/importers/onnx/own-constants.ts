import { limitsOf, ownChannelEntry, ownEntry, ownTypeOf } from '../../network/own-quantization.ts';
import type { QuantizeEntry } from '../../network/quantize-table.ts';
import type { Tensor } from '../../network/tensor.ts';
import { roundHalfEven } from '../../quantization/formulas.ts';
import type { OnnxNode } from './node.ts';
import { frontAxis, fromNumbers, numbersOf } from './numeric.ts';

/** How a constant was stored as integers: real = (q - zero) * scale. */
export interface Storage {
  /** Of the integers. */
  type: Tensor['type'];
  /** One number, or one per index of an axis. */
  scales: readonly number[];
  zeros: readonly number[];
}

/** A constant of real numbers and the integers it was stored as. */
export interface Dequantized extends Storage {
  real: Tensor;
}

/** Scales and zero points of a constant, and the axis that several of them belong to. */
export interface Parameters {
  scale: Tensor;
  zero: Tensor | undefined;
  axis: number;
  /** Elements along the axis that share a scale; 0 = one scale per index. */
  block?: number;
}

/** Who complains when counts do not fit. */
type Source = Pick<OnnxNode, 'invalid'>;

/** Turns stored integers into reals, in float32 as ONNX does. @throws StudioError when the counts do not fit */
export function dequantized(node: Source, stored: Tensor, parameters: Parameters): Dequantized {
  const scales = numbersOf(parameters.scale);
  const zeros = parameters.zero ? numbersOf(parameters.zero) : [0];
  const index = indexing(node, stored, parameters, scales.length);
  if (zeros.length !== 1 && zeros.length !== scales.length)
    throw node.invalid(`${zeros.length} zero points for ${scales.length} scales`);
  const numbers = numbersOf(stored);
  const values = new Float32Array(numbers.length);
  for (let i = 0; i < values.length; i++) {
    const at = index(i);
    values[i] = (numbers[i] - zeros[zeros.length === 1 ? 0 : at]) * scales[at];
  }
  return {
    real: fromNumbers('float32', stored.shape, values),
    type: stored.type,
    scales: Array.from(scales),
    zeros: Array.from(zeros),
  };
}

/** Which scale an element has. */
function indexing(
  node: Source,
  { shape }: Tensor,
  { axis, block = 0 }: Parameters,
  count: number,
): (element: number) => number {
  if (count === 1) return () => 0;
  const front = frontAxis(axis, shape.length);
  const dim = shape[front];
  const inner = shape.slice(front + 1).reduce((product, size) => product * size, 1);
  const outer = shape.slice(0, front).reduce((product, size) => product * size, 1);
  const steps = block > 0 ? Math.ceil(dim / block) : dim;
  const expected = block > 0 ? outer * steps * inner : dim;
  if (count !== expected) throw node.invalid(`${count} scales for ${dim} indices of axis ${front}`);
  if (block === 0) return (element) => Math.floor(element / inner) % dim;
  return (element) => {
    const row = Math.floor(element / inner);
    const step = Math.floor((row % dim) / block);
    return (Math.floor(row / dim) * steps + step) * inner + (element % inner);
  };
}

/**
 * Constants that the file quantizes itself: 8 bits with one scale, or one per index of an axis.
 * @param onnxType ONNX's number of the zero point's type, as far as the file says
 * @returns undefined for other types
 */
export function quantizedConstant(
  node: OnnxNode,
  values: Tensor,
  parameters: Parameters,
  onnxType: number | undefined,
): Tensor | undefined {
  const type = parameters.zero?.type ?? 'uint8';
  const own = ownTypeOf(type);
  const small = onnxType !== undefined && onnxType > 5;
  if (!own || own === 'i16' || small || node.int('block_size', 0) !== 0 || node.int('output_dtype', 0) !== 0)
    return undefined;
  const [min, max] = limitsOf(own);
  const scales = numbersOf(parameters.scale);
  const zeros = parameters.zero ? numbersOf(parameters.zero) : [0];
  const index = indexing(node, values, parameters, scales.length);
  const codes = Array.from(numbersOf(values), (value, i) => {
    const q = roundHalfEven(Math.fround(value / scales[index(i)])) + zeros[zeros.length === 1 ? 0 : index(i)];
    return Math.min(Math.max(q, min), max);
  });
  return fromNumbers(type, values.shape, codes);
}

/**
 * The entry of a weight as its layer stores it, output channels last. Symmetric scales per channel exist only for
 * int8; uint8 around 128 is the same. @returns undefined for zero points per channel and what else the NPU has not
 */
export function weightEntry(stored: Storage, weight: Tensor | undefined): QuantizeEntry | undefined {
  const { scales, zeros, type } = stored;
  const alike = (list: readonly number[]): boolean => list.every((item) => item === list[0]);
  const own = ownTypeOf(type);
  if (!own || !weight) return undefined;
  if (alike(scales) && alike(zeros)) return ownEntry({ type: own, scale: scales[0], zero: zeros[0] });
  const centre = own === 'u8' ? 128 : 0;
  if (own === 'i16' || zeros.some((zero) => zero !== centre)) return undefined;
  // A transposed convolution has a scale for each output of a group.
  const channels = weight.shape[weight.shape.length - 1];
  return ownChannelEntry(Array.from({ length: channels }, (_, channel) => scales[channel % scales.length]));
}
