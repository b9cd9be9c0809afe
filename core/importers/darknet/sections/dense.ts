import { readActivation, type ActivationName } from '../activation-names.ts';
import { listOf, pictureOf, type SectionContext, type Step } from '../layer.ts';
import type { WeightPart } from '../weights.ts';
import { isNormalized } from './convolution.ts';

/** Weights of a connected layer in the order of the file. */
export function matrixParts(
  { transposed }: Pick<SectionContext, 'transposed'>,
  sizes: { inputs: number; outputs: number; normalized: boolean },
  prefix = '',
): WeightPart[] {
  const { inputs, outputs, normalized } = sizes;
  const list = (name: string): WeightPart => ({ name: prefix + name, shape: [outputs] });
  const statistics = normalized ? [list('scales'), list('mean'), list('variance')] : [];
  const shape = transposed ? [inputs, outputs] : [outputs, inputs];
  return [list('biases'), { name: `${prefix}weights`, shape }, ...statistics];
}

/** [connected]: all values of the picture in the order channels, rows, columns. */
export function connected(context: SectionContext): Step {
  const { options, previous } = context;
  const outputs = options.count('output', 1);
  const sizes = { inputs: previous.extent.size, outputs, normalized: isNormalized(options) };
  return {
    type: 'connected',
    inputs: [previous.tensor, ...context.weights(matrixParts(context, sizes))],
    attributes: {
      transposed: Number(context.transposed),
      activation: readActivation(context, 'logistic'),
    },
    extent: { ...listOf(options, outputs), picture: { channels: outputs, height: 1, width: 1 } },
  };
}

/** [softmax] over all values, or over each of `groups` equal parts. */
export function softmax(context: SectionContext): Step {
  const { options, previous } = context;
  const { size } = previous.extent;
  const groups = options.count('groups', 1);
  if (options.has('tree'))
    throw options.invalid(
      'with tree= is a softmax per branch of a class hierarchy; the tree is not imported',
      'tree',
    );
  if (size % groups !== 0) throw options.invalid(`has ${groups} groups for ${size} values`, 'groups');
  // Only the GPU code knows `spatial`; the softmax is then one over the channels of each pixel.
  const spatial = options.float('spatial', 0) !== 0;
  if (spatial) pictureOf(context);
  return {
    type: 'softmax',
    inputs: [previous.tensor],
    attributes: { groups, spatial: Number(spatial), temperature: options.float('temperature', 1) },
    extent: spatial ? previous.extent : listOf(options, size),
  };
}

/** [activation] and its old name [logistic]. */
export function activation(fallback: ActivationName) {
  return (context: SectionContext): Step => ({
    type: 'activation',
    inputs: [context.previous.tensor],
    attributes: { activation: readActivation(context, fallback) },
    extent: context.previous.extent,
  });
}

/** [batchnorm]: its weights have the statistics behind the scales, as those of all others. */
export function batchnorm(context: SectionContext): Step {
  const { channels } = pictureOf(context);
  const parts = ['biases', 'scales', 'mean', 'variance'].map((name) => ({ name, shape: [channels] }));
  return {
    type: 'batchnorm',
    inputs: [context.previous.tensor, ...context.weights(parts)],
    extent: context.previous.extent,
  };
}

/** [normalization]: local response normalization over channels. */
export function normalization(context: SectionContext): Step {
  const { options } = context;
  const { channels } = pictureOf(context);
  const size = options.count('size', 5);
  if (Math.floor(size / 2) >= channels)
    throw options.invalid(`of size ${size} reads beyond its ${channels} channels`, 'size');
  // Channels are mixed by a matrix.
  context.spend(1, channels * channels);
  return {
    type: 'normalization',
    inputs: [context.previous.tensor],
    attributes: {
      size,
      alpha: options.float('alpha', Math.fround(0.0001)),
      beta: options.float('beta', 0.75),
      kappa: options.float('kappa', 1),
    },
    extent: context.previous.extent,
  };
}

/** [l2norm]: each pixel's channels are divided by their length. */
export function l2norm(context: SectionContext): Step {
  pictureOf(context);
  return { type: 'l2norm', inputs: [context.previous.tensor], extent: context.previous.extent };
}
