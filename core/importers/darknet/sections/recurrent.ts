import { readActivation } from '../activation-names.ts';
import { extentOf, listOf, pictureOf, type SectionContext, type Step } from '../layer.ts';
import { isNormalized, kernelParts, paddingOf } from './convolution.ts';
import { matrixParts } from './dense.ts';

/** Steps times layers are written out one by one. */
const MAX_STEPS = 2048;

function stepsOf({ options, steps }: SectionContext): number {
  if (steps > MAX_STEPS)
    throw options.invalid(`over ${steps} time_steps is longer than the ${MAX_STEPS} that are written out`);
  return steps;
}

/** Matrices [inputs, outputs] by name in the order of the file. */
function matrices(
  context: SectionContext,
  list: readonly (readonly [name: string, inputs: number, outputs: number])[],
) {
  const normalized = isNormalized(context.options);
  return context.weights(
    list.flatMap(([name, inputs, outputs]) =>
      matrixParts(context, { inputs, outputs, normalized }, `${name}_`),
    ),
  );
}

function listExtent(context: SectionContext, outputs: number) {
  const { options } = context;
  return { ...listOf(options, outputs), picture: { channels: outputs, height: 1, width: 1 } };
}

/** [rnn]: state = act(W x) + act(U state), y = act(V state). */
export function rnn(context: SectionContext): Step {
  const { options, previous } = context;
  const outputs = options.count('output', 1);
  // Darknet has as many hidden units as outputs; the fork has its own key.
  const hidden = options.count('hidden', outputs);
  const activation = readActivation(context, 'logistic');
  const inner = ['', 'logistic', 'loggy'][options.int('logistic', 0)] ?? '';
  const weights = matrices(context, [
    ['input', previous.extent.size, hidden],
    ['self', hidden, hidden],
    ['output', hidden, outputs],
  ]);
  return {
    type: 'rnn',
    inputs: [previous.tensor, ...weights],
    attributes: {
      steps: stepsOf(context),
      hidden,
      activation,
      inner: inner === '' ? activation : inner,
      shortcut: Number(options.flag('shortcut')),
      transposed: Number(context.transposed),
    },
    extent: listExtent(context, outputs),
  };
}

/** Gates of a GRU and an LSTM in the order of the file: Darknet and the fork store them differently. */
const ORDERS = {
  gru: { darknet: ['wz', 'wr', 'wh', 'uz', 'ur', 'uh'], fork: ['uz', 'ur', 'uh', 'wz', 'wr', 'wh'] },
  lstm: {
    darknet: ['wi', 'wf', 'wo', 'wg', 'ui', 'uf', 'uo', 'ug'],
    fork: ['wf', 'wi', 'wg', 'wo', 'uf', 'ui', 'ug', 'uo'],
  },
};

/** [gru] and [lstm]; w works on the state, u on the input. */
export function gated(type: 'gru' | 'lstm') {
  return (context: SectionContext): Step => {
    const { options, previous } = context;
    const outputs = options.count('output', 1);
    const order = ORDERS[type][context.isFork ? 'fork' : 'darknet'];
    const inputs = (name: string): number => (name.startsWith('w') ? outputs : previous.extent.size);
    const weights = matrices(
      context,
      order.map((name) => [name, inputs(name), outputs] as const),
    );
    return {
      type,
      inputs: [previous.tensor, ...weights],
      attributes: {
        steps: stepsOf(context),
        units: outputs,
        order: order.join(),
        tanh: Number(options.flag('tanh')),
        transposed: Number(context.transposed),
      },
      extent: listExtent(context, outputs),
    };
  };
}

/** Window of the convolutions inside a recurrent layer; they all have the same. */
function innerWindow(context: SectionContext) {
  const { options } = context;
  const isFork = options.has('output') || options.has('hidden') || options.section.type === 'conv_lstm';
  const size = options.count('size', 3);
  const padding = isFork ? paddingOf(options, size) : 1;
  const dilation = size === 1 ? 1 : options.count('dilation', 1);
  const stride = options.count('stride', 1);
  const groups = Math.max(1, options.int('groups', 1));
  if (options.flag('xnor'))
    throw options.invalid('xnor=1 multiplies signs, which the NPU has no layer for', 'xnor');
  return { size, padding: padding * dilation, dilation, stride, groups };
}

function innerKernel(
  context: SectionContext,
  name: string,
  window: ReturnType<typeof innerWindow>,
  from: number,
  to: number,
) {
  const { options } = context;
  const { groups, size } = window;
  if (from % groups !== 0 || to % groups !== 0)
    throw options.invalid(`has ${groups} groups for ${from} and ${to} channels`, 'groups');
  const depth = from / groups;
  const kernel = { filters: to, depth, size, normalized: isNormalized(options) };
  return kernelParts(kernel, [to, depth, size, size], `${name}_`);
}

/** Size of a picture behind the inner convolutions. */
function inner(length: number, { size, padding, dilation, stride }: ReturnType<typeof innerWindow>): number {
  return Math.floor((length + 2 * padding - dilation * (size - 1) - 1) / stride) + 1;
}

/** [crnn]: an RNN of convolutions. */
export function crnn(context: SectionContext): Step {
  const { options, previous } = context;
  const { channels, height, width } = pictureOf(context);
  const window = innerWindow(context);
  const outputs = options.count(options.has('output_filters') ? 'output_filters' : 'output', 1);
  const hidden = options.count(options.has('hidden_filters') ? 'hidden_filters' : 'hidden', 1);
  if (inner(height, window) !== height || inner(width, window) !== width)
    throw options.invalid('changes the size of its picture, which its state can not follow');
  const weights = context.weights([
    ...innerKernel(context, 'input', window, channels, hidden),
    ...innerKernel(context, 'self', window, hidden, hidden),
    ...innerKernel(context, 'output', window, hidden, outputs),
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

/** [conv_lstm]: an LSTM of convolutions. */
export function convLstm(context: SectionContext): Step {
  const { options, previous, steps } = context;
  const { channels, height, width } = pictureOf(context);
  const window = innerWindow(context);
  const outputs = options.count('output', 1);
  for (const key of ['bottleneck', 'shortcut'])
    if (options.flag(key)) throw options.invalid(`${key}=1 exists only in the code for graphics cards`, key);
  const rows = inner(height, window);
  const columns = inner(width, window);
  if (rows !== height || columns !== width)
    throw options.invalid('changes the size of its picture, which its state can not follow');
  const peephole = options.flag('peephole');
  const names = [...(peephole ? ['vf', 'vi', 'vo'] : []), 'wf', 'wi', 'wg', 'wo', 'uf', 'ui', 'ug', 'uo'];
  const weights = context.weights(
    names.flatMap((name) =>
      innerKernel(context, name, window, name.startsWith('u') ? channels : outputs, outputs),
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
      constrain: options.int('state_constrain', steps * 32),
    },
    extent: extentOf(options, { channels: outputs, height, width }),
  };
}
