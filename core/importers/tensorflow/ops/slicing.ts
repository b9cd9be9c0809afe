import { Unsupported } from '../../onnx/builder.ts';
import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { filled, foldedCount, frontAxis, product } from '../../onnx/numeric.ts';
import type { Operator, OperatorFamily } from '../../onnx/operator.ts';
import { formula, integers, inverse, upTo } from './operands.ts';

/** Elements begin, begin + step, ... of one axis. */
interface Cut {
  begin: number;
  count: number;
  step: number;
}

/** Beyond the first element, whatever the axis: the end of a cut that counts down to it. */
const BEFORE_FIRST = -(2 ** 31);

/** All cuts in one step. */
function cut(c: Composer, x: string, cuts: readonly Cut[]): string {
  const shape = c.shape(x);
  const axes = upTo(shape.length).filter((axis) => {
    const { begin, count, step } = cuts[axis];
    return begin !== 0 || step !== 1 || count !== shape[axis];
  });
  if (axes.length === 0) return x;
  const ends = axes.map((axis) => {
    const { begin, count, step } = cuts[axis];
    const last = begin + (count - 1) * step;
    return step > 0 ? last + 1 : last === 0 ? BEFORE_FIRST : last - 1;
  });
  const begins = axes.map((axis) => cuts[axis].begin);
  const steps = axes.map((axis) => cuts[axis].step);
  return c.main('Slice', [x, c.ints(begins), c.ints(ends), c.ints(axes), c.ints(steps)]);
}

const slice = formula((c, node) => {
  const x = c.input(0);
  const shape = c.shape(x);
  const [begin, size] = [integers(c, 1, 'a begin'), integers(c, 2, 'a size')];
  const cuts = shape.map((dim, axis) => {
    const count = size[axis] < 0 ? dim - begin[axis] : size[axis];
    if (!(begin[axis] >= 0 && begin[axis] + count <= dim))
      throw node.invalid(`${count} elements from ${begin[axis]} on do not fit [${shape.join(',')}]`);
    return { begin: begin[axis], count, step: 1 };
  });
  if (cuts.some(({ count }) => count === 0)) return c.filled(0, cuts.map(({ count }) => count), c.type(x)); // prettier-ignore
  return cut(c, x, cuts);
});

/** One entry of a strided slice: a range, a single index, a new axis, or "all axes in between". */
type Entry = { kind: 'range'; at: number; single: boolean } | { kind: 'new' } | { kind: 'rest' };

function entriesOf(node: OnnxNode, count: number): Entry[] {
  const bit = (name: string, i: number): boolean => ((node.int(name, 0) >>> i) & 1) === 1;
  return upTo(count).map((i): Entry => {
    if (bit('ellipsis_mask', i)) return { kind: 'rest' };
    if (bit('new_axis_mask', i)) return { kind: 'new' };
    return { kind: 'range', at: i, single: bit('shrink_axis_mask', i) };
  });
}

/** The entries with "all axes in between" written out. */
function spread(node: OnnxNode, entries: readonly Entry[], rank: number): (Entry | 'whole')[] {
  const used = entries.filter(({ kind }) => kind === 'range').length;
  if (used > rank) throw node.invalid(`it slices ${used} axes of ${rank}`);
  const whole = filled(rank - used, 0).map(() => 'whole' as const);
  const at = entries.findIndex(({ kind }) => kind === 'rest');
  if (at < 0) return [...entries, ...whole];
  return [...entries.slice(0, at), ...whole, ...entries.slice(at + 1)];
}

/** A range by NumPy's rule: negative numbers count from the end, and what lies outside is cut. */
function rangeOf(dim: number, begin: number | undefined, end: number | undefined, step: number): Cut {
  const [low, high] = step > 0 ? [0, dim] : [-1, dim - 1];
  const place = (value: number | undefined, open: number): number =>
    value === undefined ? open : Math.max(low, Math.min(high, value < 0 ? value + dim : value));
  const first = place(begin, step > 0 ? low : high);
  const last = place(end, step > 0 ? high : low);
  return { begin: first, count: Math.max(0, Math.ceil((last - first) / step)), step };
}

