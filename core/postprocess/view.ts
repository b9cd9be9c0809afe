import { StudioError } from '../network/errors.ts';

/** A network output in memory: its shape, outermost dimension first, and how far apart its elements are. */
export interface OutputTensor {
  /** Layer key. */
  key: string;
  /** With batch; post-processing reads the first sample. */
  shape: readonly number[];
  /** Per axis of `shape`, in elements. */
  strides: readonly number[];
}

/** An output seen as channels x height x width, whatever its layout; a table of N rows is 1 x N. */
export interface View {
  /** Which output of the network. */
  output: number;
  /** Where in the output's data its first element is. */
  offset: number;
  channels: number;
  height: number;
  width: number;
  channelStride: number;
  rowStride: number;
  columnStride: number;
}

/** A view together with its values. */
export interface Values extends View {
  data: Float32Array;
}

/** Element (channel, row, column). */
export function at(view: Values, channel: number, row: number, column: number): number {
  return view.data[channel * view.channelStride + row * view.rowStride + column * view.columnStride];
}

/** The largest of channels first..first+count-1 at (row, column); of equal ones the first. */
export function bestChannel(view: Values, first: number, count: number, row: number, column: number): number {
  let best = first;
  for (let channel = first + 1; channel < first + count; channel++) {
    if (at(view, channel, row, column) > at(view, best, row, column)) best = channel;
  }
  return best;
}

/** Strides of a tensor in C order. */
export function denseStrides(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

/** One dimension of a tensor. */
interface Axis {
  size: number;
  stride: number;
}

function axesOf({ shape, strides }: OutputTensor): Axis[] {
  return shape.map((size, axis) => ({ size, stride: strides[axis] }));
}

/** A batch is dropped: only its first sample is read. */
function sampleAxes(tensor: OutputTensor, rank: number): Axis[] {
  const axes = axesOf(tensor);
  return axes.length > rank ? axes.slice(axes.length - rank) : axes;
}

/**
 * An output as a picture of `channels` channels, NCHW or NHWC, told apart by where that number is.
 * @throws StudioError 'postprocess-invalid' when it is nowhere
 */
export function gridView(tensor: OutputTensor, output: number, channels: number): View {
  const [a, b, c] = sampleAxes(tensor, 3);
  if (c !== undefined && a.size === channels) return view(output, a, b, c);
  if (c !== undefined && c.size === channels) return view(output, c, a, b);
  throw misfit(tensor, `[N,${channels},H,W] or [N,H,W,${channels}]`);
}

/** A picture per anchor. */
export interface AnchorView extends View {
  /** Elements from one anchor to the next. */
  anchorStride: number;
}

/**
 * A detection head of `anchors` x `channels` values per cell: [N,A*C,H,W], [N,H,W,A*C], [N,A,H,W,C] or
 * [N,A,C,H,W].
 * @throws StudioError 'postprocess-invalid'
 */
export function anchorView(
  tensor: OutputTensor,
  output: number,
  anchors: number,
  channels: number,
): AnchorView {
  if (tensor.shape.length === 5 && tensor.shape[1] === anchors) {
    const [anchor, a, b, c] = sampleAxes(tensor, 4);
    if (c.size === channels) return { ...view(output, c, a, b), anchorStride: anchor.stride };
    if (a.size === channels) return { ...view(output, a, b, c), anchorStride: anchor.stride };
  }
  const whole = gridView(tensor, output, anchors * channels);
  return { ...whole, channels, anchorStride: channels * whole.channelStride };
}

/**
 * An output as a table with `columns` columns: [.., rows, columns], [N, columns, rows], or all rows one after
 * the other in one dimension.
 * @throws StudioError 'postprocess-invalid'
 */
export function tableView(tensor: OutputTensor, output: number, columns: number): View {
  const axes = axesOf(tensor);
  const none: Axis = { size: 1, stride: 0 };
  const last = axes.at(-1) ?? none;
  const second = axes.at(-2) ?? none;
  if (last.size === columns) {
    const rows = merged(axes.slice(0, -1));
    if (rows) return view(output, last, none, rows);
  }
  if (second.size === columns && axes.slice(0, -2).every(({ size }) => size === 1))
    return view(output, second, none, last);
  const all = merged(axes);
  if (!all || all.size % columns !== 0) throw misfit(tensor, `a table of ${columns} columns`);
  const rows = { size: all.size / columns, stride: columns * all.stride };
  return view(output, { size: columns, stride: all.stride }, none, rows);
}

/** Dimensions that lie in memory as one; undefined where they do not. */
function merged(axes: readonly Axis[]): Axis | undefined {
  const wide = axes.filter(({ size }) => size !== 1);
  const joins = wide.every(
    ({ stride }, index) =>
      index + 1 === wide.length || stride === wide[index + 1].size * wide[index + 1].stride,
  );
  if (!joins) return undefined;
  return { size: wide.reduce((product, { size }) => product * size, 1), stride: wide.at(-1)?.stride ?? 1 };
}

function view(output: number, channel: Axis, row: Axis, column: Axis): View {
  return {
    output,
    offset: 0,
    channels: channel.size,
    height: row.size,
    width: column.size,
    channelStride: channel.stride,
    rowStride: row.stride,
    columnStride: column.stride,
  };
}

function misfit({ key, shape }: OutputTensor, wanted: string): StudioError {
  return new StudioError('postprocess-invalid', `the output has shape [${shape.join(',')}], not ${wanted}`, {
    layer: key,
  });
}
