import { Unsupported, type Builder } from '../builder.ts';
import { channelLastOrder, identityOrder } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import { frontAxis, numbersOf } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';

/** What a Resize asks for, whatever opset it is written in. */
interface ResizeRequest {
  mode: string;
  coordinates: string;
  rounding: string;
  /** Output size and scale per axis. */
  sizes: number[];
  scales: number[];
}

type Coordinate = (target: number, from: number, to: number, scale: number) => number;

/** Source position of a target pixel. Source: the ONNX operator text. */
const COORDINATES: Readonly<Record<string, Coordinate>> = {
  asymmetric: (x, _from, _to, scale) => x / scale,
  half_pixel: (x, _from, _to, scale) => (x + 0.5) / scale - 0.5,
  half_pixel_symmetric: (x, from, to, scale) => {
    const adjust = to / (scale * from);
    return (from / 2) * (1 - adjust) + (x + 0.5) / scale - 0.5;
  },
  pytorch_half_pixel: (x, _from, to, scale) => (to > 1 ? (x + 0.5) / scale - 0.5 : 0),
  align_corners: (x, from, to) => (to === 1 ? 0 : (x * (from - 1)) / (to - 1)),
  tf_half_pixel_for_nn: (x, _from, _to, scale) => (x + 0.5) / scale,
};

const ROUNDINGS: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** The ways the `image_resize` layer can place pixels. */
const LAYER_MODES = [
  { align_corners: false, half_pixel: false },
  { align_corners: false, half_pixel: true },
  { align_corners: true, half_pixel: false },
];

/** Source position (bilinear) or index (nearest) as `image_resize` computes it. */
function layerPosition(
  x: number,
  from: number,
  to: number,
  nearest: boolean,
  mode: (typeof LAYER_MODES)[number],
): number {
  if (mode.align_corners) {
    const at = to === 1 ? 0 : (x * (from - 1)) / (to - 1);
    return nearest ? Math.floor(at + 0.5) : at;
  }
  if (nearest) return Math.floor(((x + (mode.half_pixel ? 0.5 : 0)) * from) / to + 1e-9);
  return mode.half_pixel ? ((x + 0.5) * from) / to - 0.5 : (x * from) / to;
}

const inside = (position: number, from: number): number => Math.max(0, Math.min(from - 1, position));

/** Whether the layer in this mode reads the same pixels as ONNX along one axis. */
function axisMatches(
  request: ResizeRequest,
  axis: number,
  from: number,
  mode: (typeof LAYER_MODES)[number],
): boolean {
  const coordinate = COORDINATES[request.coordinates];
  const rounding = ROUNDINGS[request.rounding];
  const nearest = request.mode === 'nearest';
  if (!coordinate || (nearest && !rounding)) return false;
  const to = request.sizes[axis];
  for (let x = 0; x < to; x++) {
    const at = coordinate(x, from, to, request.scales[axis]);
    const wanted = inside(nearest ? rounding(at) : at, from);
    if (Math.abs(wanted - inside(layerPosition(x, from, to, nearest, mode), from)) > 1e-3) return false;
  }
  return true;
}

function readRequest(node: OnnxNode, builder: Builder, shape: readonly number[]): ResizeRequest {
  const upsample = node.opType === 'Upsample' || node.opset < 11;
  const first = upsample ? 1 : 2;
  const list = (index: number): number[] | undefined => {
    if (!builder.present(node, index)) return undefined;
    const tensor = builder.requireConstant(node, index, 'the scale or size');
    return tensor.data.length === 0 ? undefined : Array.from(numbersOf(tensor));
  };
  const axes = node.ints('axes')?.map((axis) => frontAxis(axis, shape.length)) ?? identityOrder(shape.length);
  const spread = (values: readonly number[], fill: readonly number[]): number[] => {
    if (values.length !== axes.length)
      throw node.invalid(`${values.length} scales or sizes for ${axes.length} axes`);
    const all = [...fill];
    axes.forEach((axis, i) => (all[axis] = values[i]));
    return all;
  };
  const givenScales = node.floats('scales') ?? list(first);
  const givenSizes = upsample ? undefined : list(3);
  const mode = node.text('mode', 'nearest');
  const style = {
    mode: mode === 'bilinear' ? 'linear' : mode,
    coordinates: upsample ? 'asymmetric' : node.text('coordinate_transformation_mode', 'half_pixel'),
    rounding: upsample ? 'floor' : node.text('nearest_mode', 'round_prefer_floor'),
  };
  if (givenSizes) {
    if (node.text('keep_aspect_ratio_policy', 'stretch') !== 'stretch')
      throw new Unsupported('keeping the aspect ratio');
    const sizes = spread(givenSizes, shape);
    return { ...style, sizes, scales: sizes.map((size, axis) => size / shape[axis]) };
  }
  if (!givenScales) throw node.invalid('neither scales nor sizes are given');
  const scales = spread(
    givenScales,
    shape.map(() => 1),
  );
  return { ...style, scales, sizes: shape.map((dim, axis) => Math.floor(dim * scales[axis] + 1e-6)) };
}

function convertResize(node: OnnxNode, builder: Builder): void {
  const value = builder.value(node, 0);
  const rank = value.shape.length;
  if (rank !== 4) throw new Unsupported(`rank ${rank}`);
  const request = readRequest(node, builder, value.shape);
  if (request.sizes.some((size) => size < 1 || size > 65535))
    throw node.invalid(`the output would be [${request.sizes.join(',')}]`);
  if (request.mode !== 'nearest' && request.mode !== 'linear')
    throw new Unsupported(`mode "${request.mode}"`);
  if (node.int('antialias', 0) !== 0 && request.scales.some((scale) => scale < 1))
    throw new Unsupported('antialiasing');
  // Which two axes are the picture does not depend on ONNX's order: the model may be channel-last already.
  const grown = request.sizes.flatMap((size, axis) => (size === value.shape[axis] ? [] : [axis]));
  if (grown.length === 0) return builder.alias(node);
  const picture = grown.includes(1) && !grown.includes(3) ? [1, 2] : [2, 3];
  if (grown.some((axis) => !picture.includes(axis))) throw new Unsupported('resizing the batch or channels');
  const fits = LAYER_MODES.find((mode) =>
    picture.every((axis) => axisMatches(request, axis, value.shape[axis], mode)),
  );
  if (!fits) {
    const rounding = request.mode === 'nearest' ? ` with rounding "${request.rounding}"` : '';
    throw new Unsupported(
      `${request.mode} with coordinates "${request.coordinates}"${rounding} at this scale`,
    );
  }
  const order = picture[0] === 1 ? [0, 1, 2, 3] : channelLastOrder(4);
  const draft = builder.layer(node, {
    op: 'image_resize',
    parameters: [
      ['type', request.mode === 'nearest' ? 'nearest' : 'bilinear'],
      ['new_size', picture.map((axis) => request.sizes[axis])],
      ['align_corners', fits.align_corners],
      ['half_pixel', fits.half_pixel],
    ],
    inputs: [builder.ordered(value, order)],
  });
  builder.emit(node, 0, { shape: request.sizes, type: value.type, order, ref: { draft, port: 0 } });
}

/** Resize (all opsets) and Upsample. */
export const resize: OperatorFamily = {
  Resize: { convert: convertResize },
  Upsample: { convert: convertResize },
};
