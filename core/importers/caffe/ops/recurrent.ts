import { real } from '../../../network/layer.ts';
import { toFloat32, transpose, type Tensor } from '../../../network/tensor.ts';
import type { CaffeFamily, Scope } from '../scope.ts';
import { product } from '../../onnx/numeric.ts';

/** Where the coefficients of ACUITY's lstm are. */
const CELL = 'rnn/multi_rnn_cell/cell_0/lstm_cell';

/** Caffe's gates are i, f, o, g (the candidate); ACUITY's i, g, f, o; ONNX's i, o, f, g. */
const ACUITY_GATES = [0, 3, 1, 2];
const ONNX_GATES = [0, 2, 1, 3];

/** An LSTM whose coefficients are at hand; matrices are [4 * units, features]. */
interface Cell {
  units: number;
  input: Tensor;
  hidden: Tensor;
  bias: Tensor;
}

/** Blocks of rows, one per gate, in another order. */
function gatesInOrder({ shape, ...tensor }: Tensor, order: readonly number[]): Tensor {
  const data = toFloat32({ shape, ...tensor });
  const block = data.length / order.length;
  const moved = new Float32Array(data.length);
  order.forEach((gate, i) => moved.set(data.subarray(gate * block, (gate + 1) * block), i * block));
  return { type: 'float32', shape, data: moved };
}

/** A sequence [T, N, ...] with the static input, if there is one, beside every step: [T, N, features]. */
function sequence(scope: Scope, statics: string | undefined): string {
  const { c } = scope;
  const [steps, batch, ...rest] = scope.shape();
  if (batch === undefined) throw scope.invalid('its input needs the axes [time, batch, ...]');
  const flat = c.reshape(scope.input(), [steps, batch, product(rest)]);
  if (statics === undefined) return flat;
  const width = product(c.shape(statics)) / batch;
  const one = c.reshape(statics, [1, batch, width]);
  return c.concat([flat, c.op('Tile', [one, c.ints([steps, 1, 1])])], 2);
}

/** The layer ACUITY has: a state of zeros in front of the first step. */
function emitLayer(scope: Scope, x: string, cell: Cell): string {
  const { c } = scope;
  const { units } = cell;
  const [steps, batch, features] = c.shape(x);
  const rows = [cell.input, cell.hidden].map((tensor) =>
    toFloat32(transpose(gatesInOrder(tensor, ACUITY_GATES), [1, 0])),
  );
  const data = new Float32Array((features + units) * 4 * units);
  data.set(rows[0]);
  data.set(rows[1], rows[0].length);
  const bias = gatesInOrder(cell.bias, ACUITY_GATES);
  const [result] = c.layer(
    'lstm',
    [
      ['weights', units],
      ['time_major', true],
      ['forget_bias', real(0)],
    ],
    [x],
    [{ shape: [steps, batch, units], type: 'float32' }],
    [
      [`${CELL}/kernel`, { type: 'float32', shape: [features + units, 4 * units], data }],
      [`${CELL}/bias`, bias],
    ],
  );
  return result;
}

/** With a state that is read or written, step by step. */
function emitSteps(scope: Scope, x: string, cell: Cell, states: readonly string[]): void {
  const { c } = scope;
  const { units } = cell;
  const [steps, batch] = c.shape(x);
  const matrix = (tensor: Tensor): string => {
    const gates = gatesInOrder(tensor, ONNX_GATES);
    return c.constant({ ...gates, shape: [1, ...gates.shape] });
  };
  const bias = c.pad(matrix(cell.bias), [0, 0], [0, 4 * units]);
  const start = states.map((state) => c.reshape(state, [1, batch, units]));
  const inputs = [x, matrix(cell.input), matrix(cell.hidden), bias, '', ...start];
  const results = c.ops('LSTM', inputs, { hidden_size: units }, 3, scope.node.layerName);
  const shapes = [[steps, batch, units], [1, batch, units], [1, batch, units]]; // prettier-ignore
  results.forEach((result, index) => {
    if (c.wants(index)) c.output(index, c.reshape(result, shapes[index]));
  });
}

/** BVLC's LSTM over [T, N, ...]: blobs are W_x, b, W_static where there is one, W_h. */
function lstm(scope: Scope): void {
  const fork =
    scope.facts.lstmFork || (scope.layer.body.has('lstm_param') && !scope.layer.body.has('recurrent_param'));
  if (fork) return forkedLstm(scope);
  const { x, statics, states, features, units } = recurrentInputs(scope, 2);
  const width = 4 * units;
  const staticBlobs = statics === undefined ? 0 : 1;
  const input = scope.coefficient(0, 'weight', [width, features[0]]);
  const cell: Cell = {
    units,
    input: staticBlobs ? besides(input, scope.coefficient(2, 'weight', [width, features[1]])) : input,
    bias: scope.coefficient(1, 'bias', [width]),
    hidden: scope.coefficient(2 + staticBlobs, 'weight', [width, units]),
  };
  if (states.length > 0 || scope.c.wants(1)) emitSteps(scope, x, cell, states);
  else scope.emit(emitLayer(scope, x, cell));
}

