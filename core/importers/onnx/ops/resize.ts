import { Composer } from '../compose.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { channelLastOrder, identityOrder } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import { filled, foldedCount, frontAxis, numbersOf } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';
import {
  axisWeights,
  coverage,
  keepsAxis,
  knownStyle,
  nearestPlaces,
  nearestWeights,
  type AxisResize,
  type ResizeStyle,
} from './resize-axis.ts';

/** A Resize with every axis resolved. */
interface ResizeRequest {
  style: ResizeStyle;
  axes: AxisResize[];
  /** What pixels outside the cropped part get. */
  fill: number;
}

/** Lists that are given for some axes, spread over all. */
function spread(
  node: OnnxNode,
  axes: readonly number[],
  values: readonly number[],
  fill: readonly number[],
): number[] {
  if (values.length !== axes.length)
    throw node.invalid(`${values.length} scales or sizes for ${axes.length} axes`);
  const all = [...fill];
  axes.forEach((axis, i) => (all[axis] = values[i]));
  return all;
}

function readStyle(node: OnnxNode): ResizeStyle {
  const upsample = node.opType === 'Upsample' || node.opset < 11;
  const mode = node.text('mode', 'nearest');
  return {
    mode: mode === 'bilinear' ? 'linear' : mode,
    coordinates: upsample ? 'asymmetric' : node.text('coordinate_transformation_mode', 'half_pixel'),
    rounding: upsample ? 'floor' : node.text('nearest_mode', 'round_prefer_floor'),
    antialias: node.int('antialias', 0) !== 0,
    excludeOutside: node.int('exclude_outside', 0) !== 0,
    cubicA: node.float('cubic_coeff_a', -0.75),
  };
}

/** Sizes asked for, with the policy that keeps the aspect ratio applied. */
function fittedScales(
  node: OnnxNode,
  shape: readonly number[],
  sizes: readonly number[],
  axes: readonly number[],
): { sizes: number[]; scales: number[] } {
  const scales = sizes.map((size, axis) => size / shape[axis]);
  const policy = node.text('keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch') return { sizes: [...sizes], scales };
  if (policy !== 'not_larger' && policy !== 'not_smaller')
    throw node.invalid(`keep_aspect_ratio_policy "${policy}" does not exist`);
  const among = axes.map((axis) => scales[axis]);
  const scale = policy === 'not_larger' ? Math.min(...among) : Math.max(...among);
  const fitted = shape.map((dim, axis) => (axes.includes(axis) ? Math.floor(scale * dim + 0.5) : dim));
  return { sizes: fitted, scales: shape.map((_, axis) => (axes.includes(axis) ? scale : 1)) };
}

function readRequest(node: OnnxNode, builder: Builder, shape: readonly number[]): ResizeRequest {
  const upsample = node.opType === 'Upsample' || node.opset < 11;
  const list = (index: number): number[] | undefined => {
    if (!builder.present(node, index)) return undefined;
    const tensor = builder.requireConstant(node, index, 'the scale or size');
    return tensor.data.length === 0 ? undefined : Array.from(numbersOf(tensor));
  };
  const axes = node.ints('axes')?.map((axis) => frontAxis(axis, shape.length)) ?? identityOrder(shape.length);
  const givenScales = node.floats('scales') ?? list(upsample ? 1 : 2);
  const givenSizes = upsample ? undefined : list(3);
  const ones = shape.map(() => 1);
  const style = readStyle(node);
  const roi = style.coordinates === 'tf_crop_and_resize' ? list(1) : undefined;
  const starts = roi ? spread(node, axes, roi.slice(0, axes.length), filled(shape.length, 0)) : ones;
  const ends = roi ? spread(node, axes, roi.slice(axes.length), ones) : ones;
  if (!givenSizes && !givenScales) throw node.invalid('neither scales nor sizes are given');
  const { sizes, scales } = givenSizes
    ? fittedScales(node, shape, spread(node, axes, givenSizes, shape), axes)
    : {
        sizes: [],
        scales: spread(node, axes, givenScales ?? [], ones),
      };
  return {
    style,
    fill: node.float('extrapolation_value', 0),
    axes: shape.map((from, axis) => ({
      from,
      to: sizes[axis] ?? Math.floor(from * scales[axis] + 1e-6),
      scale: scales[axis],
      crop: roi ? [starts[axis], ends[axis]] : [0, 1],
    })),
  };
}

/** The ways the `image_resize` layer can place pixels, and the same in ONNX's words. */
const LAYER_MODES = [
  { align_corners: false, half_pixel: false, coordinates: 'asymmetric' },
  { align_corners: false, half_pixel: true, coordinates: 'half_pixel' },
  { align_corners: true, half_pixel: false, coordinates: 'align_corners' },
];

/** Weights as the layer computes them along one axis. */
function layerWeights(
  { from, to }: AxisResize,
  nearest: boolean,
  mode: (typeof LAYER_MODES)[number],
): Float64Array[] {
  // Half pixels of nearest are cut off; corners that meet are rounded.
  const coordinates = nearest && mode.half_pixel ? 'tf_half_pixel_for_nn' : mode.coordinates;
  const style: ResizeStyle = {
    mode: nearest ? 'nearest' : 'linear',
    coordinates,
    rounding: mode.align_corners ? 'round_prefer_ceil' : 'floor',
    antialias: false,
    excludeOutside: false,
    cubicA: 0,
  };
  const axis: AxisResize = { from, to, scale: to / from, crop: [0, 1] };
  return nearest ? nearestWeights(axis, style) : axisWeights(axis, style);
}

