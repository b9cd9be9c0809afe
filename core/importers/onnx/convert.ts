import { setImmediate as nextTurn } from 'node:timers/promises';
import { StudioError } from '../../network/errors.ts';
import type { ElementType, Tensor } from '../../network/tensor.ts';
import { Builder, Unsupported } from './builder.ts';
import { DataSized } from './data-sized.ts';
import { Draft, identityOrder, type Constant, type DraftInit, type DraftRef, type Value } from './draft.ts';
import type { OnnxGraph } from './graph.ts';
import type { BoundInput } from './inputs.ts';
import type { OnnxNode } from './node.ts';
import { operators } from './ops/index.ts';
import type { Operator, OperatorFamily } from './operator.ts';
import type { QuantizationSource } from './quantization-source.ts';
import { UnsupportedReport } from './report.ts';
import type { Selection } from './select.ts';

/** What the layers of inputs and outputs are called. */
export interface PortNames {
  input(tensor: string): Pick<DraftInit, 'name' | 'stem'>;
  output(tensor: string, producer: DraftRef): Pick<DraftInit, 'name' | 'stem'>;
}

/** As ACUITY names them for ONNX. */
const plainPorts: PortNames = {
  input: (tensor) => ({ name: tensor }),
  output: (_, { draft, port }) => ({ name: `attach_${draft.name}/out${port}` }),
};

/** What {@link convertNodes} needs beside the graph. */
export interface ConvertSettings {
  ports?: Partial<PortNames>;
  /** Operators beyond ONNX's, by `domain:Type`. */
  family?: OperatorFamily;
  /** What the model says about how its tensors are quantized. */
  own: QuantizationSource;
  signal?: AbortSignal;
  progress?: (fraction: number, text: string) => void;
}

/** Milliseconds of work between two looks at the event loop. */
const TURN = 40;

/**
 * Turns the selected nodes into draft layers. @returns the output layers, in order; everything else hangs on them.
 * @throws StudioError op-unsupported with all that can not be imported, or cancelled.
 */
export async function convertNodes(
  graph: OnnxGraph,
  selection: Selection,
  inputs: readonly BoundInput[],
  settings: ConvertSettings,
): Promise<Draft[]> {
  const { own } = settings;
  const uses = countUses(selection);
  const builder = new Builder(uses, innerNodes(settings.family), graph.onnxTypes, selection.outputs);
  const left = new Map(uses);
  const report = new UnsupportedReport(selection);
  const ports = { ...plainPorts, ...settings.ports };
  for (const input of inputs) addInput(builder, input, ports);
  own.markInputs(builder);
  const fed = new Map(builder.values);
  let turn = performance.now();
  for (const [index, node] of selection.nodes.entries()) {
    if (performance.now() - turn > TURN) {
      await nextTurn();
      turn = performance.now();
    }
    if (settings.signal?.aborted) throw new StudioError('cancelled', 'the import was cancelled');
    if (index % 16 === 0) settings.progress?.(index / selection.nodes.length, `${node.opType} ${node.name}`);
    loadWeights(graph, builder, node);
    convertNode(graph, builder, report, node, settings);
    keepInputs(builder, fed, node);
    releaseConstants(builder, left, node);
  }
  report.throwIfAny((name) => builder.values.has(name));
  const outputs = selection.outputs.map((name) => outputLayer(graph, builder, name, ports));
  own.finish(outputs);
  return outputs;
}

/** How often each ONNX tensor is read; graph outputs count as a read. */
function countUses(selection: Selection): Map<string, number> {
  const uses = new Map<string, number>();
  const use = (name: string): void => void uses.set(name, (uses.get(name) ?? 0) + 1);
  for (const node of selection.nodes) node.reads.forEach(use);
  selection.outputs.forEach(use);
  return uses;
}

function addInput(builder: Builder, input: BoundInput, ports: PortNames): void {
  const { name, shape, type, modelType } = input;
  const draft = new Draft({
    ...ports.input(name),
    op: 'input',
    parameters: [
      ['size', ''],
      ['channels', 1],
      ['shape', shape],
      ['is_scalar', shape.length === 0],
      ['type', type === 'float16' || type === 'float64' ? 'float32' : type],
    ],
  });
  const ref = type !== modelType && isFloat(modelType) ? castToFloat(draft, type) : { draft, port: 0 };
  builder.values.set(name, { shape, type: modelType, order: identityOrder(shape.length), ref });
}

const isFloat = (type: ElementType): boolean => type.startsWith('float');

/** `--input-dtype-list uint8` on a float model: the values come as integers and are computed with as reals. */
function castToFloat(input: Draft, type: ElementType): DraftRef {
  if (isFloat(type)) return { draft: input, port: 0 };
  const parameters: [string, string][] = [
    ['in_data_type', type],
    ['out_data_type', 'float32'],
  ];
  return {
    draft: new Draft({
      name: `${input.name}_cast`,
      op: 'cast',
      parameters,
      inputs: [{ draft: input, port: 0 }],
    }),
    port: 0,
  };
}

/** A node one of whose results is fed instead is needed for its other results only. */
function keepInputs(builder: Builder, fed: ReadonlyMap<string, Value>, node: OnnxNode): void {
  for (const name of node.outputs) {
    const value = fed.get(name);
    if (!value) continue;
    builder.values.set(name, value);
    builder.constants.delete(name);
  }
}

