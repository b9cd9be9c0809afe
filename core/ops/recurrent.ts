import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import { floatTensor, toFloat32, type Shape, type Tensor } from '../network/tensor.ts';
import { identity } from './axes.ts';
import { CellNodes } from './recurrent-steps.ts';
import type { LowerContext, Operand, OpSpec, ParameterSpec, ShapeContext } from './spec.ts';

/** Every step becomes nodes of its own. */
const MAX_STEPS = 2048;

/** [steps, batch, features] of the input of a sequence layer; trailing axes are features. */
function sequenceOf(layer: Layer, shape: Shape): { steps: number; batch: number; features: number } {
  if (shape.length < 3) {
    throw new StudioError('shape-mismatch', `needs a sequence, got [${shape.join(',')}]`, {
      layer: layer.key,
    });
  }
  const [steps, batch] = layer.flag('time_major', true) ? shape : [shape[1], shape[0]];
  return { steps, batch, features: shape.slice(2).reduce((product, dim) => product * dim, 1) };
}

const unitsOf = (layer: Layer): number => layer.int(layer.op === 'gru' ? 'num_units' : 'weights');

/** Width of the hidden state: that of the projection where there is one. */
const hiddenOf = (layer: Layer): number => (layer.has('num_proj') ? layer.int('num_proj') : unitsOf(layer));

function sequenceShapes({ layer, inputs }: ShapeContext): Shape[] {
  const { steps, batch } = sequenceOf(layer, inputs[0]);
  const hidden = hiddenOf(layer);
  const all = layer.flag('time_major', true) ? [steps, batch, hidden] : [batch, steps, hidden];
  const first = layer.flag('return_sequences', true) ? all : [batch, hidden];
  return [first, [batch, hidden], [batch, unitsOf(layer)]].slice(0, layer.outputs);
}

interface State {
  hidden: Operand;
  cell: Operand;
}

type Step = (x: Operand, state: State) => State;

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

const LSTM = 'rnn/multi_rnn_cell/cell_0/lstm_cell';

