import { real, type Layer, type TensorRef } from '../network/layer.ts';
import { elementCount, type Shape, type Tensor } from '../network/tensor.ts';
import type { GraphEditor } from './editor.ts';
import { constantOf, keepsShape, near, same, single, withNumber } from './match.ts';
import { layerPass } from './rewrite.ts';

interface Normalized {
  x: TensorRef;
  axes: number[];
  eps: number;
  /** Layers that only the pattern may read. */
  inner: Layer[];
}

/** The input of a mean that keeps the dimensions, and its axes in ascending order. */
export function meanOf(editor: GraphEditor, layer: Layer): { of: TensorRef; axes: number[] } | undefined {
  if (layer.op !== 'reducemean' || !layer.flag('keep_dims', false)) return undefined;
  const [of] = layer.inputs;
  const rank = editor.shape(of)?.length;
  if (rank === undefined) return undefined;
  const axes = layer.ints('axis_list').map((axis) => (axis < 0 ? axis + rank : axis));
  return { of, axes: axes.sort((a, b) => a - b) };
}

/** The tensor whose square this layer computes. */
export function squared(editor: GraphEditor, layer: Layer): TensorRef | undefined {
  const [base, other] = layer.inputs;
  if (layer.op === 'square') return base;
  if (layer.op === 'pow') return near(single(editor, other) ?? 0, 2) ? base : undefined;
  return layer.op === 'multiply' && layer.inputs.length === 2 && same(base, other) ? base : undefined;
}

/** What is divided by a square root, and that root: a / sqrt(b), a * rsqrt(b), a * (1 / sqrt(b)), powers. */
function rootQuotient(
  editor: GraphEditor,
  layer: Layer,
): { top: TensorRef; under: TensorRef; inner: Layer[] } | undefined {
  if (layer.inputs.length !== 2) return undefined;
  const [a, b] = layer.inputs;
  if (layer.op === 'real_div' || layer.op === 'divide') {
    const root = rootOf(editor, b, 0.5);
    return root && { top: a, ...root };
  }
  if (layer.op !== 'multiply') return undefined;
  for (const [top, gate] of [[a, b], [b, a]]) {
    const root = rootOf(editor, gate, -0.5);
    if (root) return { top, ...root };
  }
  return undefined;
} // prettier-ignore

/** What a tensor is the square root (exponent 0.5) or its inverse (-0.5) of. */
export function rootOf(
  editor: GraphEditor,
  ref: TensorRef,
  exponent: number,
): { under: TensorRef; inner: Layer[] } | undefined {
  const layer = editor.producer(ref);
  const [under, power] = layer.inputs;
  if (layer.op === (exponent > 0 ? 'sqrt' : 'rsqrt')) return { under, inner: [layer] };
  if (layer.op === 'pow' && near(single(editor, power) ?? 0, exponent)) return { under, inner: [layer] };
  if (exponent > 0 || (layer.op !== 'real_div' && layer.op !== 'divide')) return undefined;
  const root = near(single(editor, under) ?? 0, 1) ? rootOf(editor, power, 0.5) : undefined;
  return root && { under: root.under, inner: [layer, ...root.inner] };
}

/** (x - mean(x)) / sqrt(mean((x - mean(x))^2) + eps) */
function matchNormalized(editor: GraphEditor, last: Layer): Normalized | undefined {
  const quotient = rootQuotient(editor, last);
  if (!quotient) return undefined;
  const sum = editor.producer(quotient.under);
  const eps = sum.op === 'add' ? withNumber(editor, sum) : undefined;
  const variance = eps && editor.producer(eps.of);
  const outer = variance && meanOf(editor, variance);
  const square = outer && editor.producer(outer.of);
  const centred = square && squared(editor, square);
  if (!eps || !variance || !outer || !square || !centred || !same(centred, quotient.top)) return undefined;
  const difference = editor.producer(centred);
  const [x, mean] = difference.inputs;
  if (difference.op !== 'subtract') return undefined;
  const middle = editor.producer(mean);
  const first = meanOf(editor, middle);
  if (!first || !same(first.of, x) || first.axes.join() !== outer.axes.join()) return undefined;
  const inner = [...quotient.inner, sum, variance, square, difference, middle];
  return { x, axes: first.axes, eps: eps.number, inner };
}

const filled = (count: number, value: number): Tensor => ({
  type: 'float32',
  shape: [count],
  data: new Float32Array(count).fill(value),
});

