import { StudioError } from '../../network/errors.ts';
import type { ElementType, Tensor } from '../../network/tensor.ts';
import type { ModelHome } from '../options.ts';
import { inlineFunctions } from './functions.ts';
import { OnnxNode } from './node.ts';
import { toInteger, type ProtoModel, type ProtoValueInfo } from './schema.ts';
import { decodeSparseTensor, decodeTensor, elementType } from './tensor-data.ts';

/** A dimension: a number, or the name of a symbolic one ('?' when it has none). */
export type Dimension = number | string;

/** What the file says about a tensor. */
export interface TensorInfo {
  name: string;
  /** Undefined for types we do not hold (strings, sequences). */
  type: ElementType | undefined;
  /** ONNX's number of the type; 0 = not said. */
  onnxType: number;
  /** Undefined when the file does not say even the rank. */
  shape: Dimension[] | undefined;
}

/** An ONNX graph in normal form: names resolved, weights decoded on first use. */
export interface OnnxGraph {
  nodes: OnnxNode[];
  /** Graph inputs that are not weights. */
  inputs: TensorInfo[];
  outputs: TensorInfo[];
  /** Everything the file declares about tensors, by name. */
  infos: Map<string, TensorInfo>;
  /** Weights by name; decoded each time they are asked for, so that nothing is held longer than needed. */
  initializers: Map<string, () => Tensor>;
  /** ONNX's type numbers by tensor name, as far as the file says. */
  onnxTypes: Map<string, number>;
  opset: number;
  /** Name of the layer that a weight becomes when a layer reads it as it is; by default as in ONNX imports. */
  constantLayer?: (name: string) => string;
}

/** Oldest and newest version of the ai.onnx operator set that we know. Newer ones are read as the newest. */
const MAX_OPSET = 22;

/** Brings a decoded model into normal form. @throws StudioError when it uses what we can not represent. */
export function buildGraph(model: ProtoModel, home?: ModelHome): OnnxGraph {
  const { graph } = model;
  if (!graph) throw new StudioError('file-malformed', 'not an ONNX model: it holds no graph');
  const opsets = new Map(
    model.opsetImport.map((entry) => [
      entry.domain === 'ai.onnx' ? '' : entry.domain,
      toInteger(entry.version),
    ]),
  );
  const opset = opsets.get('') ?? MAX_OPSET;
  if (opset < 1) throw new StudioError('file-malformed', `operator set version ${opset} does not exist`);
  const initializers = new Map<string, () => Tensor>();
  for (const proto of graph.initializer) initializers.set(proto.name, () => decodeTensor(proto, home));
  for (const proto of graph.sparseInitializer) {
    initializers.set(proto.values?.name ?? '', () => decodeSparseTensor(proto, home));
  }
  const infos = new Map<string, TensorInfo>();
  for (const proto of [...graph.valueInfo, ...graph.output, ...graph.input])
    infos.set(proto.name, readInfo(proto));
  const nodes = inlineFunctions(model, graph).map(
    ({ node, version }) => new OnnxNode(node, version ?? opsets.get(node.domain) ?? opset, home),
  );
  const onnxTypes = new Map([...infos.values()].map((info) => [info.name, info.onnxType]));
  for (const proto of graph.initializer) onnxTypes.set(proto.name, proto.dataType);
  return {
    nodes,
    inputs: graph.input.filter(({ name }) => !initializers.has(name)).map(readInfo),
    outputs: graph.output.map(readInfo),
    infos,
    initializers,
    onnxTypes,
    opset,
  };
}

function readInfo(proto: ProtoValueInfo): TensorInfo {
  const tensor = proto.type?.tensorType;
  const shape = tensor?.shape?.dim.map((dim): Dimension => {
    if (Object.hasOwn(dim, 'dimValue') && dim.dimValue !== undefined) return toInteger(dim.dimValue);
    return Object.hasOwn(dim, 'dimParam') && dim.dimParam !== undefined && dim.dimParam !== ''
      ? dim.dimParam
      : '?';
  });
  const onnxType = tensor?.elemType ?? 0;
  return { name: proto.name, type: tensor ? elementType(onnxType) : undefined, onnxType, shape };
}
