import { StudioError } from '../../network/errors.ts';
import type { Tensor } from '../../network/tensor.ts';
import { makeNode } from '../onnx/compose.ts';
import type { Dimension, OnnxGraph, TensorInfo } from '../onnx/graph.ts';
import type { OnnxNode } from '../onnx/node.ts';
import { attributesOf, openShape } from './attributes.ts';
import type { ProtoShape } from './schema.ts';
import { splitTensor, tensorName, type SourceNode } from './source.ts';
import { decodeTensor } from './tensor-proto.ts';
import { elementTypeOf, onnxTypeOf, STRING } from './types.ts';

/** Operators of this framework in families and messages. */
export const DOMAIN = 'tf';

const INPUTS = new Set(['Placeholder', 'PlaceholderV2']);

/** Outputs of a node; real ones have a few hundred at most. */
const MAX_PORTS = 4096;
const MAX_TENSORS = 2 ** 22;

/** Since this version of the format an empty shape of a placeholder means a scalar, before it meant nothing. */
const SCALARS_SINCE = 24;

/** What of a graph becomes an {@link OnnxGraph}. */
export interface SourceGraph {
  nodes: readonly SourceNode[];
  /** Version of the format; 0 where the file does not say. */
  producer: number;
  /** Tensors that are read from outside. */
  outputs: readonly string[];
  /** Tensors that are fed from outside; absent: the placeholders. */
  inputs?: readonly string[] | undefined;
  /** Constants beyond those of Const nodes. */
  constants: ReadonlyMap<string, () => Tensor>;
}

/** How many outputs of each node are read, at least one. */
export function outputCounts(nodes: readonly SourceNode[], outputs: readonly string[]): Map<string, number> {
  const counts = new Map(nodes.map(({ name }) => [name, 1]));
  let total = counts.size;
  const read = (tensor: string): void => {
    const { node, port } = splitTensor(tensor);
    const before = counts.get(node);
    if (before === undefined || port < before) return;
    total += port + 1 - before;
    if (port >= MAX_PORTS || total > MAX_TENSORS)
      throw new StudioError('file-malformed', `output ${port} can not be`, { layer: node });
    counts.set(node, port + 1);
  };
  for (const { inputs } of nodes) inputs.forEach(read);
  outputs.forEach(read);
  return counts;
}

/** A node in the terms of the translation. @param outputs how many of its outputs are read */
export function translated(node: SourceNode, outputs: number): OnnxNode {
  const init = {
    type: node.op,
    domain: DOMAIN,
    name: node.name,
    layerName: node.name,
    inputs: node.inputs,
    outputs: Array.from({ length: outputs }, (_, port) => tensorName(node.name, port)),
    attributes: attributesOf(node.attrs),
  };
  return makeNode(init, 0);
}

/** Whether the node only holds numbers. */
export const isConst = ({ op, attrs }: SourceNode): boolean =>
  op === 'Const' && attrs.get('value')?.tensor?.dtype !== STRING;

/** Whether a network can be fed there: texts are files that the graph decodes itself. */
const isInput = ({ op, attrs }: SourceNode): boolean => INPUTS.has(op) && attrs.get('dtype')?.type !== STRING;

/** The numbers of a Const node. @throws StudioError file-malformed */
export function constOf(node: SourceNode): Tensor {
  const value = node.attrs.get('value')?.tensor;
  if (!value) throw new StudioError('file-malformed', 'a Const without a value', { layer: node.name });
  return decodeTensor(value, `constant "${node.name}"`);
}

const dimensions = (shape: readonly number[] | undefined): Dimension[] | undefined =>
  shape?.map((dim) => (dim < 0 ? '?' : dim));

/** What the file says about output `port` of a node. */
function infoOf(node: SourceNode, port: number, producer: number): TensorInfo {
  const { attrs } = node;
  const listed: ProtoShape | undefined = attrs.get('_output_shapes')?.list?.shape[port];
  const own = INPUTS.has(node.op) || node.op === 'PlaceholderWithDefault' ? openShape(attrs.get('shape')?.shape) : undefined; // prettier-ignore
  const unsaid = own?.length === 0 && producer < SCALARS_SINCE;
  const type = (attrs.get('dtype') ?? attrs.get('DstT') ?? attrs.get('T'))?.type ?? 0;
  return {
    name: tensorName(node.name, port),
    type: elementTypeOf(type),
    onnxType: onnxTypeOf(type),
    shape: dimensions((unsaid ? undefined : own) ?? openShape(listed)),
  };
}

/** Brings nodes into the form that the common translation reads. @throws StudioError file-malformed */
export function buildGraph(source: SourceGraph): OnnxGraph {
  const { nodes, producer, constants } = source;
  const { outputs } = source;
  const counts = outputCounts(nodes, outputs);
  const initializers = new Map(constants);
  const infos = new Map<string, TensorInfo>();
  const inputs: string[] = [...(source.inputs ?? [])];
  const computed: OnnxNode[] = [];
  for (const node of nodes) {
    const count = counts.get(node.name) ?? 1;
    for (let port = 0; port < count; port++) {
      const info = infoOf(node, port, producer);
      infos.set(info.name, info);
    }
    if (initializers.has(node.name)) continue;
    if (isConst(node)) initializers.set(node.name, () => constOf(node));
    else if (!isInput(node)) computed.push(translated(node, count));
    else if (!source.inputs) inputs.push(node.name);
  }
  const info = (name: string): TensorInfo =>
    infos.get(name) ?? { name, type: undefined, onnxType: 0, shape: undefined };
  return {
    nodes: computed,
    inputs: inputs.map(info),
    outputs: outputs.map(info),
    infos,
    initializers,
    onnxTypes: new Map([...infos.values()].map(({ name, onnxType }) => [name, onnxType])),
    opset: 0,
    constantLayer: (name) => name,
  };
}
