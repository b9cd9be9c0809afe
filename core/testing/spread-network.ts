import { floatTensor, type Tensor } from '../network/tensor.ts';
import type { Network } from '../network/network.ts';
import { convolutionParameters, networkOf, noise } from './networks.ts';

/** Channels of {@link spreadNetwork}. */
export const CHANNELS = 8;
/** A sample for {@link spreadNetwork}. */
export const INPUT = noise([1, 6, 6, 4], 9);

/** Channels whose filters are 1000 times as large as the others', and what they read as much smaller. */
const LOUD = 2;
const spread = (channel: number): number => (channel < LOUD ? 1000 : 1);

/** Values times a factor per channel, the last axis. */
function scaled({ shape, data }: Tensor, factor: (channel: number) => number): Tensor {
  const values = Float32Array.from(data as Float32Array, (value, index) => value * factor(index % CHANNELS));
  return floatTensor(shape, values);
}

const quiet = (channel: number): number => 1 / spread(channel);

/**
 * A network that uint8 breaks, as batch normalization of almost dead channels makes them: conv 1x1, ReLU6, depthwise
 * 3x3 whose channels differ 1000-fold, ReLU, conv 1x1. One scale for the depthwise weights rounds most of them to 0.
 */
export function spreadNetwork(): Network {
  return networkOf(
    [1, 6, 6, 4],
    [
      {
        key: 'a_1',
        op: 'convolution',
        inputs: ['x_0'],
        parameters: convolutionParameters(CHANNELS),
        coefficients: {
          weight: scaled(noise([1, 1, 4, CHANNELS], 1), quiet),
          bias: scaled(noise([CHANNELS], 2), quiet),
        },
      },
      { key: 'b_2', op: 'relun', inputs: ['a_1'], parameters: { relu_clamp_top: 6, relu_clamp_bottom: 0 } },
      {
        key: 'c_3',
        op: 'convolution',
        inputs: ['b_2'],
        parameters: convolutionParameters(CHANNELS, { kernel: 3, pad: 1, group: CHANNELS }),
        coefficients: {
          weight: scaled(noise([3, 3, 1, CHANNELS], 3), spread),
          // Large enough that some channels never reach 0.
          bias: floatTensor([CHANNELS], new Float32Array(CHANNELS).fill(6)),
        },
      },
      { key: 'd_4', op: 'relu', inputs: ['c_3'] },
      {
        key: 'e_5',
        op: 'convolution',
        inputs: ['d_4'],
        parameters: convolutionParameters(5),
        coefficients: { weight: noise([1, 1, CHANNELS, 5], 5), bias: noise([5], 6) },
      },
    ],
    'e_5',
  );
}
