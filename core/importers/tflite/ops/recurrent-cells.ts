import type { Composer } from '../../onnx/compose.ts';
import { activation } from './helpers.ts';

/** Hidden and cell state, [batch, units] each. */
export interface LstmState {
  hidden: string;
  cell: string;
}

/** A weight and the input it is multiplied with. */
interface Term {
  x: string;
  weight: string;
}

/** Tensors of one gate; '' = absent. */
export interface Gate {
  /** [units, inputs] */
  input: string;
  /** [units, hidden] */
  recurrent: string;
  peephole: string;
  bias: string;
  /** Weights of the layer norm. */
  norm: string;
  /** Of a second input. */
  aux: string;
}

/** Everything one step of an LSTM works with. */
export interface LstmCell {
  /** Undefined where input and forget gate are coupled. */
  input: Gate | undefined;
  forget: Gate;
  update: Gate;
  output: Gate;
  /** [hidden, units] and its bias; '' = absent. */
  projection: string;
  projectionBias: string;
  activation: number;
  /** 0 = no limit. */
  cellClip: number;
  projectionClip: number;
}

/** Smallest variance of a layer norm. */
const NORM_EPSILON = 1e-8;

/** x times the transposed weight. */
export const dense = (c: Composer, { x, weight }: Term): string =>
  c.op('MatMul', [x, c.transpose(weight, [1, 0])]);

/** The sum of products. */
export function densely(c: Composer, terms: readonly Term[]): string {
  const present = terms.filter(({ x, weight }) => x !== '' && weight !== '');
  return present.map((term) => dense(c, term)).reduce((sum, product) => c.add(sum, product));
}

/** (x - mean) / deviation, along the units. */
function normalized(c: Composer, x: string): string {
  const centred = c.sub(x, c.mean(x, [1]));
  const variance = c.mean(c.mul(centred, centred), [1]);
  return c.op('Div', [centred, c.op('Sqrt', [c.add(variance, c.scalar(NORM_EPSILON))])]);
}

const limited = (c: Composer, x: string, limit: number): string =>
  limit > 0 ? c.op('Clip', [x, c.scalar(-limit), c.scalar(limit)]) : x;

/** What goes into a gate's activation. */
function gateSum(c: Composer, gate: Gate, x: string, aux: string, state: LstmState): string {
  const products = densely(c, [
    { x, weight: gate.input },
    { x: aux, weight: gate.aux },
    { x: state.hidden, weight: gate.recurrent },
  ]);
  const seen = gate.peephole === '' ? products : c.add(products, c.mul(state.cell, gate.peephole));
  const scaled = gate.norm === '' ? seen : c.mul(normalized(c, seen), gate.norm);
  return gate.bias === '' ? scaled : c.add(scaled, gate.bias);
}

/** One step. @param aux a second input, or '' */
export function lstmStep(c: Composer, cell: LstmCell, x: string, aux: string, state: LstmState): LstmState {
  const gate = (of: Gate, from: LstmState): string => c.op('Sigmoid', [gateSum(c, of, x, aux, from)]);
  const forget = gate(cell.forget, state);
  const input = cell.input ? gate(cell.input, state) : c.sub(c.scalar(1), forget);
  const update = activation(c, gateSum(c, cell.update, x, aux, state), cell.activation);
  const kept = c.add(c.mul(forget, state.cell), c.mul(input, update));
  const next = limited(c, kept, cell.cellClip);
  const output = gate(cell.output, { ...state, cell: next });
  const hidden = c.mul(output, activation(c, next, cell.activation));
  if (cell.projection === '') return { hidden, cell: next };
  const projected = dense(c, { x: hidden, weight: cell.projection });
  const biased = cell.projectionBias === '' ? projected : c.add(projected, cell.projectionBias);
  return { hidden: limited(c, biased, cell.projectionClip), cell: next };
}
