import { composed, type Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { frontAxis } from '../../onnx/numeric.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { activated, knownIntegers } from './helpers.ts';

/** The new shape is an input, or an option in old files. */
const reshape = composed((c, node) => {
  const shape = c.has(1) ? knownIntegers(c, node, 1, 'the new shape') : (node.ints('new_shape') ?? []);
  c.output(0, c.main('Reshape', [c.input(0), c.ints(shape)], { allowzero: 1 }));
});

const squeeze = composed((c, node) => {
  const axes = node.ints('squeeze_dims') ?? [];
  const shape = c.shape(c.input(0));
  const dropped = new Set(axes.map((axis) => frontAxis(axis, shape.length)));
  const kept = shape.filter((dim, axis) => (dropped.size === 0 ? dim !== 1 : !dropped.has(axis)));
  c.output(0, c.main('Reshape', [c.input(0), c.ints(kept)], { allowzero: 1 }));
});

const expandDims = composed((c, node) => {
  const [axis = 0] = knownIntegers(c, node, 1, 'the axis');
  c.output(0, c.main('Unsqueeze', [c.input(0), c.ints([axis])]));
});

const transpose = composed((c, node) => {
  const perm = knownIntegers(c, node, 1, 'the order of the axes');
  c.output(0, c.main('Transpose', [c.input(0)], { perm }));
});

const concatenation = composed((c, node) => {
  const parts = node.inputs.map((_, index) => c.input(index));
  const axis = frontAxis(node.int('axis', 0), c.shape(parts[0] ?? '').length);
  // Parts without elements add nothing.
  const filled = parts.filter((part) => c.shape(part)[axis] !== 0);
  const joined = filled.length === 1 ? filled[0] : c.main('Concat', filled, { axis });
  c.output(0, activated(c, node, joined));
});

const pack = composed((c, node) => {
  const parts = node.inputs.map((_, index) => c.input(index));
  const axis = frontAxis(node.int('axis', 0), c.shape(parts[0] ?? '').length + 1);
  const raised = parts.map((part) => c.unsqueeze(part, axis));
  c.output(0, raised.length === 1 ? raised[0] : c.main('Concat', raised, { axis }));
});

const unpack = composed((c, node) => {
  const x = c.input(0);
  const shape = c.shape(x);
  const axis = frontAxis(node.int('axis', 0), shape.length);
  if (shape[axis] !== node.outputs.length)
    throw node.invalid(`${node.outputs.length} outputs of ${shape[axis]} parts`);
  const rest = shape.filter((_, i) => i !== axis);
  splitInto(c, node, x, axis, node.outputs.map(() => 1)).forEach((part, i) => c.output(i, c.reshape(part, rest))); // prettier-ignore
});

/** The parts of a tensor along an axis. */
function splitInto(c: Composer, node: OnnxNode, x: string, axis: number, sizes: readonly number[]): string[] {
  if (sizes.length === 1) return [x];
  return c.ops('Split', [x, c.ints(sizes)], { axis }, sizes.length, node.layerName);
}

/** Inputs: axis, x. */
const split = composed((c, node) => {
  const [axis = 0] = knownIntegers(c, node, 0, 'the axis');
  const shape = c.shape(c.input(1));
  const front = frontAxis(axis, shape.length);
  const part = shape[front] / node.outputs.length;
  if (!Number.isInteger(part)) throw node.invalid(`${shape[front]} in ${node.outputs.length} parts`);
  splitInto(c, node, c.input(1), front, node.outputs.map(() => part)).forEach((name, i) => c.output(i, name)); // prettier-ignore
});

/** Inputs: x, sizes (one may be -1), axis. */
const splitV = composed((c, node) => {
  const sizes = knownIntegers(c, node, 1, 'the sizes');
  const [axis = 0] = knownIntegers(c, node, 2, 'the axis');
  const shape = c.shape(c.input(0));
  const front = frontAxis(axis, shape.length);
  const known = sizes.reduce((sum, size) => sum + Math.max(0, size), 0);
  const full = sizes.map((size) => (size === -1 ? shape[front] - known : size));
  splitInto(c, node, c.input(0), front, full).forEach((name, i) => c.output(i, name));
});

const spaceDepth = (type: 'SpaceToDepth' | 'DepthToSpace') =>
  composed((c, node) => {
    const blocksize = node.int('block_size', 0);
    const first = c.transpose(c.input(0), [0, 3, 1, 2]);
    c.output(0, c.transpose(c.main(type, [first], { blocksize }), [0, 2, 3, 1]));
  });

/** Operators that join, cut and reorder tensors. */
export const arrange: OperatorFamily = {
  'tflite:CONCATENATION': { convert: concatenation },
  'tflite:DEPTH_TO_SPACE': { convert: spaceDepth('DepthToSpace') },
  'tflite:EXPAND_DIMS': { convert: expandDims },
  'tflite:PACK': { convert: pack },
  'tflite:RESHAPE': { convert: reshape },
  'tflite:SPACE_TO_DEPTH': { convert: spaceDepth('SpaceToDepth') },
  'tflite:SPLIT': { convert: split },
  'tflite:SPLIT_V': { convert: splitV },
  'tflite:SQUEEZE': { convert: squeeze },
  'tflite:TRANSPOSE': { convert: transpose },
  'tflite:UNPACK': { convert: unpack },
};
