import type { Layer, TensorRef } from '../network/layer.ts';
import { real } from '../network/layer.ts';
import { elementCount, type Shape, type Tensor } from '../network/tensor.ts';
import type { GraphEditor } from './editor.ts';
import { meanOf, overAxes, rootOf, squared } from './layer-norm.ts';
import { constantOf, keepsShape, same, withNumber } from './match.ts';
import { layerPass } from './rewrite.ts';

/** x * factor + (shift - mean * factor), where factor is scale / sqrt(variance + eps). */
interface Spread {
  x: TensorRef;
  axes: number[];
  eps: number;
  scale: Tensor | undefined;
  shift: Tensor | undefined;
  /** Layers that only the pattern may read. */
  inner: Layer[];
}

/** Both operands of a layer of two inputs, in both orders. */
function orders({ inputs }: Layer): [TensorRef, TensorRef][] {
  if (inputs.length !== 2) return [];
  const [a, b] = inputs;
  return [[a, b], [b, a]];
} // prettier-ignore

/** 1 / sqrt(variance + eps), perhaps times a constant. */
function factorOf(editor: GraphEditor, ref: TensorRef) {
  const plain = rootOf(editor, ref, -0.5);
  if (plain) return { ...plain, scale: undefined };
  const layer = editor.producer(ref);
  if (layer.op !== 'multiply') return undefined;
  for (const [root, constant] of orders(layer)) {
    const scale = constantOf(editor, constant);
    const found = scale && rootOf(editor, root, -0.5);
    if (found) return { under: found.under, inner: [layer, ...found.inner], scale };
  }
  return undefined;
}

/** shift - mean * factor, or only -(mean * factor). */
function shiftOf(editor: GraphEditor, ref: TensorRef) {
  const layer = editor.producer(ref);
  const negated = layer.op === 'neg';
  if (!negated && layer.op !== 'subtract') return undefined;
  const shift = negated ? undefined : constantOf(editor, layer.inputs[0]);
  const product = editor.producer(layer.inputs[negated ? 0 : 1]);
  if ((!negated && !shift) || product.op !== 'multiply') return undefined;
  return { shift, product, inner: [layer, product] };
}

/** The variance of x around `mean`, plus a number: mean((x - mean)^2) + eps. */
function varianceOf(editor: GraphEditor, under: TensorRef, x: TensorRef, mean: TensorRef) {
  const sum = editor.producer(under);
  const eps = sum.op === 'add' ? withNumber(editor, sum) : undefined;
  const variance = eps && editor.producer(eps.of);
  const outer = variance && meanOf(editor, variance);
  const square = outer && editor.producer(outer.of);
  const centred = square && squared(editor, square);
  const difference = centred && editor.producer(centred);
  if (!eps || !variance || !outer || !square || difference?.op !== 'subtract') return undefined;
  const [of, from] = difference.inputs;
  if (!same(of, x) || !same(from, mean)) return undefined;
  return { eps: eps.number, axes: outer.axes, inner: [sum, variance, square, difference] };
}

function matchSpread(editor: GraphEditor, last: Layer): Spread | undefined {
  if (last.op !== 'add') return undefined;
  for (const [main, rest] of orders(last)) {
    const scaled = editor.producer(main);
    const behind = shiftOf(editor, rest);
    if (scaled.op !== 'multiply' || !behind) continue;
    for (const [x, factor] of orders(scaled)) {
      const found = factorOf(editor, factor);
      const mean = orders(behind.product).find(([, other]) => same(other, factor))?.[0];
      const first = mean && meanOf(editor, editor.producer(mean));
      if (!found || !mean || !first || !same(first.of, x)) continue;
      const variance = varianceOf(editor, found.under, x, mean);
      if (!variance || variance.axes.join() !== first.axes.join()) continue;
      const middle = editor.producer(mean);
      const inner = [scaled, ...behind.inner, ...found.inner, ...variance.inner, middle];
      return { x, axes: first.axes, eps: variance.eps, scale: found.scale, shift: behind.shift, inner };
    }
  }
  return undefined;
}

const filled = (count: number, value: number): Float32Array => new Float32Array(count).fill(value);

/** Scale and shift as one number per index of the axes that they vary along, or undefined when they vary otherwise. */
function values(
  spread: Spread,
  shape: Shape,
  axes: readonly number[],
): ReadonlyMap<string, Tensor> | undefined {
  const count = elementCount(axes.map((axis) => shape[axis]));
  const scale = spread.scale ? overAxes(spread.scale, shape, axes) : filled(count, 1);
  const bias = spread.shift ? overAxes(spread.shift, shape, axes) : filled(count, 0);
  if (!scale || !bias) return undefined;
  const tensor = (data: Float32Array): Tensor => ({ type: 'float32', shape: [count], data });
  return new Map([
    ['bias', tensor(bias)],
    ['scale', tensor(scale)],
  ]);
}

/** Normalized over rows it is a layer norm; over the pixels of each picture, with numbers per channel, an instance norm. */
function rewrite(editor: GraphEditor, last: Layer): boolean {
  const spread = matchSpread(editor, last);
  const shape = spread && editor.shape(spread.x);
  if (!spread || !shape || !keepsShape(editor, last, spread.x) || !editor.isClosed(spread.inner, last))
    return false;
  const channel = shape.length - 1;
  const pixels = shape.flatMap((_, axis) => (axis > 0 && axis < channel ? [axis] : []));
  const instance = pixels.length > 0 && pixels.length < 3 && spread.axes.join() === pixels.join();
  const coefficients = values(spread, shape, instance ? [channel] : spread.axes);
  if (!coefficients) return false;
  const eps = real(spread.eps);
  editor.replace(last, {
    op: instance ? 'instancenormalize' : 'layernormalize',
    parameters: instance
      ? [
          ['eps', eps],
          ['axis', pixels],
        ]
      : [
          ['axis_list', spread.axes],
          ['eps', eps],
        ],
    inputs: [spread.x],
    coefficients,
  });
  return true;
}

/** TensorFlow's spelling of a normalization: scale and shift are computed from mean and variance first. */
export const spreadNorm = layerPass(
  'spread-norm',
  'One node of the NPU instead of eleven, and the variance is not rounded to eight bits.',
  rewrite,
);
