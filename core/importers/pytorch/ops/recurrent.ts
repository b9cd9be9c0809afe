import { Unsupported } from '../../onnx/builder.ts';
import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';

/** A kind of cell: ONNX's operator and, per gate of ONNX, which gate of PyTorch it is. */
interface Cell {
  type: 'LSTM' | 'GRU' | 'RNN';
  gates: readonly number[];
  states: number;
  attributes: Record<string, number | string>;
}

const LSTM: Cell = { type: 'LSTM', gates: [0, 3, 1, 2], states: 2, attributes: {} };
const GRU: Cell = { type: 'GRU', gates: [1, 0, 2], states: 1, attributes: { linear_before_reset: 1 } };
const rnn = (): Cell => ({ type: 'RNN', gates: [0], states: 1, attributes: {} });

/** The gates of a weight or bias in ONNX's order. */
function regated(c: TorchComposer, name: string, { gates }: Cell): string {
  const size = c.shape(name)[0] / gates.length;
  return c.concat(
    gates.map((gate) => c.slice(name, 0, gate * size, size)),
    0,
  );
}

/** Weights of one layer: one set per direction, stacked. */
function stacked(c: TorchComposer, names: readonly string[], cell: Cell): string {
  return c.stack(
    names.map((name) => regated(c, c.float(name), cell)),
    0,
  );
}

/** [sequence, directions, batch, size] to [sequence, batch, directions * size]. */
function joinedDirections(c: TorchComposer, y: string): string {
  const [steps, directions, batch, size] = c.shape(y);
  return c.reshape(c.transpose(y, [0, 2, 1, 3]), [steps, batch, directions * size]);
}

interface Plan {
  cell: Cell;
  directions: number;
  layers: number;
  biases: boolean;
  /** Initial states, each [layers * directions, batch, size]. */
  states: readonly string[];
  params: readonly string[];
}

/** One layer. @returns its sequence and its last states */
function layerOf(c: TorchComposer, plan: Plan, x: string, layer: number): string[] {
  const { cell, directions, biases, params } = plan;
  const perSet = biases ? 4 : 2;
  const sets = Array.from({ length: directions }, (_, d) => params.slice((layer * directions + d) * perSet, (layer * directions + d + 1) * perSet)); // prettier-ignore
  const part = (index: number): string => stacked(c, sets.map((set) => set[index]), cell); // prettier-ignore
  const states = plan.states.map((state) => c.slice(state, 0, layer * directions, directions));
  const bias = biases ? c.concat([part(2), part(3)], 1) : '';
  const inputs = [x, part(0), part(1), bias, '', ...states];
  const hidden = c.shape(sets[0][1])[1];
  const attributes = {
    ...cell.attributes,
    hidden_size: hidden,
    direction: directions === 2 ? 'bidirectional' : 'forward',
  };
  const last = layer === plan.layers - 1 ? c.layerName : `${c.layerName}_layer${layer}`;
  const [y, ...finals] = c.ops(cell.type, inputs, attributes, 1 + cell.states, last);
  return [joinedDirections(c, y), ...finals];
}

function planOf(c: TorchComposer, cell: Cell, states: readonly string[]): Plan {
  const biases = c.flag('has_biases', true);
  const directions = c.flag('bidirectional') ? 2 : 1;
  const layers = c.int('num_layers', 1);
  const params = c.tensors('params');
  if (params.length !== layers * directions * (biases ? 4 : 2))
    throw new Unsupported('projections (proj_size)');
  return { cell, directions, layers, biases, states: states.map((state) => c.float(state)), params };
}

/** All layers over a sequence, in PyTorch's or batch-first order. */
function sequence(c: TorchComposer, cell: Cell, states: readonly string[]): string[] {
  const given = c.float(c.tensor('input'));
  if (c.shape(given).length !== 3) throw new Unsupported('a packed sequence');
  const batchFirst = c.flag('batch_first');
  const plan = planOf(c, cell, states);
  let x = batchFirst ? c.transpose(given, [1, 0, 2]) : given;
  const finals: string[][] = plan.states.map(() => []);
  for (let layer = 0; layer < plan.layers; layer++) {
    const [y, ...last] = layerOf(c, plan, x, layer);
    x = y;
    last.forEach((state, i) => finals[i].push(state));
  }
  return [batchFirst ? c.transpose(x, [1, 0, 2]) : x, ...finals.map((list) => c.concat(list, 0))];
}

/** One step of a cell: a sequence of length one. */
function step(c: TorchComposer, cell: Cell, states: readonly string[]): string[] {
  const x = c.float(c.tensor('input'));
  const [w, r] = ['w_ih', 'w_hh'].map((name) => stacked(c, [c.tensor(name)], cell));
  const biases = c.given('b_ih') ? [c.concat(['b_ih', 'b_hh'].map((name) => stacked(c, [c.tensor(name)], cell)), 1)] : ['']; // prettier-ignore
  const initial = states.map((state) => c.unsqueeze(c.float(state), 0));
  const [, ...finals] = c.ops(
    cell.type,
    [c.unsqueeze(x, 0), w, r, ...biases, '', ...initial],
    { ...cell.attributes, hidden_size: c.shape(c.tensor('w_hh'))[1] },
    1 + cell.states,
    c.layerName,
  );
  return finals.map((state) => c.op('Squeeze', [state, c.ints([0])]));
}

const SEQUENCE = 'params has_biases num_layers dropout train bidirectional batch_first';

const simple = (activation: string): Cell => ({ ...rnn(), attributes: activation === 'Tanh' ? {} : { activations: activation } }); // prettier-ignore

/** Recurrent layers. */
export const recurrent: Readonly<Record<string, TorchOperator>> = {
  'aten::lstm': torchOperator(`input hx ${SEQUENCE}`, (c) => sequence(c, LSTM, c.tensors('hx')), { results: 3 }),
  'aten::gru': torchOperator(`input hx ${SEQUENCE}`, (c) => sequence(c, GRU, [c.tensor('hx')]), { results: 2 }),
  'aten::rnn_tanh': torchOperator(`input hx ${SEQUENCE}`, (c) => sequence(c, simple('Tanh'), [c.tensor('hx')]), { results: 2 }),
  'aten::lstm_cell': torchOperator('input hx w_ih w_hh b_ih b_hh', (c) => step(c, LSTM, c.tensors('hx')), { results: 2 }),
  'aten::gru_cell': torchOperator('input hx w_ih w_hh b_ih b_hh', (c) => step(c, GRU, [c.tensor('hx')])),
  'aten::rnn_tanh_cell': torchOperator('input hx w_ih w_hh b_ih b_hh', (c) => step(c, simple('Tanh'), [c.tensor('hx')])),
}; // prettier-ignore