/** Forgets constants after their last reader: the layers hold copies of what they need. */
function releaseConstants(builder: Builder, left: Map<string, number>, node: OnnxNode): void {
  for (const name of node.reads) {
    const readers = (left.get(name) ?? 1) - 1;
    left.set(name, readers);
    if (readers === 0) builder.constants.delete(name);
  }
}

/** Weights are decoded when the first node reads them. */
function loadWeights(graph: OnnxGraph, builder: Builder, node: OnnxNode): void {
  for (const name of node.reads) {
    if (builder.values.has(name) || builder.constants.has(name)) continue;
    const load = graph.initializers.get(name);
    if (load) builder.constants.set(name, weight(graph, name, load));
  }
}

function weight(graph: OnnxGraph, name: string, load: () => Tensor): Constant {
  return { tensor: load(), layerName: graph.constantLayer?.(name) ?? `Initializer_${name}` };
}

function convertNode(
  graph: OnnxGraph,
  builder: Builder,
  report: UnsupportedReport,
  node: OnnxNode,
  { family, own }: ConvertSettings,
): void {
  const label = own.labelOf(node);
  const operator = operatorOf(label, family);
  if (!operator && !own.stands(node)) {
    report.add(node, undefined, true);
    return standIn(graph, builder, node);
  }
  const known = node.reads.every(
    (name) => name === '' || builder.values.has(name) || builder.constants.has(name),
  );
  // A node behind something unsupported: what it would be is not known, but it was checked above.
  if (!known) return standIn(graph, builder, node);
  try {
    if (own.convert(node, builder)) return;
    if (!operator) throw new Unsupported('parameters that are not constant, or integers that others read');
    applyOperator(operator, builder, node);
    own.converted(node, builder);
  } catch (error) {
    if (error instanceof Unsupported) {
      report.add(node, error.message, error instanceof DataSized);
      return standIn(graph, builder, node);
    }
    throw error instanceof StudioError ? error.at({ layer: node.name }) : error;
  }
}

/** How a node is imported, if it is one we know. */
function operatorOf(label: string, family: OperatorFamily | undefined): Operator | undefined {
  return operators.get(label) ?? (family && Object.hasOwn(family, label) ? family[label] : undefined);
}

/** Imports nodes that an operator is composed of. */
export function innerNodes(family: OperatorFamily | undefined) {
  return (node: OnnxNode, builder: Builder): void => {
    const operator = operatorOf(node.label, family);
    if (!operator) throw new Unsupported(`it needs ${node.label}`);
    applyOperator(operator, builder, node);
  };
}

/** Folds the node when all of its inputs are known, else converts it. @throws Unsupported */
export function applyOperator(operator: Operator, builder: Builder, node: OnnxNode): void {
  const inputs = node.inputs.map((name) => builder.constants.get(name)?.tensor);
  const constant = node.inputs.every((name, i) => name === '' || inputs[i]) && node.inputs.length > 0;
  if (operator.fold && (constant || !operator.convert)) {
    if (!constant) throw new Unsupported('inputs that are only known at run time');
    operator.fold(node, inputs).forEach((tensor, i) => builder.emitConstant(node, i, tensor));
  } else {
    operator.convert?.(node, builder);
  }
}

/** Outputs of an unsupported node, as far as the file declares them, so that what follows is checked too. */
function standIn(graph: OnnxGraph, builder: Builder, node: OnnxNode): void {
  node.outputs.forEach((name, port) => {
    const info = graph.infos.get(name);
    const shape = info?.shape?.map((dim, axis) =>
      typeof dim === 'number' && dim > 0 ? dim : axis === 0 ? 1 : NaN,
    );
    if (name === '' || !shape || shape.some(Number.isNaN)) return;
    const draft = new Draft({ name: node.layerName, op: 'noop', outputs: node.outputs.length });
    builder.values.set(name, {
      shape,
      type: info?.type ?? 'float32',
      order: identityOrder(shape.length),
      ref: { draft, port },
    });
  });
}

function outputLayer(graph: OnnxGraph, builder: Builder, name: string, ports: PortNames): Draft {
  const load = graph.initializers.get(name);
  const constant = builder.constants.get(name) ?? (load && weight(graph, name, load));
  const value = builder.values.get(name);
  if (!value && !constant) throw new StudioError('network-invalid', `output "${name}" is not produced`);
  if ((value?.shape ?? constant?.tensor.shape)?.includes(0))
    throw new StudioError('op-unsupported', `output "${name}" holds no elements, which no device tensor can`);
  let ref: DraftRef;
  if (value) {
    ref = builder.ordered(value, identityOrder(value.shape.length));
  } else {
    const { shape, data } = (constant as NonNullable<typeof constant>).tensor;
    if (data.length === 0) throw new StudioError('op-unsupported', `output "${name}" has no elements`);
    ref = {
      draft: builder.variable(constant as NonNullable<typeof constant>, shape, identityOrder(shape.length)),
      port: 0,
    };
  }
  return new Draft({ ...ports.output(name, value?.ref ?? ref), op: 'output', inputs: [ref] });
}
