import { Unsupported } from '../../onnx/builder.ts';
import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { foldedCount } from '../../onnx/numeric.ts';
import type { Operator, OperatorFamily } from '../../onnx/operator.ts';
import { asGiven, channelsFirst, layoutOf } from './layout.ts';
import { formula, integers, upTo } from './operands.ts';

/** How the pixels of a resized picture are placed, in ONNX's words. */
function placing(node: OnnxNode, mode: string): Record<string, string | number> {
  const corners = node.int('align_corners', 0) !== 0;
  const half = node.int('half_pixel_centers', 0) !== 0;
  if (corners && half) throw node.invalid('align_corners and half_pixel_centers contradict each other');
  if (mode === 'nearest') {
    if (corners)
      return { coordinate_transformation_mode: 'align_corners', nearest_mode: 'round_prefer_ceil' };
    const coordinates = half ? 'tf_half_pixel_for_nn' : 'asymmetric';
    return { coordinate_transformation_mode: coordinates, nearest_mode: 'floor' };
  }
  const coordinates = corners ? 'align_corners' : half ? 'half_pixel' : 'asymmetric';
  // The cubic of half pixels is Keys's, and pixels outside count for nothing.
  const cubic: Record<string, number> = half
    ? { cubic_coeff_a: -0.5, exclude_outside: 1 }
    : { cubic_coeff_a: -0.75 };
  return { coordinate_transformation_mode: coordinates, ...(mode === 'cubic' ? cubic : {}) };
}

const resize = (mode: string): Operator =>
  formula((c, node) => {
    const x = c.input(0);
    const [batch, , , channels] = c.shape(x);
    const [height, width] = integers(c, 1, 'a size');
    if (c.shape(x).length !== 4 || width === undefined) throw node.invalid('it resizes no picture');
    const sizes = c.ints([batch, height, width, channels]);
    return c.main('Resize', [c.float(x), '', '', sizes], { mode, ...placing(node, mode) });
  });

/** Depth and picture exchange elements; both frameworks count them alike. */
const exchange = (type: string): Operator =>
  formula((c, node) => {
    const x = c.input(0);
    const layout = layoutOf(node, c.shape(x).length);
    const attributes = {
      blocksize: node.int('block_size', 2),
      ...(type === 'DepthToSpace' ? { mode: 'DCR' } : {}),
    };
    return asGiven(c, layout, c.main(type, [channelsFirst(c, layout, x)], attributes));
  });

/** Block shape and one pair of amounts per axis; the old operators have one number for both axes. */
function blocks(
  c: Composer,
  node: OnnxNode,
  what: string,
): { block: number[]; begin: number[]; end: number[] } {
  const old = !node.opType.endsWith('ND');
  const size = node.int('block_size', 2);
  const block = old ? [size, size] : integers(c, 1, 'a block shape');
  const amounts = integers(c, old ? 1 : 2, `a ${what}`);
  if (amounts.length !== block.length * 2 || block.some((step) => step < 1))
    throw node.invalid(`a block [${block.join(',')}] with the ${what}s [${amounts.join(',')}]`);
  const axes = upTo(block.length);
  return { block, begin: axes.map((i) => amounts[2 * i]), end: axes.map((i) => amounts[2 * i + 1]) };
}

/** [N, H, W, ...] padded and cut into blocks, whose elements become pictures of their own. */
const spaceToBatch = formula((c, node) => {
  const { block, begin, end } = blocks(c, node, 'padding');
  const x = c.input(0);
  const rest = c.shape(x).slice(1 + block.length);
  const still = rest.map(() => 0);
  const padded = c.pad(x, [0, ...begin, ...still], [0, ...end, ...still]);
  const [batch, ...sizes] = c.shape(padded);
  const counts = block.map((step, i) => sizes[i] / step);
  if (counts.some((count) => !Number.isInteger(count)))
    throw node.invalid('the blocks do not fit the picture');
  const parts = c.reshape(padded, [batch, ...block.flatMap((step, i) => [counts[i], step]), ...rest]);
  const axes = upTo(block.length);
  const perm = [
    ...axes.map((i) => 2 * i + 2),
    0,
    ...axes.map((i) => 2 * i + 1),
    ...rest.map((_, i) => 2 * block.length + 1 + i),
  ];
  const moved = c.main('Transpose', [parts], { perm });
  return c.reshape(moved, [block.reduce((all, step) => all * step, batch), ...counts, ...rest]);
});

/** The way back, cropped. */
const batchToSpace = formula((c, node) => {
  const { block, begin, end } = blocks(c, node, 'crop');
  const x = c.input(0);
  const [pictures, ...dims] = c.shape(x);
  const sizes = dims.slice(0, block.length);
  const rest = dims.slice(block.length);
  const batch = block.reduce((left, step) => left / step, pictures);
  if (!Number.isInteger(batch))
    throw new Unsupported(`${pictures} pictures in blocks of [${block.join(',')}]`);
  const parts = c.reshape(x, [...block, batch, ...sizes, ...rest]);
  const { length: count } = block;
  const perm = [
    count,
    ...upTo(count).flatMap((i) => [count + 1 + i, i]),
    ...rest.map((_, i) => 2 * count + 1 + i),
  ];
  const moved = c.main('Transpose', [parts], { perm });
  const whole = c.reshape(moved, [batch, ...block.map((step, i) => step * sizes[i]), ...rest]);
  const crop = (amounts: readonly number[]): number[] => [
    0,
    ...amounts.map((amount) => -amount),
    ...rest.map(() => 0),
  ];
  return c.pad(whole, crop(begin), crop(end));
});

/** Every patch of a picture as the channels of one pixel: a convolution with an identity. */
const patches = formula((c, node) => {
  const x = c.input(0);
  const layout = { channelsLast: true, spatial: 2 };
  const list = (name: string): number[] => node.intsOf(name, 4, 1).slice(1, 3);
  const [kernel, strides, dilations] = [list('ksizes'), list('strides'), list('rates')];
  const [, , , channels] = c.shape(x);
  const count = kernel[0] * kernel[1];
  const ones = new Float32Array(foldedCount([count, count, channels]));
  // One group per channel: result k of a group is element k of its window.
  for (let i = 0; i < count * channels; i++) ones[i * count + (i % count)] = 1;
  const weight = c.floats(ones, [count * channels, 1, ...kernel]);
  const auto_pad = node.text('padding', 'VALID') === 'SAME' ? 'SAME_UPPER' : 'VALID';
  const attributes = { strides, dilations, group: channels, auto_pad };
  const found = asGiven(c, layout, c.main('Conv', [channelsFirst(c, layout, x), weight], attributes));
  const [batch, height, width] = c.shape(found);
  // Channels come innermost, not the elements of the window.
  const grouped = c.reshape(found, [batch, height, width, channels, count]);
  return c.reshape(c.transpose(grouped, [0, 1, 2, 4, 3]), [batch, height, width, channels * count]);
});

/** Operators on pictures beside convolution and pooling. */
export const pictures: OperatorFamily = {
  'tf:BatchToSpace': batchToSpace,
  'tf:BatchToSpaceND': batchToSpace,
  'tf:DepthToSpace': exchange('DepthToSpace'),
  'tf:ExtractImagePatches': patches,
  'tf:ResizeBicubic': resize('cubic'),
  'tf:ResizeBilinear': resize('linear'),
  'tf:ResizeNearestNeighbor': resize('nearest'),
  'tf:SpaceToBatch': spaceToBatch,
  'tf:SpaceToBatchND': spaceToBatch,
  'tf:SpaceToDepth': exchange('SpaceToDepth'),
};
