import type { OnnxGraph } from '../importers/onnx/graph.ts';
import type { OnnxNode } from '../importers/onnx/node.ts';
import type { GraphEdge, GraphNode } from './contract.ts';
import type { SourceGraphView, SourceTensors } from './contract-model.ts';
import { formatValue } from './format-value.ts';

/** The graph of a model before its conversion, in file order between its inputs and its outputs. */
export function sourceGraphView(graph: OnnxGraph): SourceGraphView {
  const shapes = (names: readonly string[]): GraphNode['shapes'] =>
    names.map((name) => graph.infos.get(name)?.shape ?? null);
  const ends = (role: 'input' | 'output', names: readonly string[]): GraphNode[] =>
    names.map((name) => ({
      ...UNKNOWN,
      key: role === 'input' ? name : `→ ${name}`,
      name,
      op: role,
      role,
      shapes: shapes([name]),
    }));
  const nodes = graph.nodes.map((node) => ({
    ...UNKNOWN,
    key: nodeKey(node),
    name: node.name,
    op: node.label,
    detail: detailOf(node),
    role: node.reads.length === 0 ? ('constant' as const) : ('layer' as const),
    shapes: shapes(node.outputs),
  }));
  const [inputs, outputs] = [graph.inputs, graph.outputs].map((all) => all.map(({ name }) => name));
  const all = [...ends('input', inputs), ...nodes, ...ends('output', outputs)];
  const reads = [
    ...inputs.map(() => []),
    ...graph.nodes.map((node) => node.reads),
    ...outputs.map((name) => [name]),
  ];
  const made = [...inputs.map((name) => [name]), ...graph.nodes.map((node) => node.outputs)];
  const edges = edgesOf(reads, made);
  const produced = new Set(made.flat());
  const tensors = all.map((_, index): SourceTensors => ({
    reads: reads[index].filter((name) => name !== '' && produced.has(name)),
    makes: (made[index] ?? []).filter((name) => name !== ''),
    node: graph.nodes[index - inputs.length]?.name ?? '',
  }));
  const parameters = all.map((_, index) => parametersOf(graph.nodes[index - inputs.length]));
  return { nodes: all, edges, tensors, parameters };
}

/** What names a node: its first output, which no other node has. */
export function nodeKey(node: OnnxNode): string {
  return node.outputs.find((name) => name !== '') ?? node.name;
}

const UNKNOWN = { detail: '', parameters: null, macs: null } as const;

function edgesOf(reads: readonly (readonly string[])[], made: readonly (readonly string[])[]): GraphEdge[] {
  const producers = new Map<string, { from: number; port: number }>();
  made.forEach((names, from) => names.forEach((name, port) => producers.set(name, { from, port })));
  return reads.flatMap((names, to) =>
    names.flatMap((name, input) => {
      const producer = name === '' ? undefined : producers.get(name);
      return producer ? [{ ...producer, to, input }] : [];
    }),
  );
}

/** Kernel and stride, where the operator has them under ONNX's names. */
function detailOf(node: OnnxNode): string {
  const { kernel_shape: kernel, strides } = node.copyOf(['kernel_shape', 'strides']);
  const parts = Array.isArray(kernel) && kernel.length > 0 ? [kernel.join('×')] : [];
  const stride = Array.isArray(strides) ? Number(strides[0]) : 1;
  if (stride > 1) parts.push(`/${stride}`);
  return parts.join(' ');
}

function parametersOf(node: OnnxNode | undefined): { name: string; value: string }[] {
  return Object.entries(node?.shownAttributes ?? {}).map(([name, value]) => ({
    name,
    value: formatValue(typeof value === 'object' ? [...value] : value),
  }));
}
