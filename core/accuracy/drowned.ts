import { channelRanges } from '../quantization/channel-ranges.ts';
import { channelPairs, type ChannelPair } from '../quantization/equalization-pairs.ts';
import { scaleChannels } from '../quantization/equalization.ts';
import { SUGGESTED_FORMAT, unitOf } from '../quantization/suggest.ts';
import { judge, type Score } from './measure.ts';
import type { LabelledModel } from './models.ts';
import { PICTURES, Workspace } from './workspace.ts';

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

/** A way to quantize the broken network, and how it did. */
export interface Remedy {
  title: string;
  score: Score;
}

/** Breaks a MobileNetV2 by {@link drownChannels} and judges what is there to repair it, float first. */
export async function measureRemedies(
  model: LabelledModel,
  folder: string,
  signal: AbortSignal,
): Promise<Remedy[]> {
  let drowned: Drowned = { depthwise: [], producer: [] };
  const workspace = await Workspace.open(model, folder, signal, async (opened) => {
    drowned = await drownChannels(opened, model);
  });
  const { depthwise, producer } = drowned;
  const auto = await workspace.quantize({
    rebuild: true,
    algorithm: 'auto',
    targetAccuracyDrop: 1,
    withInputMeta: await workspace.describe('labels.yml', model.labels),
    iterations: PICTURES,
  });
  const tried = [
    { title: 'uint8', candidate: await workspace.quantize({ rebuild: true }) },
    {
      title: '`--hybrid`, that layer and its activation in int16',
      candidate: await workspace.hybrid(depthwise, SUGGESTED_FORMAT),
    },
    {
      title: '`--hybrid`, the layer in front and its activation too',
      candidate: await workspace.hybrid([...producer, ...depthwise], SUGGESTED_FORMAT),
    },
    {
      title: '`--cross-layer-equalization`, all uint8',
      candidate: await workspace.quantize({ rebuild: true, crossLayerEqualization: true }),
    },
    {
      title: `\`--algorithm auto --target-accuracy-drop 1\`: ${auto.result.auto?.layers.length ?? 0} layers in int16`,
      candidate: auto,
    },
    {
      title: 'perchannel_symmetric_affine int8',
      candidate: await workspace.quantize({ rebuild: true, quantizer: 'perchannel_symmetric_affine' }),
    },
  ];
  const [float, ...scores] = await judge(
    model,
    workspace,
    tried.map(({ candidate }) => candidate),
  );
  return [
    { title: 'float', score: float },
    ...tried.map(({ title }, index) => ({ title, score: scores[index] })),
  ];
}
