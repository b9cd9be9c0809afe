import { frontAxis, product } from '../../onnx/numeric.ts';
import type { LayerContext } from '../context.ts';
import type { LayerFamily, LayerKind } from '../kind.ts';

/** A shape with one -1 in it, for `count` elements. */
export function filledIn(layer: LayerContext, shape: readonly number[], count: number): number[] {
  const known = product(shape.filter((dim) => dim !== -1));
  const open = shape.filter((dim) => dim === -1).length;
  const rest = known === 0 ? NaN : count / known;
  if (open > 1 || !Number.isInteger(rest) || (open === 0 && rest !== 1))
    throw layer.node.invalid(`${count} elements do not fill [${shape.join(',')}]`);
  return shape.map((dim) => (dim === -1 ? rest : dim));
}

const reshape: LayerKind = {
  write: (layer) => {
    const { c, config } = layer;
    const [batch, ...rest] = c.shape(layer.x);
    const target = filledIn(layer, config.ints('target_shape') ?? [], product(rest));
    layer.emit(layer.main('Reshape', [layer.x, c.ints([batch, ...target])]));
  },
};

const permute: LayerKind = {
  write: (layer) => {
    const { length: rank } = layer.c.shape(layer.x);
    const dims = layer.config.ints('dims') ?? [];
    if (
      dims.length !== rank - 1 ||
      new Set(dims).size !== rank - 1 ||
      dims.some((dim) => dim < 1 || dim >= rank)
    )
      throw layer.node.invalid(`dims [${dims.join(',')}] for an input of rank ${rank}`);
    layer.emit(layer.main('Transpose', [layer.x], { perm: [0, ...dims] }));
  },
};

const repeatVector: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const [batch, width] = c.shape(layer.x);
    if (c.shape(layer.x).length !== 2) throw layer.node.invalid('its input is not a row per sample');
    const single = c.reshape(layer.x, [batch, 1, width]);
    layer.emit(layer.main('Tile', [single, c.ints([1, layer.config.size('n'), 1])]));
  },
};

/** Pairs of numbers in front of and behind each spatial axis, from one number, a list, or a list of pairs. */
function pairs(layer: LayerContext, key: string, axes: number): [number, number][] {
  const given = layer.config.floats(key) ?? [1];
  const at = (i: number): [number, number] => {
    if (given.length === 1) return [given[0], given[0]];
    if (given.length === axes * 2) return [given[i * 2], given[i * 2 + 1]];
    if (given.length === axes) return [given[i], given[i]];
    return layer.config.fail(key, `numbers for ${axes} axes`);
  };
  const all = Array.from({ length: axes }, (_, i) => at(i));
  if (all.flat().some((count) => !Number.isInteger(count) || count < 0))
    layer.config.fail(key, 'whole numbers');
  return all;
}

/** The first spatial axis. */
const firstAxis = (layer: LayerContext): number => (layer.channelsLast ? 1 : 2);

function checkAxes(layer: LayerContext, axes: number): void {
  const { length: rank } = layer.c.shape(layer.x);
  if (rank !== axes + 2) throw layer.node.invalid(`an input of rank ${rank}`);
}

const zeroPadding = (axes: number): LayerKind => ({
  write: (layer) => {
    checkAxes(layer, axes);
    const begin = layer.c.shape(layer.x).map(() => 0);
    const end = [...begin];
    pairs(layer, 'padding', axes).forEach(([before, behind], i) => {
      begin[firstAxis(layer) + i] = before;
      end[firstAxis(layer) + i] = behind;
    });
    const { c } = layer;
    const attributes = { mode: 'constant' };
    layer.emit(layer.main('Pad', [layer.x, c.ints([...begin, ...end]), c.scalar(0)], attributes));
  },
});

const cropping = (axes: number): LayerKind => ({
  write: (layer) => {
    checkAxes(layer, axes);
    const cuts = pairs(layer, 'cropping', axes);
    const at = cuts.map((_, i) => firstAxis(layer) + i);
    const shape = layer.c.shape(layer.x);
    const ends = cuts.map(([, behind], i) => shape[at[i]] - behind);
    if (cuts.some(([before], i) => before >= ends[i])) throw layer.node.invalid('nothing is left');
    const lists = [cuts.map(([before]) => before), ends, at, at.map(() => 1)].map((list) =>
      layer.c.ints(list),
    );
    layer.emit(layer.main('Slice', [layer.x, ...lists]));
  },
});

