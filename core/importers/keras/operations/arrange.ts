import { filled, frontAxis, product } from '../../onnx/numeric.ts';
import { numberOf, textIn } from '../config.ts';
import type { LayerContext } from '../context.ts';
import type { Operand } from '../flatten.ts';
import type { LayerFamily, LayerKind } from '../kind.ts';
import { filledIn } from '../layers/shape.ts';
import { argument, flag, float, int, ints, record, tensor, tensors, text } from './arguments.ts';

const operand = (layer: LayerContext): string =>
  tensor(layer, argument(layer, 0, 'x', 'input', 'tensor', 'inputs', 'params', 'value'));

const rankOf = ({ c }: LayerContext, x: string): number => c.shape(x).length;

/** An axis argument counted from the front. */
const axisOf = (layer: LayerContext, x: string, index: number, fallback: number): number =>
  frontAxis(int(layer, argument(layer, index, 'axis'), fallback), rankOf(layer, x));

const reshape: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const x = operand(layer);
    const count = product(c.shape(x));
    const shape = filledIn(layer, ints(layer, argument(layer, 1, 'newshape', 'shape')) ?? [], count);
    layer.emit(layer.main('Reshape', [x, c.ints(shape)]));
  },
};

const transpose: LayerKind = {
  write: (layer) => {
    const x = operand(layer);
    const rank = rankOf(layer, x);
    const axes = ints(layer, argument(layer, 1, 'axes', 'perm', 'pattern'));
    const perm = (axes ?? Array.from({ length: rank }, (_, i) => rank - 1 - i)).map((axis) =>
      frontAxis(axis, rank),
    );
    if (perm.length !== rank || new Set(perm).size !== rank)
      throw layer.node.invalid(`axes [${perm.join(',')}] for rank ${rank}`);
    layer.emit(layer.main('Transpose', [x], { perm }));
  },
};

const swapAxes: LayerKind = {
  write: (layer) => {
    const x = operand(layer);
    const rank = rankOf(layer, x);
    const [a, b] = [argument(layer, 1, 'axis1'), argument(layer, 2, 'axis2')].map((axis) =>
      frontAxis(int(layer, axis, 0), rank),
    );
    const perm = Array.from({ length: rank }, (_, i) => (i === a ? b : i === b ? a : i));
    layer.emit(layer.main('Transpose', [x], { perm }));
  },
};

const concatenate: LayerKind = {
  write: (layer) => {
    const list = tensors(layer, argument(layer, 0, 'xs', 'values', 'tensors'));
    const axis = int(layer, argument(layer, 1, 'axis'), 0);
    layer.emit(layer.main('Concat', list, { axis }));
  },
};

const stack: LayerKind = {
  write: (layer) => {
    const list = tensors(layer, argument(layer, 0, 'x', 'values'));
    const rank = rankOf(layer, list[0]) + 1;
    const axis = frontAxis(int(layer, argument(layer, 1, 'axis'), 0), rank);
    const rows = list.map((name) => withAxis(layer, name, axis));
    layer.emit(rows.length === 1 ? rows[0] : layer.main('Concat', rows, { axis }));
  },
};

/** An axis of size 1 at a place. */
function withAxis({ c }: LayerContext, x: string, axis: number): string {
  const shape = [...c.shape(x)];
  shape.splice(axis, 0, 1);
  return c.reshape(x, shape);
}

const expandDims: LayerKind = {
  write: (layer) => {
    const x = operand(layer);
    const rank = rankOf(layer, x) + 1;
    const axes = (ints(layer, argument(layer, 1, 'axis')) ?? [-1]).map((axis) => frontAxis(axis, rank));
    layer.emit(axes.reduce((all, axis) => withAxis(layer, all, axis), x));
  },
};

const squeeze: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const x = operand(layer);
    const shape = c.shape(x);
    const axes = ints(layer, argument(layer, 1, 'axis'))?.map((axis) => frontAxis(axis, shape.length));
    const gone = axes ?? shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []));
    if (gone.some((axis) => shape[axis] !== 1))
      throw layer.node.invalid('an axis that is squeezed has not size 1');
    layer.emit(c.reshape(x, shape.filter((_, axis) => !gone.includes(axis)))); // prettier-ignore
  },
};

