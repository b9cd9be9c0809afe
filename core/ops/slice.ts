import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { deviceAxis, identity, normalizeAxis, reorder } from './axes.ts';
import type { LowerContext, OpSpec, ShapeContext } from './spec.ts';

/** Per-axis values given in stored order, in W,H,C,N order of a value with these device axes. */
function deviceList(values: readonly number[], order: readonly number[]): number[] {
  return reorder(values, order).reverse();
}

interface Cut {
  begin: number;
  size: number;
}

function readSlice(layer: Layer, shape: Shape): Cut[] {
  const [begins, sizes] = [layer.ints('begin'), layer.ints('size')];
  return shape.map((dim, axis) => {
    const begin = begins[axis] ?? 0;
    const wanted = sizes[axis] ?? -1;
    const size = wanted === -1 ? dim - begin : wanted;
    if (begin < 0 || size < 1 || begin + size > dim) {
      throw new StudioError(
        'parameter-invalid',
        `a slice of ${size} from ${begin} leaves dimension ${dim} (axis ${axis})`,
        { layer: layer.key },
      );
    }
    return { begin, size };
  });
}

function lowerSlice(context: LowerContext): void {
  const [{ tensor, shape, order }] = context.inputs;
  const cuts = readSlice(context.layer, shape);
  const start = deviceList(
    cuts.map((cut) => cut.begin),
    order,
  );
  const length = deviceList(
    cuts.map((cut) => cut.size),
    order,
  );
  context.emit('SLICE', { dims: shape.length, start, length }, [tensor], [order]);
}

interface StridedCut {
  begin: number;
  /** Exclusive; -1 with a negative stride means "through element 0". */
  end: number;
  stride: number;
  size: number;
  shrink: boolean;
}

function maskBit(layer: Layer, name: string, axis: number): boolean {
  return (layer.int(name, 0) & (1 << axis)) !== 0;
}

/** TensorFlow's StridedSlice with its masks resolved; ellipsis and new-axis masks are not in real files. */
export function readStridedSlice(layer: Layer, shape: Shape): StridedCut[] {
  if (layer.int('slice_ellipsis_mask', 0) !== 0 || layer.int('slice_new_axis_mask', 0) !== 0) {
    throw new StudioError(
      'op-unsupported',
      'stridedslice with an ellipsis or new-axis mask is not supported',
      { layer: layer.key },
    );
  }
  const [begins, ends, strides] = ['slice_begin', 'slice_end', 'slice_strides'].map((name) =>
    layer.ints(name),
  );
  return shape.map((dim, axis) => {
    const stride = strides[axis] ?? 1;
    const shrink = maskBit(layer, 'slice_shrink_axis_mask', axis);
    const wrap = (value: number) => (value < 0 ? value + dim : value);
    const [first, last] = stride > 0 ? [0, dim] : [dim - 1, -1];
    const clamp = (value: number) =>
      Math.min(Math.max(value, stride > 0 ? 0 : -1), stride > 0 ? dim : dim - 1);
    const begin =
      maskBit(layer, 'slice_begin_mask', axis) || axis >= begins.length ? first : clamp(wrap(begins[axis]));
    const open = maskBit(layer, 'slice_end_mask', axis) || axis >= ends.length;
    const end = shrink ? begin + 1 : open ? last : clamp(wrap(ends[axis]));
    const size = stride === 0 ? 0 : Math.ceil((end - begin) / stride);
    if (size < 1) {
      throw new StudioError(
        'parameter-invalid',
        `the slice along axis ${axis} (${begin} to ${end} by ${stride}) is empty`,
        { layer: layer.key },
      );
    }
    return { begin, end, stride, size, shrink };
  });
}

function stridedShape({ layer, inputs }: ShapeContext): Shape[] {
  return [
    readStridedSlice(layer, inputs[0])
      .filter((cut) => !cut.shrink)
      .map((cut) => cut.size),
  ];
}

function lowerStridedSlice(context: LowerContext): void {
  const { layer } = context;
  const [source] = context.inputs;
  const cuts = readStridedSlice(layer, source.shape);
  const shrinks = cuts.some((cut) => cut.shrink);
  const input = shrinks ? context.ordered(source, identity(source.shape.length)) : source;
  const { order, tensor } = input;
  const list = (read: (cut: StridedCut) => number) => deviceList(cuts.map(read), order);
  const rank = cuts.length;
  // A negative stride that runs through element 0 has no end index; its mask bit says "to the end".
  const endMask = cuts.reduce(
    (mask, cut, axis) => (cut.end < 0 ? mask | (1 << deviceAxis(axis, order)) : mask),
    0,
  );
  const params = {
    begin_dims: list((cut) => cut.begin),
    begin_dims_num: rank,
    end_dims: list((cut) => Math.max(cut.end, 0)),
    end_dims_num: rank,
    stride_dims: list((cut) => cut.stride),
    stride_dims_num: rank,
    begin_mask: 0,
    end_mask: endMask,
    shrink_axis_mask: 0,
    new_axis_mask: 0,
  };
  if (!shrinks) {
    context.emit('STRIDED_SLICE', params, [tensor], [order]);
    return;
  }
  const kept = context.helper(
    'STRIDED_SLICE',
    params,
    [tensor],
    cuts.map((cut) => cut.size),
    { like: source },
  );
  const shape = context.shape();
  context.emit('RESHAPE', { size: [...shape].reverse() }, [kept.tensor], [identity(shape.length)]);
}