const stridedSlice = formula((c, node) => {
  const x = c.input(0);
  const [begin, end, steps] = ['begin', 'end', 'step'].map((what, i) =>
    integers(c, i + 1, `a slice's ${what}`),
  );
  const dims = c.shape(x);
  const masked = (name: string, i: number): boolean => ((node.int(name, 0) >>> i) & 1) === 1;
  const cuts: Cut[] = [];
  const shape: number[] = [];
  for (const entry of spread(node, entriesOf(node, begin.length), dims.length)) {
    const dim = dims[cuts.length];
    if (entry === 'whole') {
      cuts.push({ begin: 0, count: dim, step: 1 });
      shape.push(dim);
    } else if (entry.kind === 'range') {
      const { at, single } = entry;
      if (steps[at] === 0) throw node.invalid('a step is 0');
      const index = begin[at] < 0 ? begin[at] + dim : begin[at];
      if (single && !(index >= 0 && index < dim))
        throw node.invalid(`index ${begin[at]} is outside ${dim} elements`);
      const open = (name: string, value: number): number | undefined =>
        masked(name, at) ? undefined : value;
      const range = rangeOf(dim, open('begin_mask', begin[at]), open('end_mask', end[at]), steps[at]);
      cuts.push(single ? { begin: index, count: 1, step: 1 } : range);
      if (!single) shape.push(range.count);
    } else {
      shape.push(1);
    }
  }
  if (product(shape) === 0) return c.filled(0, shape, c.type(x));
  return c.reshape(cut(c, x, cuts), shape);
});

/** Every index has its own part of the first `batch` axes; the axis that is indexed comes right behind them. */
function gatherBatches(c: Composer, node: OnnxNode, axis: number, batch: number): string {
  const [x, indices] = [c.input(0), c.input(1)];
  const { length: rank } = c.shape(x);
  const own = c.shape(indices).length - batch;
  if (batch > axis || own < 0) throw node.invalid(`${batch} batch axes in front of axis ${axis}`);
  const perm = [...upTo(batch), axis, ...upTo(rank).filter((i) => i >= batch && i !== axis)];
  const tuples = c.reshape(indices, [...c.shape(indices), 1]);
  const picked = c.main('GatherND', [c.transpose(x, perm), tuples], { batch_dims: batch });
  // Now batch, own axes of the indices, the axes that were between, the rest.
  const between = axis - batch;
  const { length: result } = c.shape(picked);
  const middle = upTo(between).map((i) => batch + own + i);
  const found = upTo(own).map((i) => batch + i);
  const rest = upTo(result).slice(batch + own + between);
  return c.transpose(picked, [...upTo(batch), ...middle, ...found, ...rest]);
}

function gather(c: Composer, node: OnnxNode): string {
  const { length: rank } = c.shape(c.input(0));
  const axis = node.inputs.length > 2 ? frontAxis(integers(c, 2, 'an axis')[0] ?? 0, rank) : 0;
  const given = node.int('batch_dims', 0);
  const batch = given < 0 ? given + c.shape(c.input(1)).length : given;
  if (batch > 0) return gatherBatches(c, node, axis, batch);
  return c.main('Gather', [c.input(0), c.input(1)], { axis });
}

const gatherNd = formula((c) => c.main('GatherND', [c.input(0), c.input(1)]));

/** Amounts per axis as ONNX lists them: all in front, then all behind. */
function padAmounts(c: Composer, node: OnnxNode): { begin: number[]; end: number[] } {
  const { length: rank } = c.shape(c.input(0));
  const amounts = integers(c, 1, 'a padding');
  if (amounts.length !== rank * 2) throw node.invalid(`${amounts.length / 2} paddings for ${rank} axes`);
  return { begin: upTo(rank).map((i) => amounts[2 * i]), end: upTo(rank).map((i) => amounts[2 * i + 1]) };
}

const pad = formula((c, node) => {
  const { begin, end } = padAmounts(c, node);
  const x = c.input(0);
  if ([...begin, ...end].every((amount) => amount === 0)) return x;
  const fill = c.has(2) ? c.input(2) : c.filled(0, [], c.type(x));
  return c.main('Pad', [x, c.ints([...begin, ...end]), fill], { mode: 'constant' });
});

