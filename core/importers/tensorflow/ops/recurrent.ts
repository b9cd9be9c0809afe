import { Unsupported } from '../../onnx/builder.ts';
import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { composition, integer, upTo } from './operands.ts';

/** More steps would make graphs that nobody can compile. */
const MAX_STEPS = 1024;
/** From this many steps on, the weights are one shared constant instead of a copy per step. */
const SHARED_STEPS = 4;

/** Weights and attributes of an LSTM cell. */
interface Cell {
  /** Of input and state together, [inputs + units, 4 * units]. */
  weight: string;
  bias: string;
  /** Per gate input, forget, output; empty without peepholes. */
  peepholes: readonly string[];
  forgetBias: number;
  /** Largest size of the cell's state; 0 or less = no limit. */
  clip: number;
  /** Where input gate, candidate, forget gate and output gate are among the four blocks. */
  order: readonly number[];
}

/** All seven results of a step. */
interface Step {
  i: string;
  cs: string;
  f: string;
  o: string;
  ci: string;
  co: string;
  h: string;
}

const RESULTS = ['i', 'cs', 'f', 'o', 'ci', 'co', 'h'] as const;

/** Input, candidate, forget, output; the second version has the candidate behind the forget gate. */
const FIRST_ORDER = [0, 1, 2, 3];
const SECOND_ORDER = [0, 2, 1, 3];

function lstmStep(c: Composer, cell: Cell, x: string, state: string, hidden: string): Step {
  const sums = c.add(c.op('MatMul', [c.concat([x, hidden], 1), cell.weight]), cell.bias);
  const units = c.shape(state)[1];
  const [input, candidate, forget, output] = cell.order.map((block) =>
    c.slice(sums, 1, block * units, units),
  );
  const [wci, wcf, wco] = cell.peepholes;
  const peep = (sum: string, weight: string | undefined, from: string): string =>
    weight === undefined ? sum : c.add(sum, c.mul(from, weight));
  const i = c.op('Sigmoid', [peep(input, wci, state)]);
  const biased = cell.forgetBias === 0 ? forget : c.add(forget, c.scalar(cell.forgetBias));
  const f = c.op('Sigmoid', [peep(biased, wcf, state)]);
  const ci = c.op('Tanh', [candidate]);
  const free = c.add(c.mul(ci, i), c.mul(state, f));
  const cs = cell.clip > 0 ? c.op('Clip', [free, c.scalar(-cell.clip), c.scalar(cell.clip)]) : free;
  const o = c.op('Sigmoid', [peep(output, wco, cs)]);
  const co = c.op('Tanh', [cs]);
  return { i, cs, f, o, ci, co, h: c.mul(co, o) };
}

/** @param first index of the weight among the inputs; peepholes and bias follow */
function readCell(c: Composer, node: OnnxNode, first: number, order: readonly number[]): Cell {
  const peephole = node.int('use_peephole', 0) !== 0;
  const second = node.opType === 'BlockLSTMV2';
  return {
    weight: c.input(first),
    bias: c.input(first + 4),
    peepholes: peephole ? [1, 2, 3].map((i) => c.input(first + i)) : [],
    forgetBias: node.float('forget_bias', second ? 0 : 1),
    clip: node.float('cell_clip', second ? 0 : 3),
    order,
  };
}

/** Inputs: x, state, hidden, weight, three peepholes, bias. */
const lstmBlockCell = composition((c, node) => {
  const cell = readCell(c, node, 3, FIRST_ORDER);
  const step = lstmStep(c, cell, c.input(0), c.input(1), c.input(2));
  RESULTS.forEach((name, i) => c.output(i, step[name]));
});

/** A whole sequence [T, N, inputs]; steps behind the longest sequence are zeros. */
function blockLstm(order: readonly number[]) {
  return composition((c, node) => {
    const x = c.input(1);
    const [steps, batch, inputs] = c.shape(x);
    const used = Math.min(steps, integer(c, node, 0, 'the length of the sequences'));
    if (steps > MAX_STEPS) throw new Unsupported(`more than ${MAX_STEPS} steps`);
    if (used < 1) throw new Unsupported('a sequence without steps');
    const given = readCell(c, node, 4, order);
    const cell = used > SHARED_STEPS ? { ...given, weight: c.shared(given.weight) } : given;
    let [state, hidden] = [c.input(2), c.input(3)];
    const results = upTo(used).map((t) => {
      const step = lstmStep(c, cell, c.reshape(c.slice(x, 0, t, 1), [batch, inputs]), state, hidden);
      [state, hidden] = [step.cs, step.h];
      return step;
    });
    RESULTS.forEach((name, i) => {
      if (c.wants(i)) c.output(i, stacked(c, results.map((step) => step[name]), steps)); // prettier-ignore
    });
  });
}

function stacked(c: Composer, parts: readonly string[], steps: number): string {
  const [first] = parts;
  const rest = upTo(steps - parts.length).map(() => c.filled(0, c.shape(first), 'float32'));
  return c.stack([...parts, ...rest], 0);
}

/** Inputs: x, hidden, weight of reset and update gate, weight of the candidate, both biases. */
const gruBlockCell = composition((c) => {
  const [x, hidden] = [c.input(0), c.input(1)];
  const units = c.shape(hidden)[1];
  const gates = c.op('Sigmoid', [c.add(c.op('MatMul', [c.concat([x, hidden], 1), c.input(2)]), c.input(4))]);
  const reset = c.slice(gates, 1, 0, units);
  const update = c.slice(gates, 1, units, units);
  const joined = c.concat([x, c.mul(hidden, reset)], 1);
  const candidate = c.op('Tanh', [c.add(c.op('MatMul', [joined, c.input(3)]), c.input(5))]);
  const fresh = c.mul(c.sub(c.scalar(1), update), candidate);
  [reset, update, candidate, c.add(fresh, c.mul(update, hidden))].forEach((name, i) => c.output(i, name));
});

/** Recurrent cells in one node. */
export const recurrent: OperatorFamily = {
  'tf:BlockLSTM': blockLstm(FIRST_ORDER),
  'tf:BlockLSTMV2': blockLstm(SECOND_ORDER),
  'tf:GRUBlockCell': gruBlockCell,
  'tf:LSTMBlockCell': lstmBlockCell,
};
