import type { ElementType, Tensor } from '../../../network/tensor.ts';
import { allocateElements, rowMajorStrides } from '../../../network/tensor.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { storedShape, type DraftRef, type Value } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import { foldedCount, frontAxis, integersOf, walk } from '../numeric.ts';
import { needed, type Operator, type OperatorFamily } from '../operator.ts';

/** begin, step and number of elements per axis. */
export interface Cut {
  begin: number[];
  step: number[];
  size: number[];
}

interface SliceInputs {
  starts: readonly number[];
  ends: readonly number[];
  axes: readonly number[] | undefined;
  steps: readonly number[] | undefined;
}

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** Resolves negative, open and too large bounds by ONNX's rules. */
function resolveCut(node: OnnxNode, shape: readonly number[], inputs: SliceInputs): Cut {
  const cut: Cut = { begin: shape.map(() => 0), step: shape.map(() => 1), size: [...shape] };
  const axes = inputs.axes ?? inputs.starts.map((_, i) => i);
  axes.forEach((given, i) => {
    const axis = frontAxis(given, shape.length);
    const dim = shape[axis];
    const step = inputs.steps?.[i] ?? 1;
    if (step === 0 || inputs.starts[i] === undefined || inputs.ends[i] === undefined) {
      throw node.invalid('starts, ends, axes and steps do not belong together');
    }
    const bound = (value: number): number => (value < 0 ? value + dim : value);
    const first = clamp(bound(inputs.starts[i]), 0, step > 0 ? dim : dim - 1);
    const last = clamp(bound(inputs.ends[i]), step > 0 ? 0 : -1, dim);
    cut.begin[axis] = first;
    cut.step[axis] = step;
    cut.size[axis] = Math.max(0, Math.ceil((last - first) / step));
  });
  return cut;
}

/** Bounds of a Slice: attributes before opset 10, inputs since. */
function sliceCut(
  node: OnnxNode,
  shape: readonly number[],
  read: (index: number) => number[] | undefined,
): Cut {
  return resolveCut(node, shape, {
    starts: node.ints('starts') ?? read(1) ?? [],
    ends: node.ints('ends') ?? read(2) ?? [],
    axes: node.ints('axes') ?? read(3),
    steps: read(4),
  });
}

/** Emits the cut as `slice`, `stridedslice` or `reverse`; nothing when it keeps everything. */
export function emitCut(node: OnnxNode, builder: Builder, value: Value, cut: Cut, output = 0): Value {
  const { begin, step, size } = cut;
  if (size.some((dim) => dim === 0)) throw new Unsupported(`an empty slice of [${value.shape.join(',')}]`);
  const result = (ref: DraftRef, order = value.order): Value => ({
    shape: size,
    type: value.type,
    order,
    ref,
  });
  if (step.every((s) => s === 1) && size.every((dim, axis) => dim === value.shape[axis])) return value;
  const at = (list: readonly number[]): number[] => storedShape(list, value.order);
  const name = output === 0 ? {} : { name: `${node.layerName}_${output}` };
  if (step.every((s) => s === 1)) {
    const parameters = [['begin', at(begin)], ['size', at(size)]] as const; // prettier-ignore
    return result({
      draft: builder.layer(node, { ...name, op: 'slice', parameters, inputs: [value.ref] }),
      port: 0,
    });
  }
  if (step.some((s) => s < 0)) return emitReversed(node, builder, value, cut);
  const end = begin.map((first, axis) => first + (size[axis] - 1) * step[axis] + 1);
  const draft = builder.layer(node, {
    op: 'stridedslice',
    parameters: [
      ['slice_begin_mask', 0],
      ['slice_end_mask', 0],
      ['slice_ellipsis_mask', 0],
      ['slice_new_axis_mask', 0],
      ['slice_shrink_axis_mask', 0],
      ['slice_begin', at(begin)],
      ['slice_end', at(end)],
      ['slice_strides', at(step)],
    ],
    inputs: [value.ref],
  });
  return result({ draft, port: 0 });
}