/** [[before, after], ...] per stored axis, or the old flat string. */
function readPadding(layer: Layer, rank: number): [number, number][] {
  const value = layer.parameters.get('padding_value');
  const flat = Array.isArray(value) ? value.flat() : layer.ints('padding_size');
  if (
    flat.length !== rank * 2 ||
    !flat.every((item): item is number => Number.isSafeInteger(item) && Number(item) >= 0)
  ) {
    throw new StudioError('parameter-invalid', `padding needs ${rank} pairs of non-negative integers`, {
      layer: layer.key,
    });
  }
  return identity(rank).map((axis) => [flat[axis * 2], flat[axis * 2 + 1]]);
}

const PAD_MODES: Readonly<Record<string, string>> = {
  CONSTANT: 'VSI_NN_PAD_MODE_CONSTANT',
  REPLICATE: 'VSI_NN_PAD_MODE_REPLICATE',
  EDGE: 'VSI_NN_PAD_MODE_REPLICATE',
  SYMMETRIC: 'VSI_NN_PAD_MODE_SYMMETRIC',
  REFLECT: 'VSI_NN_PAD_MODE_REFLECT',
};

function lowerPad(context: LowerContext): void {
  const { layer } = context;
  const [{ tensor, shape, order }] = context.inputs;
  const pairs = readPadding(layer, shape.length);
  const mode = PAD_MODES[layer.text('padding_mode', 'CONSTANT').toUpperCase()];
  if (!mode)
    throw new StudioError('op-unsupported', `pad mode ${layer.text('padding_mode')} is not supported`, {
      layer: layer.key,
    });
  const constant = layer.number('padding_const', 0);
  if (!Number.isInteger(constant)) {
    throw new StudioError('op-unsupported', `ovxlib 1.1.34 pads with whole numbers only, not ${constant}`, {
      layer: layer.key,
    });
  }
  context.emit(
    'PAD',
    {
      front_size: deviceList(
        pairs.map((pair) => pair[0]),
        order,
      ),
      back_size: deviceList(
        pairs.map((pair) => pair[1]),
        order,
      ),
      dim_num: shape.length,
      const_val: constant,
      mode,
    },
    [tensor],
    [order],
  );
}

/** A scalar index is stored as [1] and marked; it drops the axis. */
function isScalar(layer: Layer, network: Network): boolean {
  const source = network.layers.get(layer.inputs[1].layer);
  return source?.op === 'variable' && source.flag('is_scalar', false);
}

function gatherShape({ layer, network, inputs }: ShapeContext): Shape[] {
  const [data, indices] = inputs;
  const axis = normalizeAxis(layer.int('axis', 0), data.length, layer.key);
  const picked = isScalar(layer, network) ? [] : indices;
  const shape = [...data.slice(0, axis), ...picked, ...data.slice(axis + 1)];
  return [shape.length === 0 ? [1] : shape];
}

function lowerGather(context: LowerContext): void {
  const [data, indices] = context.inputs;
  const axis = normalizeAxis(context.layer.int('axis', 0), data.shape.length, context.layer.key);
  // With one-dimensional indices the rank stays, so any device order will do.
  const source = indices.shape.length === 1 ? data : context.ordered(data, identity(data.shape.length));
  const plainIndices = context.ordered(indices, identity(indices.shape.length));
  const inputs = [source.tensor, plainIndices.tensor];
  const params = { axis: deviceAxis(axis, source.order) };
  if (isScalar(context.layer, context.network)) {
    const kept = data.shape.map((dim, index) => (index === axis ? 1 : dim));
    const one = context.helper('GATHER', params, inputs, kept, { order: source.order, like: data });
    const plain = context.ordered(one, identity(kept.length));
    const shape = context.shape();
    context.emit('RESHAPE', { size: [...shape].reverse() }, [plain.tensor], [identity(shape.length)]);
    return;
  }
  const order = indices.shape.length === 1 ? source.order : identity(context.shape().length);
  context.emit('GATHER', params, inputs, [order]);
}

function lowerReverse(context: LowerContext): void {
  const [{ tensor, shape, order }] = context.inputs;
  const axes = context.layer
    .ints('axis')
    .map((axis) => deviceAxis(normalizeAxis(axis, shape.length, context.layer.key), order));
  context.emit('REVERSE', { axis: axes, axis_num: axes.length }, [tensor], [order]);
}