const sameRows = (a: readonly Float64Array[], b: readonly Float64Array[]): boolean =>
  a.every((row, i) => row.every((weight, k) => Math.abs(weight - b[i][k]) < 1e-4));

/** Which two axes are the picture does not depend on ONNX's order: the model may be channel-last already. */
function pictureOf(changed: readonly number[], rank: number): number[] | undefined {
  if (rank !== 4) return undefined;
  const picture = changed.includes(1) && !changed.includes(3) ? [1, 2] : [2, 3];
  return changed.every((axis) => picture.includes(axis)) ? picture : undefined;
}

/** As one `image_resize` layer, when that reads the same pixels. Returns whether it did. */
function emitLayer(
  node: OnnxNode,
  builder: Builder,
  { style, axes }: ResizeRequest,
  rows: readonly Float64Array[][],
  changed: readonly number[],
): boolean {
  const picture = pictureOf(changed, axes.length);
  const nearest = style.mode === 'nearest';
  if (!picture || style.mode === 'cubic' || style.coordinates === 'tf_crop_and_resize') return false;
  const fits = LAYER_MODES.find((mode) =>
    picture.every((axis) => sameRows(rows[axis], layerWeights(axes[axis], nearest, mode))),
  );
  if (!fits) return false;
  const value = builder.value(node, 0);
  const order = picture[0] === 1 ? [0, 1, 2, 3] : channelLastOrder(4);
  const draft = builder.layer(node, {
    op: 'image_resize',
    parameters: [
      ['type', nearest ? 'nearest' : 'bilinear'],
      ['new_size', picture.map((axis) => axes[axis].to)],
      ['align_corners', fits.align_corners],
      ['half_pixel', fits.half_pixel],
    ],
    inputs: [builder.ordered(value, order)],
  });
  const shape = axes.map(({ to }) => to);
  builder.emit(node, 0, { shape, type: value.type, order, ref: { draft, port: 0 } });
  return true;
}

/** One axis as a product with its weights; axes that only copy pick their elements. */
function resizedAxis(
  c: Composer,
  name: string,
  axis: number,
  { style, axes }: ResizeRequest,
  rows: readonly Float64Array[],
): string {
  const places = style.mode === 'nearest' ? nearestPlaces(axes[axis], style) : [undefined];
  if (places.every((place) => place !== undefined)) {
    return c.op('Gather', [name, c.ints(places)], { axis });
  }
  const { from, to } = axes[axis];
  const matrix = new Float32Array(foldedCount([from, to]));
  rows.forEach((row, x) => row.forEach((weight, i) => (matrix[i * to + x] = weight)));
  const rank = axes.length;
  const perm = [...identityOrder(rank).filter((i) => i !== axis), axis];
  const back = identityOrder(rank).map((i) => perm.indexOf(i));
  const product = c.op('MatMul', [c.transpose(c.float(name), perm), c.floats(matrix, [from, to])]);
  return c.transpose(product, back);
}

/** The fill value where a pixel lies outside the input along any axis, 0 elsewhere; undefined = nowhere. */
function outsideFill({ style, axes, fill }: ResizeRequest): Float32Array | undefined {
  const inside = axes.map((axis) => coverage(axis, style));
  if (fill === 0 || inside.every((marks) => marks.every(Boolean))) return undefined;
  const shape = axes.map(({ to }) => to);
  return Float32Array.from({ length: foldedCount(shape) }, (_, flat) => {
    let left = flat;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (!inside[axis][left % shape[axis]]) return fill;
      left = Math.floor(left / shape[axis]);
    }
    return 0;
  });
}

function convertResize(node: OnnxNode, builder: Builder): void {
  const shape = builder.shapeOf(node, 0);
  const request = readRequest(node, builder, shape);
  const { style, axes } = request;
  if (axes.some(({ to }) => !(to >= 1 && to <= 65535)))
    throw node.invalid(`the output would be [${axes.map(({ to }) => to).join(',')}]`);
  if (!knownStyle(style))
    throw new Unsupported(
      `${style.mode} with coordinates "${style.coordinates}" and rounding "${style.rounding}"`,
    );
  const rows = axes.map((axis) =>
    style.mode === 'nearest' ? nearestWeights(axis, style) : axisWeights(axis, style),
  );
  const changed = identityOrder(shape.length).filter((axis) => !keepsAxis(axes[axis], rows[axis]));
  if (changed.length === 0) return builder.alias(node);
  if (emitLayer(node, builder, request, rows, changed)) return;
  const c = new Composer(node, builder);
  let result = c.input(0);
  for (const axis of changed) result = resizedAxis(c, result, axis, request, rows[axis]);
  const outside = outsideFill(request);
  if (outside) {
    const whole = c.floats(
      outside,
      axes.map(({ to }) => to),
    );
    result = c.add(result, whole);
  }
  c.output(0, result);
}

/** Resize (all opsets) and Upsample. */
export const resize: OperatorFamily = {
  Resize: { convert: convertResize },
  Upsample: { convert: convertResize },
};
