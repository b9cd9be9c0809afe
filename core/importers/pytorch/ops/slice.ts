import { Unsupported } from '../../onnx/builder.ts';
import { fromNumbers } from '../../onnx/numeric.ts';
import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';

/** The part of an axis that a slice reads. */
interface Part {
  axis: number;
  begin: number;
  count: number;
  step: number;
}

/** Bounds by Python's rule: negative ones count from the end, ones outside are cut. */
function partOf(c: TorchComposer, x: string): Part {
  const shape = c.shape(x);
  const axis = c.axis('dim', shape.length, 0);
  const size = shape[axis];
  const bound = (name: string, fallback: number): number => {
    const value = c.int(name, fallback);
    return Math.min(size, Math.max(0, value < 0 ? value + size : value));
  };
  const begin = bound('start', 0);
  const step = c.int('step', 1);
  if (step < 1) throw c.invalid(`step ${step}`);
  const count = Math.max(0, Math.ceil((bound('end', size) - begin) / step));
  return { axis, begin, count, step };
}

function cut(c: TorchComposer, x: string, { axis, begin, count, step }: Part): string {
  if (begin === 0 && step === 1 && count === c.shape(x)[axis]) return x;
  const lists = [[begin], [begin + Math.max(0, count - 1) * step + Math.min(1, count)], [axis], [step]];
  return c.main('Slice', [x, ...lists.map((list) => c.ints(list))]);
}

function select(c: TorchComposer): string {
  const x = c.tensor('self');
  const shape = c.shape(x);
  const axis = c.axis('dim', shape.length);
  const given = c.int('index');
  const index = given < 0 ? given + shape[axis] : given;
  if (index < 0 || index >= shape[axis]) throw c.invalid(`index ${given} of an axis of ${shape[axis]}`);
  return c.main('Gather', [x, c.integer(index)], { axis });
}

function narrow(c: TorchComposer): string {
  const x = c.tensor('self');
  const axis = c.axis('dim', c.shape(x).length);
  const start = c.int('start');
  return cut(c, x, {
    axis,
    begin: start < 0 ? start + c.shape(x)[axis] : start,
    count: c.int('length'),
    step: 1,
  });
}

/** Sizes of parts of at most `size`. */
function evenParts(total: number, size: number): number[] {
  if (size < 1) return [total];
  return Array.from({ length: Math.max(1, Math.ceil(total / size)) }, (_, i) =>
    Math.min(size, total - i * size),
  );
}

type Cuts = (c: TorchComposer, total: number) => number[];

const lengthOf = (c: TorchComposer): number => c.shape(c.tensor('self'))[axisOf(c)];
const axisOf = (c: TorchComposer): number => c.axis('dim', c.shape(c.tensor('self')).length, 0);

function splitter(signature: string, cuts: Cuts): TorchOperator {
  return torchOperator(
    signature,
    (c) => {
      const x = c.tensor('self');
      const sizes = cuts(c, lengthOf(c));
      if (sizes.length === 1) return x;
      if (sizes.some((size) => size < 1)) throw new Unsupported('an empty part');
      return c.ops('Split', [x, c.ints(sizes)], { axis: axisOf(c) }, sizes.length, c.layerName);
    },
    { list: true, results: (c) => cuts(c, lengthOf(c)).length },
  );
}

const chunks: Cuts = (c, total) => evenParts(total, Math.ceil(total / c.int('chunks')));
const splits: Cuts = (c, total) => {
  const given = c.numbers('split_size') ?? [total];
  return Array.isArray(c.argument('split_size')) ? given : evenParts(total, given[0]);
};

const sections: Cuts = (c, total) => {
  const given = c.numbers('indices') ?? [1];
  if (Array.isArray(c.argument('indices')))
    return [...given, total].map((end, i) => end - (given[i - 1] ?? 0));
  const [count] = given;
  const small = Math.floor(total / count);
  return Array.from({ length: count }, (_, i) => small + (i < total % count ? 1 : 0));
};

const unbind = torchOperator(
  'self dim',
  (c) => {
    const x = c.tensor('self');
    const axis = axisOf(c);
    return Array.from({ length: lengthOf(c) }, (_, i) => c.op('Gather', [x, c.integer(i)], { axis }));
  },
  { list: true, results: lengthOf },
);

