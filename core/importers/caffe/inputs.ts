import { StudioError } from '../../network/errors.ts';
import type { Shape } from '../../network/tensor.ts';
import type { ImportOptions } from '../options.ts';
import type { CaffeInput } from './data-layers.ts';
import type { CaffeNet } from './net.ts';
import { product } from '../onnx/numeric.ts';

/** Layers whose first axis is time, not the batch. */
const TIME_FIRST = new Set(['LSTM', 'Lstm', 'RNN']);

/** Largest dimension of an input, and most numbers of one: far beyond any chip. */
const MOST_DIMENSION = 2 ** 24;
const MOST_ELEMENTS = 2 ** 28;

/**
 * Inputs of pictures with a batch of 1: the batch in a prototxt is what somebody tested or trained with. Sizes that the
 * caller gives stay as they are.
 * @returns the net, and sentences on what was changed
 */
export function withBatchOne(
  net: CaffeNet,
  { inputSizes }: ImportOptions,
): { net: CaffeNet; notes: string[] } {
  const read = new Set(net.layers.flatMap(({ bottoms }) => bottoms));
  const timed = new Set(
    net.layers.filter(({ type }) => TIME_FIRST.has(type)).flatMap(({ bottoms }) => bottoms),
  );
  const notes: string[] = [];
  const inputs = net.inputs.map((input): CaffeInput => {
    if (!inputSizes && read.has(input.name)) requireShape(input);
    const { name, shape } = input;
    if (inputSizes || shape?.length !== 4 || timed.has(name) || shape[0] <= 1) return input;
    if (read.has(name)) notes.push(`The batch of input "${name}" is 1 in the network, not ${shape[0]}.`);
    return { name, shape: [1, ...shape.slice(1)] };
  });
  return { net: { ...net, inputs }, notes };
}

function requireShape({ name, shape }: CaffeInput): void {
  if (shape && isPossible(shape)) return;
  throw new StudioError(
    'network-invalid',
    shape
      ? `the input "${name}" can not have the shape [${shape.join(',')}]`
      : `the prototxt does not say the shape of the input "${name}"`,
    { layer: name },
    `Write it as: input: "${name}" input_shape { dim: 1 dim: 3 dim: 224 dim: 224 }, or import the deploy.prototxt.`,
  );
}

function isPossible(shape: Shape): boolean {
  return (
    shape.every((dim) => Number.isInteger(dim) && dim > 0 && dim <= MOST_DIMENSION) &&
    product(shape) <= MOST_ELEMENTS
  );
}

/** Shape of the first picture that the network reads. */
export function pictureOf({ inputs }: CaffeNet, { inputSizes }: ImportOptions): Shape | undefined {
  const given = inputs.map(({ shape }, index) => inputSizes?.[index] ?? shape);
  return given.find((shape) => shape?.length === 4);
}
