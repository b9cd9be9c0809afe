import { elementCount } from '../../../network/tensor.ts';
import { readActivation } from '../activation-names.ts';
import { extentOf, pictureOf, type SectionContext, type Step } from '../layer.ts';
import type { WeightPart } from '../weights.ts';
import { isNormalized, kernelParts, paddingOf } from './convolution.ts';
import { stepsOf } from './recurrent.ts';

/** Window of the convolutions inside a recurrent section; they all have the same. */
interface InnerWindow {
  size: number;
  padding: number;
  dilation: number;
  stride: number;
  groups: number;
}

/** That of Darknet's own [crnn]. */
const PLAIN: InnerWindow = { size: 3, padding: 1, dilation: 1, stride: 1, groups: 1 };

/** @throws StudioError when the convolutions change the size: the state can't follow */
function innerWindow(context: SectionContext): InnerWindow {
  const { options } = context;
  const { height, width } = pictureOf(context);
  const size = options.count('size', PLAIN.size);
  const given = options.count('dilation', 1);
  const dilation = size === 1 ? 1 : given;
  const padding = paddingOf(options, size) * dilation;
  const stride = options.count('stride', 1);
  const groups = Math.max(1, options.int('groups', 1));
  if (options.flag('xnor'))
    throw options.invalid('xnor=1 multiplies signs, which the NPU has no layer for', 'xnor');
  const behind = (length: number): number =>
    Math.floor((length + 2 * padding - dilation * (size - 1) - 1) / stride) + 1;
  if (behind(height) !== height || behind(width) !== width)
    throw options.invalid('changes the size of its picture, which its state can not follow');
  return { size, padding, dilation, stride, groups };
}

/** Weights of one convolution. */
function innerKernel(
  { options }: SectionContext,
  name: string,
  { groups, size }: InnerWindow,
  [from, to]: readonly [number, number],
) {
  if (from % groups !== 0 || to % groups !== 0)
    throw options.invalid(`has ${groups} groups for ${from} and ${to} channels`, 'groups');
  const depth = from / groups;
  const kernel = { filters: to, depth, size, normalized: isNormalized(options) };
  return kernelParts(kernel, [to, depth, size, size], `${name}_`);
}

/** Numbers of kernels that are repeated for every step. */
const MAX_REPEATED = 2 ** 27;

/** The weights, which every step has a copy of. @throws StudioError when that is too much */
function repeatedWeights(context: SectionContext, parts: readonly WeightPart[]): string[] {
  const numbers = parts.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  if (numbers * context.steps > MAX_REPEATED)
    throw context.options.invalid(
      `has ${numbers} weights for each of ${context.steps} time_steps, which is too much; a model that runs step by step has time_steps=1`,
    );
  return context.weights(parts);
}

/** [crnn]: an RNN of convolutions. The fork has other keys, and a window to choose. */
export function crnn(context: SectionContext): Step {
  const { options, previous } = context;
  const { channels, height, width } = pictureOf(context);
  const isPlain = options.has('output_filters');
  if (isPlain && width !== height)
    throw options.invalid('of Darknet mixes up the sides of pictures that are not square');
  const window = isPlain ? PLAIN : innerWindow(context);
  const outputs = options.count(isPlain ? 'output_filters' : 'output', 1);
  const hidden = options.count(isPlain ? 'hidden_filters' : 'hidden', 1);
  const weights = repeatedWeights(context, [
    ...innerKernel(context, 'input', window, [channels, hidden]),
    ...innerKernel(context, 'self', window, [hidden, hidden]),
    ...innerKernel(context, 'output', window, [hidden, outputs]),
  ]);
  return {
    type: 'crnn',
    inputs: [previous.tensor, ...weights],
    attributes: {
      ...window,
      steps: stepsOf(context),
      hidden,
      activation: readActivation(context, 'logistic'),
      shortcut: Number(options.flag('shortcut')),
    },
    extent: extentOf(options, { channels: outputs, height, width }),
  };
}

/** [conv_lstm] of the fork: an LSTM of convolutions. */
export function convLstm(context: SectionContext): Step {
  const { options, previous, steps } = context;
  const { channels, height, width } = pictureOf(context);
  const window = innerWindow(context);
  const outputs = options.count('output', 1);
  for (const key of ['bottleneck', 'shortcut'])
    if (options.flag(key)) throw options.invalid(`${key}=1 exists only in the code for graphics cards`, key);
  const peepholes = options.flag('peephole') ? ['vf', 'vi', 'vo'] : [];
  const names = [...peepholes, 'wf', 'wi', 'wg', 'wo', 'uf', 'ui', 'ug', 'uo'];
  const weights = repeatedWeights(
    context,
    names.flatMap((name) =>
      innerKernel(context, name, window, [name.startsWith('u') ? channels : outputs, outputs]),
    ),
  );
  return {
    type: 'conv_lstm',
    inputs: [previous.tensor, ...weights],
    attributes: {
      ...window,
      steps: stepsOf(context),
      units: outputs,
      order: names.join(),
      activation: readActivation(context, 'linear'),
      inner: readActivation(context, 'tanh', 'lstm_activation'),
      constrain: options.int('state_constrain', steps * 32),
    },
    extent: extentOf(options, { channels: outputs, height, width }),
  };
}
