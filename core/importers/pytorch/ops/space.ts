import { Unsupported } from '../../onnx/builder.ts';
import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';
import { reshaped } from './shape.ts';
import { product } from '../../onnx/numeric.ts';

function pixelShuffle(c: TorchComposer): string {
  const x = c.float(c.tensor('self'));
  if (c.shape(x).length !== 4) throw new Unsupported(`rank ${c.shape(x).length}`);
  return c.main('DepthToSpace', [x], { blocksize: c.int('upscale_factor'), mode: 'CRD' });
}

/** Channel c of block (y, x) becomes channel (c, y, x). */
function pixelUnshuffle(c: TorchComposer): string {
  const x = c.tensor('self');
  if (c.shape(x).length !== 4) throw new Unsupported(`rank ${c.shape(x).length}`);
  const [batch, channels, height, width] = c.shape(x);
  const r = c.int('downscale_factor');
  const blocks = c.reshape(x, [batch, channels, height / r, r, width / r, r]);
  const turned = c.transpose(blocks, [0, 1, 3, 5, 2, 4]);
  return reshaped(c, turned, [batch, channels * r * r, height / r, width / r]);
}

function channelShuffle(c: TorchComposer): string {
  const x = c.tensor('self');
  const [batch, channels, ...spatial] = c.shape(x);
  const groups = c.int('groups');
  const parts = c.reshape(x, [batch, groups, channels / groups, ...spatial]);
  const perm = [0, 2, 1, ...spatial.map((_, i) => i + 3)];
  return reshaped(c, c.transpose(parts, perm), c.shape(x));
}

/** The last elements of an axis come first. */
function rolled(c: TorchComposer, x: string, axis: number, shift: number): string {
  const size = c.shape(x)[axis];
  const by = ((shift % size) + size) % size;
  if (by === 0) return x;
  return c.concat([c.slice(x, axis, size - by, by), c.slice(x, axis, 0, size - by)], axis);
}

function roll(c: TorchComposer): string {
  const x = c.tensor('self');
  const shape = c.shape(x);
  const shifts = c.integers('shifts');
  const axes = c.numbers('dims') ?? [];
  if (axes.length === 0) {
    const flat = c.reshape(x, [product(shape)]);
    return c.reshape(rolled(c, flat, 0, shifts[0]), shape);
  }
  return (c.axes('dims', shape.length) ?? []).reduce((y, axis, i) => rolled(c, y, axis, shifts[i]), x);
}

function flip(c: TorchComposer): string {
  const x = c.tensor('self');
  const shape = c.shape(x);
  return (c.axes('dims', shape.length) ?? []).reduce(
    (y, axis) => c.slice(y, axis, shape[axis] - 1, shape[axis], -1),
    x,
  );
}

/** How blocks lie in a picture, from an im2col or col2im. */
function blocks(c: TorchComposer) {
  return {
    kernel: c.intsOf('kernel_size', 2),
    dilations: c.intsOf('dilation', 2, [1, 1]),
    padding: c.intsOf('padding', 2, [0, 0]),
    strides: c.intsOf('stride', 2, [1, 1]),
  };
}

/** Every tap of the window as a strided cut; the cuts become channels. */
function imageToColumns(c: TorchComposer): string {
  const { kernel, dilations, padding, strides } = blocks(c);
  const x = c.float(c.tensor('self'));
  const padded = c.pad(x, [0, 0, ...padding], [0, 0, ...padding]);
  const [batch, channels, ...spatial] = c.shape(padded);
  const counts = spatial.map(
    (dim, i) => Math.floor((dim - (kernel[i] - 1) * dilations[i] - 1) / strides[i]) + 1,
  );
  const taps = Array.from({ length: kernel[0] * kernel[1] }, (_, i) => {
    const at = [Math.floor(i / kernel[1]) * dilations[0], (i % kernel[1]) * dilations[1]];
    const rows = c.slice(padded, 2, at[0], counts[0], strides[0]);
    return c.reshape(c.slice(rows, 3, at[1], counts[1], strides[1]), [
      batch,
      channels,
      1,
      counts[0] * counts[1],
    ]);
  });
  return reshaped(c, c.concat(taps, 2), [batch, channels * taps.length, counts[0] * counts[1]]);
}

function columnsToImage(c: TorchComposer): string {
  const { kernel, dilations, padding, strides } = blocks(c);
  return c.main('Col2Im', [c.float(c.tensor('self')), c.ints(c.intsOf('output_size', 2)), c.ints(kernel)], {
    dilations,
    pads: [...padding, ...padding],
    strides,
  });
}

/** Windows along an axis as a new last axis. */
function unfold(c: TorchComposer): string {
  const x = c.tensor('self');
  const shape = c.shape(x);
  const axis = c.axis('dimension', shape.length);
  const [size, step] = [c.int('size'), c.int('step')];
  const count = Math.floor((shape[axis] - size) / step) + 1;
  const taps = Array.from({ length: size }, (_, i) => c.unsqueeze(c.slice(x, axis, i, count, step), shape.length)); // prettier-ignore
  return c.concat(taps, shape.length);
}

/** Operators that move elements between channels and places. */
export const space: Readonly<Record<string, TorchOperator>> = {
  'aten::pixel_shuffle': torchOperator('self upscale_factor', pixelShuffle),
  'aten::pixel_unshuffle': torchOperator('self downscale_factor', pixelUnshuffle),
  'aten::channel_shuffle': torchOperator('self groups', channelShuffle),
  'aten::native_channel_shuffle': torchOperator('self groups', channelShuffle),
  'aten::roll': torchOperator('self shifts dims', roll),
  'aten::flip': torchOperator('self dims', flip),
  'aten::im2col': torchOperator('self kernel_size dilation padding stride', imageToColumns),
  'aten::col2im': torchOperator('self output_size kernel_size dilation padding stride', columnsToImage),
  'aten::unfold': torchOperator('self dimension size step', unfold),
};