/** Resizes whole pictures by factors; `nearest` repeats pixels. */
const upSampling = (axes: number): LayerKind => ({
  write: (layer) => {
    checkAxes(layer, axes);
    const { c, config } = layer;
    const factors = config.intsOf('size', axes, 2);
    const mode = config.text('interpolation', 'nearest');
    const scales = c.shape(layer.x).map((_, axis) => factors[axis - firstAxis(layer)] ?? 1);
    if (axes === 2 && mode === 'bilinear')
      return layer.emit(layer.main('Resize', [layer.x, '', c.floats(scales)], { mode: 'linear' }));
    if (mode !== 'nearest') layer.refuse(`interpolation "${mode}"`);
    layer.emit(layer.main('Resize', [layer.x, '', c.floats(scales)], NEAREST));
  },
});

/** Pixels are repeated. */
const NEAREST = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };

/** Time steps become rows of the batch: [N, T, ...] to [N * T, ...]. */
const foldTime: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const [batch, steps, ...rest] = c.shape(layer.x);
    if (steps === undefined) throw layer.node.invalid('its input has no time steps');
    layer.emit(c.reshape(layer.x, [batch * steps, ...rest]));
  },
};

/** Back again; the second input is what was folded. */
const unfoldTime: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const [rows, source] = [0, 1].map((index) => c.input(index));
    const [batch, steps] = c.shape(source);
    layer.emit(c.reshape(rows, [batch, steps, ...c.shape(rows).slice(1)]));
  },
};

/** Products of two tensors along one axis of each, sample by sample. */
const dot: LayerKind = {
  write: (layer) => {
    const { c, config, inputs } = layer;
    if (inputs.length !== 2) throw layer.node.invalid(`${inputs.length} inputs instead of two`);
    const axes = config.intsOf('axes', 2, -1).map((axis, i) => frontAxis(axis, c.shape(inputs[i]).length));
    if (axes.includes(0)) layer.refuse('a product along the batch');
    const [a, b] = inputs.map((name, i) => {
      if (!config.flag('normalize', false)) return name;
      return c.op('Div', [name, lengthAlong(layer, name, axes[i])]);
    });
    const [batch, ...left] = withLast(c.shape(a), axes[0]);
    const [, ...right] = withLast(c.shape(b), axes[1]);
    const rows = c.reshape(moved(layer, a, axes[0]), [
      batch,
      product(left.slice(0, -1)),
      left[left.length - 1],
    ]);
    const columns = c.reshape(moved(layer, b, axes[1]), [
      batch,
      product(right.slice(0, -1)),
      right[right.length - 1],
    ]);
    const result = layer.main('MatMul', [rows, c.transpose(columns, [0, 2, 1])]);
    const rest = [...left.slice(0, -1), ...right.slice(0, -1)];
    layer.emit(c.reshape(result, [batch, ...(rest.length === 0 ? [1] : rest)]));
  },
};

const withLast = (shape: readonly number[], axis: number): number[] => [
  ...shape.filter((_, i) => i !== axis),
  shape[axis],
];

function moved({ c }: LayerContext, name: string, axis: number): string {
  const axes = c.shape(name).map((_, i) => i);
  return c.transpose(name, withLast(axes, axis));
}

/** Keras divides by the length, which it takes to be at least 1e-6. */
export function lengthAlong({ c }: LayerContext, name: string, axis: number): string {
  const squares = c.op('ReduceSum', [c.mul(name, name), c.ints([axis])], { keepdims: 1 });
  return c.op('Sqrt', [c.op('Max', [squares, c.scalar(1e-12)])]);
}

const perRank = (name: string, kind: (axes: number) => LayerKind): [string, LayerKind][] =>
  [1, 2, 3].map((axes) => [`${name}${axes}D`, kind(axes)]);

/** Layers that move, repeat, cut and pad. */
export const shapes: LayerFamily = {
  ...Object.fromEntries([
    ...perRank('Cropping', cropping),
    ...perRank('UpSampling', upSampling),
    ...perRank('ZeroPadding', zeroPadding),
  ]),
  Dot: dot,
  FoldTime: foldTime,
  Permute: permute,
  RepeatVector: repeatVector,
  Reshape: reshape,
  UnfoldTime: unfoldTime,
};
