import type { LoweredNetwork } from '../device/lower.ts';
import { isFloatType } from '../device/stored-constant.ts';
import { formatRef, Layer, type TensorRef } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import { rangeRule } from '../ops/registry.ts';
import { shapeOf } from '../ops/shapes.ts';
import { portsOf } from './hybrid-plan.ts';

/** The layers that read a tensor, cut out of their network. */
export interface ReaderNetwork {
  /** Inputs stand for the tensors that are read; constants are still constants. */
  network: Network;
  /** References in the whole network of what the inputs stand for, in their order. */
  reads: readonly string[];
  /** Keys of the readers whose outputs the outputs are, in their order; one with several outputs is there again. */
  readers: readonly string[];
}

/**
 * Cuts out the layers that compute with a tensor. What only copies it, and so has its range, comes along with the layers
 * behind. Outputs that hold no real numbers are left out, graph outputs too.
 * @param float the network lowered as float32
 * @returns no readers when nothing computes with the tensor
 */
export function readerNetwork(whole: Network, float: LoweredNetwork, ref: string): ReaderNetwork {
  const { copies, readers } = readersOf(whole, ref);
  const isConstant = (source: TensorRef): boolean => (float.values.get(formatRef(source))?.tensor ?? -1) < 0;
  const copied = new Set([...copies].map(({ key }) => key));
  const isInside = (source: TensorRef): boolean => copied.has(source.layer) || isConstant(source);
  const taken = new Set([...copies, ...readers]);
  const reads = new Set<string>();
  // Grows while it is walked: what constants are made from comes along.
  for (const { inputs } of taken) {
    for (const source of inputs) {
      if (isInside(source)) taken.add(whole.layer(source.layer));
      else reads.add(formatRef(source));
    }
  }
  const network = new Network(
    whole.meta,
    [...reads].map((read) => inputFor(read, float)),
  );
  for (const layer of taken) {
    const inputs = layer.inputs.map((source) =>
      isInside(source) ? source : { layer: formatRef(source), port: 0 },
    );
    network.add(layer.withInputs(inputs));
    const coefficients = whole.coefficients.get(layer.key);
    if (coefficients) network.coefficients.set(layer.key, coefficients);
  }
  const outputs = [...readers].flatMap((layer) => realOutputs(layer, float));
  for (const output of outputs) {
    const key = `output of ${formatRef(output)}`;
    network.add(new Layer({ key, name: key, op: 'output', inputs: [output] }));
  }
  return { network, reads: [...reads], readers: outputs.map(({ layer }) => layer) };
}

/** The layers that compute with a tensor, and those between that hand it on. */
function readersOf(network: Network, ref: string): { copies: Set<Layer>; readers: Set<Layer> } {
  const consumers = network.consumers();
  const copies = new Set<Layer>();
  const readers = new Set<Layer>();
  const refs = new Set([ref]);
  // Grows while it is walked.
  for (const one of refs) {
    for (const { layer, index } of consumers.get(one) ?? []) {
      if (layer.op === 'output') continue;
      if (index !== 0 || rangeRule(layer) !== 'same') readers.add(layer);
      else {
        copies.add(layer);
        for (const port of portsOf(layer)) refs.add(port);
      }
    }
  }
  for (const copy of copies) readers.delete(copy);
  return { copies, readers };
}

/** An input of the same shape and type; its key is the reference, which no layer's key looks like. */
function inputFor(ref: string, { values, graph, shapes }: LoweredNetwork): Layer {
  const type = graph.tensors[values.get(ref)?.tensor ?? -1]?.type;
  const exact = type === 'bool8' ? 'bool' : type === 'int32' ? 'int32' : undefined;
  const parameters = { shape: [...shapeOf(shapes, ref)], ...(exact ? { type: exact } : {}) };
  return new Layer({ key: ref, name: ref, op: 'input', parameters, inputs: [] });
}

function realOutputs({ key, outputs }: Layer, { values, graph }: LoweredNetwork): TensorRef[] {
  return Array.from({ length: outputs }, (_, port) => ({ layer: key, port })).filter((output) => {
    const tensor = graph.tensors[values.get(formatRef(output))?.tensor ?? -1];
    return tensor !== undefined && isFloatType(tensor.type);
  });
}
