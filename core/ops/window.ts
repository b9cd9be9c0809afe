import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import type { ParameterSpec } from './spec.ts';

/** Padding of a 2-D window as files store it: [top, bottom, left, right]. */
export type Padding = readonly [top: number, bottom: number, left: number, right: number];

/** A 2-D window with everything resolved. */
export interface Window {
  kernel: readonly [height: number, width: number];
  stride: readonly [height: number, width: number];
  dilation: readonly [height: number, width: number];
  pad: Padding;
}

/** Parameters that convolution, deconvolution and pooling share. */
export const windowParameters: Readonly<Record<string, ParameterSpec>> = {
  ksize_h: { type: 'int', fallback: 1, meaning: 'window height' },
  ksize_w: { type: 'int', fallback: 1, meaning: 'window width' },
  stride_h: { type: 'int', fallback: 1, meaning: 'vertical step' },
  stride_w: { type: 'int', fallback: 1, meaning: 'horizontal step' },
  pad_h: { type: 'int', fallback: 0, meaning: 'top padding, equals pad[0]' },
  pad_w: { type: 'int', fallback: 0, meaning: 'left padding, equals pad[2]' },
  padding: { type: 'text', fallback: 'VALID', meaning: 'SAME or VALID; decisive when pad_method is auto' },
  pad_method: { type: 'text', fallback: 'auto', meaning: 'padding_const = use pad; auto = derive it' },
  pad: { type: 'ints', fallback: [0, 0, 0, 0], meaning: '[top, bottom, left, right]' },
};

/** Reads a layer's window; `height`, `width` are the input's, needed for SAME. */
export function readWindow(layer: Layer, height: number, width: number): Window {
  const kernel = [layer.int('ksize_h', 1), layer.int('ksize_w', 1)] as const;
  const stride = [layer.int('stride_h', 1), layer.int('stride_w', 1)] as const;
  const dilation = readDilation(layer);
  for (const value of [...kernel, ...stride, ...dilation]) {
    if (value < 1)
      throw new StudioError('parameter-invalid', 'window sizes must be at least 1', { layer: layer.key });
  }
  return { kernel, stride, dilation, pad: readPadding(layer, kernel, stride, dilation, height, width) };
}

/** `dilation` is [N,H,W,C] in new files, one number in old ones. */
function readDilation(layer: Layer): [number, number] {
  const list = layer.ints('dilation', [1]);
  return list.length === 4
    ? [list[1], list[2]]
    : [list[0] ?? 1, list.length === 2 ? list[1] : (list[0] ?? 1)];
}

function readPadding(
  layer: Layer,
  kernel: readonly [number, number],
  stride: readonly [number, number],
  dilation: readonly [number, number],
  height: number,
  width: number,
): Padding {
  if (layer.text('pad_method', 'auto') === 'padding_const' && layer.has('pad')) {
    const pad = layer.ints('pad');
    if (pad.length !== 4)
      throw new StudioError('parameter-invalid', 'pad needs 4 numbers', { layer: layer.key });
    return [pad[0], pad[1], pad[2], pad[3]];
  }
  if (layer.text('padding', 'VALID') === 'SAME') {
    return [
      ...samePadding(height, kernel[0], stride[0], dilation[0]),
      ...samePadding(width, kernel[1], stride[1], dilation[1]),
    ];
  }
  const [padH, padW] = [layer.int('pad_h', 0), layer.int('pad_w', 0)];
  return [padH, padH, padW, padW];
}

/** TensorFlow's SAME rule: output = ceil(input / stride), the odd pixel goes to the end. */
export function samePadding(
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
): [number, number] {
  const total = Math.max((Math.ceil(input / stride) - 1) * stride + (kernel - 1) * dilation + 1 - input, 0);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

/** Output [height, width] of a sliding window. With `ceil`, a last window must still start inside the input or the padding in front of it. */
export function windowOutput(
  window: Window,
  height: number,
  width: number,
  ceil: boolean,
  layer: string,
): [number, number] {
  const one = (input: number, axis: 0 | 1, before: number, after: number): number => {
    const span = (window.kernel[axis] - 1) * window.dilation[axis] + 1;
    const stride = window.stride[axis];
    const room = input + before + after - span;
    if (room < 0) {
      throw new StudioError(
        'shape-mismatch',
        `a window of ${span} does not fit into ${input} with padding ${before}+${after}`,
        { layer },
      );
    }
    const count = (ceil ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
    return ceil && (count - 1) * stride >= input + before ? count - 1 : count;
  };
  return [one(height, 0, window.pad[0], window.pad[1]), one(width, 1, window.pad[2], window.pad[3])];
}

/** ovxlib order: kernel, stride, dilation as [w, h]; pad as [left, right, top, bottom]. */
export function deviceWindow(window: Window): {
  ksize: number[];
  stride: number[];
  pad: number[];
  dilation: number[];
} {
  const [top, bottom, left, right] = window.pad;
  const flip = (pair: readonly [number, number]) => [pair[1], pair[0]];
  return {
    ksize: flip(window.kernel),
    stride: flip(window.stride),
    pad: [left, right, top, bottom],
    dilation: flip(window.dilation),
  };
}
