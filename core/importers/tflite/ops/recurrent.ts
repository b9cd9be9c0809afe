import { Unsupported } from '../../onnx/builder.ts';
import { composed, type Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { activated, activation } from './helpers.ts';
import { densely, lstmStep, type Gate, type LstmCell, type LstmState } from './recurrent-cells.ts';

/** Every step becomes layers of its own. */
const MOST_STEPS = 1024;

/** Input numbers of an LSTM's tensors. */
interface LstmPlaces {
  /** Of the first weight; the others follow in the order of the schema. */
  weights: number;
  /** Of the hidden state; the cell state follows. */
  state: number;
  /** Of the four weights of layer norms. */
  norms?: number;
  /** Of the four weights of a second input. */
  aux?: number;
}

/** An input, or '' where it is absent. */
const optional = (c: Composer, index: number | undefined): string =>
  index !== undefined && c.has(index) ? c.input(index) : '';

/** Gates are in the order input, forget, update, output; only the update has no peephole. */
function readGate(c: Composer, { weights, norms, aux }: LstmPlaces, gate: 0 | 1 | 2 | 3): Gate {
  const peephole = [weights + 8, weights + 9, undefined, weights + 10][gate];
  return {
    input: optional(c, weights + gate),
    recurrent: optional(c, weights + 4 + gate),
    peephole: optional(c, peephole),
    bias: optional(c, weights + 11 + gate),
    norm: optional(c, norms === undefined ? undefined : norms + gate),
    aux: optional(c, aux === undefined ? undefined : aux + gate),
  };
}

function readCell(c: Composer, node: OnnxNode, places: LstmPlaces): LstmCell {
  const input = readGate(c, places, 0);
  return {
    input: input.input === '' ? undefined : input,
    forget: readGate(c, places, 1),
    update: readGate(c, places, 2),
    output: readGate(c, places, 3),
    projection: optional(c, places.weights + 15),
    projectionBias: optional(c, places.weights + 16),
    activation: node.int('activation', 0),
    cellClip: node.float('cell_clip', 0),
    projectionClip: node.float('proj_clip', 0),
  };
}

/** Runs a step over the time axis. @param step gives the output of a step from its inputs */
function overTime(
  c: Composer,
  node: OnnxNode,
  inputs: readonly string[],
  reverse: boolean,
  step: (inputs: readonly string[]) => string,
): string {
  const axis = node.int('time_major', 0) === 0 ? 1 : 0;
  const shape = c.shape(inputs[0]);
  if (shape.length !== 3) throw node.invalid(`an input of rank ${shape.length}`);
  const steps = shape[axis];
  if (steps > MOST_STEPS) throw new Unsupported(`a sequence of ${steps} steps; the most is ${MOST_STEPS}`);
  const at = (x: string, t: number): string =>
    x === '' ? '' : c.reshape(c.slice(x, axis, t, 1), c.shape(x).filter((_, i) => i !== axis)); // prettier-ignore
  const outputs: string[] = [];
  for (let i = 0; i < steps; i++) {
    const t = reverse ? steps - 1 - i : i;
    const output = step(inputs.map((x) => at(x, t)));
    outputs[t] = c.unsqueeze(output, axis);
  }
  return c.concat(outputs, axis);
}

/** The outputs of an LSTM over time. */
function lstmOverTime(
  c: Composer,
  node: OnnxNode,
  places: LstmPlaces,
  inputs: readonly [string, string],
  reverse: boolean,
): string {
  const cell = readCell(c, node, places);
  let state: LstmState = { hidden: c.input(places.state), cell: c.input(places.state + 1) };
  return overTime(c, node, inputs, reverse, ([x, aux]) => {
    state = lstmStep(c, cell, x, aux, state);
    return state.hidden;
  });
}

const SEQUENCE: LstmPlaces = { weights: 1, state: 18, norms: 20 };

const sequenceLstm = composed((c, node) => {
  if (node.int('diagonal', 0) !== 0) throw new Unsupported('recurrent weights of a diagonal only');
  c.output(0, lstmOverTime(c, node, SEQUENCE, [c.input(0), ''], false));
});

/** One step. The basic kernel has one weight for all gates. */
const lstm = composed((c, node) => {
  if (node.int('kernel_type', 0) === 1) return basicLstm(c);
  const state = { hidden: c.input(18), cell: c.input(19) };
  c.output(0, lstmStep(c, readCell(c, node, SEQUENCE), c.input(0), '', state).hidden);
});

/** Inputs: x, hidden state, weight [4 units, inputs + units] of input, update, forget, output gate, bias, cell state. */
function basicLstm(c: Composer): void {
  const [x, hidden, weight, bias, cell] = [0, 1, 2, 3, 4].map((index) => c.input(index));
  const sum = c.op('Gemm', [c.concat([x, hidden], 1), weight, bias], { transB: 1 });
  const units = c.shape(weight)[0] / 4;
  const gate = (index: number, type: string): string => c.op(type, [c.slice(sum, 1, index * units, units)]);
  const [input, forget, output] = [0, 2, 3].map((index) => gate(index, 'Sigmoid'));
  const next = c.add(c.mul(input, gate(1, 'Tanh')), c.mul(forget, cell));
  c.output(0, c.main('Mul', [output, c.op('Tanh', [next])]));
  c.output(1, next);
}

/** Both directions as one output or two. */
function emitBoth(c: Composer, node: OnnxNode, forward: string, backward: string): void {
  if (node.int('merge_outputs', 0) !== 0)
    return c.output(0, c.main('Concat', [forward, backward], { axis: 2 }));
  c.output(0, forward);
  c.output(1, backward);
}

const bothLstm = composed((c, node) => {
  const [x, aux] = [c.input(0), optional(c, 39)];
  const shared = aux !== '' && c.has(40);
  const forward = lstmOverTime(c, node, { weights: 1, state: 35, aux: 40 }, [x, shared ? aux : ''], false);
  // Without weights of its own, the second input is what the other direction reads.
  const other: [string, string] = [aux === '' || shared ? x : aux, shared ? aux : ''];
  emitBoth(c, node, forward, lstmOverTime(c, node, { weights: 18, state: 37, aux: 44 }, other, true));
});

/** Input numbers of a plain recurrent layer's weight, recurrent weight, bias, state and weight of a second input. */
type RnnPlaces = readonly [number, number, number, number, number?];

function rnnStep(
  c: Composer,
  node: OnnxNode,
  places: RnnPlaces,
  inputs: readonly string[],
  hidden: string,
): string {
  const [weight, recurrent, bias, , second] = places;
  const sum = densely(c, [
    { x: inputs[0], weight: c.input(weight) },
    { x: hidden, weight: c.input(recurrent) },
    { x: inputs[1] ?? '', weight: optional(c, second) },
  ]);
  return activation(c, c.add(sum, c.input(bias)), node.int('activation', 0));
}

function rnnOverTime(
  c: Composer,
  node: OnnxNode,
  places: RnnPlaces,
  inputs: readonly string[],
  reverse: boolean,
): string {
  let hidden = c.input(places[3]);
  return overTime(c, node, inputs, reverse, (now) => {
    hidden = rnnStep(c, node, places, now, hidden);
    return hidden;
  });
}

const PLAIN: RnnPlaces = [1, 2, 3, 4];

const rnn = composed((c, node) => c.output(0, rnnStep(c, node, PLAIN, [c.input(0)], c.input(4))));

const sequenceRnn = composed((c, node) => c.output(0, rnnOverTime(c, node, PLAIN, [c.input(0)], false)));

const bothRnn = composed((c, node) => {
  const [x, aux] = [c.input(0), optional(c, 9)];
  const shared = aux !== '' && c.has(10);
  const second = shared ? [aux] : [];
  const forward = rnnOverTime(c, node, [1, 2, 3, 4, 10], [x, ...second], false);
  const other = aux === '' || shared ? x : aux;
  emitBoth(c, node, forward, rnnOverTime(c, node, [5, 6, 7, 8, 11], [other, ...second], true));
});

/** Filters over the features of the last steps; inputs: x, weights of features and of time, bias, remembered features. */
const svdf = composed((c, node) => {
  const [x, features, time] = [0, 1, 2].map((index) => c.input(index));
  const [filters, memory] = c.shape(time);
  const [batch] = c.shape(x);
  const rank = node.int('rank', 1);
  const old = c.reshape(c.input(4), [batch, filters, memory]);
  const fresh = c.unsqueeze(c.op('MatMul', [x, c.transpose(features, [1, 0])]), 2);
  const state = memory > 1 ? c.concat([c.slice(old, 2, 1, memory - 1), fresh], 2) : fresh;
  const weighed = c.op('ReduceSum', [c.mul(state, time), c.ints([2])], { keepdims: 0 });
  const grouped = c.reshape(weighed, [batch, filters / rank, rank]);
  const sum = c.op('ReduceSum', [grouped, c.ints([2])], { keepdims: 0 });
  c.output(0, activated(c, node, c.has(3) ? c.main('Add', [sum, c.input(3)]) : sum));
});

/** Layers with a state, written out step by step; the state starts with zeros in every run. */
export const recurrent: OperatorFamily = {
  'tflite:BIDIRECTIONAL_SEQUENCE_LSTM': { convert: bothLstm },
  'tflite:BIDIRECTIONAL_SEQUENCE_RNN': { convert: bothRnn },
  'tflite:LSTM': { convert: lstm },
  'tflite:RNN': { convert: rnn },
  'tflite:SVDF': { convert: svdf },
  'tflite:UNIDIRECTIONAL_SEQUENCE_LSTM': { convert: sequenceLstm },
  'tflite:UNIDIRECTIONAL_SEQUENCE_RNN': { convert: sequenceRnn },
};
