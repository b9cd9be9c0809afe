import type { Layer, TensorRef } from '../network/layer.ts';
import { toFloat32, transpose, type Tensor } from '../network/tensor.ts';
import type { GraphEditor } from './editor.ts';
import type { Pass } from './pass.ts';

/** The constant of a `variable` that only this layer reads: others would each need a copy. */
function ownConstant(editor: GraphEditor, ref: TensorRef): Tensor | undefined {
  const layer = editor.soleProducer(ref, 'variable');
  const data = layer && editor.coefficients(layer).get('data');
  return data?.type === 'float32' ? data : undefined;
}

/** x times a constant matrix becomes a dense layer without bias. */
function toDense(editor: GraphEditor, layer: Layer): boolean {
  if (layer.op !== 'matmul' || layer.flag('transpose_a', false)) return false;
  const matrix = ownConstant(editor, layer.inputs[1]);
  const left = editor.shape(layer.inputs[0]);
  if (matrix?.shape.length !== 2 || left === undefined || left.length < 2) return false;
  const weight = layer.flag('transpose_b', false) ? transpose(matrix, [1, 0]) : matrix;
  const outputs = weight.shape[1];
  const bias: Tensor = { type: 'float32', shape: [outputs], data: new Float32Array(outputs) };
  editor.replace(layer, {
    op: 'fullconnect',
    parameters: [
      ['weights', outputs],
      ['bias', true],
      ['regularize', false],
      ['axis', left.length - 1],
    ],
    inputs: [layer.inputs[0]],
    coefficients: new Map([
      ['weight', weight],
      ['bias', bias],
    ]),
  });
  return true;
}

/** A vector added to a dense layer becomes its bias. */
function addBias(editor: GraphEditor, layer: Layer): boolean {
  if (layer.op !== 'add' || layer.inputs.length !== 2) return false;
  for (const [x, other] of [layer.inputs, [...layer.inputs].reverse()]) {
    const dense = editor.soleProducer(x, 'fullconnect');
    const constant = dense && ownConstant(editor, other);
    const bias = dense && editor.coefficients(dense).get('bias');
    if (!dense || !constant || !bias) continue;
    const rank = editor.shape(x)?.length ?? 0;
    const flat = constant.data.length === bias.data.length && constant.shape.at(-1) === bias.data.length;
    if (!flat || constant.shape.length > rank) continue;
    const more = toFloat32(constant);
    const sum = toFloat32(bias).map((value, i) => value + more[i]);
    const coefficients = new Map(editor.coefficients(dense)).set('bias', { ...bias, data: sum });
    editor.replace(layer, {
      op: 'fullconnect',
      parameters: dense.parameters,
      inputs: dense.inputs,
      coefficients,
    });
    return true;
  }
  return false;
}

/** Matrix product with a constant, and the bias added to it, become `fullconnect`. */
export const denseLayers: Pass = {
  name: 'dense-layers',
  reason:
    'Dense layers run on the convolution cores and add their bias for free; matrix products do neither.',
  apply(editor) {
    let count = 0;
    for (const { key } of editor.ordered()) {
      const layer = editor.current(key);
      if (layer && (toDense(editor, layer) || addBias(editor, layer))) count++;
    }
    return count;
  },
};
