import type { Tensor } from '../../network/tensor.ts';
import type { OnnxNode } from './node.ts';
import { frontAxis, fromNumbers, numbersOf } from './numeric.ts';

/** A constant of real numbers and the integers it was stored as: real = (q - zero) * scale. */
export interface Dequantized {
  real: Tensor;
  /** As stored. */
  type: Tensor['type'];
  /** One number, or one per index of an axis. */
  scales: readonly number[];
  zeros: readonly number[];
}

/** Scales and zero points of a constant, and the axis that several of them belong to. */
export interface Parameters {
  scale: Tensor;
  zero: Tensor | undefined;
  axis: number;
  /** Elements along the axis that share a scale; 0 = one scale per index. */
  block?: number;
}

/** Turns stored integers into reals, in float32 as ONNX does. @throws StudioError when the counts do not fit */
export function dequantized(node: OnnxNode, stored: Tensor, parameters: Parameters): Dequantized {
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
  node: OnnxNode,
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