/** The plain normalization, with a scale of ones and no shift. */
function normalize(editor: GraphEditor, last: Layer): boolean {
  const found = matchNormalized(editor, last);
  const shape = found && editor.shape(found.x);
  if (!found || !shape || !keepsShape(editor, last, found.x) || !editor.isClosed(found.inner, last))
    return false;
  const count = elementCount(found.axes.map((axis) => shape[axis]));
  editor.replace(last, {
    op: 'layernormalize',
    parameters: [
      ['axis_list', found.axes],
      ['eps', real(found.eps)],
    ],
    inputs: [found.x],
    coefficients: new Map([
      ['bias', filled(count, 0)],
      ['scale', filled(count, 1)],
    ]),
  });
  return true;
}

/** One number per element of the normalized axes, from a constant that varies along nothing else. */
export function overAxes(constant: Tensor, shape: Shape, axes: readonly number[]): Float32Array | undefined {
  const count = elementCount(axes.map((axis) => shape[axis]));
  if (constant.data.length === 1) return new Float32Array(count).fill(Number(constant.data[0]));
  const missing = shape.length - constant.shape.length;
  if (missing < 0) return undefined;
  const fits = shape.every((dim, axis) => {
    const own = axis < missing ? 1 : constant.shape[axis - missing];
    return own === (axes.includes(axis) ? dim : 1);
  });
  return fits ? Float32Array.from(constant.data, Number) : undefined;
}

const RESHAPES = new Set(['reshape', 'squeeze', 'expanddims']);
const MAX_RESHAPES = 4;

/** The tensor in front of reshapes that nobody else reads and that leave the rows of the last axis whole. */
function behindReshapes(editor: GraphEditor, ref: TensorRef): TensorRef {
  let source = ref;
  const width = editor.shape(ref)?.at(-1);
  for (let i = 0; i < MAX_RESHAPES && editor.isReadOnce(source); i++) {
    const layer = editor.producer(source);
    if (!RESHAPES.has(layer.op)) break;
    [source] = layer.inputs;
  }
  return editor.shape(source)?.at(-1) === width ? source : ref;
}

/** The axes of a tensor that a normalization in front of it ran over, given that reshapes may lie between. */
function axesBehind(layer: Layer, from: Shape, to: Shape, moved: boolean): number[] | undefined {
  const axes = layer.ints('axis_list', [-1]).map((axis) => (axis < 0 ? axis + from.length : axis));
  if (!moved) return axes;
  return axes.join() === String(from.length - 1) ? [to.length - 1] : undefined;
}

/** The normalization's coefficients with a constant scale or shift behind it, or undefined when there are none. */
function scaled(
  editor: GraphEditor,
  layer: Layer,
  values: Float32Array,
  shifts: boolean,
): Map<string, Tensor> | undefined {
  const tensors = new Map(editor.coefficients(layer));
  if (!tensors.has('scale') || !tensors.has('bias')) return undefined;
  for (const name of shifts ? ['bias'] : ['scale', 'bias']) {
    const old = tensors.get(name);
    if (!old) continue;
    const data = Float32Array.from(values, (value, i) =>
      shifts ? Number(old.data[i]) + value : Number(old.data[i]) * value,
    );
    tensors.set(name, { ...old, data });
  }
  return tensors;
}

/** A constant scale or shift behind a layer normalization becomes its own. */
function absorb(editor: GraphEditor, last: Layer): boolean {
  if ((last.op !== 'multiply' && last.op !== 'add') || last.inputs.length !== 2) return false;
  for (const [ref, other] of [last.inputs, [...last.inputs].reverse()]) {
    const source = behindReshapes(editor, ref);
    const layer = editor.soleProducer(source, 'layernormalize');
    const constant = layer && constantOf(editor, other);
    const [from, shape] = [editor.shape(source), editor.shape(ref)];
    if (!layer || !constant || !from || !shape || !keepsShape(editor, last, ref)) continue;
    const moved = !same(source, ref);
    const axes = axesBehind(layer, from, shape, moved);
    const values = axes && overAxes(constant, shape, axes);
    const coefficients = values && scaled(editor, layer, values, last.op === 'add');
    if (!coefficients) continue;
    if (moved) {
      editor.changeValues(layer, coefficients);
      editor.redirect(last, ref);
      editor.remove(last);
    } else {
      const { op, parameters, inputs } = layer;
      editor.replace(last, { op, parameters, inputs, coefficients });
    }
    return true;
  }
  return false;
}

/** Mean, difference, variance, root and quotient become `layernormalize`, with the scale and shift behind. */
export const layerNorm = layerPass(
  'layer-norm',
  'One node of the NPU instead of seven to nine, and the variance is not rounded to eight bits.',
  (editor, last) => normalize(editor, last) || absorb(editor, last),
);
