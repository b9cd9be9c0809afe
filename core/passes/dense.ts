import type { Layer, TensorRef } from '../network/layer.ts';
import { transpose, type Tensor } from '../network/tensor.ts';
import type { GraphEditor } from './editor.ts';
import { layerPass } from './rewrite.ts';

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

/** Matrix product with a constant becomes `fullconnect`. */
export const denseLayers = layerPass(
  'dense-layers',
  'Dense layers run on the convolution cores and add their bias for free; matrix products do neither.',
  toDense,
);
