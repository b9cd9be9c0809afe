import { composed, type Composer } from '../compose.ts';
import { Unsupported } from '../builder.ts';
import { identityOrder } from '../draft.ts';
import { filled, foldedCount, frontAxis, integersOf, product } from '../numeric.ts';
import type { OnnxNode } from '../node.ts';
import type { OperatorFamily } from '../operator.ts';

/** Cuts or pads around the middle; the odd element is at the end. */
const centerCropPad = composed((c, node) => {
  const data = c.input(0);
  const shape = c.shape(data);
  const asked = c.known(c.input(1));
  if (!asked) throw new Unsupported('a shape that is only known at run time');
  const sizes = integersOf(asked);
  const axes = node.ints('axes')?.map((axis) => frontAxis(axis, shape.length)) ?? identityOrder(shape.length);
  if (sizes.length !== axes.length) throw node.invalid(`${sizes.length} sizes for ${axes.length} axes`);
  if (sizes.some((size) => size < 1)) throw new Unsupported('an empty result');
  const begin = filled(shape.length, 0);
  const end = filled(shape.length, 0);
  let result = data;
  axes.forEach((axis, i) => {
    const more = sizes[i] - shape[axis];
    if (more < 0) result = c.slice(result, axis, Math.floor(-more / 2), sizes[i]);
    else {
      begin[axis] = Math.floor(more / 2);
      end[axis] = more - begin[axis];
    }
  });
  c.output(0, c.pad(result, begin, end));
});

/** How the blocks of a Col2Im lie in the picture; every list has one number per spatial axis. */
interface Blocks {
  image: number[];
  block: number[];
  strides: number[];
  dilations: number[];
  begin: number[];
  end: number[];
  /** Number of blocks per axis. */
  counts: number[];
}

function blocksOf(c: Composer, node: OnnxNode): Blocks {
  const [image, block] = [1, 2].map((i) => {
    const known = c.known(c.input(i));
    if (!known) throw new Unsupported('a shape that is only known at run time');
    return integersOf(known);
  });
  const rank = image.length;
  const strides = node.intsOf('strides', rank, 1);
  const dilations = node.intsOf('dilations', rank, 1);
  const pads = node.intsOf('pads', rank * 2, 0);
  const [begin, end] = [pads.slice(0, rank), pads.slice(rank)];
  const counts = image.map((size, i) => {
    const span = dilations[i] * (block[i] - 1) + 1;
    return Math.floor((size + begin[i] + end[i] - span) / strides[i]) + 1;
  });
  return { image, block, strides, dilations, begin, end, counts };
}

/** A transposed convolution whose kernels each put one element of a block at its place. */
function col2imPicture(c: Composer, columns: string, channels: number, blocks: Blocks): string {
  const { image, block, strides, dilations, begin, end, counts } = blocks;
  const size = product(block);
  const weight = new Float32Array(channels * size * size);
  for (let i = 0; i < channels * size; i++) weight[i * size + (i % size)] = 1;
  const rest = image.map((dim, i) => {
    const reach = (counts[i] - 1) * strides[i] + dilations[i] * (block[i] - 1) + 1;
    return dim - (reach - begin[i] - end[i]);
  });
  const [batch] = c.shape(columns);
  return c.op(
    'ConvTranspose',
    [
      c.reshape(columns, [batch, channels * size, ...counts]),
      c.floats(weight, [channels * size, 1, ...block]),
    ],
    {
      group: channels,
      kernel_shape: block,
      strides,
      dilations,
      pads: [...begin, ...end],
      output_padding: rest,
    },
  );
}

/** Other ranks: every element of every block is added to its place by a product with zeros and ones. */
function col2imMatrix(c: Composer, columns: string, channels: number, blocks: Blocks): string {
  const { image, block, strides, dilations, begin, counts } = blocks;
  const places = product(image);
  const rows = product(block) * product(counts);
  if (rows * places > 2 ** 22) throw new Unsupported(`${rows} elements in ${image.length} dimensions`);
  const matrix = new Float32Array(foldedCount([rows, places]));
  const unravel = (flat: number, dims: readonly number[]): number[] => {
    let left = flat;
    const at = filled(dims.length, 0);
    for (let i = dims.length - 1; i >= 0; i--) {
      at[i] = left % dims[i];
      left = Math.floor(left / dims[i]);
    }
    return at;
  };
  for (let row = 0; row < rows; row++) {
    const inside = unravel(Math.floor(row / product(counts)), block);
    const at = unravel(row % product(counts), counts).map(
      (position, i) => position * strides[i] + inside[i] * dilations[i] - begin[i],
    );
    if (at.some((position, i) => position < 0 || position >= image[i])) continue;
    const place = at.reduce((sum, position, i) => sum * image[i] + position, 0);
    matrix[row * places + place] = 1;
  }
  const [batch] = c.shape(columns);
  const flat = c.reshape(columns, [batch * channels, rows]);
  return c.op('MatMul', [flat, c.floats(matrix, [rows, places])]);
}

const col2im = composed((c, node) => {
  const columns = c.input(0);
  const [batch, depth, length] = c.shape(columns);
  const blocks = blocksOf(c, node);
  const size = product(blocks.block);
  if (depth % size !== 0 || product(blocks.counts) !== length)
    throw node.invalid(`[${c.shape(columns).join(',')}] does not hold such blocks`);
  const channels = depth / size;
  const write = blocks.image.length === 2 ? col2imPicture : col2imMatrix;
  c.output(0, c.reshape(write(c, columns, channels, blocks), [batch, channels, ...blocks.image]));
});

/** Operators that put blocks into pictures or cut the middle out of them. */
export const blockwise: OperatorFamily = {
  CenterCropPad: { convert: centerCropPad },
  Col2Im: { convert: col2im },
};
