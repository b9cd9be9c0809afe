import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan } from '../device/types.ts';
import { Layer, type ParameterValue } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import { elementCount, type Shape, type Tensor } from '../network/tensor.ts';
import { Simulator } from '../simulator/simulator.ts';

const noise = (shape: Shape, seed: number): Tensor => ({
  type: 'float32',
  shape: [...shape],
  data: Float32Array.from({ length: elementCount(shape) }, (_, i) => Math.sin(i * 2.3 + seed * 1.9)),
});

/** One layer between an input and one output per port; returns the outputs. */
function run(
  op: string,
  shape: number[],
  parameters: Record<string, ParameterValue>,
  coefficients: Record<string, Tensor>,
  outputs = 1,
): Float32Array[] {
  const network = new Network({ name: 'test', acuityVersion: '6', platform: 'tensorflow' });
  network.add(new Layer({ key: 'x_0', name: 'x', op: 'input', parameters: { shape }, inputs: [] }));
  const inputs = [{ layer: 'x_0', port: 0 }];
  network.add(new Layer({ key: 'a_1', name: 'a', op, parameters, inputs, outputs }));
  for (const [name, tensor] of Object.entries(coefficients)) network.setCoefficient('a_1', name, tensor);
  for (let port = 0; port < outputs; port++) {
    const source = [{ layer: 'a_1', port }];
    network.add(new Layer({ key: `y_${port + 2}`, name: 'y', op: 'output', inputs: source }));
  }
  const { graph } = lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 });
  const simulator = new Simulator(graph);
  const results = simulator.run([noise(shape, 5).data as Float32Array]).map(({ values }) => values.slice());
  simulator.dispose();
  return results;
}

const close = (got: Float32Array, wanted: readonly number[]): void => {
  expect(got).toHaveLength(wanted.length);
  wanted.forEach((value, i) => expect(Math.abs(got[i] - value)).toBeLessThan(1e-5));
};

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** row [in] times kernel [in, out] plus bias */
function dense(row: readonly number[], kernel: Tensor, bias: Tensor): number[] {
  const outputs = bias.data.length;
  return Array.from({ length: outputs }, (_, o) =>
    row.reduce((sum, x, i) => sum + x * Number(kernel.data[i * outputs + o]), Number(bias.data[o])),
  );
}

/** Steps, features and units of the sequences; batch 1. */
const [T, F, U] = [5, 3, 2];
const rows = (): number[][] => {
  const { data } = noise([T, 1, F], 5);
  return Array.from({ length: T }, (_, t) => Array.from(data.slice(t * F, t * F + F), Number));
};

describe('recurrent layers of real files', () => {
  test.each([true, false])('lstm, time first: %s', (time_major) => {
    const prefix = 'rnn/multi_rnn_cell/cell_0/lstm_cell';
    const kernel = noise([F + U, 4 * U], 1);
    const bias = noise([4 * U], 2);
    const shape = time_major ? [T, 1, F] : [1, T, F];
    const parameters = { weights: U, time_major, forget_bias: 1 };
    const given = { [`${prefix}/kernel`]: kernel, [`${prefix}/bias`]: bias };
    const [sequence, last, cell] = run('lstm', shape, parameters, given, 3);
    let [h, c] = [[0, 0], [0, 0]]; // prettier-ignore
    const wanted = rows().flatMap((x) => {
      const sums = dense([...x, ...h], kernel, bias);
      const gate = (index: number, u: number): number => sums[index * U + u];
      c = c.map((old, u) => old * sigmoid(gate(2, u) + 1) + sigmoid(gate(0, u)) * Math.tanh(gate(1, u)));
      h = c.map((value, u) => sigmoid(gate(3, u)) * Math.tanh(value));
      return h;
    });
    close(sequence, wanted);
    close(last, h);
    close(cell, c);
  });

  test('gru', () => {
    const [gates, candidate] = [noise([F + U, 2 * U], 1), noise([F + U, U], 2)];
    const [gatesBias, candidateBias] = [noise([2 * U], 3), noise([U], 4)];
    const [sequence, last] = run(
      'gru',
      [T, 1, F],
      { num_units: U, time_major: true },
      {
        'rnn/gru_cell/gates/kernel': gates,
        'rnn/gru_cell/gates/bias': gatesBias,
        'rnn/gru_cell/candidate/kernel': candidate,
        'rnn/gru_cell/candidate/bias': candidateBias,
      },
      2,
    );
    let h = [0, 0];
    const wanted = rows().flatMap((x) => {
      const both = dense([...x, ...h], gates, gatesBias).map(sigmoid);
      const fresh = dense([...x, ...h.map((value, u) => value * both[u])], candidate, candidateBias);
      h = h.map((value, u) => both[U + u] * value + (1 - both[U + u]) * Math.tanh(fresh[u]));
      return h;
    });
    close(sequence, wanted);
    close(last, h);
  });

  test('only the last step', () => {
    const name = 'rnn/multi_rnn_cell/cell_0/lstm_cell/kernel';
    const kernel = { [name]: noise([F + U, 4 * U], 1) };
    const [all] = run('lstm', [T, 1, F], { weights: U }, kernel);
    const [last] = run('lstm', [T, 1, F], { weights: U, return_sequences: false }, kernel);
    close(last, Array.from(all.slice(-U)));
  });
});

describe('normalizations by neighbours', () => {
  const x = Array.from(noise([2, 4], 5).data, Number);
  const norm = (row: number[]): number => Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
  const byRow = (map: (value: number, row: number[], i: number) => number): number[] =>
    [x.slice(0, 4), x.slice(4)].flatMap((row) => row.map((value, i) => map(value, row, i)));

  test('l2normalize', () => {
    close(
      run('l2normalize', [2, 4], { l2n_dim: [-1] }, {})[0],
      byRow((value, row) => value / norm(row)),
    );
  });

  test('l2normalizescale', () => {
    const scale = noise([4], 2);
    const [got] = run('l2normalizescale', [2, 4], { l2n_dim: '1' }, { scale });
    close(got, byRow((value, row, i) => (value / norm(row)) * Number(scale.data[i]))); // prettier-ignore
  });

  test('rmsnormalize', () => {
    const scale = noise([4], 2);
    const [got] = run('rmsnormalize', [2, 4], { axis_list: [1], eps: 0.01 }, { scale });
    const wanted = byRow(
      (value, row, i) => (value / Math.sqrt(norm(row) ** 2 / 4 + 0.01)) * Number(scale.data[i]),
    );
    close(got, wanted);
  });
});
