import type { Layer, TensorRef } from '../network/layer.ts';
import { elementCount } from '../network/tensor.ts';
import { absorbed, affineOf, hostAt, throughMoves } from './affine.ts';
import type { GraphEditor } from './editor.ts';
import { constantOf } from './match.ts';
import { layerPass } from './rewrite.ts';

/** Into the weights of a layer that makes an operand of the product and that nobody else reads. */
function intoWeights(editor: GraphEditor, operands: readonly TensorRef[], factor: number): boolean {
  for (const ref of operands) {
    const place = throughMoves(editor, { ref, axis: undefined });
    const host = place && hostAt(editor, place);
    if (!host) continue;
    const affine = { scale: Float64Array.of(factor), shift: Float64Array.of(0) };
    editor.changeValues(host, absorbed(editor, host, affine));
    return true;
  }
  return false;
}

/** Onto the smallest operand, when that has fewer elements than the product: the two layers change places. */
function ontoOperand(editor: GraphEditor, last: Layer, matmul: Layer, constant: TensorRef): boolean {
  const size = (ref: TensorRef): number => elementCount(editor.shape(ref) ?? []);
  const [a, b] = matmul.inputs;
  const index = size(b) < size(a) ? 1 : 0;
  const operand = matmul.inputs[index];
  const [shape, product] = [editor.shape(operand), editor.shape({ layer: matmul.key, port: 0 })];
  if (!shape || !product || elementCount(shape) >= elementCount(product)) return false;
  if ((constantOf(editor, constant)?.shape.length ?? 0) > shape.length) return false;
  const { parameters, inputs } = matmul;
  editor.replace(matmul, {
    op: last.op,
    parameters: last.parameters,
    inputs: last.inputs.map((ref) => (ref.layer === matmul.key ? operand : ref)),
    reshapes: true,
  });
  editor.replace(last, {
    op: 'matmul',
    parameters,
    inputs: inputs.map((ref, i) => (i === index ? { layer: matmul.key, port: 0 } : ref)),
  });
  return true;
}

/** The constant factor of a matrix product, as attention has it before its softmax, moves to an operand. */
export const scaleProduct = layerPass(
  'scale-product',
  'The product of attention is its largest tensor: an operand, or the weights it comes from, are smaller.',
  (editor, last) => {
    const affine = last.op === 'batchnormalize' ? undefined : affineOf(editor, last);
    if (!affine || affine.axis !== undefined || affine.scale.length !== 1 || affine.shift[0] !== 0)
      return false;
    const place = throughMoves(editor, { ref: affine.of, axis: undefined });
    const matmul = place && editor.soleProducer(place.ref, 'matmul');
    if (!matmul) return false;
    if (intoWeights(editor, matmul.inputs, affine.scale[0])) {
      editor.redirect(last, affine.of);
      editor.remove(last);
      return true;
    }
    const constant = last.inputs.find((ref) => constantOf(editor, ref));
    const direct = matmul.key === affine.of.layer;
    return constant !== undefined && direct && ontoOperand(editor, last, matmul, constant);
  },
);
