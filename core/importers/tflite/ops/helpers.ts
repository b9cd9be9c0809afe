import { elementCount, type ElementType, type Shape, type Tensor } from '../../../network/tensor.ts';
import { Unsupported } from '../../onnx/builder.ts';
import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { fromNumbers, integersOf } from '../../onnx/numeric.ts';
import { channelFirstOrder, channelLastOrder } from '../../onnx/draft.ts';

/** The schema's ActivationFunctionType, as the name of a fused activation and what computes it. */
const ACTIVATIONS: readonly { name: string; bounds?: readonly [number, number] }[] = [
  { name: 'none' },
  { name: 'relu', bounds: [0, Infinity] },
  { name: 'relu_n1_to_1', bounds: [-1, 1] },
  { name: 'relu6', bounds: [0, 6] },
  { name: 'tanh' },
  { name: 'sign_bit' },
];

/** The tensor cut to a range; a layer of its own. */
export function clip(
  c: Composer,
  x: string,
  [low, high]: readonly [number, number],
  layerName?: string,
): string {
  const type = low === 0 && high === Infinity ? 'Relu' : 'Clip';
  const inputs = type === 'Relu' ? [x] : [x, c.scalar(low), c.scalar(high)];
  return c.ops(type, inputs, {}, 1, layerName)[0];
}

/** An activation of the schema. @param layerName what the layer is called; a fused one has its name behind it */
export function activation(c: Composer, x: string, number: number, layerName?: string): string {
  const { name, bounds } = ACTIVATIONS[number] ?? { name: `activation ${number}` };
  const layer = layerName === undefined ? undefined : `${layerName}_${name}`;
  if (name === 'none') return x;
  if (bounds) return clip(c, x, bounds, layer);
  if (name === 'tanh') return c.ops('Tanh', [x], {}, 1, layer)[0];
  throw new Unsupported(`the fused activation ${name}`);
}

/** The activation that is fused into the node, behind its result. */
export const activated = (c: Composer, node: OnnxNode, x: string): string =>
  activation(c, x, node.int('activation', 0), node.layerName);

/** The schema's Padding in ONNX's words. */
export function padding(node: OnnxNode): { auto_pad: string } {
  const number = node.int('padding', 0);
  if (number !== 0 && number !== 1) throw node.invalid(`padding ${number} does not exist`);
  return { auto_pad: number === 0 ? 'SAME_UPPER' : 'VALID' };
}

/** Applies a channel-first operator to a channel-last tensor; the transposes only rename axes. */
export function onChannelFirst(c: Composer, x: string, apply: (first: string) => string): string {
  const { length: rank } = c.shape(x);
  return c.transpose(apply(c.transpose(x, channelFirstOrder(rank))), channelLastOrder(rank));
}

/** Throws unless a tensor has this rank. */
export function requireRank(c: Composer, node: OnnxNode, x: string, rank: number): void {
  const { length } = c.shape(x);
  if (length !== rank) throw node.invalid(`an input has rank ${length}, not ${rank}`);
}

/** The numbers of an input that has to be known at import. */
export function knownTensor(c: Composer, node: OnnxNode, index: number, what: string): Tensor {
  if (!c.has(index)) throw node.invalid(`${what} is missing`);
  const tensor = c.known(c.input(index));
  if (!tensor) throw new Unsupported(`${what} is not a constant`);
  return tensor;
}

/** {@link knownTensor} as integers. */
export const knownIntegers = (c: Composer, node: OnnxNode, index: number, what: string): number[] =>
  integersOf(knownTensor(c, node, index, what));

/** Elements of a constant that an operator is composed with; a damaged file could ask for any number. */
const MOST_MADE = 2 ** 22;

/** A constant whose element i (in C order) is `of(i)`. */
export function computed(
  c: Composer,
  type: ElementType,
  shape: Shape,
  of: (index: number) => number,
): string {
  const count = elementCount(shape);
  if (count > MOST_MADE)
    throw new Unsupported(`a constant of shape [${shape.join(',')}] to be computed with`);
  return c.constant(
    fromNumbers(
      type,
      shape,
      Float64Array.from({ length: count }, (_, index) => of(index)),
    ),
  );
}
