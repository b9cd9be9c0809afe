import { Unsupported } from '../../onnx/builder.ts';
import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { filled, frontAxis, integerList, product } from '../../onnx/numeric.ts';
import type { Operator, OperatorFamily } from '../../onnx/operator.ts';
import { onnxTypeOf } from '../types.ts';
import { allInputs, axesOf, composition, formula, integer, integers, upTo } from './operands.ts';

/** A shape as the numbers that the node is asked for. */
function shapeNumbers(c: Composer, node: OnnxNode, name: string): string {
  const to = onnxTypeOf(node.int('out_type', 3));
  return c.op('Cast', [c.constant(integerList(c.shape(name)))], { to });
}

const shapes = composition((c, node) =>
  node.inputs.forEach((_, index) => c.output(index, shapeNumbers(c, node, c.input(index)))),
);

/** All inputs as they are: gradients, checks and names do not matter here. */
const passes = composition((c, node) => node.inputs.forEach((_, index) => c.output(index, c.input(index))));

const first: Operator = formula((c) => c.input(0));

const reshape = formula((c) => {
  const target = integers(c, 1, 'a target shape');
  return c.main('Reshape', [c.input(0), c.ints(target)], { allowzero: Number(target.includes(0)) });
});

const squeeze = formula((c, node) => {
  const x = c.input(0);
  const asked = node.ints('squeeze_dims') ?? node.ints('axis') ?? [];
  const axes = asked.length > 0 ? asked : c.shape(x).flatMap((dim, axis) => (dim === 1 ? [axis] : []));
  return axes.length === 0 ? x : c.main('Squeeze', [x, c.ints(axes)]);
});

const expandDims = formula((c, node) => {
  const { length: rank } = c.shape(c.input(0));
  const axis = frontAxis(integer(c, node, 1, 'an axis'), rank + 1);
  return c.main('Unsqueeze', [c.input(0), c.ints([axis])]);
});

const transpose = formula((c) => {
  const perm = integers(c, 1, 'a permutation');
  return c.main('Transpose', [c.input(0)], { perm });
});

/** Tensors along an axis; those without elements add nothing. */
function joined(c: Composer, names: readonly string[], axis: number): string {
  const full = names.filter((name) => product(c.shape(name)) > 0);
  if (full.length === 0) return names[0];
  return full.length === 1 ? full[0] : c.main('Concat', full, { axis });
}

const concat = (axisFirst: boolean): Operator =>
  formula((c, node) => {
    const names = allInputs(c, node);
    const at = axisFirst ? 0 : names.length - 1;
    const axis = integer(c, node, at, 'an axis');
    const parts = axisFirst ? names.slice(1) : names.slice(0, -1);
    if (parts.length === 0) throw node.invalid('it joins nothing');
    return joined(c, parts, frontAxis(axis, c.shape(parts[0]).length));
  });

const pack = formula((c, node) => {
  const names = allInputs(c, node);
  if (names.length === 0) throw node.invalid('it joins nothing');
  const axis = frontAxis(node.int('axis', 0), c.shape(names[0]).length + 1);
  const parts = names.map((name) => c.unsqueeze(name, axis));
  return parts.length === 1 ? parts[0] : c.main('Concat', parts, { axis });
});

/** Parts that a tensor is cut into; more would be a graph that nobody can compile. */
const MAX_PARTS = 4096;

/** Parts of the given sizes along an axis. */
function parts(c: Composer, node: OnnxNode, x: string, axis: number, sizes: readonly number[]): string[] {
  if (sizes.length === 1) return [x];
  if (sizes.length > MAX_PARTS) throw new Unsupported(`${sizes.length} parts`);
  return c.ops('Split', [x, c.ints(sizes)], { axis }, sizes.length, node.layerName);
}

function equalParts(count: number, size: number): number[] {
  if (count > MAX_PARTS) throw new Unsupported(`${count} parts`);
  return filled(count, size);
}

const unpack = composition((c, node) => {
  const x = c.input(0);
  const shape = c.shape(x);
  const axis = frontAxis(node.int('axis', 0), shape.length);
  const rest = shape.filter((_, i) => i !== axis);
  parts(c, node, x, axis, equalParts(shape[axis], 1)).forEach((part, i) => {
    if (c.wants(i)) c.output(i, c.reshape(part, rest));
  });
});

const split = composition((c, node) => {
  const x = c.input(1);
  const shape = c.shape(x);
  const axis = frontAxis(integer(c, node, 0, 'an axis'), shape.length);
  const count = node.int('num_split', 1);
  if (count < 1 || shape[axis] % count !== 0)
    throw node.invalid(`${shape[axis]} elements in ${count} equal parts`);
  parts(c, node, x, axis, equalParts(count, shape[axis] / count)).forEach((part, i) => c.output(i, part));
});

