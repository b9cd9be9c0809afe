import { ownTypeOf, type OwnParameters, type OwnType } from '../../network/own-quantization.ts';
import type { Tensor } from '../../network/tensor.ts';
import type { OnnxGraph } from './graph.ts';
import type { OnnxNode } from './node.ts';
import { scalarOf } from './numeric.ts';
import { copiedInputs, handsOn, realForm } from './own-quantization-forms.ts';
import type { Selection } from './select.ts';

/** ONNX type numbers of the integers whose parameters can be taken over. */
const OWN_TYPES: ReadonlyMap<number, OwnType> = new Map([
  [2, 'u8'],
  [3, 'i8'],
  [5, 'i16'],
]);

/** One integer tensor that a node reads or writes. */
interface Port {
  name: string;
  /** Undefined: whatever the tensor has. */
  parameters: OwnParameters | undefined;
}

/** A node as far as integer tensors are concerned. */
interface Role {
  node: OnnxNode;
  reads: Port[];
  writes: Port[];
  /** Whether it quantizes, dequantizes or computes on quantized numbers, and is no mere copy. */
  quantizes: boolean;
}

/** Whether the node is ONNX's QuantizeLinear or DequantizeLinear, or the contributed ones for 16 bits. */
export const isLinear = ({ domain, opType }: OnnxNode): boolean =>
  /^(Quantize|Dequantize)Linear$/.test(opType) && (domain === '' || domain === 'com.microsoft');

/** Whether such a node is the quantizing one. */
export const isQuantize = ({ opType }: OnnxNode): boolean => opType === 'QuantizeLinear';

/**
 * Finds the integer tensors of a graph that only stand for reals: written by operators that quantize and read by
 * operators that know their scale. They can be computed as reals with these parameters as their table entry.
 * Integer tensors that anything else reads stay integers, and with them whatever they depend on.
 * @returns parameters by tensor name; empty unless one node's integers reach another's
 */
export function planOwnQuantization(graph: OnnxGraph, selection: Selection): Map<string, OwnParameters> {
  const constants = new ConstantNames(graph, selection);
  const roles = selection.nodes.flatMap((node) => roleOf(node, graph, constants) ?? []);
  const known = parametersOf(roles, graph, selection);
  const understood = new Map(roles.map(({ node, reads }) => [node, new Set(reads.map(({ name }) => name))]));
  for (const node of selection.nodes) {
    for (const name of node.reads) if (!understood.get(node)?.has(name)) known.delete(name);
  }
  settle(roles, known, constants);
  const writers = roles.filter((role) => role.quantizes && role.writes.some(({ name }) => known.has(name)));
  const readers = roles.filter((role) => role.quantizes && role.reads.some(({ name }) => known.has(name)));
  const whole = writers.length > 0 && readers.length > 0 && new Set([...writers, ...readers]).size > 1;
  return whole ? known : new Map();
}

/** Drops tensors until every one left has readers and a writer that agree on its parameters. */
function settle(roles: readonly Role[], known: Map<string, OwnParameters>, constants: ConstantNames): void {
  for (let before = -1; before !== known.size;) {
    before = known.size;
    for (const { reads, writes } of roles) {
      const fits =
        reads.every((port) => constants.has(port.name) || agrees(port, known)) &&
        writes.every((port) => agrees(port, known));
      if (!fits) for (const { name } of [...reads, ...writes]) known.delete(name);
    }
  }
}

function agrees({ name, parameters }: Port, known: ReadonlyMap<string, OwnParameters>): boolean {
  const own = known.get(name);
  if (!own) return false;
  return !parameters || (own.scale === parameters.scale && own.zero === parameters.zero);
}

/** What the writers say, or for graph inputs the first reader; copies pass it on. */
function parametersOf(
  roles: readonly Role[],
  graph: OnnxGraph,
  selection: Selection,
): Map<string, OwnParameters> {
  const known = new Map<string, OwnParameters>();
  const fed = new Set(selection.inputs);
  for (const { reads } of roles) {
    for (const { name, parameters } of reads) {
      const type = OWN_TYPES.get(graph.onnxTypes.get(name) ?? 0);
      if (fed.has(name) && type && parameters && !known.has(name)) known.set(name, { ...parameters, type });
    }
  }
  for (const { reads, writes } of roles) {
    const first = reads.find(({ name }) => known.has(name));
    for (const { name, parameters } of writes) {
      const own = parameters ?? (first && known.get(first.name));
      if (own && name !== '') known.set(name, own);
    }
    // A copy of several tensors needs them alike.
    if (writes.some(({ parameters }) => !parameters) && first) {
      const own = known.get(first.name);
      for (const port of reads) port.parameters = own;
    }
  }
  return known;
}

