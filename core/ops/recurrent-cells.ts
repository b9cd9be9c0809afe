import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import { floatTensor, toFloat32, type Shape, type Tensor } from '../network/tensor.ts';
import type { CellNodes } from './recurrent-steps.ts';
import type { LowerContext, Operand } from './spec.ts';

/** [steps, batch, features] of the input of a sequence layer; trailing axes are features. */
export function sequenceOf(layer: Layer, shape: Shape): { steps: number; batch: number; features: number } {
  if (shape.length < 3) {
    throw new StudioError('shape-mismatch', `needs a sequence, got [${shape.join(',')}]`, {
      layer: layer.key,
    });
  }
  const [steps, batch] = layer.flag('time_major', true) ? shape : [shape[1], shape[0]];
  return { steps, batch, features: shape.slice(2).reduce((product, dim) => product * dim, 1) };
}

/** Units of a recurrent layer. */
export const unitsOf = (layer: Layer): number => layer.int(layer.op === 'gru' ? 'num_units' : 'weights');

/** Width of the hidden state: that of the projection where there is one. */
export const hiddenOf = (layer: Layer): number =>
  layer.has('num_proj') ? layer.int('num_proj') : unitsOf(layer);

/** What a step hands to the next, [N, units] each. */
export interface State {
  hidden: Operand;
  cell: Operand;
}

/** One step: input and state to the next state. */
export type Step = (x: Operand, state: State) => State;

/** A kernel as [rows, columns], checked. */
function kernel(context: LowerContext, name: string, rows: number, columns: number): Tensor {
  const tensor = context.coefficient(name);
  if (tensor.data.length !== rows * columns) {
    throw new StudioError(
      'shape-mismatch',
      `${name} has ${tensor.data.length} values, not ${rows}x${columns}`,
      {
        layer: context.layer.key,
      },
    );
  }
  return { ...tensor, shape: [rows, columns] };
}

function bias(context: LowerContext, name: string, count: number): Tensor | undefined {
  return context.hasCoefficient(name) ? { ...kernel(context, name, 1, count), shape: [count] } : undefined;
}

/** Where TensorFlow's coefficients of an LSTM are. */
export const LSTM = 'rnn/multi_rnn_cell/cell_0/lstm_cell';

/** TensorFlow's LSTM cell: one kernel for input and state, gates i, c, f, o. */
export function lstmStep(context: LowerContext, nodes: CellNodes, features: number): Step {
  const { layer } = context;
  const units = unitsOf(layer);
  const hidden = hiddenOf(layer);
  refuse(layer, ['use_peepholes', 'peephole', 'use_cifg', 'use_layer_norm_lstm']);
  const weights = kernel(context, `${LSTM}/kernel`, features + hidden, 4 * units);
  const given = bias(context, `${LSTM}/bias`, 4 * units);
  const values = given ? toFloat32(given).slice() : new Float32Array(4 * units);
  const forget = layer.number('forget_bias', 1);
  for (let i = 2 * units; i < 3 * units; i++) values[i] += forget;
  const dense = nodes.dense(`${LSTM}/kernel`, weights, floatTensor([4 * units], values));
  const project = layer.has('num_proj')
    ? nodes.dense(
        'weight_proj',
        kernel(context, 'weight_proj', units, hidden),
        bias(context, 'bias_proj', hidden),
      )
    : undefined;
  const outer = layer.text('activation', 'tanh');
  const inner = layer.text('recurrent_activation', 'sigmoid');
  return (x, state) => {
    const sums = dense(nodes.join(x, state.hidden));
    const gate = (index: number, name: string): Operand =>
      nodes.activate(name, nodes.cut(sums, 1, index * units, units));
    const kept = nodes.multiply(gate(2, inner), state.cell);
    const fresh = nodes.multiply(gate(0, inner), gate(1, outer));
    const cell = nodes.clip(nodes.add(kept, fresh), layer.number('cell_clip', 0));
    const output = nodes.multiply(gate(3, inner), nodes.activate(outer, cell));
    if (!project) return { hidden: output, cell };
    return { hidden: nodes.clip(project(output), layer.number('proj_clip', 0)), cell };
  };
}

/** Where TensorFlow's coefficients of a GRU are. */
export const GRU = 'rnn/gru_cell';

/** TensorFlow's GRU cell: reset and update gates from one kernel, the candidate from another. */
export function gruStep(context: LowerContext, nodes: CellNodes, features: number): Step {
  const { layer } = context;
  const units = unitsOf(layer);
  if (layer.int('linear_before_reset', 0) !== 0 || layer.text('direction', 'forward') !== 'forward') {
    throw new StudioError('op-unsupported', 'a gru that runs backwards or resets behind the product', {
      layer: layer.key,
    });
  }
  const rows = features + units;
  const dense = (part: string, columns: number) =>
    nodes.dense(
      `${GRU}/${part}/kernel`,
      kernel(context, `${GRU}/${part}/kernel`, rows, columns),
      bias(context, `${GRU}/${part}/bias`, columns),
    );
  const gates = dense('gates', 2 * units);
  const candidate = dense('candidate', units);
  return (x, state) => {
    const both = nodes.activate(
      layer.text('recurrent_activation', 'sigmoid'),
      gates(nodes.join(x, state.hidden)),
    );
    const reset = nodes.cut(both, 1, 0, units);
    const update = nodes.cut(both, 1, units, units);
    const inner = nodes.join(x, nodes.multiply(reset, state.hidden));
    const fresh = nodes.activate(layer.text('activation', 'tanh'), candidate(inner));
    // u * h + (1 - u) * fresh
    const hidden = nodes.add(fresh, nodes.multiply(update, nodes.subtract(state.hidden, fresh)));
    return { ...state, hidden };
  };
}

/** Throws when one of these flags is set. */
export function refuse(layer: Layer, flags: readonly string[]): void {
  const met = flags.find((flag) => layer.has(flag) && layer.flag(flag));
  if (met === undefined) return;
  throw new StudioError('op-unsupported', `${layer.op} with ${met} is not supported`, { layer: layer.key });
}