/** The tensor with a part of an axis replaced. */
function replaced(c: TorchComposer, x: string, source: string, { axis, begin, count, step }: Part): string {
  const shape = c.shape(x);
  const part = shape.map((dim, i) => (i === axis ? count : dim));
  const given = c.isFloat(x) ? c.float(source) : c.cast(source, c.type(x));
  const full = c.shape(given).join() === part.join() ? given : c.op('Expand', [given, c.ints(part)]);
  if (count === 0) return x;
  if (step !== 1) return scattered(c, x, full, { axis, begin, count, step });
  const end = begin + count;
  const parts = [
    ...(begin > 0 ? [c.slice(x, axis, 0, begin)] : []),
    full,
    ...(end < shape[axis] ? [c.slice(x, axis, end, shape[axis] - end)] : []),
  ];
  return c.concat(parts, axis);
}

/** Every `step`-th slice replaced: what replaces it is spread over the axis, and a mask picks. */
function scattered(c: TorchComposer, x: string, source: string, { axis, begin, count, step }: Part): string {
  const size = c.shape(x)[axis];
  const places = Array.from({ length: size }, (_, i) => (i - begin) / step);
  const inside = places.map((place) => Number.isInteger(place) && place >= 0 && place < count);
  const from = c.ints(places.map((place, i) => (inside[i] ? place : 0)));
  const spread = c.op('Gather', [source, from], { axis });
  const broadcast = c.shape(x).map((_, i) => (i === axis ? size : 1));
  const mask = c.constant(fromNumbers('bool', broadcast, inside.map(Number)));
  return c.op('Where', [mask, spread, x]);
}

const sliceScatter = torchOperator('self src dim start end step', (c) => {
  const x = c.tensor('self');
  return replaced(c, x, c.tensor('src'), partOf(c, x));
});

const selectScatter = torchOperator('self src dim index', (c) => {
  const x = c.tensor('self');
  const axis = axisOf(c);
  const given = c.int('index');
  const begin = given < 0 ? given + c.shape(x)[axis] : given;
  const inner = c.shape(x).filter((_, i) => i !== axis);
  const source = c.tensor('src');
  const full = c.shape(source).join() === inner.join() ? source : c.op('Expand', [source, c.ints(inner)]);
  return replaced(c, x, c.unsqueeze(full, axis), { axis, begin, count: 1, step: 1 });
});

const narrowScatter = torchOperator('self src dim start length', (c) => {
  const x = c.tensor('self');
  return replaced(c, x, c.tensor('src'), {
    axis: axisOf(c),
    begin: c.int('start'),
    count: c.int('length'),
    step: 1,
  });
});

const VIEW = { isView: true };

/** Parts of a tensor, and a tensor with a part replaced. */
export const slices: Readonly<Record<string, TorchOperator>> = {
  'aten::slice': torchOperator(
    'self dim start end step',
    (c) => cut(c, c.tensor('self'), partOf(c, c.tensor('self'))),
    VIEW,
  ),
  'aten::select': torchOperator('self dim index', select, VIEW),
  'aten::narrow': torchOperator('self dim start length', narrow, VIEW),
  'aten::chunk': splitter('self chunks dim', chunks),
  'aten::unsafe_chunk': splitter('self chunks dim', chunks),
  'aten::split': splitter('self split_size dim', splits),
  'aten::unsafe_split': splitter('self split_size dim', splits),
  'aten::split_with_sizes': splitter('self split_size dim', splits),
  'aten::tensor_split': splitter('self indices dim', sections),
  'aten::unbind': unbind,
  'aten::slice_scatter': sliceScatter,
  'aten::select_scatter': selectScatter,
  'views::slice': sliceScatter,
  'views::select': selectScatter,
  'views::narrow': narrowScatter,
  'aten::copy': torchOperator('self src non_blocking', (c) => {
    const x = c.tensor('self');
    const source = c.isFloat(x) ? c.float(c.tensor('src')) : c.cast(c.tensor('src'), c.type(x));
    return c.shape(source).join() === c.shape(x).join()
      ? source
      : c.op('Expand', [source, c.ints(c.shape(x))]);
  }),
};
