import { Unsupported } from '../builder.ts';
import { composed, type Composer } from '../compose.ts';
import type { OnnxNode } from '../node.ts';
import { integersOf } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';
import {
  gruStep,
  lstmStep,
  readActivations,
  rnnStep,
  type Cell,
  type State,
  type Step,
} from './recurrent-cells.ts';

/** Every step becomes layers of its own; longer sequences would make graphs nobody can compile. */
const MAX_STEPS = 1024;
/** From this many steps on, the recurrent weights are one shared constant instead of a copy per step. */
const SHARED_STEPS = 4;

interface Kind {
  gates: number;
  step: Step;
  activations: readonly string[];
}

const RNN: Kind = { gates: 1, step: rnnStep, activations: ['Tanh'] };
const GRU: Kind = { gates: 3, step: gruStep, activations: ['Sigmoid', 'Tanh'] };
const LSTM: Kind = { gates: 4, step: lstmStep, activations: ['Sigmoid', 'Tanh', 'Tanh'] };

/** A whole recurrent layer, time first. */
interface Sequence {
  kind: Kind;
  steps: number;
  batch: number;
  units: number;
  /** [T * N, inputs] */
  rows: string;
  /** Lengths of the sequences, [N, 1]; '' = all steps count. */
  lengths: string;
}

/** Entry `direction` of a tensor [directions, ...]. */
function ofDirection(c: Composer, name: string, direction: number): string {
  const [, ...rest] = c.shape(name);
  return c.reshape(c.slice(name, 0, direction, 1), rest);
}

/** The initial state of one direction, [N, units]; zeros when the node gives none. */
function initial(c: Composer, { batch, units }: Sequence, name: string, direction: number): string {
  if (name === '') return c.floats(new Float32Array(batch * units), [batch, units]);
  return ofDirection(c, name, direction);
}

/** The input products of all steps at once, [T, N, gates * units], and the cell for the rest. */
function prepare(c: Composer, node: OnnxNode, sequence: Sequence, direction: number) {
  const { kind, units, steps, batch } = sequence;
  const width = kind.gates * units;
  const weight = c.transpose(ofDirection(c, c.input(1), direction), [1, 0]);
  const recurrent = c.transpose(ofDirection(c, c.input(2), direction), [1, 0]);
  const bias = c.has(3) ? ofDirection(c, c.input(3), direction) : '';
  const linearBeforeReset = node.int('linear_before_reset', 0) !== 0;
  const products = c.op('MatMul', [sequence.rows, weight]);
  const recurrentBias = bias === '' ? '' : c.slice(bias, 0, width, width);
  const inputs = bias === '' ? products : c.add(products, c.slice(bias, 0, 0, width));
  // Only a reset behind the product needs the second bias at its own place.
  const apart = linearBeforeReset && kind === GRU;
  const all = recurrentBias === '' || apart ? inputs : c.add(inputs, recurrentBias);
  const peepholes =
    kind === LSTM && c.has(7)
      ? [0, 1, 2].map((gate) => c.slice(ofDirection(c, c.input(7), direction), 0, gate * units, units))
      : [];
  const cell: Omit<Cell, 'activations'> = {
    c,
    units,
    recurrent: steps > SHARED_STEPS ? c.shared(recurrent) : recurrent,
    recurrentBias: apart ? recurrentBias : '',
    peepholes,
    coupled: node.int('input_forget', 0) !== 0,
    linearBeforeReset,
  };
  return { products: c.reshape(all, [steps, batch, width]), cell };
}

