import { readActivation } from '../activation-names.ts';
import { listOf, type SectionContext, type Step } from '../layer.ts';
import { isNormalized } from './convolution.ts';
import { matrixParts } from './dense.ts';

/** Layers of one step, about. */
const LAYERS = 8;

/** Steps of time of a recurrent section, which are written out one by one. */
export function stepsOf(context: SectionContext): number {
  context.spend(context.steps * LAYERS);
  return context.steps;
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