const splitSizes = composition((c, node) => {
  const x = c.input(0);
  const shape = c.shape(x);
  const axis = frontAxis(integer(c, node, 2, 'an axis'), shape.length);
  const asked = integers(c, 1, 'a size');
  const known = asked.filter((size) => size >= 0).reduce((sum, size) => sum + size, 0);
  const sizes = asked.map((size) => (size < 0 ? shape[axis] - known : size));
  parts(c, node, x, axis, sizes).forEach((part, i) => c.output(i, part));
});

const tile = formula((c) => c.main('Tile', [c.input(0), c.ints(integers(c, 1, 'a number of repeats'))]));

const broadcastTo = formula((c) => c.main('Expand', [c.input(0), c.ints(integers(c, 1, 'a target shape'))]));

const reverse = formula((c) => {
  const x = c.input(0);
  return axesOf(c, 1, c.shape(x).length).reduce(
    (result, axis) => c.slice(result, axis, c.shape(x)[axis] - 1, c.shape(x)[axis], -1),
    x,
  );
});

/** Which axes to reverse as one truth value each. */
const reverseMarked = formula((c) => {
  const x = c.input(0);
  const marks = integers(c, 1, 'a choice of axes');
  return c
    .shape(x)
    .reduce((result, dim, axis) => (marks[axis] ? c.slice(result, axis, dim - 1, dim, -1) : result), x);
});

/** The places that each index stands at. */
const invertPermutation = formula((c, node) => {
  const perm = integers(c, 0, 'a permutation');
  const sorted = [...perm].sort((a, b) => a - b);
  if (sorted.some((value, i) => value !== i)) throw node.invalid('it is no permutation');
  return c.constant({ type: 'int32', shape: [perm.length], data: Int32Array.from(upTo(perm.length), (i) => perm.indexOf(i)) }); // prettier-ignore
});

/** Elements moved along axes, those that fall out at one end coming back at the other. */
const roll = formula((c) => {
  const x = c.input(0);
  const shifts = integers(c, 1, 'a shift');
  return axesOf(c, 2, c.shape(x).length).reduce((result, axis, i) => {
    const size = c.shape(x)[axis];
    const shift = ((shifts[i] % size) + size) % size;
    if (shift === 0) return result;
    return c.concat(
      [c.slice(result, axis, size - shift, shift), c.slice(result, axis, 0, size - shift)],
      axis,
    );
  }, x);
});

const broadcastArgs = formula((c) => {
  const [a, b] = [0, 1].map((index) => integers(c, index, 'a shape'));
  const rank = Math.max(a.length, b.length);
  const dims = upTo(rank).map((i) => Math.max(a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1));
  return c.constant({ type: 'int32', shape: [rank], data: Int32Array.from(dims) });
});

const ensureShape = formula((c, node) => {
  const x = c.input(0);
  const asked = node.ints('shape');
  const shape = c.shape(x);
  if (asked && (asked.length !== shape.length || asked.some((dim, i) => dim >= 0 && dim !== shape[i])))
    throw new Unsupported(`a tensor of shape [${shape.join(',')}] where [${asked.join(',')}] is demanded`);
  return x;
});

/** Operators that name, measure, join, part or rearrange tensors. */
export const shape: OperatorFamily = {
  'tf:BroadcastArgs': broadcastArgs,
  'tf:BroadcastTo': broadcastTo,
  'tf:CheckNumerics': first,
  'tf:Concat': concat(true),
  'tf:ConcatV2': concat(false),
  'tf:DebugGradientIdentity': first,
  'tf:EnsureShape': ensureShape,
  'tf:ExpandDims': expandDims,
  'tf:GuaranteeConst': first,
  'tf:Identity': first,
  'tf:IdentityN': passes,
  'tf:InvertPermutation': invertPermutation,
  'tf:Pack': pack,
  'tf:ParallelConcat': formula((c, node) => joined(c, allInputs(c, node), 0)),
  'tf:PlaceholderWithDefault': first,
  'tf:PreventGradient': first,
  'tf:Rank': formula((c) =>
    c.constant({ type: 'int32', shape: [], data: Int32Array.of(c.shape(c.input(0)).length) }),
  ),
  'tf:ReadVariableOp': first,
  'tf:Reshape': reshape,
  'tf:Reverse': reverseMarked,
  'tf:ReverseV2': reverse,
  'tf:Roll': roll,
  'tf:Shape': shapes,
  'tf:ShapeN': shapes,
  'tf:Snapshot': first,
  'tf:Split': split,
  'tf:SplitV': splitSizes,
  'tf:Squeeze': squeeze,
  'tf:StopGradient': first,
  'tf:Tile': tile,
  'tf:Transpose': transpose,
  'tf:Unpack': unpack,
};
