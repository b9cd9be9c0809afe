import { composed, type Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { knownIntegers } from './helpers.ts';

/** A numpy-like slice: bounds per axis of the input, and the shape of the result as it counts axes. */
interface StridedCut {
  axes: number[];
  begin: number[];
  end: number[];
  step: number[];
  /** Axis of the input, 'new' for one that was not there. */
  kept: (number | 'new')[];
}

/** A bound that stands for "as far as it goes". */
const OPEN = 2 ** 31 - 1;

const masked = (node: OnnxNode, name: string, bit: number): boolean => (node.int(name, 0) & (1 << bit)) !== 0;

/** Resolves the masks of the slice. */
function readCut(c: Composer, node: OnnxNode, rank: number): StridedCut {
  const [begin, given, strides] = ['begin', 'end', 'strides'].map((what, i) =>
    knownIntegers(c, node, i + 1, what === 'strides' ? 'the strides' : `the ${what} of the slice`),
  );
  const end = node.int('offset', 0) === 0 ? given : given.map((length, i) => begin[i] + length);
  const count = begin.length;
  if (end.length !== count || strides.length !== count || count > 32)
    throw node.invalid('begin, end and strides do not belong together');
  const added = begin.filter((_, i) => masked(node, 'new_axis_mask', i)).length;
  const hidden = begin.some((_, i) => masked(node, 'ellipsis_mask', i)) ? rank - (count - added - 1) : 0;
  if (hidden < 0) throw node.invalid(`a slice of more axes than ${rank}`);
  const cut: StridedCut = { axes: [], begin: [], end: [], step: [], kept: [] };
  let axis = 0;
  for (let i = 0; i < count; i++) {
    if (masked(node, 'ellipsis_mask', i)) {
      for (let skipped = 0; skipped < hidden; skipped++) cut.kept.push(axis++);
    } else if (masked(node, 'new_axis_mask', i)) {
      cut.kept.push('new');
    } else {
      const forward = strides[i] > 0;
      const shrinks = masked(node, 'shrink_axis_mask', i);
      if (axis >= rank || strides[i] === 0)
        throw node.invalid(`a slice of more axes than ${rank}, or no stride`);
      cut.axes.push(axis);
      cut.begin.push(masked(node, 'begin_mask', i) && !shrinks ? (forward ? 0 : OPEN) : begin[i]);
      const behind = begin[i] === -1 ? OPEN : begin[i] + 1;
      const open = masked(node, 'end_mask', i) ? (forward ? OPEN : -OPEN) : end[i];
      cut.end.push(shrinks ? behind : open);
      cut.step.push(shrinks ? 1 : strides[i]);
      if (!shrinks) cut.kept.push(axis);
      axis++;
    }
  }
  while (axis < rank) cut.kept.push(axis++);
  return cut;
}

const stridedSlice = composed((c, node) => {
  const x = c.input(0);
  const cut = readCut(c, node, c.shape(x).length);
  const lists = [cut.begin, cut.end, cut.axes, cut.step].map((list) => c.ints(list));
  const sliced = cut.axes.length === 0 ? x : c.main('Slice', [x, ...lists]);
  const shape = c.shape(sliced);
  c.output(0, c.reshape(sliced, cut.kept.map((axis) => (axis === 'new' ? 1 : shape[axis])))); // prettier-ignore
});

/** Inputs: x, begin, size; a size of -1 goes to the end. */
const slice = composed((c, node) => {
  const [begin, size] = [1, 2].map((index) => knownIntegers(c, node, index, 'a bound of the slice'));
  const shape = c.shape(c.input(0));
  if (begin.length !== shape.length || size.length !== shape.length)
    throw node.invalid(`bounds of ${begin.length} axes for rank ${shape.length}`);
  const end = size.map((count, axis) => (count === -1 ? shape[axis] : begin[axis] + count));
  if (begin.some((first, axis) => first < 0 || end[axis] < first || end[axis] > shape[axis]))
    throw node.invalid(`[${begin.join(',')}] to [${end.join(',')}] is not inside [${shape.join(',')}]`);
  const axes = shape.map((_, axis) => axis);
  c.output(0, c.main('Slice', [c.input(0), c.ints(begin), c.ints(end), c.ints(axes)]));
});

/** Operators that cut parts out. */
export const slices: OperatorFamily = {
  'tflite:SLICE': { convert: slice },
  'tflite:STRIDED_SLICE': { convert: stridedSlice },
};
