import { expect } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan } from '../device/types.ts';
import { Layer, type ParameterValue } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import { elementCount, type Shape, type Tensor } from '../network/tensor.ts';
import { Simulator } from '../simulator/simulator.ts';
import { runPasses, type Pass } from './pass.ts';
import { removeDead } from './remove-dead.ts';

/** key, op, inputs, parameters, coefficients */
export type Line = [
  string,
  string,
  string[],
  Record<string, ParameterValue>?,
  Record<string, { shape: number[]; seed?: number; values?: readonly number[] }>?,
];

/** Values between -1 and 1 that look like noise. */
const noise = (shape: Shape, seed: number): Tensor => ({
  type: 'float32',
  shape: [...shape],
  data: Float32Array.from({ length: elementCount(shape) }, (_, i) => Math.sin(i * 1.7 + seed * 3.1)),
});

/** A network with one input x_0 of this shape and one output. */
export function networkOf(shape: number[], lines: readonly Line[], output: string): Network {
  const network = new Network({
    name: 'test',
    acuityVersion: '6',
    platform: 'tensorflow',
    orgPlatform: 'onnx',
  });
  network.add(new Layer({ key: 'x_0', name: 'x', op: 'input', parameters: { shape }, inputs: [] }));
  for (const [key, op, inputs, parameters = {}, coefficients = {}] of lines) {
    const refs = inputs.map((layer) => ({ layer, port: 0 }));
    network.add(new Layer({ key, name: key, op, parameters, inputs: refs }));
    for (const [name, { shape: dims, seed = 1, values }] of Object.entries(coefficients)) {
      const tensor = noise(dims, seed);
      network.setCoefficient(key, name, values ? { ...tensor, data: Float32Array.from(values) } : tensor);
    }
  }
  network.add(new Layer({ key: 'y_99', name: 'y', op: 'output', inputs: [{ layer: output, port: 0 }] }));
  network.validate();
  return network;
}

/** The ops of the layers between inputs and outputs, producers first. */
export const opsOf = (network: Network): string =>
  network
    .topologicalOrder()
    .map(({ op }) => op)
    .filter((op) => op !== 'input' && op !== 'output')
    .join(' ');

/** As {@link opsOf}, without constants. */
export const computedOps = (network: Network): string =>
  opsOf(network)
    .split(' ')
    .filter((op) => op !== 'variable')
    .join(' ');

/** Runs a network in float32 on the simulator, its input filled with noise. */
export function run(network: Network): { shape: Shape; values: Float32Array } {
  const { graph } = lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 });
  const simulator = new Simulator(graph);
  const count = elementCount(network.inputs[0].ints('shape'));
  const input = Float32Array.from(noise([count], 7).data as Float32Array, (value) => 5 * value);
  const [{ shape, values }] = simulator.run([input]);
  simulator.dispose();
  return { shape, values: values.slice() };
}

/** Runs the passes, compares the computing ops before and after, and the numbers. */
export function check(
  passes: Pass | readonly Pass[],
  network: Network,
  before: string,
  after: string,
): Network {
  expect(computedOps(network)).toBe(before);
  const result = runPasses(network, [passes, removeDead].flat());
  expect(computedOps(result)).toBe(after);
  expect(computedOps(network)).toBe(before);
  const [was, is] = [run(network), run(result)];
  expect(is.shape).toEqual(was.shape);
  was.values.forEach((value, i) => expect(Math.abs(is.values[i] - value)).toBeLessThan(1e-4));
  return result;
}

/** Parameters of a 3x3 convolution with 4 outputs. */
export const convolution = (pad: number[]): Record<string, ParameterValue> => ({
  weights: 4,
  bias: true,
  group_number: 1,
  ksize_h: 3,
  ksize_w: 3,
  stride_h: 1,
  stride_w: 1,
  pad_method: 'padding_const',
  pad,
});

/** Writes a network as nested calls; x is its input, numbers become constants. */
export class Sketch {
  readonly lines: Line[] = [];
  readonly x = 'x_0';
  /** Shape of a constant number: of the input's rank, so that it broadcasts as it is. */
  private readonly ones: number[];

  constructor(shape: readonly number[]) {
    this.ones = shape.map(() => 1);
  }

  /** One layer. @returns its key, `<op>_<n>` */
  op(op: string, inputs: readonly (string | number)[], parameters?: Line[3], coefficients?: Line[4]): string {
    const keys = inputs.map((input) =>
      typeof input === 'number' ? this.constant(this.ones, [input]) : input,
    );
    const key = `${op}_${this.lines.length + 1}`;
    this.lines.push([key, op, keys, parameters, coefficients]);
    return key;
  }

  /** A constant with these values, or with noise. */
  constant(shape: number[], values?: readonly number[]): string {
    const seed = this.lines.length;
    return this.op('variable', [], { shape }, { data: { shape, seed, ...(values ? { values } : {}) } });
  }

  add(a: string | number, b: string | number): string {
    return this.op('add', [a, b]);
  }

  mul(a: string | number, b: string | number): string {
    return this.op('multiply', [a, b]);
  }

  div(a: string | number, b: string | number): string {
    return this.op('real_div', [a, b]);
  }

  relu6(x: string): string {
    return this.op('relun', [x], { relu_clamp_top: 6, relu_clamp_bottom: 0 });
  }
}

/** The network that a sketch gives for an input of this shape. */
export function sketch(shape: number[], draw: (g: Sketch) => string): Network {
  const g = new Sketch(shape);
  return networkOf(shape, g.lines, draw(g));
}