/** Outputs of every step, [N, units] each in time order, and the state after the last one. */
function unroll(
  c: Composer,
  sequence: Sequence,
  cell: Cell,
  products: string,
  start: State,
  reverse: boolean,
) {
  const { steps, batch, units, kind, lengths } = sequence;
  const outputs: string[] = [];
  let state = start;
  for (let i = 0; i < steps; i++) {
    const t = reverse ? steps - 1 - i : i;
    const inputs = c.reshape(c.slice(products, 0, t, 1), [batch, kind.gates * units]);
    const next = kind.step(cell, inputs, state);
    const live = lengths === '' ? '' : c.op('Greater', [lengths, c.scalar(t)]);
    const keep = (fresh: string, old: string): string =>
      live === '' || fresh === old ? fresh : c.op('Where', [live, fresh, old]);
    state = { hidden: keep(next.hidden, state.hidden), cell: keep(next.cell, state.cell) };
    const zeros = live === '' ? '' : c.floats(new Float32Array(batch * units), [batch, units]);
    outputs[t] = live === '' ? next.hidden : c.op('Where', [live, next.hidden, zeros]);
  }
  return { outputs, state };
}

function readSequence(c: Composer, node: OnnxNode, kind: Kind): Sequence {
  const batchFirst = node.int('layout', 0) !== 0;
  const x = batchFirst ? c.transpose(c.input(0), [1, 0, 2]) : c.input(0);
  const [steps, batch, width] = c.shape(x);
  if (steps > MAX_STEPS) throw new Unsupported(`a sequence of ${steps} steps; the most is ${MAX_STEPS}`);
  const units = c.shape(c.input(2))[2];
  const known = c.has(4) ? c.known(c.input(4)) : undefined;
  const whole = !c.has(4) || (known !== undefined && integersOf(known).every((length) => length >= steps));
  return {
    kind,
    steps,
    batch,
    units,
    rows: c.reshape(x, [steps * batch, width]),
    lengths: whole ? '' : c.reshape(c.float(c.input(4)), [batch, 1]),
  };
}

/** Joins the directions and brings the batch to the front when the node wants it there. */
function emit(
  c: Composer,
  node: OnnxNode,
  { steps, batch, units }: Sequence,
  results: readonly ReturnType<typeof unroll>[],
): void {
  const batchFirst = node.int('layout', 0) !== 0;
  if (c.wants(0)) {
    const perDirection = results.map(({ outputs }) =>
      c.concat(
        outputs.map((output) => c.reshape(output, [1, 1, batch, units])),
        0,
      ),
    );
    const all = c.reshape(c.concat(perDirection, 1), [steps, results.length, batch, units]);
    c.output(0, batchFirst ? c.transpose(all, [2, 0, 1, 3]) : all);
  }
  const last = (index: number, names: readonly string[]): void => {
    if (!c.wants(index)) return;
    const rows = names.map((name) => c.reshape(name, [1, batch, units]));
    const all = c.concat(rows, 0);
    c.output(index, batchFirst ? c.transpose(all, [1, 0, 2]) : all);
  };
  last(1, results.map(({ state }) => state.hidden)); // prettier-ignore
  last(2, results.map(({ state }) => state.cell)); // prettier-ignore
}

function recurrence(kind: Kind) {
  return composed((c, node) => {
    const direction = node.text('direction', 'forward');
    const directions = direction === 'bidirectional' ? 2 : 1;
    if (c.shape(c.input(1))[0] !== directions) throw node.invalid('the weights do not fit the direction');
    const sequence = readSequence(c, node, kind);
    const activations = readActivations(node, c, kind.activations, directions);
    const batchFirst = node.int('layout', 0) !== 0;
    const turned = (index: number): string =>
      !c.has(index) ? '' : batchFirst ? c.transpose(c.input(index), [1, 0, 2]) : c.input(index);
    const results = activations.map((functions, d) => {
      const { products, cell } = prepare(c, node, sequence, d);
      const start: State = {
        hidden: initial(c, sequence, turned(5), d),
        cell: kind === LSTM ? initial(c, sequence, turned(6), d) : '',
      };
      const backwards = d === 1 || direction === 'reverse';
      return unroll(c, sequence, { ...cell, activations: functions }, products, start, backwards);
    });
    emit(c, node, sequence, results);
  });
}

/** Recurrent layers, step by step as matrix products and activations. */
export const recurrent: OperatorFamily = {
  RNN: { convert: recurrence(RNN) },
  GRU: { convert: recurrence(GRU) },
  LSTM: { convert: recurrence(LSTM) },
};
