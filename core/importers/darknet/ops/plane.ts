import { composed, type Composer } from '../../onnx/compose.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { asList, asPicture, repeated, scaled, shifted } from './step.ts';

const pool = (type: 'MaxPool' | 'AveragePool') =>
  composed((c, node) => {
    const size = node.int('size', 1);
    const window = {
      kernel_shape: [size, size],
      strides: node.intsOf('strides', 2, 1),
      pads: node.intsOf('pads', 4, 0),
    };
    c.output(0, c.main(type, [asPicture(c, c.input(0))], window));
  });

const depthPool = composed((c, node) => {
  const x = asPicture(c, c.input(0));
  const wanted = node.int('channels', 1);
  const [, channels] = c.shape(x);
  const parts = Array.from({ length: Math.ceil(channels / wanted) }, (_, part) =>
    c.slice(x, 1, part * wanted, Math.min(wanted, channels - part * wanted)),
  );
  const rest = channels % wanted;
  if (parts.length === 1 || rest === 0) return c.output(0, largest(c, parts));
  // The last part is for the first channels only.
  const whole = largest(c, parts.slice(0, -1));
  const both = largest(c, [c.slice(whole, 1, 0, rest), ...parts.slice(-1)]);
  c.output(0, c.concat([both, c.slice(whole, 1, rest, wanted - rest)], 1));
});

const largest = (c: Composer, parts: readonly string[]): string =>
  parts.reduce((best, part) => c.main('Max', [best, part]));

const avgpool = composed((c) => c.output(0, c.main('GlobalAveragePool', [asPicture(c, c.input(0))])));

const upsample = composed((c, node) => {
  const larger = repeated(c, asPicture(c, c.input(0)), node.int('stride', 2));
  c.output(0, scaled(c, larger, node.float('scale', 1)));
});

const crop = composed((c, node) => {
  const x = asPicture(c, c.input(0));
  const rows = c.slice(x, 2, node.int('top', 0), node.int('height', 1));
  const cut = c.slice(rows, 3, node.int('left', 0), node.int('width', 1));
  c.output(0, node.int('adjust', 0) === 0 ? cut : shifted(c, scaled(c, cut, 2), -1));
});

const toDepth = (c: Composer, x: string, blocksize: number): string =>
  c.main('SpaceToDepth', [x], { blocksize });
const toSpace = (c: Composer, x: string, blocksize: number): string =>
  c.main('DepthToSpace', [x], { blocksize, mode: 'DCR' });

/** The same memory with `stride` times the sides and fewer channels, or the reverse. */
function reread(c: Composer, x: string, stride: number): string {
  const [batch, channels, height, width] = c.shape(x);
  return c.reshape(x, [batch, channels / stride ** 2, height * stride, width * stride]);
}

/**
 * Darknet's own reorg counts with the sizes of its input as if they were those of the result: it reads the memory as a
 * picture of larger sides and fewer channels, moves blocks to channels, and reads that again as the true result.
 */
const reorg = composed((c, node) => {
  const x = asPicture(c, c.input(0));
  const stride = node.int('stride', 1);
  if (stride === 1) return c.output(0, x);
  if (node.int('reverse', 0) !== 0) return c.output(0, toSpace(c, x, stride));
  c.output(0, reread(c, toDepth(c, reread(c, x, stride), stride), 1 / stride));
});

/** The fork's has the right sizes, but for the reverse. */
const reorg3d = composed((c, node) => {
  const x = asPicture(c, c.input(0));
  const stride = node.int('stride', 1);
  if (stride === 1) return c.output(0, x);
  if (node.int('reverse', 0) === 0) return c.output(0, toDepth(c, x, stride));
  c.output(0, reread(c, toSpace(c, reread(c, x, stride), stride), 1 / stride));
});

/** Values in the order of pixels instead of channels, read as a picture as before; or back. */
const flatten = composed((c, node) => {
  const x = asPicture(c, c.input(0));
  const [channels, pixels] = [node.int('channels', 1), node.int('pixels', 1)];
  const shape = c.shape(x);
  const sizes = node.int('reverse', 0) === 0 ? [channels, pixels] : [pixels, channels];
  const turned = c.transpose(c.reshape(x, [shape[0], ...sizes]), [0, 2, 1]);
  c.output(0, c.reshape(turned, shape));
});

const extra = composed((c, node) => {
  c.output(0, c.pad(asList(c, c.input(0)), [0, 0], [0, node.int('extra', 0)]));
});

/** Sections about the plane of a picture. */
export const plane: OperatorFamily = {
  'darknet:avgpool': { convert: avgpool },
  'darknet:crop': { convert: crop },
  'darknet:local_avgpool': { convert: pool('AveragePool') },
  'darknet:maxpool': { convert: pool('MaxPool') },
  'darknet:maxpool_depth': { convert: depthPool },
  'darknet:reorg': { convert: reorg },
  'darknet:reorg3d': { convert: reorg3d },
  'darknet:reorg_extra': { convert: extra },
  'darknet:reorg_flatten': { convert: flatten },
  'darknet:upsample': { convert: upsample },
};
