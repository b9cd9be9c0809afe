import { channelRanges } from '../quantization/channel-ranges.ts';
import { channelPairs, type ChannelPair } from '../quantization/equalization-pairs.ts';
import { scaleChannels } from '../quantization/equalization.ts';
import { unitOf } from '../quantization/suggest.ts';
import type { LabelledModel } from './models.ts';
import { PICTURES, type Workspace } from './workspace.ts';

/** About 1000, and a power of two: float numbers stay the same to the last bit. */
const FACTOR = 1024;
const CHANNELS = 3;
/** Which depthwise convolution of the network, from the input on. */
const PLACE = 3;

/** What was done to a network. */
export interface Drowned {
  /** The depthwise convolution, its activation, and the pair of layers that make its input. */
  depthwise: string[];
  producer: string[];
}

/**
 * Makes a network that uint8 breaks and float does not notice, as folded batch normalization of almost dead channels
 * does: three channels of one depthwise convolution get weights 1024 times as large, and what they read becomes as much
 * smaller. They are those whose input stays farthest below the clamp in front on all labelled pictures. One scale for
 * all weights of the layer then drowns the other channels.
 */
export async function drownChannels(workspace: Workspace, model: LabelledModel): Promise<Drowned> {
  const { network, signal } = workspace;
  const pair = channelPairs(network).filter(isDepthwise)[PLACE];
  const ranges = await channelRanges(network, new Set([pair.read]), {
    batchSize: 1,
    batches: workspace.samples(model.labels, PICTURES),
    signal,
    onBatch: () => undefined,
  });
  const peaks = [...(ranges.get(pair.read)?.max ?? [])];
  const chosen = [...peaks.keys()]
    .filter((channel) => peaks[channel] > 0 && peaks[channel] < pair.top)
    .sort((a, b) => peaks[a] - peaks[b])
    .slice(0, CHANNELS);
  scaleChannels(
    network,
    pair,
    peaks.map((_, channel) => (chosen.includes(channel) ? FACTOR : 1)),
  );
  return { depthwise: unitOf(network, pair.second.key), producer: unitOf(network, pair.first.key) };
}

const isDepthwise = ({ second, channels }: ChannelPair): boolean =>
  second.op === 'convolution' && channels > 1 && second.int('group_number', 1) === channels;
