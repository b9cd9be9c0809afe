import type { DeviceGraph, DeviceNode } from '../device/graph.ts';
import { StudioError } from '../network/errors.ts';
import { commentText } from './c-text.ts';
import type { ConstantLayout } from './constants.ts';
import { paragraphs } from './tensors.ts';

/** Statements that connect graph ports and nodes: inputs, outputs, then the rest node by node. */
export function connections(graph: DeviceGraph, constants: ConstantLayout): string[] {
  const norm = new Map(graph.ports.map((id, index) => [id, `norm_tensor[${index}]`]));
  const produced = outputSlots(graph);
  const inputs: string[] = [];
  const outputs: string[] = [];
  const inner = graph.nodes.map((node, index) => {
    const lines: string[] = [];
    node.inputs.forEach((id, slot) => {
      if (id < 0) return;
      const target = `node[${index}]->input.tensors[${slot}]`;
      const constant = constants.indices.get(id);
      const port = norm.get(id);
      const source = produced.get(id);
      if (constant !== undefined) {
        const name = commentText(constants.constants[constant].port);
        lines.push(`${target} = const_tensor[${constant}]; /* data_${name} */`);
      } else if (source !== undefined) lines.push(`${target} = ${source};`);
      else if (port !== undefined) inputs.push(`${target} = ${port};`);
      else throw unconnected(graph, node, id);
    });
    node.outputs.forEach((id, slot) => {
      const port = norm.get(id);
      if (port !== undefined) outputs.push(`node[${index}]->output.tensors[${slot}] = ${port};`);
    });
    return lines.length === 0 ? [] : [`/* ${commentText(node.layer)} */`, ...lines];
  });
  return paragraphs([inputs, outputs, ...inner].filter((block) => block.length > 0));
}

/** Statements that connect the ports to the one node of a packed network. */
export function packedConnections(graph: DeviceGraph): string[] {
  const connect = (ids: readonly number[], side: string): string[] =>
    ids.map((id, slot) => `node[0]->${side}.tensors[${slot}] = norm_tensor[${graph.ports.indexOf(id)}];`);
  return [...connect(graph.inputs, 'input'), ...connect(graph.outputs, 'output')];
}

/** Statements that tell the graph its inputs and outputs. */
export function graphPorts(graph: DeviceGraph): string[] {
  const list = (ids: readonly number[], side: string): string[] =>
    ids.map((id, slot) => `graph->${side}.tensors[${slot}] = norm_tensor[${portIndex(graph, id)}];`);
  return [...list(graph.outputs, 'output'), ...list(graph.inputs, 'input')];
}

function portIndex(graph: DeviceGraph, id: number): number {
  const index = graph.ports.indexOf(id);
  if (index < 0) throw new StudioError('network-invalid', `tensor ${id} is not among the ports of the graph`);
  return index;
}

/** Where every tensor that a node makes can be read from. */
function outputSlots(graph: DeviceGraph): Map<number, string> {
  const slots = new Map<number, string>();
  graph.nodes.forEach((node, index) => {
    node.outputs.forEach((id, slot) => slots.set(id, `node[${index}]->output.tensors[${slot}]`));
  });
  return slots;
}

function unconnected(graph: DeviceGraph, node: DeviceNode, id: number): StudioError {
  const name = graph.tensors.at(id)?.name ?? `tensor ${id}`;
  return new StudioError('network-invalid', `${name} is read but nothing makes it`, {
    layer: node.layer,
    ...node.place,
  });
}