/** The place that element `at` of a mirrored axis is copied from, with the edge itself repeated. */
function symmetricPlace(at: number, size: number): number {
  const inside = ((at % (2 * size)) + 2 * size) % (2 * size);
  return inside < size ? inside : 2 * size - 1 - inside;
}

const mirrorPad = formula((c, node) => {
  const x = c.input(0);
  const { begin, end } = padAmounts(c, node);
  if (node.text('mode', 'REFLECT') === 'REFLECT')
    return c.main('Pad', [x, c.ints([...begin, ...end])], { mode: 'reflect' });
  return c.shape(x).reduce((result, size, axis) => {
    const count = begin[axis] + size + end[axis];
    if (count === size) return result;
    const places = upTo(foldedCount([count])).map((i) => symmetricPlace(i - begin[axis], size));
    return c.op('Gather', [result, c.ints(places)], { axis });
  }, x);
});

/** Every sequence turned round up to its length; ONNX wants batch and time in front. */
const reverseSequence = formula((c, node) => {
  const x = c.input(0);
  const { length: rank } = c.shape(x);
  const time = frontAxis(node.int('seq_dim', 0), rank);
  const batch = frontAxis(node.int('batch_dim', 0), rank);
  const perm = [batch, time, ...upTo(rank).filter((axis) => axis !== batch && axis !== time)];
  const turned = c.main('ReverseSequence', [c.transpose(x, perm), c.input(1)], {
    batch_axis: 0,
    time_axis: 1,
  });
  return c.transpose(turned, inverse(perm));
});

/** Rows written into zeros, or into another tensor. */
const scatter = (reduction: string): Operator =>
  formula((c) => {
    const [tensor, indices, updates] = [0, 1, 2].map((index) => c.input(index));
    return c.main('ScatterND', [tensor, indices, updates], { reduction });
  });

const scatterNew = formula((c) => {
  const [indices, updates] = [c.input(0), c.input(1)];
  const zeros = c.filled(0, integers(c, 2, 'a result shape'), c.type(updates));
  // Rows of one place add up.
  const known = c.known(indices);
  const depth = c.shape(indices).slice(-1)[0] ?? 1;
  const rows =
    known && upTo(known.data.length / depth).map((i) => known.data.slice(i * depth, (i + 1) * depth).join());
  const apart = rows !== undefined && new Set(rows).size === rows.length;
  return c.main('ScatterND', [zeros, indices, updates], { reduction: apart ? 'none' : 'add' });
});

/** Rows of several tensors put together at known places; later tensors win. */
const stitch = formula((c, node) => {
  const half = node.inputs.length / 2;
  const places = upTo(half).map((i) => integers(c, i, 'a place'));
  const rest = c.shape(c.input(half)).slice(c.shape(c.input(0)).length);
  const flat = upTo(half).map((i) => c.reshape(c.input(half + i), [places[i].length, ...rest]));
  const sources = new Map<number, number>();
  places.flat().forEach((place, row) => sources.set(place, row));
  const order = upTo(sources.size).map((place) => sources.get(place) ?? -1);
  if (order.includes(-1)) throw new Unsupported('places that are left empty');
  return c.main('Gather', [c.concat(flat, 0), c.ints(order)], { axis: 0 });
});

/** Operators that pick, cut, pad or place elements. */
export const slicing: OperatorFamily = {
  'tf:DynamicStitch': stitch,
  'tf:Gather': formula(gather),
  'tf:GatherNd': gatherNd,
  'tf:GatherV2': formula(gather),
  'tf:MirrorPad': mirrorPad,
  'tf:Pad': pad,
  'tf:PadV2': pad,
  'tf:ParallelDynamicStitch': stitch,
  'tf:ResourceGather': formula(gather),
  'tf:ReverseSequence': reverseSequence,
  'tf:ScatterNd': scatterNew,
  'tf:Slice': slice,
  'tf:StridedSlice': stridedSlice,
  'tf:TensorScatterAdd': scatter('add'),
  'tf:TensorScatterMax': scatter('max'),
  'tf:TensorScatterMin': scatter('min'),
  'tf:TensorScatterUpdate': scatter('none'),
};