/** Two matrices with the same rows, side by side. */
function besides(left: Tensor, right: Tensor): Tensor {
  const [rows] = left.shape;
  const [a, b] = [toFloat32(left), toFloat32(right)];
  const [wide, narrow] = [a.length / rows, b.length / rows];
  const data = new Float32Array(a.length + b.length);
  for (let row = 0; row < rows; row++) {
    data.set(a.subarray(row * wide, (row + 1) * wide), row * (wide + narrow));
    data.set(b.subarray(row * narrow, (row + 1) * narrow), row * (wide + narrow) + wide);
  }
  return { type: 'float32', shape: [rows, wide + narrow], data };
}

/** Inputs of BVLC's recurrent layers: x, cont, maybe x_static, and the states when they are exposed. */
function recurrentInputs(scope: Scope, stateCount: number) {
  const { c } = scope;
  const parameters = scope.parameters('recurrent_param');
  const units = parameters.int('num_output', 0);
  if (units < 1 || units > 65535) throw scope.invalid(`num_output is ${units}`);
  const exposed = parameters.flag('expose_hidden', false) ? stateCount : 0;
  const { inputs } = scope;
  const statics = inputs.length - exposed > 2 ? inputs[2] : undefined;
  if (inputs.length < 2 + exposed) throw scope.invalid(`it reads ${inputs.length} blobds, too few`);
  const x = sequence(scope, statics);
  const features = [
    product(scope.shape().slice(2)),
    ...(statics === undefined ? [] : [product(c.shape(statics).slice(1))]),
  ];
  return { x, statics, states: inputs.slice(inputs.length - exposed), features, units };
}

/** The fork's Lstm over [T * N, ...]: blobs are W_x, W_h, b. */
function forkedLstm(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('lstm_param');
  const units = parameters.int('num_output', 0);
  const batch = parameters.int('batch_size', 1);
  const [rows, ...rest] = scope.shape();
  if (units < 1 || units > 65535 || batch < 1 || rows % batch !== 0)
    throw scope.invalid(`${rows} rows in batches of ${batch}, num_output ${units}`);
  const features = product(rest);
  const cell: Cell = {
    units,
    input: scope.coefficient(0, 'weight', [4 * units, features]),
    hidden: scope.coefficient(1, 'weight', [4 * units, units]),
    bias: scope.coefficient(2, 'bias', [4 * units]),
  };
  const x = c.reshape(scope.input(), [rows / batch, batch, features]);
  scope.emit(c.reshape(emitLayer(scope, x, cell), [rows, units]));
}

/** BVLC's RNN: h = tanh(W_h h + W_x x + b), o = tanh(W_o h + b_o). */
function rnn(scope: Scope): void {
  const { c } = scope;
  const { x, statics, states, features, units } = recurrentInputs(scope, 1);
  const [steps, batch] = c.shape(x);
  const offset = statics === undefined ? 0 : 1;
  const input = scope.coefficient(0, 'weight', [units, features[0]]);
  const whole = offset ? besides(input, scope.coefficient(2, 'weight', [units, features[1]])) : input;
  const leading = (one: Tensor): string => c.constant({ ...one, shape: [1, ...one.shape] });
  const bias = c.pad(leading(scope.coefficient(1, 'bias', [units])), [0, 0], [0, units]);
  const hidden = leading(scope.coefficient(2 + offset, 'weight', [units, units]));
  const start = states.map((state) => c.reshape(state, [1, batch, units]));
  const inputs = [x, leading(whole), hidden, bias, '', ...start];
  const [all, last] = c.ops('RNN', inputs, { hidden_size: units }, 2, scope.node.layerName);
  const output = c.op('Gemm', [
    c.reshape(all, [steps * batch, units]),
    c.constant(scope.coefficient(3 + offset, 'weight', [units, units])),
    c.constant(scope.coefficient(4 + offset, 'bias', [units])),
  ], { transB: 1 }); // prettier-ignore
  scope.emit(c.reshape(c.op('Tanh', [output]), [steps, batch, units]));
  if (c.wants(1)) c.output(1, c.reshape(last, [1, batch, units]));
}

/** Recurrent layers. The continuation marks are taken to be 0 at the first step and 1 behind it. */
export const recurrence: CaffeFamily = { LSTM: lstm, Lstm: forkedLstm, RNN: rnn };