/** Negative steps: flip those axes, then take the rest of the cut with positive steps. */
function emitReversed(node: OnnxNode, builder: Builder, value: Value, cut: Cut): Value {
  const flipped = cut.step.flatMap((step, axis) => (step < 0 ? [axis] : []));
  const stored = flipped.map((axis) => value.order.indexOf(axis)).sort((a, b) => a - b);
  const draft = builder.layer(node, { op: 'reverse', parameters: [['axis', stored]], inputs: [value.ref] });
  const begin = cut.begin.map((first, axis) => (cut.step[axis] < 0 ? value.shape[axis] - 1 - first : first));
  const flippedValue: Value = {
    shape: value.shape,
    type: value.type,
    order: value.order,
    ref: { draft, port: 0 },
  };
  return emitCut(node, builder, flippedValue, { begin, step: cut.step.map(Math.abs), size: cut.size });
}

function foldCut(tensor: Tensor, cut: Cut): Tensor {
  const strides = rowMajorStrides(tensor.shape);
  const origin = cut.begin.reduce((sum, first, axis) => sum + first * strides[axis], 0);
  const data = allocateElements(tensor.type, foldedCount(cut.size));
  const steps = strides.map((stride, axis) => stride * cut.step[axis]);
  walk(cut.size, [steps], (target, [offset]) => {
    data[target] = tensor.data[origin + offset] as never;
  });
  return { type: tensor.type, shape: cut.size, data };
}

const slice: Operator = {
  convert: (node, builder) => {
    const value = builder.value(node, 0);
    const cut = sliceCut(node, value.shape, (index) => builder.integers(node, index, 'a bound of the slice'));
    builder.emit(node, 0, emitCut(node, builder, value, cut));
  },
  fold: (node, inputs) => {
    const tensor = needed(node, inputs, 0);
    return [
      foldCut(
        tensor,
        sliceCut(node, tensor.shape, (index) => inputs[index] && integersOf(inputs[index])),
      ),
    ];
  },
};

/** Sizes of the parts of a Split: attribute, input, or equal parts. */
function splitSizes(node: OnnxNode, dim: number, given: readonly number[] | undefined): number[] {
  const count = node.has('num_outputs') ? node.int('num_outputs', 1) : node.outputs.length;
  const part = Math.ceil(dim / Math.max(1, count));
  const sizes = given ?? Array.from({ length: count }, (_, i) => Math.min(part, dim - i * part));
  if (sizes.reduce((sum, size) => sum + size, 0) !== dim || sizes.some((size) => size < 0)) {
    throw node.invalid(`parts [${sizes.join(',')}] do not make up ${dim}`);
  }
  return [...sizes];
}

const split: Operator = {
  convert: (node, builder) => {
    const value = builder.value(node, 0);
    const axis = frontAxis(node.int('axis', 0), value.shape.length);
    const sizes = splitSizes(
      node,
      value.shape[axis],
      node.ints('split') ?? builder.integers(node, 1, 'the parts'),
    );
    if (sizes.includes(0)) throw new Unsupported('a part without elements');
    if (sizes.length === 1) return builder.alias(node);
    const offsets: number[] = [];
    for (const size of sizes.slice(0, -1)) offsets.push((offsets.at(-1) ?? 0) + size);
    const draft = builder.layer(node, {
      op: 'split',
      parameters: [
        ['dim', value.order.indexOf(axis)],
        ['slices', offsets],
        ['unstack', false],
      ],
      inputs: [value.ref],
      outputs: sizes.length,
    });
    sizes.forEach((size, port) => {
      builder.emit(node, port, {
        shape: value.shape.map((dim, i) => (i === axis ? size : dim)),
        type: value.type,
        order: value.order,
        ref: { draft, port },
      });
    });
  },
  fold: (node, inputs) => {
    const tensor = needed(node, inputs, 0);
    const axis = frontAxis(node.int('axis', 0), tensor.shape.length);
    const sizes = splitSizes(
      node,
      tensor.shape[axis],
      node.ints('split') ?? (inputs[1] && integersOf(inputs[1])),
    );
    let first = 0;
    return sizes.map((size) => {
      const begin = tensor.shape.map((_, i) => (i === axis ? first : 0));
      first += size;
      const shape = tensor.shape.map((dim, i) => (i === axis ? size : dim));
      return foldCut(tensor, { begin, step: tensor.shape.map(() => 1), size: shape });
    });
  },
};

/** Element type of an input, computed or known. */
export const typeOf = (node: OnnxNode, builder: Builder, index: number): ElementType =>
  builder.values.get(node.inputs[index])?.type ?? builder.constant(node, index)?.type ?? 'float32';

/** Operators that cut tensors. */
export const slicing: OperatorFamily = { Slice: slice, Split: split };
