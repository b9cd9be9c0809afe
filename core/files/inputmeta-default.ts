import { counted } from '../network/counted.ts';
import { StudioError } from '../network/errors.ts';
import type { InputMeta, InputPort, Preprocess } from '../network/input-meta.ts';
import type { Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { sourceLayout } from '../network/source-layout.ts';
import { channelCount, defaultPreprocType } from './inputmeta-file.ts';

/** Mean per channel and one factor: value = (pixel - mean) * scale. */
export interface ChannelMeanValue {
  mean: number[];
  scale: number;
}

/** Options of `generate inputmeta`. */
export interface InputMetaOptions {
  /** `--source-file`, split at `#`. Default dataset.txt, or dataset0.txt, dataset1.txt ... when separated. */
  sourceFiles?: readonly string[];
  /** `--channel-mean-value` as given. Default mean 0, scale 1. */
  channelMeanValue?: string;
  /** `--separated-database`: one list file per input instead of one with a column per input. */
  separated?: boolean;
}

/**
 * Parses `--channel-mean-value`: "m1 m2 m3 scale", `#` between inputs.
 * @throws StudioError 'usage'
 */
export function parseChannelMeanValue(text: string): ChannelMeanValue[] {
  return text.split('#').map((group) => {
    const numbers = group
      .trim()
      .split(/[\s,]+/)
      .map(Number);
    const scale = numbers.at(-1);
    if (group.trim() === '' || scale === undefined || numbers.length < 2 || !numbers.every(Number.isFinite)) {
      throw usage(
        `channel mean value "${group.trim()}" is not a list of numbers`,
        'Give "mean1 mean2 mean3 scale", with # between inputs.',
      );
    }
    return { mean: numbers.slice(0, -1), scale };
  });
}

/**
 * What `generate inputmeta` of 6.0 writes for a network: category image for each input, layout by the
 * source framework (and the shape, where only that can be meant), batch 0 → 1.
 * Ours: `reverse_channel` is true by default only for nchw *pictures*, as the rule for every nchw tensor
 * would silently turn feature tensors around; and one mean value group serves all inputs.
 * @throws StudioError 'usage' when counts of files or groups do not match the inputs
 */
export function defaultInputMeta(network: Network, options: InputMetaOptions = {}): InputMeta {
  const { inputs } = network;
  if (inputs.length === 0) throw new StudioError('network-invalid', 'the network has no input layer');
  const groups =
    options.channelMeanValue === undefined ? [] : parseChannelMeanValue(options.channelMeanValue);
  if (groups.length > 1 && groups.length !== inputs.length) {
    throw usage(`${groups.length} channel mean values for ${inputs.length} inputs`);
  }
  const layout = sourceLayout(network);
  const ports = inputs.map((input, index) =>
    portOf(input, layoutOf(input, layout), groups[index] ?? groups[0]),
  );
  const paths = sourcePaths(options, inputs.length);
  if (!options.separated) return { databases: [{ path: paths[0] ?? 'dataset.txt', type: 'TEXT', ports }] };
  return {
    databases: ports.map((port, index) => ({ path: paths[index] ?? '', type: 'TEXT', ports: [port] })),
  };
}

function sourcePaths(options: InputMetaOptions, inputs: number): readonly string[] {
  const given = options.sourceFiles ?? [];
  const wanted = options.separated ? inputs : 1;
  if (given.length === 0) {
    return options.separated
      ? Array.from({ length: inputs }, (_, index) => `dataset${index}.txt`)
      : ['dataset.txt'];
  }
  if (given.length !== wanted) {
    throw usage(
      `${given.length} source files for ${counted(wanted, 'database')}`,
      options.separated
        ? 'Give one file per input, with # between them.'
        : 'Add --separated-database for one file per input.',
    );
  }
  return given;
}

/** Models of channel-first frameworks that were converted from others may keep pictures channel-last. */
function layoutOf(input: Layer, source: 'nhwc' | 'nchw'): 'nhwc' | 'nchw' {
  const [, second, , last] = input.ints('shape', []);
  const isChannels = (dim: number | undefined): boolean => dim === 1 || dim === 3;
  return source === 'nchw' && !isChannels(second) && isChannels(last) ? 'nhwc' : source;
}

function portOf(input: Layer, layout: 'nhwc' | 'nchw', group: ChannelMeanValue | undefined): InputPort {
  const shape = input.ints('shape').map((dim, axis) => (axis === 0 && dim <= 0 ? 1 : dim));
  return {
    lid: input.key,
    category: 'image',
    dtype: input.text('type', 'float32'),
    sparse: false,
    tensorName: null,
    layout,
    shape,
    fitting: 'scale',
    preprocess: preprocessOf(input, shape, layout, group),
    redirectToOutput: false,
  };
}

function preprocessOf(
  input: Layer,
  shape: number[],
  layout: 'nhwc' | 'nchw',
  group: ChannelMeanValue | undefined,
): Preprocess {
  const preprocType = defaultPreprocType(shape, layout);
  const isPicture = preprocType !== 'TENSOR';
  const channels = channelCount(shape, layout);
  return {
    reverseChannel: layout === 'nchw' && isPicture,
    mean: group ? meanFor(input, group.mean, channels) : repeat(0, isPicture ? channels : 0),
    scale: group?.scale ?? 1,
    addPreprocNode: false,
    preprocType,
    preprocPerm: shape.map((_, axis) => axis),
  };
}

/** The guide writes single-channel means as "m1 0 0 scale": surplus zeros are dropped; one mean serves all. */
function meanFor(input: Layer, mean: readonly number[], channels: number): number[] {
  if (mean.length === 1) return repeat(mean[0], channels);
  if (mean.length >= channels && mean.slice(channels).every((value) => value === 0))
    return mean.slice(0, channels);
  throw usage(`${mean.length} mean values for the ${channels} channels of input "${input.key}"`);
}

function repeat(value: number, length: number): number[] {
  return Array.from({ length }, () => value);
}

function usage(message: string, hint?: string): StudioError {
  return new StudioError('usage', message, {}, hint);
}
