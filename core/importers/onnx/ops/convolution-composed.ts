import type { Shape } from '../../../network/tensor.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { Composer } from '../compose.ts';
import type { OnnxNode } from '../node.ts';
import { filled, product } from '../numeric.ts';
import { readWindow, windowOutput, type Window } from '../window.ts';

/** More products of input and kernel elements than this are not written out as slices. */
const MAX_TAPS = 4096;

/** Adds a bias per channel; the bias may be computed. */
export function addBias(c: Composer, x: string, bias: string): string {
  if (bias === '') return x;
  const rank = c.shape(x).length;
  return c.add(x, c.reshape(bias, [c.shape(bias)[0], ...filled(rank - 2, 1)]));
}

/**
 * A 1-D or 3-D convolution with a constant kernel as one 2-D convolution: the depth slices that a kernel
 * covers lie side by side in the channels, the output depth lies in the batch. ovxlib 1.1.34 has no CONV3D.
 */
export function convolveDepth(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const [x, w] = [c.input(0), c.input(1)];
  const [batch, channels, ...spatial] = c.shape(x);
  const [outputs, perGroup, depth, kh, kw] = c.shape(w);
  const window = readWindow(node, spatial, [depth, kh, kw]);
  const [od, oh, ow] = windowOutput(node, spatial, window, false);
  const { begin, end, strides, dilations } = window;
  const [frames, height, width] = [spatial[0] + begin[0] + end[0], spatial[1], spatial[2]];
  const flat = c.reshape(x, [batch, channels, spatial[0], height * width]);
  const padded = c.pad(flat, [0, 0, begin[0], 0], [0, 0, end[0], 0]);
  const turned = c.transpose(padded, [0, 2, 1, 3]);
  const slices = Array.from({ length: depth }, (_, i) => {
    const first = i * dilations[0];
    if (first >= frames) throw node.invalid('the kernel is larger than the input');
    const slice = c.slice(turned, 1, first, od, strides[0]);
    return c.reshape(slice, [batch * od, channels, 1, height * width]);
  });
  const image = c.reshape(c.concat(slices, 2), [batch * od, channels * depth, height, width]);
  const kernel = c.reshape(w, [outputs, perGroup * depth, kh, kw]);
  const bias = c.has(2) ? [c.input(2)] : [];
  const y = c.op('Conv', [image, kernel, ...bias], {
    group: node.int('group', 1),
    strides: strides.slice(1),
    dilations: dilations.slice(1),
    pads: [...begin.slice(1), ...end.slice(1)],
  });
  const back = c.transpose(c.reshape(y, [batch, od, outputs, oh * ow]), [0, 2, 1, 3]);
  c.output(0, c.reshape(back, [batch, outputs, od, oh, ow]));
}

/** Every place a kernel element can have, as one index per axis, last axis fastest. */
export function positions(kernel: readonly number[]): number[][] {
  return Array.from({ length: product(kernel) }, (_, at) => {
    let rest = at;
    return [...kernel]
      .reverse()
      .map((size) => {
        const index = rest % size;
        rest = Math.floor(rest / size);
        return index;
      })
      .reverse();
  });
}

/** What each kernel element sees of the padded input: one strided cut per position. */
export function taps(c: Composer, padded: string, window: Window, output: Shape): string[] {
  if (product(window.kernel) > MAX_TAPS) {
    throw new Unsupported(`a window of ${window.kernel.join('x')} elements as single cuts`);
  }
  return positions(window.kernel).map((at) =>
    at.reduce(
      (cut, index, axis) =>
        c.slice(cut, axis + 2, index * window.dilations[axis], output[axis], window.strides[axis]),
      padded,
    ),
  );
}

/** A convolution whose kernel is computed: the input is laid out as a matrix, times the kernel as one. */
export function convolveDynamic(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const [x, w] = [c.float(c.input(0)), c.float(c.input(1))];
  const [batch, channels, ...spatial] = c.shape(x);
  const [outputs, perGroup, ...kernel] = c.shape(w);
  const groups = node.int('group', 1);
  if (perGroup * groups !== channels || outputs % groups !== 0) {
    throw node.invalid(`${channels} input channels in ${groups} groups do not fit the weight`);
  }
  const window = readWindow(node, spatial, kernel);
  const size = windowOutput(node, spatial, window, false);
  const padded = c.pad(x, [0, 0, ...window.begin], [0, 0, ...window.end]);
  const rows = taps(c, padded, window, size).map((tap) =>
    c.reshape(tap, [batch * groups, perGroup, 1, product(size)]),
  );
  const taken = product(kernel);
  const columns = c.reshape(c.concat(rows, 2), [batch, groups, perGroup * taken, product(size)]);
  const matrix = c.reshape(w, [1, groups, outputs / groups, perGroup * taken]);
  const y = c.reshape(c.op('MatMul', [matrix, columns]), [batch, outputs, ...size]);
  c.output(0, addBias(c, y, c.input(2)));
}
