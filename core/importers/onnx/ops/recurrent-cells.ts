import { Unsupported } from '../builder.ts';
import type { Composer } from '../compose.ts';
import type { OnnxNode } from '../node.ts';

/** A function of one tensor. */
type Activation = (x: string) => string;

/** What one step of a recurrent layer works with. */
export interface Cell {
  c: Composer;
  units: number;
  /** [units, gates * units] */
  recurrent: string;
  /** Bias of the recurrent products, [gates * units]; '' = none or already in the inputs. */
  recurrentBias: string;
  /** Peepholes of an LSTM, [units] each: input, output, forget gate. */
  peepholes: readonly string[];
  activations: readonly Activation[];
  /** LSTM: forget gate = 1 - input gate. */
  coupled: boolean;
  /** GRU: the reset gate works on the product instead of on the state. */
  linearBeforeReset: boolean;
}

/** Hidden state and, for an LSTM, cell state: [N, units] each. */
export interface State {
  hidden: string;
  cell: string;
}

/** Computes the next state from the input products [N, gates * units] of one step. */
export type Step = (cell: Cell, inputs: string, state: State) => State;

const gateOf = ({ c, units }: Cell, products: string, gate: number): string =>
  c.slice(products, 1, gate * units, units);

function recurrentProducts(cell: Cell, hidden: string): string {
  const products = cell.c.op('MatMul', [hidden, cell.recurrent]);
  return cell.recurrentBias === '' ? products : cell.c.add(products, cell.recurrentBias);
}

/** One step of an RNN. */
export const rnnStep: Step = (cell, inputs, state) => {
  const sum = cell.c.add(inputs, recurrentProducts(cell, state.hidden));
  return { ...state, hidden: cell.activations[0](sum) };
};

/** One step of a GRU; gates z, r, h. */
export const gruStep: Step = (cell, inputs, state) => {
  const { c, units, activations } = cell;
  const [gate, candidate] = activations;
  const cut = (name: string, axis: number, from: number, count: number): string =>
    c.slice(name, axis, from * units, count * units);
  const inner = (from: number, count: number, hidden: string): string => {
    const products = c.op('MatMul', [hidden, cut(cell.recurrent, 1, from, count)]);
    return cell.recurrentBias === '' ? products : c.add(products, cut(cell.recurrentBias, 0, from, count));
  };
  const gates = gate(c.add(cut(inputs, 1, 0, 2), inner(0, 2, state.hidden)));
  const update = cut(gates, 1, 0, 1);
  const reset = cut(gates, 1, 1, 1);
  const memory = cell.linearBeforeReset
    ? c.mul(reset, inner(2, 1, state.hidden))
    : inner(2, 1, c.mul(reset, state.hidden));
  const next = candidate(c.add(cut(inputs, 1, 2, 1), memory));
  // (1 - z) * next + z * hidden
  const hidden = c.add(next, c.mul(update, c.sub(state.hidden, next)));
  return { ...state, hidden };
};

/** One step of an LSTM; gates i, o, f, c. */
export const lstmStep: Step = (cell, inputs, state) => {
  const { c, activations, peepholes } = cell;
  const [gate, candidate, output] = activations;
  const sums = c.add(inputs, recurrentProducts(cell, state.hidden));
  const peep = (index: number, memory: string): string => {
    const sum = gateOf(cell, sums, index);
    const peephole = peepholes[index];
    return peephole ? c.add(sum, c.mul(peephole, memory)) : sum;
  };
  const input = gate(peep(0, state.cell));
  const forget = cell.coupled ? c.sub(c.scalar(1), input) : gate(peep(2, state.cell));
  const fresh = candidate(gateOf(cell, sums, 3));
  const memory = c.add(c.mul(forget, state.cell), c.mul(input, fresh));
  const open = gate(peep(1, memory));
  return { cell: memory, hidden: c.mul(open, output(memory)) };
};

/** alpha and beta where the node gives none; undefined = the function takes none. */
const DEFAULTS: Readonly<Record<string, { alpha?: number; beta?: number }>> = {
  relu: {},
  tanh: {},
  sigmoid: {},
  softsign: {},
  softplus: {},
  leakyrelu: { alpha: 0.01 },
  thresholdedrelu: { alpha: 1 },
  elu: { alpha: 1 },
  affine: { alpha: 1, beta: 0 },
  scaledtanh: { alpha: 1, beta: 1 },
  hardsigmoid: { alpha: 0.2, beta: 0.5 },
};

const NAMES: Readonly<Record<string, string>> = {
  relu: 'Relu',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  softsign: 'Softsign',
  softplus: 'Softplus',
  leakyrelu: 'LeakyRelu',
  thresholdedrelu: 'ThresholdedRelu',
  elu: 'Elu',
  hardsigmoid: 'HardSigmoid',
};

function activation(c: Composer, name: string, alpha: number, beta: number): Activation {
  if (name === 'affine') return (x) => c.add(c.mul(x, c.scalar(alpha)), c.scalar(beta));
  if (name === 'scaledtanh') return (x) => c.mul(c.op('Tanh', [c.mul(x, c.scalar(beta))]), c.scalar(alpha));
  return (x) => c.op(NAMES[name] ?? name, [x], { alpha, beta });
}

/**
 * The activations of all directions, `defaults` per direction when the node names none. The values of alpha
 * and beta belong, in order, to those functions that take one. With `clip`, inputs are limited first.
 */
export function readActivations(
  node: OnnxNode,
  c: Composer,
  defaults: readonly string[],
  directions: number,
): Activation[][] {
  const given = node.texts('activations') ?? [];
  const names = given.length > 0 ? given : Array.from({ length: directions }, () => defaults).flat();
  if (names.length !== defaults.length * directions) {
    throw node.invalid(`${names.length} activations for ${directions} directions`);
  }
  const alphas = [...(node.floats('activation_alpha') ?? [])];
  const betas = [...(node.floats('activation_beta') ?? [])];
  const limit = node.float('clip', 0);
  const all = names.map((text, i): Activation => {
    const name = text.toLowerCase();
    const known = DEFAULTS[name];
    if (!known) throw new Unsupported(`activation "${text}"`);
    const alpha = known.alpha === undefined ? 0 : (alphas.shift() ?? known.alpha);
    const beta = known.beta === undefined ? 0 : (betas.shift() ?? known.beta);
    const apply = activation(c, name, alpha, beta);
    // The cell of an LSTM goes into its output function as it is: ONNX Runtime clips sums only.
    if (limit <= 0 || i % defaults.length === 2) return apply;
    return (x) => apply(c.op('Clip', [x, c.scalar(-limit), c.scalar(limit)]));
  });
  return Array.from({ length: directions }, (_, d) =>
    all.slice(d * defaults.length, (d + 1) * defaults.length),
  );
}
