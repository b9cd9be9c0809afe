import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import type { Tensor } from '../network/tensor.ts';

/** Two layers with weights and what lies between: `first` makes the channels that `second` reads. */
export interface ChannelPair {
  first: Layer;
  second: Layer;
  /** Number of channels between the two. */
  channels: number;
  /** Reference of the first layer's own output, and of what the second one reads. */
  made: string;
  read: string;
  /** Upper clamp of an activation between them; Infinity without one. */
  top: number;
  /** Whether an activation between them cuts off what is below zero. */
  rectified: boolean;
}

/** Layers a positive factor per channel passes through: f(s*x) = s*f(x). */
const HOMOGENEOUS = new Set([
  'relu',
  'leakyrelu',
  'prelu',
  'pooling',
  'dropout',
  'noop',
  'reshape',
  'flatten',
]);

const isWeighted = (layer: Layer): boolean => layer.op === 'convolution' || layer.op === 'fullconnect';

/**
 * Every pair of weighted layers between which a positive factor per channel can be moved: each tensor in between has
 * one reader, and only functions that such a factor passes through are there.
 */
export function channelPairs(network: Network): ChannelPair[] {
  const uses = network.consumers();
  const pairs: ChannelPair[] = [];
  for (const first of network.topologicalOrder()) {
    if (!isWeighted(first)) continue;
    const pair = follow(network, first, (ref) => uses.get(ref)?.map((use) => use.layer) ?? []);
    if (pair) pairs.push(pair);
  }
  return pairs;
}

function follow(
  network: Network,
  first: Layer,
  readers: (ref: string) => readonly Layer[],
): ChannelPair | undefined {
  const weight = network.coefficient(first.key, 'weight');
  if (!weight) return undefined;
  const channels = weight.shape[weight.shape.length - 1];
  const made = formatRef({ layer: first.key, port: 0 });
  let read = made;
  let top = Infinity;
  let rectified = false;
  for (let only = readers(read); only.length === 1; only = readers(read)) {
    const [layer] = only;
    if (isWeighted(layer)) {
      return readsChannels(network, layer, channels)
        ? { first, second: layer, channels, made, read, top, rectified }
        : undefined;
    }
    const clamp = layer.op === 'relun' ? clampOf(layer) : undefined;
    if (!clamp && !HOMOGENEOUS.has(layer.op)) return undefined;
    if (clamp) top = Math.min(top, clamp);
    rectified ||= clamp !== undefined || layer.op === 'relu';
    read = formatRef({ layer: layer.key, port: 0 });
  }
  return undefined;
}

/** Upper bound of a clamp that starts at 0; undefined for others, which a factor does not pass through. */
function clampOf(layer: Layer): number | undefined {
  const top = layer.number('relu_clamp_top', Infinity);
  return layer.number('relu_clamp_bottom', 0) === 0 && top > 0 ? top : undefined;
}

/** A reshape in between must keep one value per channel, so that weight rows still are channels. */
function readsChannels(network: Network, layer: Layer, channels: number): boolean {
  const weight = network.coefficient(layer.key, 'weight');
  if (!weight) return false;
  const rows = weight.shape[weight.shape.length - 2];
  return rows * (layer.op === 'convolution' ? layer.int('group_number', 1) : 1) === channels;
}

/** Which channel of the layer's input each weight value multiplies. */
export function inputChannel(layer: Layer, weight: Tensor): (index: number) => number {
  const outputs = weight.shape[weight.shape.length - 1];
  const rows = weight.shape[weight.shape.length - 2];
  const group = layer.op === 'convolution' ? layer.int('group_number', 1) : 1;
  const perGroup = outputs / group;
  return (index) => {
    const output = index % outputs;
    const row = Math.floor(index / outputs) % rows;
    return Math.floor(output / perGroup) * rows + row;
  };
}
