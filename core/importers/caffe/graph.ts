import { StudioError } from '../../network/errors.ts';
import { nearestNames } from '../../network/nearest.ts';
import { makeNode } from '../onnx/compose.ts';
import type { OnnxGraph, TensorInfo } from '../onnx/graph.ts';
import type { OnnxNode } from '../onnx/node.ts';
import { layerError, type CaffeLayer } from './layer.ts';
import type { CaffeNet } from './net.ts';

/** Domain of Caffe's layers among the operators. */
export const DOMAIN = 'caffe';

/** A net as a graph, and the layer that each node stands for. */
export interface CaffeGraph {
  graph: OnnxGraph;
  layers: ReadonlyMap<OnnxNode, CaffeLayer>;
  /** The layers that read a tensor. */
  readers: ReadonlyMap<string, readonly CaffeLayer[]>;
}

/**
 * Makes a graph of a net. Caffe's blobs can be written several times (in place); here every write is a tensor of
 * its own, and the last one has the blob's name. Outputs are the blobs nobody reads, in Caffe's order: by name.
 * @param results blobs that are outputs as well
 * @throws StudioError network-invalid for blobs that nothing writes
 */
export function graphOf({ inputs, layers }: CaffeNet, results: readonly string[]): CaffeGraph {
  const names = new TensorNames(
    inputs.map(({ name }) => name),
    layers,
  );
  const unread = new Map<string, string>();
  const readers = new Map<string, CaffeLayer[]>();
  const nodes = new Map<OnnxNode, CaffeLayer>();
  for (const layer of layers) {
    const read = layer.bottoms.map((blob) => names.reading(blob, layer));
    for (const name of read) {
      const list = readers.get(name);
      if (list) list.push(layer);
      else readers.set(name, [layer]);
    }
    for (const blob of layer.bottoms) unread.delete(blob);
    const written = layer.tops.map((blob) => names.writing(blob, layer));
    layer.tops.forEach((blob, index) => unread.set(blob, written[index]));
    if (written.length === 0) continue;
    const { name, type } = layer;
    const label = name === '' ? written[0] : name;
    nodes.set(
      makeNode({ type, domain: DOMAIN, name: label, inputs: read, outputs: written, layerName: label }, 0),
      layer,
    );
  }
  for (const blob of results) unread.set(blob, names.last(blob));
  const infos = inputs.map(({ name, shape }): TensorInfo => ({ name, type: 'float32', onnxType: 1, shape }));
  const outputs = [...unread.keys()].sort().map((blob) => unread.get(blob) ?? blob);
  const graph: OnnxGraph = {
    nodes: [...nodes.keys()],
    inputs: infos,
    outputs: outputs.map((name) => ({ name, type: 'float32', onnxType: 1, shape: undefined })),
    infos: new Map(infos.map((info) => [info.name, info])),
    initializers: new Map(),
    onnxTypes: new Map(),
    opset: 0,
  };
  return { graph, layers: nodes, readers };
}

/** Why a blob is often missing: only the phase TRAIN has the layer that brings it in. */
const FOR_TRAINING = 'This may be the net for training: import the deploy.prototxt.';

/** Which tensor a blob is at each place of the file. */
class TensorNames {
  private readonly inputs: ReadonlySet<string>;
  private readonly current: Map<string, string>;
  private readonly left = new Map<string, number>();
  private readonly taken: Set<string>;
  private copies = 1;

  constructor(inputs: readonly string[], layers: readonly CaffeLayer[]) {
    this.current = new Map(inputs.map((name) => [name, name]));
    this.inputs = new Set(inputs);
    this.taken = new Set(inputs);
    for (const blob of layers.flatMap(({ tops }) => tops))
      this.left.set(blob, (this.left.get(blob) ?? 0) + 1);
    for (const blob of this.left.keys()) this.taken.add(blob);
  }

  /** The tensor that a blob is in the end. */
  last(blob: string): string {
    return this.current.get(blob) ?? blob;
  }

  reading(blob: string, layer: CaffeLayer): string {
    const name = this.current.get(blob);
    if (name !== undefined) return name;
    const near = nearestNames(blob, this.current.keys()).map((one) => `"${one}"`);
    const hint = near.length > 0 ? `Nearest names: ${near.join(', ')}.` : FOR_TRAINING;
    const { code, message, place } = layerError(
      layer,
      `it reads the blob "${blob}", which nothing writes before it`,
    );
    throw new StudioError(code, message, place, hint);
  }

  writing(blob: string, layer: CaffeLayer): string {
    const left = (this.left.get(blob) ?? 1) - 1;
    this.left.set(blob, left);
    const name = left === 0 && !this.inputs.has(blob) ? blob : this.unused(`${blob}/${layer.name}`);
    this.current.set(blob, name);
    return name;
  }

  private unused(wanted: string): string {
    let name = wanted;
    while (this.taken.has(name)) name = `${wanted}/${this.copies++}`;
    this.taken.add(name);
    return name;
  }
}
