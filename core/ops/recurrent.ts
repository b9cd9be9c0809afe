import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import type { Shape } from '../network/tensor.ts';
import { identity } from './axes.ts';
import {
  GRU,
  gruStep,
  hiddenOf,
  LSTM,
  lstmStep,
  sequenceOf,
  unitsOf,
  type State,
} from './recurrent-cells.ts';
import { joinInRounds } from './many.ts';
import { CellNodes } from './recurrent-steps.ts';
import type { LowerContext, Operand, OpSpec, ParameterSpec, ShapeContext } from './spec.ts';

/** Every step becomes nodes of its own. */
const MAX_STEPS = 2048;

function sequenceShapes({ layer, inputs }: ShapeContext): Shape[] {
  const { steps, batch } = sequenceOf(layer, inputs[0]);
  const hidden = hiddenOf(layer);
  const all = layer.flag('time_major', true) ? [steps, batch, hidden] : [batch, steps, hidden];
  const first = layer.flag('return_sequences', true) ? all : [batch, hidden];
  return [first, [batch, hidden], [batch, unitsOf(layer)]].slice(0, layer.outputs);
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

/** All steps as one sequence. */
function joinSteps(context: LowerContext, parts: readonly Operand[], axis: number, shape: Shape): Operand {
  const left = joinInRounds(context, parts, axis, { like: parts[0] });
  if (left.length === 1) return left[0];
  const ids = left.map(({ tensor }) => tensor);
  return context.helper('CONCAT', { axis: shape.length - 1 - axis }, ids, shape, { like: parts[0] });
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
