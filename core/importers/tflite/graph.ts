import { StudioError } from '../../network/errors.ts';
import { ownTypeOf, type OwnParameters } from '../../network/own-quantization.ts';
import type { Tensor } from '../../network/tensor.ts';
import { makeNode, type Attributes } from '../onnx/compose.ts';
import type { Dimension, OnnxGraph, TensorInfo } from '../onnx/graph.ts';
import type { OnnxNode } from '../onnx/node.ts';
import { fromNumbers, foldedCount } from '../onnx/numeric.ts';
import type { Storage } from '../onnx/own-constants.ts';
import { onnxType } from '../onnx/tensor-data.ts';
import { realConstant, storedTensor } from './constants.ts';
import { customOptions } from './custom-options.ts';
import type { TfliteModel, TfliteOperator, TfliteSubgraph, TfliteTensor } from './model.ts';
import { storedType } from './tensor-types.ts';

/** How tensors of all subgraphs are stored, by their unique names. */
export interface TensorStorage {
  /** Parameters of tensors that are quantized and computed. */
  parameters: Map<string, OwnParameters>;
  /** How quantized constants are stored. */
  storages: Map<string, Storage>;
}

/** One subgraph in the common terms: tensors have unique names, quantized ones are reals. */
export interface SubgraphReading {
  /** In the order of the file, which TensorFlow Lite runs them in. */
  nodes: OnnxNode[];
  inputs: string[];
  outputs: string[];
  infos: Map<string, TensorInfo>;
  /** Constants, decoded each time they are asked for. */
  constants: Map<string, () => Tensor>;
  /** Name of each tensor number. */
  names: readonly string[];
}

/** Domain of the builtin operators, and of those that a file brings itself. */
export const DOMAIN = 'tflite';
export const CUSTOM_DOMAIN = 'tflite.custom';

/**
 * Reads one subgraph.
 * @param storage gets what the subgraph says about its tensors
 * @param scope put in front of all names, so that subgraphs do not mix
 */
export function readSubgraph(
  model: TfliteModel,
  index: number,
  storage: TensorStorage,
  scope = '',
): SubgraphReading {
  const subgraph = model.subgraphs[index];
  if (!subgraph) throw new StudioError('file-malformed', `there is no subgraph ${index}`);
  const names = uniqueNames(subgraph, scope);
  const nameOf = (number: number): string => {
    const name = number === -1 ? '' : names[number];
    if (name === undefined)
      throw new StudioError('file-malformed', `there is no tensor ${number} in "${subgraph.name}"`);
    return name;
  };
  const nodes = subgraph.operators.map((operator) => nodeOf(model, operator, nameOf, subgraph));
  const inputs = subgraph.inputs.map(nameOf);
  const computed = new Set([...inputs, ...nodes.flatMap(({ outputs }) => outputs)]);
  const reading: SubgraphReading = {
    nodes,
    inputs,
    outputs: subgraph.outputs.map(nameOf),
    infos: new Map(subgraph.tensors.map((tensor, i) => [names[i], infoOf(names[i], tensor)])),
    constants: new Map(),
    names,
  };
  for (const [i, tensor] of subgraph.tensors.entries()) {
    if (computed.has(names[i])) {
      const own = parametersOf(tensor);
      if (own) storage.parameters.set(names[i], own);
    } else addConstant(reading, storage, model, names[i], tensor);
  }
  return reading;
}

/** Names of a file may be empty or used twice. */
function uniqueNames({ tensors }: TfliteSubgraph, scope: string): string[] {
  const taken = new Set<string>();
  return tensors.map(({ name }, index) => {
    const wanted = scope + (name === '' ? `tensor_${index}` : name);
    let unique = wanted;
    while (taken.has(unique)) unique = `${wanted}_${index}`;
    taken.add(unique);
    return unique;
  });
}

function nodeOf(
  model: TfliteModel,
  operator: TfliteOperator,
  nameOf: (number: number) => string,
  { tensors }: TfliteSubgraph,
): OnnxNode {
  const { type, custom, options, customOptions: bytes } = operator;
  const outputs = operator.outputs.map(nameOf);
  const [name = type] = outputs;
  return makeNode(
    {
      type,
      domain: custom ? CUSTOM_DOMAIN : DOMAIN,
      name,
      inputs: operator.inputs.map(nameOf),
      outputs,
      attributes: {
        ...(custom ? customOptions(type, bytes) : options),
        ...factsOf(model, operator, tensors),
      },
      layerName: layerName(name),
    },
    0,
  );
}