function roleOf(node: OnnxNode, graph: OnnxGraph, constants: ConstantNames): Role | undefined {
  const ports = (names: readonly string[], parameters?: OwnParameters): Port[] =>
    names.filter((name) => name !== '').map((name) => ({ name, parameters }));
  if (isLinear(node)) {
    const writes = isQuantize(node);
    const parameters = readParameters(node, 1, 2, graph, constants);
    if (constants.has(node.inputs[0]) || !parameters) return undefined;
    return {
      node,
      reads: writes ? [] : ports(node.inputs.slice(0, 1), parameters),
      writes: writes ? ports(node.outputs, parameters) : [],
      quantizes: true,
    };
  }
  const form = realForm(node);
  if (form) {
    const output = readParameters(node, form.output.scale, form.output.zero, graph, constants);
    const operands = form.operands.map(({ input, scale, zero }) => ({
      name: node.inputs[input],
      parameters: readParameters(node, scale, zero, graph, constants),
    }));
    const known = operands.every(({ name, parameters }) => parameters ?? constants.has(name));
    const bias = form.bias === undefined ? '' : (node.inputs[form.bias] ?? '');
    if (!output || !known || (bias !== '' && !constants.has(bias))) return undefined;
    return { node, reads: operands, writes: ports(node.outputs, output), quantizes: true };
  }
  const copied = copiedInputs(node);
  if (!copied) return undefined;
  const reads = ports(copied.map((index) => node.inputs[index]));
  const others = node.reads.filter((name) => !reads.some((port) => port.name === name));
  if (reads.some(({ name }) => constants.has(name))) return undefined;
  if (node.opType === 'Pad' && others.some((name) => name !== '' && !constants.has(name))) return undefined;
  return { node, reads, writes: handsOn(node) ? ports(node.outputs) : [], quantizes: false };
}

/** A single scale and zero point of an 8-bit or signed 16-bit type; undefined for everything else. */
function readParameters(
  node: OnnxNode,
  scaleInput: number,
  zeroInput: number,
  graph: OnnxGraph,
  constants: ConstantNames,
): OwnParameters | undefined {
  const zeroName = node.inputs[zeroInput] ?? '';
  const scale = scalarOf(constants.tensor(node.inputs[scaleInput] ?? ''));
  const zeroTensor = constants.tensor(zeroName);
  const zero = zeroName === '' ? 0 : scalarOf(zeroTensor);
  if (scale === undefined || zero === undefined || !(scale > 0 && Number.isFinite(scale))) return undefined;
  // Only QuantizeLinear can name its type without a zero point; others then quantize to uint8.
  const written = node.opType === 'DequantizeLinear' ? graph.onnxTypes.get(node.inputs[0]) : undefined;
  const number =
    zeroName === '' ? (written ?? (node.int('output_dtype', 0) || 2)) : graph.onnxTypes.get(zeroName);
  const type = number === undefined ? ownTypeOf(zeroTensor?.type ?? '') : OWN_TYPES.get(number);
  if (!type || node.int('block_size', 0) !== 0 || (type === 'i16' && zero !== 0)) return undefined;
  return { type, scale, zero };
}

/** Which tensors are known before anything runs, and the small ones' values. */
class ConstantNames {
  private readonly names: Set<string>;
  private readonly nodes = new Map<string, OnnxNode>();
  private readonly graph: OnnxGraph;

  constructor(graph: OnnxGraph, selection: Selection) {
    this.graph = graph;
    const fed = new Set(selection.inputs);
    this.names = new Set([...graph.initializers.keys()].filter((name) => !fed.has(name)));
    for (const node of selection.nodes) {
      const known = node.inputs.length > 0 && node.reads.every((name) => name === '' || this.names.has(name));
      if (node.opType !== 'Constant' && !known) continue;
      for (const name of node.outputs) {
        this.names.add(name);
        this.nodes.set(name, node);
      }
    }
  }

  has(name: string | undefined): boolean {
    return name !== undefined && this.names.has(name);
  }

  /** The values of a stored constant. */
  tensor(name: string): Tensor | undefined {
    const node = this.nodes.get(name);
    if (node?.opType === 'Constant') return node.tensor('value') ?? scalarAttribute(node);
    if (node?.opType === 'Identity') return this.tensor(node.inputs[0]);
    return node ? undefined : this.graph.initializers.get(name)?.();
  }
}

function scalarAttribute(node: OnnxNode): Tensor | undefined {
  if (!node.has('value_float')) return undefined;
  return { type: 'float32', shape: [], data: Float32Array.of(node.float('value_float', 0)) };
}
