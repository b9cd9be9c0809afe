import { filled } from './numeric.ts';
import type { Shape } from '../../network/tensor.ts';
import type { OnnxNode } from './node.ts';

/** The sliding window of a convolution or pooling; one number per spatial axis, outermost first. */
export interface Window {
  kernel: number[];
  strides: number[];
  dilations: number[];
  /** Padding before and behind. */
  begin: number[];
  end: number[];
}

/**
 * Reads kernel, strides, dilations and padding; auto_pad is resolved to numbers.
 * @param spatial input size per spatial axis
 * @param weightKernel kernel size when the weight tells it; the attribute must agree
 */
export function readWindow(node: OnnxNode, spatial: Shape, weightKernel?: Shape): Window {
  const rank = spatial.length;
  const kernel = node.ints('kernel_shape') ?? [...(weightKernel ?? [])];
  if (kernel.length !== rank)
    throw node.invalid(`kernel_shape has ${kernel.length} numbers, expected ${rank}`);
  if (weightKernel && kernel.some((size, i) => size !== weightKernel[i])) {
    throw node.invalid(
      `kernel_shape [${kernel.join(',')}] differs from the weight's [${weightKernel.join(',')}]`,
    );
  }
  const strides = node.intsOf('strides', rank, 1);
  const dilations = node.intsOf('dilations', rank, 1);
  for (const number of [...kernel, ...strides, ...dilations]) {
    if (number < 1 || number > 65535) throw node.invalid(`a kernel, stride or dilation is ${number}`);
  }
  const { begin, end } = padding(node, spatial, kernel, strides, dilations);
  return { kernel, strides, dilations, begin, end };
}

function padding(
  node: OnnxNode,
  spatial: Shape,
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): { begin: number[]; end: number[] } {
  const rank = spatial.length;
  const mode = node.text('auto_pad', 'NOTSET');
  if (mode === 'VALID') return { begin: filled(rank, 0), end: filled(rank, 0) };
  if (mode === 'NOTSET' || mode === '') {
    const pads = node.intsOf('pads', rank * 2, 0);
    if (pads.some((pad) => pad < 0 || pad > 65535)) throw node.invalid(`pads are [${pads.join(',')}]`);
    return { begin: pads.slice(0, rank), end: pads.slice(rank) };
  }
  if (mode !== 'SAME_UPPER' && mode !== 'SAME_LOWER') throw node.invalid(`auto_pad is "${mode}"`);
  const total = spatial.map((dim, i) => {
    const outputs = Math.ceil(dim / strides[i]);
    return Math.max(0, (outputs - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 - dim);
  });
  const small = total.map((pad) => Math.floor(pad / 2));
  const large = total.map((pad, i) => pad - small[i]);
  return mode === 'SAME_UPPER' ? { begin: small, end: large } : { begin: large, end: small };
}

/**
 * Output size per spatial axis. With `ceil`, a window that would start in the padding behind the input is
 * left out, as ONNX Runtime and PyTorch do.
 */
export function windowOutput(node: OnnxNode, spatial: Shape, window: Window, ceil: boolean): number[] {
  return spatial.map((dim, i) => {
    const reach = (window.kernel[i] - 1) * window.dilations[i] + 1;
    const room = (dim + window.begin[i] + window.end[i] - reach) / window.strides[i];
    let size = (ceil ? Math.ceil(room) : Math.floor(room)) + 1;
    if (ceil && (size - 1) * window.strides[i] >= dim + window.begin[i]) size -= 1;
    if (size < 1) throw node.invalid(`a window of ${reach} does not fit an input of ${dim}`);
    return size;
  });
}
