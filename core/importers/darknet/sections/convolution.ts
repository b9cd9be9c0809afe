import { readActivation } from '../activation-names.ts';
import { extentOf, pictureOf, type SectionContext, type Step } from '../layer.ts';
import type { SectionOptions } from '../options.ts';
import type { WeightPart } from '../weights.ts';

/** What is said of a kernel, wherever one is. */
export interface Kernel {
  filters: number;
  /** Input channels in a group. */
  depth: number;
  size: number;
  normalized: boolean;
}

/** Weights of a convolution in the order of the file: [filters], then with batch norm three more, then the kernel. */
export function kernelParts(kernel: Kernel, shape: readonly number[], prefix = ''): WeightPart[] {
  const list = (name: string): WeightPart => ({ name: prefix + name, shape: [kernel.filters] });
  const statistics = kernel.normalized ? [list('scales'), list('mean'), list('variance')] : [];
  return [list('biases'), ...statistics, { name: `${prefix}weights`, shape }];
}

/** Padding on each side: `pad=1` stands for half the kernel. */
export const paddingOf = (options: SectionOptions, size: number): number => {
  const padding = options.count('padding', 0, 0);
  return options.flag('pad') ? Math.floor(size / 2) : padding;
};

/** Kinds of convolutions that compute something else, and why they can't be imported. */
const REFUSED: readonly (readonly [key: string, why: string])[] = [
  ['xnor', 'multiplies the signs of inputs and weights, which the NPU has no layer for'],
  ['binary', 'has weights of one bit'],
  ['antialiasing', 'blurs its result, in a way that Darknet itself gives wrong sizes to other layers'],
  ['assisted_excitation', 'changes its result by the truth that it is trained with'],
];

/** [convolutional]: kernel [filters, channels / groups, size, size]. */
export function convolutional(context: SectionContext): Step {
  const { options } = context;
  const { channels, height, width } = pictureOf(context);
  for (const [key, why] of REFUSED)
    if (options.float(key, 0) !== 0) throw options.invalid(`${key}=1 ${why}`, key);
  const filters = options.count('filters', 1);
  const groups = Math.max(1, options.int('groups', 1));
  const size = options.count('size', 1);
  const stride = options.int('stride', 1);
  const strides = ['stride_y', 'stride_x'].map((key) => {
    const own = options.int(key, -1);
    return own < 1 ? stride : own;
  });
  const given = options.count('dilation', 1);
  const dilation = size === 1 ? 1 : given;
  const padding = paddingOf(options, size);
  if (strides.some((step) => step < 1 || step > MAX_STRIDE))
    throw options.invalid(`has stride ${strides[0]}`);
  if (channels % groups !== 0 || filters % groups !== 0)
    throw options.invalid(`has ${groups} groups for ${channels} channels and ${filters} filters`, 'groups');
  const kernel = { filters, depth: channels / groups, size, normalized: isNormalized(options) };
  const extent = extentOf(options, {
    channels: filters,
    height: windows(options, height, { size, stride: strides[0], padding, dilation }),
    width: windows(options, width, { size, stride: strides[1], padding, dilation }),
  });
  return {
    type: 'convolutional',
    inputs: [context.previous.tensor, ...kernelWeights(context, kernel)],
    attributes: {
      groups,
      strides,
      dilation,
      padding: padding * dilation,
      activation: readActivation(context, 'logistic'),
      flipped: Number(options.flag('flipped')),
      shape: [filters, kernel.depth, size, size],
    },
    extent,
  };
}

/** `cbn` is batch norm over several batches, which is the same after training. */
export const isNormalized = (options: SectionOptions): boolean =>
  [options.flag('batch_normalize'), options.flag('cbn')].includes(true);

function kernelWeights(context: SectionContext, kernel: Kernel): readonly string[] {
  const { options } = context;
  const { filters, depth, size } = kernel;
  // A flipped kernel is stored with the filters last.
  const shape = options.flag('flipped') ? [depth * size * size, filters] : [filters, depth, size, size];
  const parts = kernelParts(kernel, shape);
  if (!options.has('share_index')) return context.weights(parts);
  const shared = context.sharedWeights(options.int('share_index', 0), 'share_index', parts);
  if (!shared) throw options.invalid('shares the weights of a layer that has others', 'share_index');
  return shared;
}

const MAX_STRIDE = 65_535;

interface WindowOptions {
  size: number;
  stride: number;
  padding: number;
  dilation: number;
}

/** Places of a kernel. Darknet counts them without the dilation, and reads them with it: both have to agree. */
function windows(options: SectionOptions, length: number, window: WindowOptions): number {
  const { size, stride, padding, dilation } = window;
  const counted = Math.floor((length + 2 * padding - size) / stride) + 1;
  const reach = dilation * (size - 1) + 1;
  const read = Math.floor((length + 2 * padding * dilation - reach) / stride) + 1;
  if (counted !== read)
    throw options.invalid(
      `with dilation ${dilation} has no defined size: Darknet counts ${counted} and ${read} places`,
    );
  return counted;
}

/** [deconvolutional]: kernel [channels, filters, size, size]. */
export function deconvolutional(context: SectionContext): Step {
  const { options } = context;
  const { channels, height, width } = pictureOf(context);
  const filters = options.count('filters', 1);
  const size = options.count('size', 1);
  const stride = options.count('stride', 1);
  const padding = paddingOf(options, size);
  const kernel = { filters, depth: channels, size, normalized: isNormalized(options) };
  const grown = (length: number): number => (length - 1) * stride + size - 2 * padding;
  return {
    type: 'deconvolutional',
    inputs: [
      context.previous.tensor,
      ...context.weights(kernelParts(kernel, [channels, filters, size, size])),
    ],
    attributes: { stride, padding, activation: readActivation(context, 'logistic') },
    extent: extentOf(options, { channels: filters, height: grown(height), width: grown(width) }),
  };
}

/** [local]: a kernel of its own at each place, [places, filters, channels * size * size]. */
export function local(context: SectionContext): Step {
  const { options } = context;
  const { channels, height, width } = pictureOf(context);
  const filters = options.count('filters', 1);
  const size = options.count('size', 1);
  const stride = options.count('stride', 1);
  const padding = options.count('pad', 0, 0);
  if (padding > 0 && 2 * padding !== size - 1)
    throw options.invalid(`with size ${size} and pad ${padding} has no defined size in Darknet`, 'pad');
  const places = (length: number): number => Math.floor((length + 2 * padding - size) / stride) + 1;
  const extent = extentOf(options, { channels: filters, height: places(height), width: places(width) });
  const count = places(height) * places(width);
  context.spend(size * size);
  const parts = [
    { name: 'biases', shape: [1, filters, places(height), places(width)] },
    { name: 'weights', shape: [count, filters, channels * size * size] },
  ];
  return {
    type: 'local',
    inputs: [context.previous.tensor, ...context.weights(parts)],
    attributes: { size, stride, padding, activation: readActivation(context, 'logistic') },
    extent,
  };
}
