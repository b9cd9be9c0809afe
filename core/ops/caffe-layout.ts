import type { Network } from '../network/network.ts';
import type { Shape } from '../network/tensor.ts';

/** Caffe's axes (N, C, H, W) as indices of the stored layout. */
export const CAFFE_ORDER: readonly number[] = [0, 3, 1, 2];

/**
 * Whether a layer's element order is Caffe's. Files of old Caffe imports store pictures channel-last, but a
 * reshape or flatten of one means Caffe's order (seen in SSD and Faster R-CNN: `0 2 -1 0` splits the channels).
 */
export function countsAsCaffe(network: Network, shape: Shape): boolean {
  return network.meta.platform === 'caffe' && shape.length === 4;
}

/** A shape in Caffe's axes, as it is stored. */
export function storedFromCaffe([n, c, h, w]: Shape): number[] {
  return [n, h, w, c];
}
