import type { Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { floatTensor, toFloat32, type Tensor } from '../network/tensor.ts';
import { channelPairs, inputChannel, type ChannelPair } from './equalization-pairs.ts';

/** Smallest and largest value of each channel over the calibration set. */
export interface ChannelRange {
  min: Float32Array;
  max: Float32Array;
}

/** What {@link equalize} did to one pair of layers. */
export interface EqualizedPair {
  first: string;
  second: string;
  /** Channels whose weights were rescaled. */
  scaled: number;
  /** Channels whose constant part moved into the second layer's bias. */
  absorbed: number;
}

/** Rounds over all pairs; chains of depthwise networks settle in a handful. */
const MAX_ROUNDS = 20;

/**
 * Cross-layer equalization and high-bias absorption (Nagel et al., "Data-Free Quantization Through Weight
 * Equalization and Bias Correction", ICCV 2019, sections 4.1 and 4.2), so that one scale for a whole weight tensor
 * serves all its channels. The network computes the same numbers: factors are powers of two, a channel that a clamp
 * (ReLU6) cuts keeps its scale, no other channel is moved beyond the clamp, and only constants that the calibration
 * set never falls below are absorbed.
 * @param ranges by reference, for the outputs of first layers and the inputs of second ones; pairs with a clamp and
 *   no ranges are left alone
 * @returns the pairs that changed; the network's coefficients are replaced
 */
export function equalize(network: Network, ranges: ReadonlyMap<string, ChannelRange>): EqualizedPair[] {
  const pairs = channelPairs(network);
  const totals = pairs.map((pair) => new Float64Array(pair.channels).fill(1));
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let changed = false;
    pairs.forEach((pair, index) => {
      const factors = balance(network, pair, totals[index], ranges.get(pair.read));
      if (factors.every((factor) => factor === 1)) return;
      scaleChannels(network, pair, factors);
      factors.forEach((factor, channel) => (totals[index][channel] *= factor));
      changed = true;
    });
    if (!changed) break;
  }
  return pairs
    .map((pair, index) => ({
      first: pair.first.key,
      second: pair.second.key,
      scaled: totals[index].filter((factor) => factor !== 1).length,
      absorbed: absorb(network, pair, totals[index], ranges),
    }))
    .filter(({ scaled, absorbed }) => scaled + absorbed > 0);
}

/** Factor per channel that the first layer's outputs are divided by: sqrt(r1 / r2), as a power of two. */
function balance(
  network: Network,
  pair: ChannelPair,
  total: Float64Array,
  range: ChannelRange | undefined,
): Float64Array {
  const made = largest(weightOf(network, pair.first), pair.channels, outputChannel(pair.channels));
  const second = weightOf(network, pair.second);
  const read = largest(second, pair.channels, inputChannel(pair.second, second));
  return total.map((before, channel) => {
    if (made[channel] === 0 || read[channel] === 0) return 1;
    const factor = powerOfTwo(Math.sqrt(made[channel] / read[channel]));
    if (pair.top === Infinity) return factor;
    const peak = range ? range.max[channel] : Infinity;
    if (peak >= pair.top) return 1;
    return peak <= 0 ? factor : Math.max(factor, powerOfTwoAbove(peak / before / pair.top));
  });
}

const powerOfTwo = (value: number): number => 2 ** Math.round(Math.log2(value));
const powerOfTwoAbove = (value: number): number => 2 ** Math.ceil(Math.log2(value));

const outputChannel =
  (channels: number) =>
  (index: number): number =>
    index % channels;

/** A layer of a pair has weights: {@link channelPairs} saw them. */
function weightOf(network: Network, layer: Layer): Tensor {
  const weight = network.coefficient(layer.key, 'weight');
  if (!weight) throw new Error(`layer ${layer.key} has no weight`);
  return weight;
}

function largest(weight: Tensor, channels: number, channelOf: (index: number) => number): Float64Array {
  const values = toFloat32(weight);
  const result = new Float64Array(channels);
  for (let index = 0; index < values.length; index++) {
    const channel = channelOf(index);
    result[channel] = Math.max(result[channel], Math.abs(values[index]));
  }
  return result;
}

/**
 * Divides the channels that a pair's first layer makes by a factor each, and makes up for it in the weights of the
 * second. The network computes the same numbers as long as no clamp between the two cuts another share of them; with
 * powers of two the same floats.
 */
export function scaleChannels(
  network: Network,
  { first, second, channels }: ChannelPair,
  factors: ArrayLike<number>,
): void {
  const made = weightOf(network, first);
  const read = weightOf(network, second);
  const channelOf = inputChannel(second, read);
  replace(network, first.key, 'weight', made, (value, index) => value / factors[index % channels]);
  const bias = network.coefficient(first.key, 'bias');
  if (bias) replace(network, first.key, 'bias', bias, (value, index) => value / factors[index]);
  replace(network, second.key, 'weight', read, (value, index) => value * factors[channelOf(index)]);
}

function replace(
  network: Network,
  key: string,
  name: string,
  tensor: Tensor,
  change: (value: number, index: number) => number,
): void {
  network.setCoefficient(key, name, floatTensor(tensor.shape, toFloat32(tensor).map(change)));
}

/**
 * A rectified channel that never falls below c > 0 needs no bits for 0..c: the first layer's bias gives c up, the
 * second layer's takes what c contributed. Padding would see the missing c, so second layers with padding are left.
 */
function absorb(
  network: Network,
  pair: ChannelPair,
  total: Float64Array,
  ranges: ReadonlyMap<string, ChannelRange>,
): number {
  const { first, second } = pair;
  const made = ranges.get(pair.made);
  const read = ranges.get(pair.read);
  const bias = network.coefficient(first.key, 'bias');
  const target = network.coefficient(second.key, 'bias');
  if (!pair.rectified || !made || !read || !bias || !target || pads(second)) return 0;
  const constant = total.map((factor, channel) =>
    read.max[channel] < pair.top ? Math.max(0, made.min[channel]) / factor : 0,
  );
  const count = constant.filter((value) => value > 0).length;
  if (count === 0) return 0;
  const weight = weightOf(network, second);
  const values = toFloat32(weight);
  const channelOf = inputChannel(second, weight);
  const outputs = weight.shape[weight.shape.length - 1];
  const moved = new Float64Array(outputs);
  for (let index = 0; index < values.length; index++) {
    moved[index % outputs] += values[index] * constant[channelOf(index)];
  }
  replace(network, first.key, 'bias', bias, (value, index) => value - constant[index]);
  replace(network, second.key, 'bias', target, (value, index) => value + moved[index]);
  return count;
}

/** Whether a convolution reads zeros around its input. */
function pads(layer: Layer): boolean {
  if (layer.op !== 'convolution') return false;
  const same = layer.text('pad_method', 'auto') === 'auto' && layer.text('padding', 'VALID') === 'SAME';
  const wide = layer.int('ksize_h', 1) > 1 || layer.int('ksize_w', 1) > 1;
  return (same && wide) || layer.ints('pad', [0, 0, 0, 0]).some((amount) => amount > 0);
}
