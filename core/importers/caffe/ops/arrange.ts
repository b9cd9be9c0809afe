import { elementCount } from '../../../network/tensor.ts';
import { frontAxis, product } from '../../onnx/numeric.ts';
import { axesBetween } from '../shape.ts';
import type { CaffeFamily, Scope } from '../scope.ts';

function concat(scope: Scope): void {
  const parameters = scope.parameters('concat_param');
  const axis = scope.axis(parameters, parameters.has('axis') ? 'axis' : 'concat_dim', 1);
  if (scope.inputs.length === 1) return scope.emit(scope.input());
  scope.main('Concat', scope.inputs, { axis });
}

/** Cuts at `slice_point`, or into equal parts. */
function slice(scope: Scope): void {
  const { c, node } = scope;
  const parameters = scope.parameters('slice_param');
  const axis = scope.axis(parameters, parameters.has('axis') ? 'axis' : 'slice_dim', 1);
  const size = scope.shape()[axis];
  const count = node.outputs.length;
  const points = parameters.ints('slice_point');
  if (points.length === 0 && size % count !== 0)
    throw scope.invalid(`${size} at axis ${axis} does not divide into ${count} equal parts`);
  const cuts = points.length > 0 ? points : axesBetween(1, count).map((part) => (part * size) / count);
  const edges = [0, ...cuts, size];
  const lengths = edges.slice(1).map((edge, i) => edge - edges[i]);
  if (lengths.length !== count || lengths.some((length) => length < 1))
    throw scope.invalid(`slice_point [${points.join(',')}] does not cut ${size} into ${count} parts`);
  if (count === 1) return scope.emit(scope.input());
  const parts = c.ops('Split', [scope.input(), c.ints(lengths)], { axis }, count, node.layerName);
  parts.forEach((part, index) => c.output(index, part));
}

/** The same tensor under several names. */
function split(scope: Scope): void {
  scope.node.outputs.forEach((_, index) => scope.c.output(index, scope.input()));
}

function reshapeTo(scope: Scope, shape: readonly number[]): void {
  const { c } = scope;
  if (elementCount(shape) !== elementCount(scope.shape()))
    throw scope.invalid(`[${scope.shape().join(',')}] can not become [${shape.join(',')}]`);
  if (shape.join() === scope.shape().join()) return scope.emit(scope.input());
  scope.emit(c.main('Reshape', [scope.input(), c.ints(shape)]));
}

function flatten(scope: Scope): void {
  const parameters = scope.parameters('flatten_param');
  const shape = scope.shape();
  const first = scope.axis(parameters, 'axis', 1);
  const last = scope.axis(parameters, 'end_axis', -1);
  if (last < first) throw scope.invalid(`end_axis ${last} is in front of axis ${first}`);
  reshapeTo(scope, [
    ...shape.slice(0, first),
    product(shape.slice(first, last + 1)),
    ...shape.slice(last + 1),
  ]);
}

/** Replaces `num_axes` dimensions from `axis` on; 0 copies the one at its place, -1 takes what is left. */
function reshape(scope: Scope): void {
  const parameters = scope.parameters('reshape_param');
  const shape = scope.shape();
  const rank = shape.length;
  const start = parameters.int('axis', 0);
  const first = start < 0 ? start + rank + 1 : start;
  const count = parameters.int('num_axes', -1);
  const end = count < 0 ? rank : first + count;
  if (first < 0 || first > rank || end > rank)
    throw scope.invalid(`axis ${start} and num_axes ${count} leave the rank ${rank}`);
  const wanted = parameters.message('shape').ints('dim');
  const dims = wanted.map((dim, i) => (dim === 0 ? (shape[first + i] ?? 0) : dim));
  const around = [...shape.slice(0, first), ...shape.slice(end)];
  const open = dims.indexOf(-1);
  const known = product(around) * product(dims.filter((dim) => dim !== -1));
  if (open >= 0) dims[open] = known > 0 ? product(shape) / known : 0;
  if (dims.some((dim) => !Number.isInteger(dim) || dim < 1))
    throw scope.invalid(`[${shape.join(',')}] can not become [${wanted.join(',')}]`);
  reshapeTo(scope, [...shape.slice(0, first), ...dims, ...shape.slice(end)]);
}

/** SSD's transpose; axes that `order` does not name follow in their order. */
function permute(scope: Scope): void {
  const { length: rank } = scope.shape();
  const named = scope.parameters('permute_param').ints('order').map((axis) => frontAxis(axis, rank)); // prettier-ignore
  const perm = [...named, ...axesBetween(0, rank).filter((axis) => !named.includes(axis))];
  if (perm.length !== rank) throw scope.invalid(`order [${named.join(',')}] names an axis twice`);
  scope.main('Transpose', [scope.input()], { perm });
}

/** The first input cut to the size of the second, from `axis` on. */
function crop(scope: Scope): void {
  const parameters = scope.parameters('crop_param');
  const axis = scope.axis(parameters, 'axis', 2);
  const [shape, like] = [scope.shape(), scope.shape(1)];
  if (shape.length !== like.length)
    throw scope.invalid(`it can not cut rank ${shape.length} to rank ${like.length}`);
  const offsets = parameters.ints('offset');
  const count = shape.length - axis;
  if (offsets.length > 1 && offsets.length !== count)
    throw scope.invalid(`${offsets.length} offsets for ${count} axes`);
  const axes = axesBetween(axis, shape.length);
  const begin = axes.map((_, i) => offsets[offsets.length > 1 ? i : 0] ?? 0);
  const end = axes.map((one, i) => begin[i] + like[one]);
  if (axes.some((one, i) => begin[i] < 0 || end[i] > shape[one]))
    throw scope.invalid(`a cut of [${like.join(',')}] at [${begin.join(',')}] leaves [${shape.join(',')}]`);
  const { c } = scope;
  scope.main('Slice', [scope.input(), c.ints(begin), c.ints(end), c.ints(axes)]);
}

function tile(scope: Scope): void {
  const parameters = scope.parameters('tile_param');
  const axis = scope.axis(parameters, 'axis', 1);
  const tiles = parameters.int('tiles', 0);
  if (tiles < 1 || tiles > 2 ** 20) throw scope.invalid(`tiles is ${tiles}`);
  const repeats = scope.shape().map((_, one) => (one === axis ? tiles : 1));
  scope.main('Tile', [scope.input(), scope.c.ints(repeats)]);
}

/** The elements of an axis from the last to the first. */
function reverse(scope: Scope): void {
  const { c } = scope;
  const axis = scope.axis(scope.parameters('reverse_param'), 'axis', 0);
  const lists = [[-1], [-(2 ** 31)], [axis], [-1]].map((list) => c.ints(list));
  scope.main('Slice', [scope.input(), ...lists]);
}

/** Learned numbers as a tensor. */
function parameter(scope: Scope): void {
  const shape = scope.parameters('parameter_param').message('shape').ints('dim');
  scope.emit(scope.blob(0, 'weight', shape));
}

/** Layers that move elements and change none. */
export const arrangement: CaffeFamily = {
  Concat: concat,
  Slice: slice,
  Split: split,
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  Crop: crop,
  Tile: tile,
  Reverse: reverse,
  Parameter: parameter,
};
