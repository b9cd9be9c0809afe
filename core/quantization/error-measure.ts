/** Sums over elements of two tensors that should be equal: a reference and ours. */
export interface ErrorSums {
  count: number;
  /** Sum of squares of the reference. */
  signal: number;
  /** Sum of squares of ours. */
  own: number;
  /** Sum of products. */
  dot: number;
  /** Sum of squared differences. */
  noise: number;
  /** Largest |difference|. */
  maxError: number;
  /** Elements of the reference that our type can't reach. */
  clipped: number;
}

/** How far a tensor is from its reference. */
export interface ErrorMeasure {
  /** Signal to quantization noise, 10 log10(signal / noise), in dB; Infinity without noise. */
  sqnr: number;
  /** Cosine of the angle between the two, 1 = same direction. */
  cosine: number;
  maxError: number;
  /** Share of elements that saturate, 0..1. */
  clipped: number;
}

/** No elements yet. */
export const noErrors = (): ErrorSums => ({
  count: 0,
  signal: 0,
  own: 0,
  dot: 0,
  noise: 0,
  maxError: 0,
  clipped: 0,
});

/** Adds `more` to `sums`. */
export function addErrors(sums: ErrorSums, more: ErrorSums): void {
  sums.count += more.count;
  sums.signal += more.signal;
  sums.own += more.own;
  sums.dot += more.dot;
  sums.noise += more.noise;
  sums.maxError = Math.max(sums.maxError, more.maxError);
  sums.clipped += more.clipped;
}

/** Sums of two arrays of equal length. */
export function errorsOf(reference: Float32Array, ours: Float32Array): ErrorSums {
  const sums = noErrors();
  sums.count = reference.length;
  for (let index = 0; index < reference.length; index++) {
    const [a, b] = [reference[index], ours[index]];
    sums.signal += a * a;
    sums.own += b * b;
    sums.dot += a * b;
    sums.noise += (b - a) ** 2;
    sums.maxError = Math.max(sums.maxError, Math.abs(b - a));
  }
  return sums;
}

/** The measures people read. Two tensors of zeros are equal: cosine 1, no noise. */
export function measureOf(sums: ErrorSums): ErrorMeasure {
  const { count, signal, own, dot, noise, maxError, clipped } = sums;
  const length = Math.sqrt(signal) * Math.sqrt(own);
  return {
    sqnr: noise === 0 ? Infinity : 10 * Math.log10(signal / noise),
    cosine: length === 0 ? Number(signal === own) : Math.min(1, dot / length),
    maxError,
    clipped: count === 0 ? 0 : clipped / count,
  };
}

/** Signal and noise power of each channel of a tensor. */
export interface ChannelErrors {
  signal: ArrayLike<number>;
  noise: ArrayLike<number>;
}

/** Bits per element of the widest quantized type of the NPU. */
const WIDEST_BITS = 16;

/**
 * The entropy of a quantized tensor, 0 (nothing is lost) to 1 (nothing is left). A Gaussian source of power P that is
 * known up to noise of power N carries R = 1/2 log2(1 + P/N) bits per element (Shannon's channel capacity); of the
 * 16 bits that the NPU's widest type could carry, the share 1 - R/16 is lost. Every channel is a source of its own
 * (what reads them weighs each with weights of its own), so the mean over the channels is taken: a channel that a
 * common scale drowns counts even if it is small beside the others. Channels that are zero in both (dead, or silent in
 * this sample) say nothing about the format and are left out. A vector has one element in each channel, too few to
 * know a power from: {@link oneSource}. The vendor's formula is not public; this one is ours.
 */
export function entropyOf({ signal, noise }: ChannelErrors): number {
  let lost = 0;
  let live = 0;
  for (let channel = 0; channel < signal.length; channel++) {
    if (signal[channel] === 0 && noise[channel] === 0) continue;
    live++;
    if (noise[channel] === 0) continue;
    const bits = Math.log2(1 + signal[channel] / noise[channel]) / 2;
    lost += 1 - Math.min(bits, WIDEST_BITS) / WIDEST_BITS;
  }
  return live === 0 ? 0 : lost / live;
}

/** All elements of a tensor as one channel. */
export const oneSource = ({ signal, noise }: ErrorSums): ChannelErrors => ({
  signal: [signal],
  noise: [noise],
});

/** Sums per channel of two arrays of equal length. */
export function channelErrorsOf(
  reference: Float32Array,
  ours: Float32Array,
  channelOf: (index: number) => number,
  channels: number,
): ChannelErrors {
  const signal = new Float64Array(channels);
  const noise = new Float64Array(channels);
  for (let index = 0; index < reference.length; index++) {
    const channel = channelOf(index);
    signal[channel] += reference[index] ** 2;
    noise[channel] += (ours[index] - reference[index]) ** 2;
  }
  return { signal, noise };
}
