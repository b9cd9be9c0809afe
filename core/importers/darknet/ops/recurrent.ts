import { composed, type Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import type { ActivationName } from '../activation-names.ts';
import { activated, activationOf } from './activation.ts';
import { convolved, kernelInputs } from './convolution.ts';
import { matrixInputs, multiplied, repeatedly } from './dense.ts';
import { asList, asPicture, clipped, step } from './step.ts';

/** A connected layer or convolution inside a recurrent section, applied to a tensor. */
type Inner = (x: string) => string;

/** Steps of time lie in the batch, the first in front; every run begins with a state of zeros. */
function unrolled(
  c: Composer,
  x: string,
  steps: number,
  next: (input: string, index: number) => string,
): string {
  const results = Array.from({ length: steps }, (_, index) => next(c.slice(x, 0, index, 1), index));
  return c.concat(results, 0);
}

/** A state of zeros. */
const zeros = (c: Composer, shape: readonly number[]): string => c.filled(0, [1, ...shape], 'float32');

/** From this many steps on, what works on the state shares its weights instead of copying them for each. */
const SHARED_STEPS = 4;

/** Makes the connected layers, in the order of the file. */
function matrices(c: Composer, node: OnnxNode, count: number) {
  const each = (node.inputs.length - 1) / count;
  const isLong = node.int('steps', 1) > SHARED_STEPS;
  return Array.from({ length: count }, (_, index) => {
    const matrix = matrixInputs(c, 1 + index * each, each === 5);
    return {
      once:
        (activation: ActivationName): Inner =>
        (x) =>
          multiplied(c, node, x, matrix, activation),
      everyStep: (activation: ActivationName): Inner =>
        isLong ? repeatedly(c, node, matrix, activation) : (x) => multiplied(c, node, x, matrix, activation),
    };
  });
}

/** Convolutions in the order of the file. */
function kernels(c: Composer, node: OnnxNode, count: number): Inner[] {
  const each = (node.inputs.length - 1) / count;
  const [padding, dilation, stride] = ['padding', 'dilation', 'stride'].map((name) => node.int(name, 1));
  const attributes = {
    group: node.int('groups', 1),
    strides: [stride, stride],
    dilations: [dilation, dilation],
    pads: [padding, padding, padding, padding],
  };
  return Array.from({ length: count }, (_, index) => {
    const kernel = kernelInputs(c, 1 + index * each, each === 5);
    return (x) => convolved(c, node, kernel, (weights) => step(c, 'Conv', [x, ...weights], attributes));
  });
}

/** What an RNN does: the state is the sum of what the input and the last state give; outputs come of the state. */
function simple(
  c: Composer,
  node: OnnxNode,
  x: string,
  state: string,
  [input, self, output]: Inner[],
): string {
  const shortcut = node.int('shortcut', 0) !== 0;
  const given = input(x);
  let last = state;
  const states = unrolled(c, given, node.int('steps', 1), (now) => {
    const sum = step(c, 'Add', [now, self(last)]);
    last = shortcut ? step(c, 'Add', [last, sum]) : sum;
    return last;
  });
  return output(states);
}

const rnn = composed((c, node) => {
  const activation = activationOf(node);
  const [input, self, output] = matrices(c, node, 3);
  const inner = [
    input.once(activation),
    self.everyStep(activationOf(node, 'inner')),
    output.once(activation),
  ];
  const state = zeros(c, [node.int('hidden', 1)]);
  c.output(0, simple(c, node, asList(c, c.input(0)), state, inner));
});

const crnn = composed((c, node) => {
  const x = asPicture(c, c.input(0));
  const [, , height, width] = c.shape(x);
  const state = zeros(c, [node.int('hidden', 1), height, width]);
  c.output(0, simple(c, node, x, state, kernels(c, node, 3)));
});

/** The inner layers by their names in an attribute. */
function byName(node: OnnxNode, inner: readonly Inner[]): (name: string) => Inner {
  const names = node.text('order', '').split(',');
  return (name) => inner[names.indexOf(name)];
}

/** The inner layers of a section with gates: w works on the state, u on the input. */
function gatesOf(c: Composer, node: OnnxNode, count: number): (name: string) => Inner {
  const names = node.text('order', '').split(',');
  const made = matrices(c, node, count).map(({ once, everyStep }, index) =>
    names[index].startsWith('w') ? everyStep('linear') : once('linear'),
  );
  return byName(node, made);
}

/** z and r of the state and the input; the new state is z of the old one and 1 - z of what r lets through. */
const gru = composed((c, node) => {
  const x = asList(c, c.input(0));
  const layer = gatesOf(c, node, 6);
  const [inZ, inR, inH] = ['uz', 'ur', 'uh'].map((name) => layer(name)(x));
  const candidate = node.int('tanh', 0) === 0 ? 'Sigmoid' : 'Tanh';
  let state = zeros(c, [node.int('units', 1)]);
  const all = unrolled(c, inZ, node.int('steps', 1), (z, index) => {
    const gate = (now: string, name: string): string =>
      step(c, 'Sigmoid', [step(c, 'Add', [now, layer(name)(state)])]);
    const at = (name: string): string => c.slice(name, 0, index, 1);
    const update = gate(z, 'wz');
    const kept = step(c, 'Mul', [gate(at(inR), 'wr'), state]);
    const next = step(c, candidate, [step(c, 'Add', [at(inH), layer('wh')(kept)])]);
    const change = step(c, 'Mul', [update, step(c, 'Sub', [state, next])]);
    state = step(c, 'Add', [next, change]);
    return state;
  });
  c.output(0, all);
});

/** What the two kinds of LSTM have in common. */
interface LstmCell {
  /** What the input gives to each gate, for all steps. */
  inputs: Readonly<Record<Gate, string>>;
  /** What the hidden state gives to each gate. */
  hidden: (gate: Gate, state: string) => string;
  /** What the cell gives to a gate; absent without peepholes. */
  peephole?: (gate: Gate, cell: string) => string;
  /** The function of candidates and of the cell. */
  inner: Inner;
  /** Limit of the cell from one step to the next; 0 = none. */
  limit: number;
  start: string;
}

type Gate = 'f' | 'i' | 'g' | 'o';

function lstmSteps(
  c: Composer,
  node: OnnxNode,
  { inputs, hidden, peephole, inner, limit, start }: LstmCell,
): string {
  let [state, cell] = [start, start];
  return unrolled(c, inputs.f, node.int('steps', 1), (_, index) => {
    const sum = (gate: Gate): string =>
      step(c, 'Add', [c.slice(inputs[gate], 0, index, 1), hidden(gate, state)]);
    const peeped = (gate: Gate, from: string): string =>
      peephole ? step(c, 'Add', [sum(gate), peephole(gate, from)]) : sum(gate);
    const [forget, input] = (['f', 'i'] as const).map((gate) => step(c, 'Sigmoid', [peeped(gate, cell)]));
    const fresh = step(c, 'Mul', [input, inner(sum('g'))]);
    const memory = step(c, 'Add', [step(c, 'Mul', [forget, cell]), fresh]);
    const output = step(c, 'Sigmoid', [peeped('o', memory)]);
    state = step(c, 'Mul', [output, inner(memory)]);
    cell = limit > 0 ? clipped(c, memory, -limit, limit) : memory;
    return state;
  });
}

const lstm = composed((c, node) => {
  const x = asList(c, c.input(0));
  const layer = gatesOf(c, node, 8);
  const given = (gate: Gate): string => layer(`u${gate}`)(x);
  const cell = {
    inputs: { f: given('f'), i: given('i'), g: given('g'), o: given('o') },
    hidden: (gate: Gate, state: string) => layer(`w${gate}`)(state),
    inner: (sum: string) => activated(c, sum, 'tanh'),
    limit: 0,
    start: zeros(c, [node.int('units', 1)]),
  };
  c.output(0, lstmSteps(c, node, cell));
});

const convLstm = composed((c, node) => {
  const x = asPicture(c, c.input(0));
  const [, , height, width] = c.shape(x);
  const names = node.text('order', '').split(',');
  const layer = byName(node, kernels(c, node, names.length));
  const given = (gate: Gate): string => layer(`u${gate}`)(x);
  const cell = {
    inputs: { f: given('f'), i: given('i'), g: given('g'), o: given('o') },
    hidden: (gate: Gate, state: string) => layer(`w${gate}`)(state),
    ...(names.includes('vf') ? { peephole: (gate: Gate, from: string) => layer(`v${gate}`)(from) } : {}),
    inner: (sum: string) => activated(c, sum, activationOf(node, 'inner')),
    limit: node.int('constrain', 0),
    start: zeros(c, [node.int('units', 1), height, width]),
  };
  c.output(0, lstmSteps(c, node, cell));
});

/** Sections with a state, written out step by step. */
export const recurrent: OperatorFamily = {
  'darknet:conv_lstm': { convert: convLstm },
  'darknet:crnn': { convert: crnn },
  'darknet:gru': { convert: gru },
  'darknet:lstm': { convert: lstm },
  'darknet:rnn': { convert: rnn },
};