/** TensorFlow's LSTM cell: one kernel for input and state, gates i, c, f, o. */
function lstmStep(context: LowerContext, nodes: CellNodes, features: number): Step {
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

const GRU = 'rnn/gru_cell';

/** TensorFlow's GRU cell: reset and update gates from one kernel, the candidate from another. */
function gruStep(context: LowerContext, nodes: CellNodes, features: number): Step {
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

function refuse(layer: Layer, flags: readonly string[]): void {
  const met = flags.find((flag) => layer.has(flag) && layer.flag(flag));
  if (met === undefined) return;
  throw new StudioError('op-unsupported', `${layer.op} with ${met} is not supported`, { layer: layer.key });
}

/** The sequence step by step from a state of zeros, as every run of the case code starts. */
function lowerSequence(context: LowerContext, make: typeof lstmStep): void {
  const { layer } = context;
  const nodes = new CellNodes(context);
  const [source] = context.inputs;
  const { steps, batch, features } = sequenceOf(layer, source.shape);
  if (steps > MAX_STEPS) {
    throw new StudioError('op-unsupported', `a sequence of ${steps} steps; the most is ${MAX_STEPS}`, {
      layer: layer.key,
    });
  }
  const timeAxis = layer.flag('time_major', true) ? 0 : 1;
  const plain = context.ordered(source, identity(source.shape.length));
  const step = make(context, nodes, features);
  let state: State = {
    hidden: nodes.zeros('h_state', [batch, hiddenOf(layer)]),
    cell: nodes.zeros('c_state', [batch, unitsOf(layer)]),
  };
  const outputs: Operand[] = [];
  for (let t = 0; t < steps; t++) {
    state = step(nodes.reshape(nodes.cut(plain, timeAxis, t, 1), [batch, features]), state);
    outputs.push(state.hidden);
  }
  emitSequence(context, nodes, outputs, timeAxis, [state.hidden, state.cell]);
}

/** Copies, because an operand can be the output of one port only. */
function emitSequence(
  context: LowerContext,
  nodes: CellNodes,
  outputs: readonly Operand[],
  timeAxis: number,
  states: readonly Operand[],
): void {
  const shape = context.shape();
  const parts = shape.length === 2 ? [outputs[outputs.length - 1]] : outputs;
  const piece = shape.map((dim, axis) => (shape.length === 3 && axis === timeAxis ? 1 : dim));
  const rows = parts.map((part) => nodes.reshape(part, piece));
  context.alias(joinSteps(context, rows, timeAxis, shape));
  states.slice(0, context.layer.outputs - 1).forEach((state, i) => context.alias(state, i + 1));
}

/** CONCAT takes 16 inputs; longer lists are joined in rounds. */
function joinSteps(context: LowerContext, parts: readonly Operand[], axis: number, shape: Shape): Operand {
  let list = [...parts];
  while (list.length > 1) {
    const next: Operand[] = [];
    for (let i = 0; i < list.length; i += 16) {
      const group = list.slice(i, i + 16);
      const length = group.reduce((sum, part) => sum + part.shape[axis], 0);
      const size = shape.map((dim, d) => (d === axis ? length : dim));
      const ids = group.map(({ tensor }) => tensor);
      const params = { axis: shape.length - 1 - axis };
      next.push(
        group.length === 1 ? group[0] : context.helper('CONCAT', params, ids, size, { like: group[0] }),
      );
    }
    list = next;
  }
  return list[0];
}

const text = (fallback: string, meaning: string): ParameterSpec => ({ type: 'text', fallback, meaning });
const flag = (fallback: boolean, meaning: string): ParameterSpec => ({ type: 'flag', fallback, meaning });
const realNumber = (fallback: number, meaning: string): ParameterSpec => ({
  type: 'real',
  fallback,
  meaning,
});

const shared: Readonly<Record<string, ParameterSpec>> = {
  time_major: flag(true, 'the input is [T, N, C], else [N, T, C]'),
  return_sequences: flag(true, 'all steps, else the last one'),
  activation: text('tanh', 'of candidate and output'),
  recurrent_activation: text('sigmoid', 'of the gates'),
};

type Shapes = Readonly<Record<string, Shape>>;

function lstmShapes(layer: Layer, [data]: readonly Shape[]): Shapes {
  const { features } = sequenceOf(layer, data);
  const [units, hidden] = [unitsOf(layer), hiddenOf(layer)];
  const cell = { [`${LSTM}/kernel`]: [features + hidden, 4 * units], [`${LSTM}/bias`]: [4 * units] };
  return layer.has('num_proj') ? { ...cell, weight_proj: [units, hidden], bias_proj: [hidden] } : cell;
}

function gruShapes(layer: Layer, [data]: readonly Shape[]): Shapes {
  const { features } = sequenceOf(layer, data);
  const units = unitsOf(layer);
  return {
    [`${GRU}/gates/kernel`]: [features + units, 2 * units],
    [`${GRU}/gates/bias`]: [2 * units],
    [`${GRU}/candidate/kernel`]: [features + units, units],
    [`${GRU}/candidate/bias`]: [units],
  };
}

/** Multiply-accumulates of `kernels` products of [features + hidden] by units per step. */
const macs =
  (gates: number) =>
  (layer: Layer, inputs: readonly Shape[]): number => {
    const { steps, batch, features } = sequenceOf(layer, inputs[0]);
    return steps * batch * (features + hiddenOf(layer)) * gates * unitsOf(layer);
  };

/** Recurrent layers of real files, unrolled: ovxlib's own need states as graph inputs. */
export const recurrentOps: readonly OpSpec[] = [
  {
    op: 'lstm',
    summary: 'long short-term memory over a sequence; outputs the sequence, the last output, the last cell',
    parameters: {
      weights: { type: 'int', meaning: 'units' },
      ...shared,
      forget_bias: realNumber(1, 'added to the forget gate'),
      use_cifg: flag(false, 'coupled input and forget gates; not supported'),
      use_peepholes: flag(false, 'not supported'),
      peephole: flag(false, 'old name of use_peepholes'),
      use_layer_norm_lstm: flag(false, 'not supported'),
      num_proj: { type: 'int', fallback: 0, meaning: 'width of the projection, or absent' },
      cell_clip: realNumber(0, 'limit of the cell, 0 = none'),
      proj_clip: realNumber(0, 'limit of the projection, 0 = none'),
    },
    coefficients: [`${LSTM}/kernel`, `${LSTM}/bias`, 'weight_proj', 'bias_proj'],
    coefficientShapes: lstmShapes,
    arity: [1, 2],
    range: 'own',
    shapes: sequenceShapes,
    lower: (context) => lowerSequence(context, lstmStep),
    macs: macs(4),
  },
  {
    op: 'gru',
    summary: 'gated recurrent unit over a sequence; outputs the sequence and the last output',
    parameters: {
      num_units: { type: 'int', meaning: 'units' },
      ...shared,
      bias: flag(true, 'bias coefficients exist'),
      direction: text('forward', 'only forward'),
      linear_before_reset: { type: 'int', fallback: 0, meaning: 'only 0' },
    },
    coefficients: ['gates', 'candidate'].flatMap((part) => [`${GRU}/${part}/kernel`, `${GRU}/${part}/bias`]),
    coefficientShapes: gruShapes,
    arity: [1, 1],
    range: 'own',
    shapes: sequenceShapes,
    lower: (context) => lowerSequence(context, gruStep),
    macs: macs(3),
  },
];