/** What an operator has to know about its tensors and its body. */
function factsOf(model: TfliteModel, operator: TfliteOperator, tensors: readonly TfliteTensor[]): Attributes {
  const { type, options, inputs, outputs } = operator;
  const result = tensors[outputs[0] ?? -1];
  // A cast takes the integers themselves, not the reals that they stand for.
  const source = parametersOf(tensors[inputs[0] ?? -1]);
  // What a reduction does is told by the only operator of its body.
  const body = typeof options.body === 'number' ? model.subgraphs[options.body]?.operators : undefined;
  return {
    // What counts is the type of the output itself; the options need not agree.
    output_type: result?.type ?? 0,
    ...(source ? { input_scale: source.scale, input_zero: source.zero } : {}),
    ...(type.startsWith('STABLEHLO_') && result ? { output_shape: result.shape } : {}),
    ...(body?.length === 1 ? { reducer: body[0].type } : {}),
  };
}

/** Longer names could not be names of files. */
const LONGEST = 120;

/** The converter joins the names of all that it merged into one operator; the first says what it does last. */
export const layerName = (tensor: string): string => tensor.split(';')[0].slice(0, LONGEST);

/** Whether the tensor's integers stand for reals. */
const isQuantized = ({ quantization, type }: TfliteTensor): boolean =>
  quantization !== undefined && /^u?int/.test(storedType(type).element ?? '');

function infoOf(name: string, tensor: TfliteTensor): TensorInfo {
  const type = isQuantized(tensor) ? 'float32' : storedType(tensor.type).element;
  const shape = (tensor.signature ?? tensor.shape).map((dim): Dimension => (dim < 0 ? '?' : dim));
  return { name, type, onnxType: type ? onnxType(type) : 0, shape };
}

/** Parameters of a tensor with one scale and a type the NPU has. */
function parametersOf(tensor: TfliteTensor | undefined): OwnParameters | undefined {
  const { quantization } = tensor ?? {};
  if (!tensor || !quantization || !isQuantized(tensor)) return undefined;
  const type = ownTypeOf(storedType(tensor.type).name.toLowerCase());
  if (!type || quantization.scales.length !== 1) return undefined;
  return { type, scale: quantization.scales[0], zero: quantization.zeros[0] ?? 0 };
}

function addConstant(
  { constants }: SubgraphReading,
  { storages }: TensorStorage,
  model: TfliteModel,
  name: string,
  tensor: TfliteTensor,
): void {
  const { element, name: type } = storedType(tensor.type);
  if (tensor.external) {
    constants.set(name, () => {
      throw new StudioError('op-unsupported', `the values of "${name}" lie in another file`);
    });
    return;
  }
  if (!element) return;
  if (!model.buffer(tensor.buffer)) {
    // State that starts as zeros, or a list without items.
    if (tensor.variable || tensor.shape.includes(0)) {
      const { shape } = tensor;
      const real = isQuantized(tensor) ? 'float32' : element;
      constants.set(name, () => fromNumbers(real, shape, new Float64Array(foldedCount(shape))));
    }
    return;
  }
  if (!isQuantized(tensor)) {
    constants.set(name, () => storedTensor(model, tensor));
    return;
  }
  constants.set(name, () => realConstant(model, tensor).real);
  const { scales = [], zeros = [] } = tensor.quantization ?? {};
  // 4 bits are stored in 8.
  if (element === 'int8' || element === 'uint8' || type === 'INT16')
    storages.set(name, { type: element, scales, zeros: zeros.length > 0 ? zeros : [0] });
}

/** The main graph as the common translation takes it. */
export function graphOf({ nodes, inputs, outputs, infos, constants }: SubgraphReading): OnnxGraph {
  const info = (name: string): TensorInfo =>
    infos.get(name) ?? { name, type: 'float32', onnxType: 1, shape: undefined };
  return {
    nodes,
    inputs: inputs.map(info),
    outputs: outputs.map(info),
    infos,
    initializers: constants,
    onnxTypes: new Map([...infos].map(([name, { onnxType: type }]) => [name, type])),
    opset: 0,
  };
}
