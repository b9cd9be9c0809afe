import type { Layer, ParameterValue } from '../network/layer.ts';
import { elementCount, toFloat32, type Tensor } from '../network/tensor.ts';
import { absorbed, affineOf, hostAt, throughMoves, type Affine } from './affine.ts';
import type { GraphEditor } from './editor.ts';
import { same } from './match.ts';
import { layerPass } from './rewrite.ts';

/**
 * Into the layer in front, which keeps its key; only a bias added right behind it gives the layer its own, as
 * the toolkit names dense layers and convolutions after their BiasAdd.
 */
function foldBackwards(editor: GraphEditor, last: Layer, affine: Affine): boolean {
  const place = throughMoves(editor, { ref: affine.of, axis: affine.axis });
  const host = place && hostAt(editor, place);
  if (!host) return false;
  const coefficients = absorbed(editor, host, affine);
  if (last.op === 'add' && same(place.ref, affine.of)) {
    const { op, parameters, inputs } = host;
    editor.replace(last, { op, parameters, inputs, coefficients });
    editor.remove(host);
  } else {
    editor.changeValues(host, coefficients);
    editor.redirect(last, affine.of);
    editor.remove(last);
  }
  return true;
}

/** A scale and shift per channel goes into the convolution, dense layer or normalization in front of it. */
export const foldAffine = layerPass(
  'fold-affine',
  'The layer in front scales and shifts for free; a layer of its own writes the whole tensor once more.',
  (editor, last) => {
    const affine = affineOf(editor, last);
    return affine !== undefined && foldBackwards(editor, last, affine);
  },
);

/** Whether a convolution pads with zeros, which a shift in front of it would have moved. */
function pads(layer: Layer): boolean {
  if (layer.op === 'fullconnect') return false;
  if (layer.text('pad_method', 'auto') !== 'padding_const') return layer.text('padding', 'VALID') !== 'VALID';
  return layer.ints('pad', [0]).some((amount) => amount !== 0);
}

/**
 * Weight [..., in, out] and bias for an input that is scaled and shifted first: out channel o of a group reads
 * the input channels of that group. The dense layer's weight rows repeat the channels of flattened pixels.
 */
function prepended(weight: Tensor, bias: Tensor, groups: number, channels: number, affine: Affine) {
  const [inner, outputs] = weight.shape.slice(-2);
  const values = toFloat32(weight);
  const scaled = new Float32Array(values.length);
  const sums = Float64Array.from(toFloat32(bias));
  const at = (numbers: Float64Array, channel: number): number =>
    numbers[numbers.length === 1 ? 0 : channel % channels];
  for (let i = 0; i < values.length; i++) {
    const output = i % outputs;
    const group = Math.floor(output / (outputs / groups));
    const channel = group * inner + (Math.floor(i / outputs) % inner);
    scaled[i] = values[i] * at(affine.scale, channel);
    sums[output] += values[i] * at(affine.shift, channel);
  }
  return new Map<string, Tensor>([
    ['weight', { ...weight, data: scaled }],
    ['bias', { ...bias, data: Float32Array.from(sums) }],
  ]);
}

const READERS = new Set(['convolution', 'conv1d', 'group_conv1d', 'depthwise_conv1d', 'fullconnect']);

/** A scale and shift per channel goes into the convolution or dense layer behind it, where padding allows it. */
export const foldAffineAhead = layerPass(
  'fold-affine-ahead',
  'The layer behind scales and shifts for free; a layer of its own writes the whole tensor once more.',
  (editor, layer) => {
    const [ref] = layer.inputs;
    if (!READERS.has(layer.op) || !editor.isReadOnce(ref)) return false;
    const affine = affineOf(editor, editor.producer(ref));
    const shape = editor.shape(ref);
    const [weight, bias] = ['weight', 'bias'].map((name) => editor.coefficients(layer).get(name));
    if (!affine || !shape || weight?.type !== 'float32' || bias?.type !== 'float32') return false;
    const channels = shape[shape.length - 1];
    const alongChannels = affine.axis === undefined || affine.axis === shape.length - 1;
    if (!alongChannels || (pads(layer) && affine.shift.some((value) => value !== 0))) return false;
    // Dense layers flatten from `axis` on, so that rows are whole pixels: channels vary fastest.
    const rows = elementCount(weight.shape.slice(-2, -1));
    if (layer.op === 'fullconnect' && rows % channels !== 0) return false;
    const groups = layer.op === 'fullconnect' ? 1 : layer.int('group_number', 1);
    const parameters = new Map<string, ParameterValue>(layer.parameters);
    const coefficients = prepended(weight, bias, groups, channels, affine);
    editor.replace(layer, { op: layer.op, parameters, inputs: [affine.of], coefficients });
    return true;
  },
);