function lowerTile(context: LowerContext): void {
  const [{ tensor, shape, order }] = context.inputs;
  const multiples = shape.map((dim, axis) => context.shape()[axis] / dim);
  context.emit(
    'TILE',
    { multiples: deviceList(multiples, order), multiples_num: shape.length },
    [tensor],
    [order],
  );
}

function broadcastTarget({ layer, inputs }: ShapeContext): Shape[] {
  const target = layer.ints('shape', []);
  const [input] = inputs;
  const offset = target.length - input.length;
  const shape = target.map((dim, axis) => (dim === 1 || dim === -1 ? (input[axis - offset] ?? 1) : dim));
  const bad = offset < 0 || input.some((dim, axis) => dim !== 1 && dim !== shape[axis + offset]);
  if (bad)
    throw new StudioError('shape-mismatch', `[${input.join(',')}] does not expand to [${target.join(',')}]`, {
      layer: layer.key,
    });
  return [shape];
}

function lowerExpand(context: LowerContext): void {
  const [source] = context.inputs;
  const target = context.shape();
  const input = context.ordered(source, identity(source.shape.length));
  const shape = [...target].reverse();
  if (elementCount(target) === elementCount(source.shape)) {
    context.emit('RESHAPE', { size: shape }, [input.tensor], [identity(target.length)]);
    return;
  }
  context.emit(
    'EXPAND_BROADCAST',
    { shape, dim_num: shape.length },
    [input.tensor],
    [identity(target.length)],
  );
}

const copying = (
  op: string,
  summary: string,
  parameters: OpSpec['parameters'],
  shapes: OpSpec['shapes'],
  lower: OpSpec['lower'],
  arity: OpSpec['arity'] = [1, 1],
): OpSpec => ({
  op,
  summary,
  parameters,
  arity,
  range: 'same',
  shapes,
  lower,
});

/** Ops that copy some elements of their input to other places. */
export const sliceOps: readonly OpSpec[] = [
  copying(
    'slice',
    'cuts `size` elements from `begin` along each axis',
    {
      begin: { type: 'ints', fallback: [], meaning: 'start per axis' },
      size: { type: 'ints', fallback: [], meaning: 'length per axis; -1 = to the end' },
    },
    ({ layer, inputs }) => [readSlice(layer, inputs[0]).map((cut) => cut.size)],
    lowerSlice,
  ),
  copying(
    'stridedslice',
    "TensorFlow's StridedSlice; bit i of a mask belongs to axis i",
    {
      slice_begin: { type: 'ints', fallback: [0, 0, 0, 0], meaning: 'start per axis' },
      slice_end: { type: 'ints', fallback: [-1, -1, -1, -1], meaning: 'exclusive end per axis' },
      slice_strides: { type: 'ints', fallback: [1, 1, 1, 1], meaning: 'step per axis, may be negative' },
      slice_begin_mask: { type: 'int', fallback: 0, meaning: 'bit set: begin ignored' },
      slice_end_mask: { type: 'int', fallback: 0, meaning: 'bit set: end ignored' },
      slice_shrink_axis_mask: { type: 'int', fallback: 0, meaning: 'bit set: the axis is dropped' },
      slice_ellipsis_mask: { type: 'int', fallback: 0, meaning: 'only 0' },
      slice_new_axis_mask: { type: 'int', fallback: 0, meaning: 'only 0' },
    },
    stridedShape,
    lowerStridedSlice,
  ),
  copying(
    'pad',
    'adds elements in front of and behind each axis',
    {
      padding_value: { type: 'ints', fallback: [], meaning: '[before, after] per axis' },
      padding_mode: {
        type: 'text',
        fallback: 'CONSTANT',
        meaning: 'CONSTANT, REFLECT, SYMMETRIC or REPLICATE',
      },
      padding_const: { type: 'real', fallback: 0, meaning: 'fill value' },
    },
    ({ layer, inputs }) => [
      readPadding(layer, inputs[0].length).map(([before, after], axis) => inputs[0][axis] + before + after),
    ],
    lowerPad,
  ),
  copying(
    'gather',
    'takes slices of input 0 at the integer indices of input 1',
    { axis: { type: 'int', fallback: 0, meaning: 'axis of input 0' } },
    gatherShape,
    lowerGather,
    [2, 2],
  ),
  copying(
    'reverse',
    'flips axes',
    { axis: { type: 'ints', fallback: [], meaning: 'axes' } },
    ({ inputs }) => [inputs[0]],
    lowerReverse,
  ),
  copying(
    'tile',
    'repeats each axis',
    { multiples: { type: 'ints', fallback: [], meaning: 'repetitions per axis' } },
    ({ layer, inputs }) => [inputs[0].map((dim, axis) => dim * (layer.ints('multiples')[axis] ?? 1))],
    lowerTile,
  ),
  copying(
    'expand_broadcast',
    'broadcasts to a shape',
    { shape: { type: 'ints', fallback: [], meaning: 'target dimensions' } },
    broadcastTarget,
    lowerExpand,
  ),
];