/** One place of an index: everything between, one element, a new axis, or all axes that are not named. */
type Place = { begin?: number; end?: number; step: number } | number | 'new' | 'rest';

function placeOf(layer: LayerContext, value: Operand): Place {
  if (value === null) return 'new';
  const found = record(value);
  if (!found) return int(layer, value, 0);
  if (textIn(found, 'class_name') === '__ellipsis__') return 'rest';
  const inner = found.members.get('config');
  const slice = record(inner) ?? found;
  const bound = (key: string): number | undefined => numberOf(slice.members.get(key));
  const [begin, end, step = 1] = [bound('start'), bound('stop'), bound('step')];
  if (step === 0) throw layer.node.invalid('a step of 0');
  return { ...(begin === undefined ? {} : { begin }), ...(end === undefined ? {} : { end }), step };
}

/** x[...]: slices, single places and new axes, from the first axis on. */
const getItem: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const x = operand(layer);
    const given = argument(layer, 1, 'key', 'slice_spec');
    const places = (Array.isArray(given) ? given : [given ?? null]).map((value) => placeOf(layer, value));
    const rank = rankOf(layer, x);
    const named = places.filter((place) => place !== 'new' && place !== 'rest').length;
    const all: Place[] = Array.from({ length: rank - named }, () => ({ step: 1 }));
    if (named > rank) throw layer.node.invalid(`${named} places of a tensor of rank ${rank}`);
    const at = places.indexOf('rest');
    const full = at < 0 ? [...places, ...all] : [...places.slice(0, at), ...all, ...places.slice(at + 1)];
    let axis = 0;
    let result = x;
    const shape: number[] = [];
    for (const place of full) {
      if (place === 'new') shape.push(1);
      else {
        result = cut(layer, result, axis, place);
        if (typeof place === 'object') shape.push(c.shape(result)[axis]);
        axis++;
      }
    }
    layer.emit(c.reshape(result, shape));
  },
};

function cut(layer: LayerContext, x: string, axis: number, place: Place): string {
  const { c } = layer;
  const size = c.shape(x)[axis];
  const front = (index: number): number => (index < 0 ? index + size : index);
  if (typeof place === 'number') {
    const at = front(place);
    if (at < 0 || at >= size) throw layer.node.invalid(`place ${place} of ${size}`);
    return c.slice(x, axis, at, 1);
  }
  if (typeof place === 'string') return x;
  const { step } = place;
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const bound = (value: number | undefined, fallback: number): number =>
    value === undefined ? fallback : Math.max(low, Math.min(high, front(value)));
  const begin = bound(place.begin, step > 0 ? low : high);
  const end = bound(place.end, step > 0 ? high : low);
  const count = Math.ceil((end - begin) / step);
  if (count < 1) layer.refuse('a slice without elements');
  return c.slice(x, axis, begin, count, step);
}

const matmul: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const a = tensor(layer, argument(layer, 0, 'x1', 'a'));
    const b = tensor(layer, argument(layer, 1, 'x2', 'b'));
    const turned = (x: string, key: string): string => {
      const rank = rankOf(layer, x);
      const swap = [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2];
      return flag(layer.argument(-1, key)) ? c.transpose(x, swap) : x;
    };
    layer.emit(layer.main('MatMul', [turned(a, 'transpose_a'), turned(b, 'transpose_b')]));
  },
};

const einsum: LayerKind = {
  write: (layer) => {
    const own = layer.config.value('subscripts');
    const equation = text(own ?? argument(layer, 0, 'equation'), '');
    const inputs = layer.tensorsOf([...layer.use.args]);
    if (equation === '' || inputs.length === 0) layer.refuse('operands that are not in the file');
    layer.emit(layer.main('Einsum', inputs, { equation: equation.replaceAll(' ', '') }));
  },
};

