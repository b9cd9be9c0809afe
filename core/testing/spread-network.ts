import { floatTensor, type Tensor } from '../network/tensor.ts';
import type { Network } from '../network/network.ts';
import { convolutionParameters, networkOf, noise } from './networks.ts';

/** Channels of {@link spreadNetwork}. */
export const CHANNELS = 8;
/** A sample for {@link spreadNetwork}. */
export const INPUT = noise([1, 6, 6, 4], 9);

/** Channel factors from 1 down to 1/1000. */
const spread = (channel: number): number => 10 ** ((-3 * channel) / (CHANNELS - 1));

function spreadOut({ shape, data }: Tensor): Tensor {
  return floatTensor(
    shape,
    Float32Array.from(data as Float32Array, (value, index) => value * spread(index % CHANNELS)),
  );
}

/**
 * A network that uint8 breaks: conv 1x1, ReLU6, depthwise 3x3 whose channels differ 1000-fold, ReLU, conv 1x1 that
 * undoes it.
 */
export function spreadNetwork(): Network {
  const last = noise([1, 1, CHANNELS, 5], 5);
  const undone = floatTensor(
    last.shape,
    Float32Array.from(last.data as Float32Array, (value, index) => value / spread(Math.floor(index / 5))),
  );
  return networkOf(
    [1, 6, 6, 4],
    [
      {
        key: 'a_1',
        op: 'convolution',
        inputs: ['x_0'],
        parameters: convolutionParameters(CHANNELS),
        coefficients: { weight: noise([1, 1, 4, CHANNELS], 1), bias: noise([CHANNELS], 2) },
      },
      { key: 'b_2', op: 'relun', inputs: ['a_1'], parameters: { relu_clamp_top: 6, relu_clamp_bottom: 0 } },
      {
        key: 'c_3',
        op: 'convolution',
        inputs: ['b_2'],
        parameters: convolutionParameters(CHANNELS, { kernel: 3, pad: 1, group: CHANNELS }),
        coefficients: {
          weight: spreadOut(noise([3, 3, 1, CHANNELS], 3)),
          // Large enough that some channels never reach 0.
          bias: floatTensor(
            [CHANNELS],
            Float32Array.from({ length: CHANNELS }, (_, i) => 9 * spread(i)),
          ),
        },
      },
      { key: 'd_4', op: 'relu', inputs: ['c_3'] },
      {
        key: 'e_5',
        op: 'convolution',
        inputs: ['d_4'],
        parameters: convolutionParameters(5),
        coefficients: { weight: undone, bias: noise([5], 6) },
      },
    ],
    'e_5',
  );
}
