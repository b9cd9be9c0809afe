import type { Layer, TensorRef } from '../network/layer.ts';
import { elementCount, toFloat32, type Shape, type Tensor } from '../network/tensor.ts';
import type { GraphEditor } from './editor.ts';
import { constantOf } from './match.ts';

type Numbers = Float64Array;

/** What a layer does to its input: y = x * scale + shift, with one number per index of `axis`. */
export interface Affine {
  of: TensorRef;
  /** Axis of the input; undefined when all indices of it have the same numbers. */
  axis: number | undefined;
  scale: Numbers;
  shift: Numbers;
}

/** How a constant acts as operand of a layer. */
const EFFECTS: Readonly<
  Record<string, (value: number, first: boolean) => readonly [scale: number, shift: number] | undefined>
> = {
  add: (value) => [1, value],
  multiply: (value) => [value, 0],
  subtract: (value, first) => (first ? [-1, value] : [1, -value]),
  real_div: (value, first) => (first ? undefined : [1 / value, 0]),
  divide: (value, first) => (first ? undefined : [1 / value, 0]),
};

/** The only axis along which a constant varies when it is broadcast to `shape`; 'none', or undefined for several. */
function axisOf(constant: Shape, shape: Shape): number | 'none' | undefined {
  const missing = shape.length - constant.length;
  if (missing < 0) return undefined;
  const axes = constant.flatMap((dim, i) => (dim === 1 ? [] : [i + missing]));
  if (axes.length === 0) return 'none';
  return axes.length === 1 && shape[axes[0]] === constant[axes[0] - missing] ? axes[0] : undefined;
}

/** The layer as a scale and shift of one input, where it is one. */
export function affineOf(editor: GraphEditor, layer: Layer): Affine | undefined {
  if (layer.op === 'batchnormalize') return batchNormOf(editor, layer);
  const effect = EFFECTS[layer.op];
  if (!effect || layer.inputs.length !== 2) return undefined;
  const first = constantOf(editor, layer.inputs[0]) !== undefined;
  const [constantRef, of] = first ? layer.inputs : [...layer.inputs].reverse();
  const constant = constantOf(editor, constantRef);
  const shape = constant && editor.shape(of);
  const result = editor.shape({ layer: layer.key, port: 0 });
  if (!constant || !shape || shape.join() !== result?.join()) return undefined;
  const axis = axisOf(constant.shape, shape);
  const pairs = Array.from(toFloat32(constant), (value) => effect(value, first));
  if (axis === undefined || pairs.some((pair) => pair?.every(Number.isFinite) !== true)) return undefined;
  return {
    of,
    axis: axis === 'none' ? undefined : axis,
    scale: Float64Array.from(pairs, (pair) => pair?.[0] ?? NaN),
    shift: Float64Array.from(pairs, (pair) => pair?.[1] ?? NaN),
  };
}

function batchNormOf(editor: GraphEditor, layer: Layer): Affine | undefined {
  const [of] = layer.inputs;
  const rank = editor.shape(of)?.length;
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'mean', 'variance'].map((name) =>
    editor.coefficients(layer).get(name),
  );
  if (rank === undefined || !gamma || !beta || !mean || !variance) return undefined;
  const eps = layer.number('eps', 1e-4);
  const scale = Float64Array.from(
    toFloat32(variance),
    (value, i) => Number(gamma.data[i]) / Math.sqrt(value + eps),
  );
  const shift = scale.map((factor, i) => Number(beta.data[i]) - Number(mean.data[i]) * factor);
  return { of, axis: rank - 1, scale, shift };
}

/** Where an index of `axis` of the second shape is in the first, when a reshape keeps that axis. */
function axisBefore(before: Shape, after: Shape, axis: number): number | undefined {
  const front = elementCount(after.slice(0, axis));
  const found = before.findIndex(
    (dim, i) => dim === after[axis] && elementCount(before.slice(0, i)) === front,
  );
  return found < 0 ? undefined : found;
}

/** A tensor and one of its axes; undefined stands for any. */
export interface Place {
  ref: TensorRef;
  axis: number | undefined;
}

const MOVES = ['permute', 'reshape'];

/**
 * Goes from a tensor towards the inputs through layers that only move or rename axes and that nobody else
 * reads, and says where the axis was.
 */
export function throughMoves(editor: GraphEditor, start: Place): Place | undefined {
  let { ref, axis } = start;
  for (let layer = editor.soleProducer(ref, ...MOVES); layer; layer = editor.soleProducer(ref, ...MOVES)) {
    const [before, after] = [editor.shape(layer.inputs[0]), editor.shape(ref)];
    if (!before || !after) return undefined;
    if (axis !== undefined)
      axis = layer.op === 'permute' ? layer.ints('perm', [0])[axis] : axisBefore(before, after, axis);
    else if (start.axis !== undefined) return undefined;
    [ref] = layer.inputs;
  }
  return start.axis !== undefined && axis === undefined ? undefined : { ref, axis };
}

/** Names of the coefficients that scale and shift the last axis of a layer's output. */
const HOSTS: Readonly<Record<string, readonly [scale: string, shift: string]>> = {
  convolution: ['weight', 'bias'],
  deconvolution: ['weight', 'bias'],
  conv1d: ['weight', 'bias'],
  depthwise_conv1d: ['weight', 'bias'],
  group_conv1d: ['weight', 'bias'],
  fullconnect: ['weight', 'bias'],
  batchnormalize: ['gamma', 'beta'],
  instancenormalize: ['scale', 'bias'],
};

/** The layer whose coefficients can take over a scale and shift at this place, if nobody else reads it. */
export function hostAt(editor: GraphEditor, { ref, axis }: Place): Layer | undefined {
  const layer = editor.soleProducer(ref, ...Object.keys(HOSTS));
  const shape = layer && editor.shape(ref);
  const last = (shape?.length ?? 0) - 1;
  if (!layer || last < 0 || (axis !== undefined && axis !== last)) return undefined;
  // Instance normalization may have its channels elsewhere.
  if (layer.op === 'instancenormalize' && layer.ints('axis', []).includes(last)) return undefined;
  const coefficients = editor.coefficients(layer);
  return HOSTS[layer.op].every((name) => coefficients.get(name)?.type === 'float32') ? layer : undefined;
}

/**
 * The coefficients of a layer whose output is scaled and shifted. Computed in float64, stored as float32.
 * @param scale one number per channel, or one for all; so is `shift`
 */
export function absorbed(
  editor: GraphEditor,
  host: Layer,
  { scale, shift }: Pick<Affine, 'scale' | 'shift'>,
): Map<string, Tensor> {
  const tensors = new Map(editor.coefficients(host));
  const [scaleName, shiftName] = HOSTS[host.op];
  const [weight, bias] = [tensors.get(scaleName), tensors.get(shiftName)];
  if (!weight || !bias) throw new Error(`${host.key} has no ${scaleName} or ${shiftName}`);
  const channels = bias.data.length;
  const factor = (i: number): number => scale[scale.length === 1 ? 0 : i % channels];
  const offset = (i: number): number => shift[shift.length === 1 ? 0 : i];
  if (scale.some((value) => value !== 1))
    tensors.set(scaleName, { ...weight, data: toFloat32(weight).map((value, i) => value * factor(i)) });
  tensors.set(shiftName, {
    ...bias,
    data: toFloat32(bias).map((value, i) => value * factor(i) + offset(i)),
  });
  return tensors;
}
