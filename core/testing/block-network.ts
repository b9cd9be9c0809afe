import { Layer } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import { makeUpWeights } from './made-up-weights.ts';

/** Layers written as `op: inputs`, keyed by the names given; one parameter object each. Coefficients are made up. */
export function networkOf(
  layers: Record<string, [op: string, inputs: string[], parameters?: Record<string, number | number[]>]>,
): Network {
  const network = new Network({ name: 'net', acuityVersion: '6', platform: 'tensorflow' });
  for (const [key, [op, inputs, parameters]] of Object.entries(layers)) {
    network.add(
      new Layer({
        key,
        name: key.replace(/_\d+$/, ''),
        op,
        ...(parameters && { parameters }),
        inputs: inputs.map((layer) => ({ layer, port: 0 })),
      }),
    );
  }
  makeUpWeights(network);
  for (const key of ['left_8', 'right_5']) {
    const data = Float32Array.of(0.3, -0.2, 0.1, -0.4);
    network.setCoefficient(key, 'bias', { type: 'float32', shape: [4], data });
  }
  return network;
}

const conv = {
  weights: 4,
  ksize_h: 1,
  ksize_w: 1,
  stride_h: 1,
  stride_w: 1,
  pad: [0, 0, 0, 0],
  group_number: 1,
};

/** input → conv → relu → add(relu, conv2(relu)) → reshape → output; lid 4 and 7 are free. */
export const block = (): Network =>
  networkOf({
    out_0: ['output', ['flat_2']],
    in_1: ['input', [], { shape: [0, 2, 2, 4] }],
    flat_2: ['reshape', ['sum_3'], { shape: [0, 16] }],
    sum_3: ['add', ['act_6', 'right_5']],
    right_5: ['convolution', ['act_6'], conv],
    act_6: ['relu', ['left_8']],
    left_8: ['convolution', ['in_1'], conv],
  });
