import { filled } from '../onnx/numeric.ts';
import type { Message } from './message.ts';
import type { Scope } from './scope.ts';

/** Numbers beyond this are no sizes of windows. */
const MOST = 65535;

/** A sliding window, one number per spatial axis; the padding is the same before and behind. */
export interface CaffeWindow {
  kernel: number[];
  strides: number[];
  pads: number[];
  dilations: number[];
}

/**
 * Kernel, stride, padding and dilation of a convolution or pooling: one number for all spatial axes, one per axis, or
 * `_h` and `_w`.
 */
export function readWindow(scope: Scope, parameters: Message, rank: number): CaffeWindow {
  const sizes = (name: string, short: string, fallback: number, least: number): number[] => {
    const list = perAxis(scope, parameters, name, short, rank) ?? filled(rank, fallback);
    if (list.some((size) => size < least || size > MOST))
      throw scope.invalid(`${name} is [${list.join(',')}]`);
    return list;
  };
  return {
    kernel: sizes('kernel_size', 'kernel', 0, 1),
    strides: sizes('stride', 'stride', 1, 1),
    pads: sizes('pad', 'pad', 0, 0),
    dilations: sizes('dilation', 'dilation', 1, 1),
  };
}

function perAxis(
  scope: Scope,
  parameters: Message,
  name: string,
  short: string,
  rank: number,
): number[] | undefined {
  const sides = ['h', 'w'].map((side) => `${short}_${side}`);
  if (sides.some((side) => parameters.has(side))) {
    if (rank !== 2) throw scope.invalid(`${sides.join(' and ')} need a picture, not ${rank} spatial axes`);
    const both = parameters.int(name, short === 'stride' ? 1 : 0);
    return sides.map((side) => parameters.int(side, both));
  }
  const list = parameters.ints(name);
  if (list.length === 0) return undefined;
  if (list.length === 1) return filled(rank, list[0]);
  if (list.length !== rank)
    throw scope.invalid(`${name} has ${list.length} numbers for ${rank} spatial axes`);
  return list;
}
