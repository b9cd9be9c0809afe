import { formatRef, type Layer } from '../../network/layer.ts';
import type { Network } from '../../network/network.ts';
import { toFloat32, type Tensor } from '../../network/tensor.ts';
import { elementwiseOps } from './evaluate-elementwise.ts';
import { arrangeOps } from './evaluate-arrange.ts';
import { layerOps } from './evaluate-layers.ts';
import { poolingOps } from './evaluate-pooling.ts';
import { reduceOps } from './evaluate-reduce.ts';

/** A tensor at run time; integers and booleans are held as floats. */
export interface Data {
  shape: readonly number[];
  data: Float32Array;
}

/** Computes the outputs of one layer. */
export type Evaluate = (layer: Layer, inputs: Data[], coefficient: (name: string) => Data) => Data[];

const ops: Readonly<Record<string, Evaluate>> = {
  ...elementwiseOps,
  ...arrangeOps,
  ...layerOps,
  ...poolingOps,
  ...reduceOps,
  output: (_, [x]) => [x],
  variable: (_, __, coefficient) => [coefficient('data')],
};

/** Number of elements of a shape. */
export const count = (shape: readonly number[]): number => shape.reduce((all, dim) => all * dim, 1);

const asData = (tensor: Tensor): Data => ({ shape: tensor.shape, data: toFloat32(tensor) });

/**
 * Runs a network in float arithmetic, slowly and plainly, with the meanings that ACUITY's ops have on
 * channel-last data. For checking importers; the simulator is what users run.
 * @param inputs one per input layer, by layer name
 * @returns the outputs by the order of the output layers
 */
export function evaluate(network: Network, inputs: ReadonlyMap<string, Data>): Data[] {
  const results = new Map<string, Data>();
  const left = new Map([...network.consumers()].map(([ref, uses]) => [ref, uses.length]));
  for (const layer of network.topologicalOrder()) {
    const given = layer.inputs.map((ref) => {
      const data = results.get(formatRef(ref));
      if (!data) throw new Error(`${layer.key} reads ${formatRef(ref)}, which is not computed`);
      return data;
    });
    for (const [port, data] of run(network, layer, given, inputs).entries()) {
      results.set(formatRef({ layer: layer.key, port }), data);
    }
    for (const ref of layer.inputs.map(formatRef)) {
      const readers = (left.get(ref) ?? 1) - 1;
      left.set(ref, readers);
      if (readers === 0) results.delete(ref);
    }
  }
  return network.outputs.map(
    (layer) =>
      results.get(formatRef({ layer: layer.key, port: 0 })) ?? { shape: [], data: new Float32Array() },
  );
}

function run(network: Network, layer: Layer, given: Data[], inputs: ReadonlyMap<string, Data>): Data[] {
  if (layer.op === 'input') {
    const data = inputs.get(layer.name);
    if (!data) throw new Error(`no data for input ${layer.name}`);
    return [{ shape: layer.ints('shape'), data: data.data }];
  }
  const op = ops[layer.op];
  if (!op) throw new Error(`the evaluator does not know op ${layer.op} (${layer.key})`);
  const outputs = op(layer, given, (name) => {
    const tensor = network.coefficient(layer.key, name);
    if (!tensor) throw new Error(`${layer.key} has no coefficient ${name}`);
    return asData(tensor);
  });
  for (const { shape, data } of outputs) {
    if (count(shape) !== data.length)
      throw new Error(`${layer.key}: ${data.length} values for [${shape.join(',')}]`);
  }
  return outputs;
}