const take: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const x = operand(layer);
    const given = argument(layer, 1, 'indices');
    const known = layer.tensorsOf(given).length > 0 ? undefined : (ints(layer, given) ?? []);
    const axis = axisOf(layer, x, 2, 0);
    if (int(layer, layer.argument(-1, 'batch_dims'), 0) !== 0) layer.refuse('a gather per sample');
    const indices = known
      ? Array.isArray(given)
        ? c.ints(known)
        : c.integer(known[0])
      : tensor(layer, given);
    layer.emit(layer.main('Gather', [x, indices], { axis }));
  },
};

const pad: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const x = operand(layer);
    const flat = ints(layer, argument(layer, 1, 'pad_width', 'paddings')) ?? [];
    const rank = rankOf(layer, x);
    if (flat.length !== rank * 2) throw layer.node.invalid(`${flat.length} pads for rank ${rank}`);
    const mode = text(argument(layer, 2, 'mode'), 'constant').toLowerCase();
    const fill = float(layer.argument(-1, 'constant_values'), 0);
    const [begin, end] = [0, 1].map((side) => flat.filter((_, i) => i % 2 === side));
    if (mode !== 'constant' && mode !== 'reflect') layer.refuse(`padding mode "${mode}"`);
    layer.emit(layer.main('Pad', [x, c.ints([...begin, ...end]), c.scalar(fill)], { mode }));
  },
};

/** Equal parts, parts of given sizes (TensorFlow), or parts between places (Keras 3). */
const split: LayerKind = {
  write: (layer) => {
    const { c, node } = layer;
    const x = operand(layer);
    const given = argument(layer, 1, 'indices_or_sections', 'num_or_size_splits');
    const axis = axisOf(layer, x, 2, 0);
    const size = c.shape(x)[axis];
    const numbers = ints(layer, given) ?? [];
    const between = layer.use.layer.type.startsWith('ops.');
    const sizes = Array.isArray(given)
      ? between
        ? [...numbers, size].map((place, i) => place - (i === 0 ? 0 : numbers[i - 1]))
        : numbers
      : filled(Math.min(numbers[0] ?? 1, size), size / (numbers[0] ?? 1));
    if (sizes.some((part) => !Number.isInteger(part) || part < 1))
      throw node.invalid('parts that do not fit the axis');
    let begin = 0;
    const parts = sizes.map((part) => {
      const result = c.slice(x, axis, begin, part);
      begin += part;
      return result;
    });
    layer.emit(...parts);
  },
};

const tile: LayerKind = {
  write: (layer) => {
    const x = operand(layer);
    const repeats = ints(layer, argument(layer, 1, 'repeats', 'multiples')) ?? [];
    const rank = rankOf(layer, x);
    if (repeats.length !== rank) layer.refuse('repeats for another number of axes');
    layer.emit(layer.main('Tile', [x, layer.c.ints(repeats)]));
  },
};

/** Every element several times in a row. */
const repeat: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const x = operand(layer);
    const count = int(layer, argument(layer, 1, 'repeats'), 1);
    const axis = axisOf(layer, x, 2, 0);
    const places = Array.from({ length: c.shape(x)[axis] * count }, (_, i) => Math.floor(i / count));
    layer.emit(layer.main('Gather', [x, c.ints(places)], { axis }));
  },
};

const flip: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const x = operand(layer);
    const rank = rankOf(layer, x);
    const axes = (ints(layer, argument(layer, 1, 'axis')) ?? []).map((axis) => frontAxis(axis, rank));
    layer.emit(
      axes.reduce((all, axis) => c.slice(all, axis, c.shape(all)[axis] - 1, c.shape(all)[axis], -1), x),
    );
  },
};

const broadcastTo: LayerKind = {
  write: (layer) => {
    const shape = ints(layer, argument(layer, 1, 'shape')) ?? [];
    layer.emit(layer.main('Expand', [operand(layer), layer.c.ints(shape)]));
  },
};

const shape: LayerKind = { write: (layer) => layer.emit(layer.c.op('Shape', [operand(layer)])) };

/** Operations that move elements. */
export const arrange: LayerFamily = {
  broadcast_to: broadcastTo,
  concatenate,
  einsum,
  expand_dims: expandDims,
  flip,
  get_item: getItem,
  matmul,
  pad,
  repeat,
  reshape,
  shape,
  split,
  squeeze,
  stack,
  swapaxes: swapAxes,
  take,
  tile,
  transpose,
};
