import type { Shape } from '../../../network/tensor.ts';
import type { Builder } from '../builder.ts';
import { Composer } from '../compose.ts';
import type { OnnxNode } from '../node.ts';
import { filled, product } from '../numeric.ts';
import { readWindow, type Window } from '../window.ts';

/** Padding of a ConvTranspose, whose auto_pad and output_shape work backwards from the output size. */
export function transposedWindow(
  node: OnnxNode,
  input: Shape,
  kernel: Shape,
): { window: Window; output: number[]; full: number[] } {
  const rank = input.length;
  const extra = node.intsOf('output_padding', rank, 0);
  const window = readWindow(node, input, kernel);
  const asked = node.ints('output_shape');
  const auto = node.text('auto_pad', 'NOTSET');
  const full = input.map(
    (dim, i) => (dim - 1) * window.strides[i] + (kernel[i] - 1) * window.dilations[i] + 1 + extra[i],
  );
  const same = auto === 'SAME_UPPER' || auto === 'SAME_LOWER';
  if (!asked && !same) {
    return { window, output: full.map((dim, i) => dim - window.begin[i] - window.end[i]), full };
  }
  const output = asked ? asked.slice(-rank) : input.map((dim, i) => dim * window.strides[i]);
  if (output.length !== rank) throw node.invalid('output_shape does not fit the input');
  const total = full.map((dim, i) => dim - output[i]);
  const small = total.map((pad) => Math.floor(pad / 2));
  const large = total.map((pad, i) => pad - small[i]);
  const [begin, end] = auto === 'SAME_UPPER' ? [small, large] : [large, small];
  return { window: { ...window, begin, end }, output, full };
}

/** Puts `step - 1` zeros behind every element along one axis. */
function spread(c: Composer, x: string, axis: number, step: number): string {
  if (step === 1) return x;
  const shape = c.shape(x);
  const rows = product(shape.slice(0, axis));
  const rest = product(shape.slice(axis + 1));
  const split = c.reshape(x, [rows, shape[axis], 1, rest]);
  const wide = c.pad(split, [0, 0, 0, 0], [0, 0, step - 1, 0]);
  return c.reshape(
    wide,
    shape.map((dim, i) => (i === axis ? dim * step : dim)),
  );
}

/** [in, out/group, ...kernel] turned round and exchanged to [out, in/group, ...kernel]. */
function turnedKernel(c: Composer, w: string, groups: number): string {
  const [inputs, perGroup, ...kernel] = c.shape(w);
  const split = c.reshape(w, [groups, inputs / groups, perGroup, product(kernel)]);
  const exchanged = c.transpose(split, [0, 2, 1, 3]);
  const back = c.reshape(exchanged, [groups * perGroup, inputs / groups, ...kernel]);
  return kernel.reduce((all, size, axis) => c.slice(all, axis + 2, size - 1, size, -1), back);
}

/**
 * A transposed convolution ovxlib has no node for (dilated, grouped, 3-D, computed kernel): the input is
 * spread with zeros and goes through an ordinary convolution with the kernel turned round.
 */
export function transposeComposed(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const [x, w] = [c.input(0), c.input(1)];
  const [, channels, ...spatial] = c.shape(x);
  const [inputs, , ...kernel] = c.shape(w);
  const groups = node.int('group', 1);
  if (inputs !== channels || groups < 1 || inputs % groups !== 0) {
    throw node.invalid(`${channels} input channels do not fit the weight [${c.shape(w).join(',')}]`);
  }
  const { window, output } = transposedWindow(node, spatial, kernel);
  if (output.some((dim) => dim < 1)) throw node.invalid(`the output would be [${output.join(',')}]`);
  const { strides, dilations } = window;
  const wide = strides.reduce((all, step, axis) => spread(c, all, axis + 2, step), x);
  const reach = kernel.map((size, i) => (size - 1) * dilations[i]);
  const front = reach.map((size, i) => size - window.begin[i]);
  const back = output.map((dim, i) => dim + reach[i] - front[i] - spatial[i] * strides[i]);
  const image = c.pad(wide, [0, 0, ...front], [0, 0, ...back]);
  const bias = c.has(2) ? [c.input(2)] : [];
  const attributes = { group: groups, dilations, strides: filled(kernel.length, 1) };
  c.output(0, c.op('Conv', [image, turnedKernel(c, w, groups), ...bias], attributes));
}

/** A 1-D transposed convolution with a constant kernel: the 2-D one on a picture of height 1. */
export function transposeLine(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const [x, w] = [c.input(0), c.input(1)];
  const [batch, channels, length] = c.shape(x);
  const [inputs, perGroup, size] = c.shape(w);
  const { window, output, full } = transposedWindow(node, [length], [size]);
  const bare = (length - 1) * window.strides[0] + (size - 1) * window.dilations[0] + 1;
  const y = c.op(
    'ConvTranspose',
    [
      c.reshape(x, [batch, channels, 1, length]),
      c.reshape(w, [inputs, perGroup, 1, size]),
      ...(c.has(2) ? [c.input(2)] : []),
    ],
    {
      group: node.int('group', 1),
      strides: [1, window.strides[0]],
      dilations: [1, window.dilations[0]],
      pads: [0, window.begin[0], 0, window.end[0]],
      output_padding: [0, full[0] - bare],
    },
  );
  c.output(0, c.reshape(y, [batch, perGroup * node.int('group', 1), output[0]]));
}
