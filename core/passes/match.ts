import type { Layer, TensorRef } from '../network/layer.ts';
import type { Tensor } from '../network/tensor.ts';
import type { GraphEditor } from './editor.ts';

/** Steps that a walk over constants takes at most, so that long chains stay cheap. */
const MAX_STEPS = 8;

/** Whether two references are the same tensor. */
export const same = (a: TensorRef, b: TensorRef): boolean => a.layer === b.layer && a.port === b.port;

/** Whether a number is the wanted one, to float32 accuracy. */
export const near = (value: number, wanted: number): boolean =>
  Math.abs(value - wanted) <= 1e-5 * Math.max(Math.abs(wanted), 1e-3);

/** The values of a float `variable`. */
export function constantOf(editor: GraphEditor, ref: TensorRef | undefined): Tensor | undefined {
  const layer = ref && editor.producer(ref);
  const data = layer?.op === 'variable' ? editor.coefficients(layer).get('data') : undefined;
  return data?.type === 'float32' ? data : undefined;
}

/** The number in a float `variable` that holds only one. */
export function single(editor: GraphEditor, ref: TensorRef | undefined): number | undefined {
  const data = constantOf(editor, ref)?.data;
  return data?.length === 1 ? Number(data[0]) : undefined;
}

/** Ops of two inputs that add, subtract, multiply or divide. */
const SUM = new Set(['add', 'subtract']);
const QUOTIENT = new Set(['divide', 'real_div']);

/** One number and one tensor as operands: the number, the tensor, and whether the number comes first. */
export function withNumber(
  editor: GraphEditor,
  layer: Layer,
): { number: number; of: TensorRef; first: boolean } | undefined {
  if (layer.inputs.length !== 2) return undefined;
  const [a, b] = layer.inputs;
  const [left, right] = [single(editor, a), single(editor, b)];
  if (right !== undefined) return { number: right, of: a, first: false };
  return left === undefined ? undefined : { number: left, of: b, first: true };
}

/** scale * of + shift */
export interface Linear {
  scale: number;
  shift: number;
  of: TensorRef;
}

/**
 * Reads a tensor as scale * x + shift by following signs, and sums, differences, products and quotients with one
 * number, as far as nobody else reads what lies between.
 */
export function linear(editor: GraphEditor, ref: TensorRef): Linear {
  let [scale, shift, of] = [1, 0, ref];
  for (let step = 0; step < MAX_STEPS && editor.isReadOnce(of); step++) {
    const layer = editor.producer(of);
    if (layer.op === 'neg') {
      scale = -scale;
      [of] = layer.inputs;
      continue;
    }
    const found = withNumber(editor, layer);
    if (!found) break;
    const { number, first } = found;
    if (SUM.has(layer.op)) {
      const negated = layer.op === 'subtract';
      shift += scale * (negated && !first ? -number : number);
      if (negated && first) scale = -scale;
    } else if (layer.op === 'multiply') {
      scale *= number;
    } else if (QUOTIENT.has(layer.op) && !first) {
      scale /= number;
    } else break;
    ({ of } = found);
  }
  return { scale, shift, of };
}

/** Whether a tensor is scale * x + shift with these numbers; x. */
export function linearOf(
  editor: GraphEditor,
  ref: TensorRef,
  scale: number,
  shift: number,
): TensorRef | undefined {
  const found = linear(editor, ref);
  return near(found.scale, scale) && near(found.shift, shift) ? found.of : undefined;
}

/** number * factors[0] * factors[1] * ... */
export interface Product {
  number: number;
  factors: TensorRef[];
}

/** A product with its numbers collected, however they are nested, as far as nobody reads what lies between. */
export function product(editor: GraphEditor, layer: Layer, steps = MAX_STEPS): Product | undefined {
  if (layer.inputs.length !== 2) return undefined;
  const isQuotient = QUOTIENT.has(layer.op);
  if (layer.op !== 'multiply' && !isQuotient) return undefined;
  const [a, b] = layer.inputs;
  const left = factor(editor, a, steps - 1);
  if (isQuotient) {
    const divisor = single(editor, b);
    return divisor === undefined ? undefined : { ...left, number: left.number / divisor };
  }
  const right = factor(editor, b, steps - 1);
  return { number: left.number * right.number, factors: [...left.factors, ...right.factors] };
}

function factor(editor: GraphEditor, ref: TensorRef, steps: number): Product {
  const number = single(editor, ref);
  if (number !== undefined) return { number, factors: [] };
  const inner = steps > 0 && editor.isReadOnce(ref) ? editor.producer(ref) : undefined;
  return (inner && product(editor, inner, steps)) ?? { number: 1, factors: [ref] };
}

/** The two factors of a product, both ways round. */
export const bothWays = ({ factors }: Product): [TensorRef, TensorRef][] =>
  factors.length === 2
    ? [
        [factors[0], factors[1]],
        [factors[1], factors[0]],
      ]
    : [];

/** min(max(of, low), high) */
export interface Clipped {
  low: number;
  high: number;
  of: TensorRef;
}

/** Reads a layer as a clip, also one written as minimum and maximum. */
export function clipped(editor: GraphEditor, layer: Layer): Clipped | undefined {
  const [of] = layer.inputs;
  if (layer.op === 'relu') return { low: 0, high: Infinity, of };
  if (layer.op === 'relun')
    return {
      low: layer.number('relu_clamp_bottom', 0),
      high: layer.number('relu_clamp_top', Infinity),
      of,
    };
  if (layer.op === 'clipbyvalue')
    return { low: layer.number('clip_value_min', 0), high: layer.number('clip_value_max', 255), of };
  if (layer.op !== 'minimum' && layer.op !== 'maximum') return undefined;
  const bound = withNumber(editor, layer);
  if (!bound) return undefined;
  const inside = editor.isReadOnce(bound.of) ? clipped(editor, editor.producer(bound.of)) : undefined;
  const { low, high, of: source } = inside ?? { low: -Infinity, high: Infinity, of: bound.of };
  return layer.op === 'minimum'
    ? { low: Math.min(low, bound.number), high: Math.min(high, bound.number), of: source }
    : { low: Math.max(low, bound.number), high: Math.max(high, bound.number), of: source };
}

/** Whether the layer's output has the shape of this tensor, so that it can be computed element by element. */
export function keepsShape(editor: GraphEditor, layer: Layer, of: TensorRef): boolean {
  const shape = editor.shape({ layer: layer.key, port: 0 });
  return shape !== undefined && shape.join() === editor.shape(of)?.join();
}
