import { counted } from '../network/counted.ts';
import { StudioError } from '../network/errors.ts';
import type { InputPort } from '../network/input-meta.ts';

/** Sizes of one sample seen as outer x channels x inner. */
interface ChannelAxis {
  outer: number;
  channels: number;
  inner: number;
}

/** Dimensions of one sample: the port's shape without batch. */
export function sampleShape(port: InputPort): number[] {
  return port.shape.slice(1);
}

/** Number of values of one sample. */
export function sampleSize(port: InputPort): number {
  return sampleShape(port).reduce((product, dim) => product * dim, 1);
}

/** Height, width and channels of a picture port; undefined when no picture fits its shape. */
export function pictureSize(port: InputPort): { height: number; width: number; channels: 1 | 3 } | undefined {
  const dims = sampleShape(port);
  if (dims.length !== 3) return undefined;
  const [height, width, channels] = port.layout === 'nhwc' ? dims : [dims[1], dims[2], dims[0]];
  return channels === 1 || channels === 3 ? { height, width, channels } : undefined;
}

/**
 * Applies `reverse_channel`, mean and scale in place: value = (x - mean[c]) * scale[c] with c counted after
 * the reversal, each step rounded to float32.
 * @param values one sample in the port's layout
 * @throws StudioError 'inputmeta-invalid' when mean or scale do not match the channels
 */
export function preprocess(values: Float32Array, port: InputPort): Float32Array {
  const axis = channelAxis(port);
  const mean = perChannel(port.preprocess.mean, axis.channels, 0, 'mean', port);
  const { scale } = port.preprocess;
  const scales = perChannel(typeof scale === 'number' ? [scale] : scale, axis.channels, 1, 'scale', port);
  if (port.preprocess.reverseChannel) reverseChannels(values, axis);
  if (axis.inner === 1) normalizePixels(values, mean, scales);
  else normalizePlanes(values, axis.inner, mean, scales);
  return values;
}

/** Channels are side by side. */
function normalizePixels(values: Float32Array, mean: Float32Array, scales: Float32Array): void {
  for (let at = 0, channel = 0; at < values.length; at++) {
    values[at] = Math.fround(values[at] - mean[channel]) * scales[channel];
    if (++channel === mean.length) channel = 0;
  }
}

/** Every channel is a plane of `size` values. */
function normalizePlanes(values: Float32Array, size: number, mean: Float32Array, scales: Float32Array): void {
  for (let channel = 0, at = 0; channel < mean.length; channel++) {
    const [offset, factor] = [mean[channel], scales[channel]];
    for (const end = at + size; at < end; at++) values[at] = Math.fround(values[at] - offset) * factor;
  }
}

/** Channels are the last axis in nhwc, the first after batch in nchw. */
function channelAxis(port: InputPort): ChannelAxis {
  const dims = sampleShape(port);
  const channels = (port.layout === 'nhwc' ? dims.at(-1) : dims[0]) ?? 1;
  const rest = dims.length === 0 ? 1 : sampleSize(port) / channels;
  return port.layout === 'nhwc' ? { outer: rest, channels, inner: 1 } : { outer: 1, channels, inner: rest };
}

function perChannel(
  given: readonly number[],
  channels: number,
  fallback: number,
  name: string,
  port: InputPort,
): Float32Array {
  if (given.length <= 1) return new Float32Array(channels).fill(given[0] ?? fallback);
  if (given.length === channels) return Float32Array.from(given);
  throw new StudioError(
    'inputmeta-invalid',
    `"${name}" has ${given.length} values for the ${counted(channels, 'channel')} of this input`,
    { layer: port.lid },
  );
}

function reverseChannels(values: Float32Array, { outer, channels, inner }: ChannelAxis): void {
  if (inner === 1) {
    for (let start = 0; start < outer * channels; start += channels) {
      for (let low = start, high = start + channels - 1; low < high; low++, high--) {
        const value = values[low];
        values[low] = values[high];
        values[high] = value;
      }
    }
    return;
  }
  const copy = values.slice();
  for (let channel = 0; channel < channels; channel++) {
    values.set(copy.subarray(channel * inner, (channel + 1) * inner), (channels - 1 - channel) * inner);
  }
}

/** Pixels (height, width, channels) as floats in the port's layout. */
export function pixelsToLayout(pixels: Uint8Array, channels: number, layout: 'nhwc' | 'nchw'): Float32Array {
  if (layout === 'nhwc' || channels === 1) return new Float32Array(pixels);
  const plane = pixels.length / channels;
  const values = new Float32Array(pixels.length);
  for (let channel = 0, to = 0; channel < channels; channel++) {
    for (let from = channel, end = to + plane; to < end; to++, from += channels) values[to] = pixels[from];
  }
  return values;
}
