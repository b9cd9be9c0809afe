import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan } from '../device/types.ts';
import { Layer, type ParameterValue } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import { elementCount, type Shape, type Tensor } from '../network/tensor.ts';
import { Simulator } from '../simulator/simulator.ts';

/** Batch, features, units, width of the projection. */
const [N, F, U, P] = [2, 3, 4, 5];

const noise = (shape: Shape, seed: number): Tensor => ({
  type: 'float32',
  shape: [...shape],
  data: Float32Array.from({ length: elementCount(shape) }, (_, i) => Math.sin(i * 2.3 + seed * 1.9)),
});

interface Variant {
  cifg: boolean;
  projection: boolean;
  normal: boolean;
  states: boolean;
  /** Weights stored [out, in]. */
  turned?: boolean;
}

const widthOf = ({ projection }: Variant): number => (projection ? P : U);

function coefficients(variant: Variant): Record<string, Tensor> {
  const hidden = widthOf(variant);
  const gates = variant.cifg ? ['f', 'c', 'o'] : ['i', 'f', 'c', 'o'];
  const list = gates.flatMap((gate, i): [string, Tensor][] => [
    [`w${gate}`, noise([F, U], i + 1)],
    [`h${gate}`, noise([hidden, U], i + 11)],
    [`b${gate}`, noise([U], i + 21)],
    ...(variant.normal ? [[`ln_${gate}`, noise([U], i + 31)] as [string, Tensor]] : []),
  ]);
  return Object.fromEntries([
    ...list,
    ...(variant.projection ? [['wp', noise([U, P], 41)], ['bp', noise([P], 42)]] : []),
  ]) as Record<string, Tensor>; // prettier-ignore
}

function flip({ shape: [rows, columns], data }: Tensor): Tensor {
  const values = Float32Array.from({ length: rows * columns }, (_, i) =>
    Number(data[(i % rows) * columns + Math.floor(i / rows)]),
  );
  return { type: 'float32', shape: [columns, rows], data: values };
}

const inputsOf = (variant: Variant): Tensor[] => [
  noise([N, F], 51),
  ...(variant.states ? [noise([N, widthOf(variant)], 52), noise([N, U], 53)] : []),
];

function parametersOf({ cifg, projection, normal }: Variant): Record<string, ParameterValue> {
  return {
    weights: U,
    num_proj: projection ? P : null,
    forget_bias: 0.5,
    cell_clip: 0.6,
    proj_clip: projection ? 1.5 : 0,
    use_cifg: cifg,
    use_layer_norm_lstm: normal,
    use_peepholes: false,
  };
}

function networkOf(variant: Variant, parameters: Record<string, ParameterValue>): Network {
  const network = new Network({ name: 'test', acuityVersion: '6', platform: 'tensorflow' });
  const inputs = inputsOf(variant).map(({ shape }, i) => {
    const key = `x${i}_${i}`;
    network.add(
      new Layer({ key, name: `x${i}`, op: 'input', parameters: { shape: [...shape] }, inputs: [] }),
    );
    return { layer: key, port: 0 };
  });
  network.add(new Layer({ key: 'u_5', name: 'u', op: 'lstmunit', parameters, inputs, outputs: 3 }));
  for (const [name, tensor] of Object.entries(coefficients(variant))) {
    const turned = variant.turned === true && tensor.shape.length === 2;
    network.setCoefficient('u_5', name, turned ? flip(tensor) : tensor);
  }
  [0, 1, 2].forEach((port) => {
    const source = [{ layer: 'u_5', port }];
    network.add(new Layer({ key: `y_${port + 6}`, name: 'y', op: 'output', inputs: source }));
  });
  return network;
}

function run(variant: Variant): Float32Array[] {
  const network = networkOf(variant, parametersOf(variant));
  const { graph } = lowerNetwork(network, { plan: floatPlan('float32'), batch: N });
  const simulator = new Simulator(graph);
  const given = inputsOf(variant).map(({ data }) => data as Float32Array);
  const results = simulator.run(given).map(({ values }) => values.slice());
  simulator.dispose();
  return results;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const clip = (x: number, bound: number): number => Math.max(-bound, Math.min(bound, x));

/** row [in] times matrix [in, out] */
function times(row: readonly number[], { shape, data }: Tensor): number[] {
  return Array.from({ length: shape[1] }, (_, o) =>
    row.reduce((sum, x, i) => sum + x * Number(data[i * shape[1] + o]), 0),
  );
}

/** The step as TensorFlow Lite documents it, one sample at a time: [output, cell]. */
function reference(variant: Variant, sample: number): [number[], number[]] {
  const weights = coefficients(variant);
  const given = inputsOf(variant).map(({ shape: [, width], data }) =>
    Array.from(data.slice(sample * width, (sample + 1) * width), Number),
  );
  const zeros = (count: number): number[] => new Array<number>(count).fill(0);
  const [x, h = zeros(widthOf(variant)), c = zeros(U)] = given;
  const sums = (gate: string): number[] => {
    const fromH = times(h, weights[`h${gate}`]);
    const plain = times(x, weights[`w${gate}`]).map((value, u) => value + fromH[u]);
    const mean = plain.reduce((a, b) => a + b) / U;
    const variance = plain.reduce((sum, value) => sum + (value - mean) ** 2, 0) / U;
    const scaled = variant.normal
      ? plain.map(
          (value, u) => ((value - mean) / Math.sqrt(variance + 1e-8)) * Number(weights[`ln_${gate}`].data[u]),
        )
      : plain;
    return scaled.map((value, u) => value + Number(weights[`b${gate}`].data[u]));
  };
  const forget = sums('f').map((value) => sigmoid(value + 0.5));
  const input = variant.cifg ? forget.map((value) => 1 - value) : sums('i').map(sigmoid);
  const candidate = sums('c').map(Math.tanh);
  const cell = c.map((old, u) => clip(forget[u] * old + input[u] * candidate[u], 0.6));
  const gate = sums('o').map(sigmoid);
  const out = cell.map((value, u) => gate[u] * Math.tanh(value));
  if (!variant.projection) return [out, cell];
  const bias = weights['bp'].data;
  return [times(out, weights['wp']).map((value, i) => clip(value + Number(bias[i]), 1.5)), cell];
}

const choices = [false, true];
const variants: Variant[] = choices.flatMap((cifg) =>
  choices.flatMap((projection) =>
    choices.flatMap((normal) => choices.map((states) => ({ cifg, projection, normal, states }))),
  ),
);

describe('lstmunit', () => {
  const turned = { cifg: false, projection: true, normal: true, states: true, turned: true };
  test.each([...variants, turned].map((variant) => [JSON.stringify(variant), variant] as const))(
    '%s',
    (_, variant) => {
      const [output, hidden, cell] = run(variant);
      const wanted = Array.from({ length: N }, (__, sample) => reference(variant, sample));
      const near = (got: Float32Array, values: readonly number[]): void => {
        expect(got).toHaveLength(values.length);
        values.forEach((value, i) => expect(Math.abs(got[i] - value)).toBeLessThan(1e-5));
      };
      near(output, wanted.flatMap(([values]) => values)); // prettier-ignore
      near(cell, wanted.flatMap(([, values]) => values)); // prettier-ignore
      expect(hidden).toEqual(output);
    },
  );

  test('peepholes, whose weights no file holds, are refused by name', () => {
    const plain = { cifg: false, projection: false, normal: false, states: false };
    const network = networkOf(plain, { ...parametersOf(plain), use_peepholes: true });
    expect(() => lowerNetwork(network, { plan: floatPlan('float32'), batch: N })).toThrow(/use_peepholes/);
  });
});
