import type { DeviceGraph, DeviceNode, DeviceTensor } from './graph.ts';

/**
 * The graph without the PERMUTE nodes right behind its inputs and right before its outputs (`--force-remove-permute`):
 * those ports then have the layout that the network's inside has, and whoever feeds the device must bring the data
 * into it. An input loses its permute only where nothing else reads the input, an output where nothing else
 * reads what the permute does.
 */
export function removeEdgePermutes(graph: DeviceGraph): { graph: DeviceGraph; removed: DeviceNode[] } {
  const removed: DeviceNode[] = [];
  const tensors = [...graph.tensors];
  let nodes = graph.nodes;
  const readers = (id: number): DeviceNode[] => nodes.filter(({ inputs }) => inputs.includes(id));
  const drop = (node: DeviceNode): void => {
    removed.push(node);
    nodes = nodes.filter((other) => other !== node);
  };
  for (const id of graph.inputs) {
    const [permute, ...others] = readers(id);
    if (permute?.op !== 'PERMUTE' || others.length > 0) continue;
    const inner = permute.outputs[0];
    if (tensors[inner].role !== 'virtual') continue;
    tensors[id] = withLayoutOf(tensors[id], tensors[inner]);
    drop(permute);
    nodes = nodes.map((node) => renamed(node, inner, id));
  }
  for (const id of graph.outputs) {
    const permute = nodes.find(({ outputs }) => outputs.includes(id));
    if (permute?.op !== 'PERMUTE' || readers(id).length > 0) continue;
    const inner = permute.inputs[0];
    if (tensors[inner].role !== 'virtual' || readers(inner).length > 1) continue;
    tensors[id] = withLayoutOf(tensors[id], tensors[inner]);
    drop(permute);
    nodes = nodes.map((node) => renamed(node, inner, id));
  }
  return { graph: { ...graph, tensors, nodes }, removed };
}

function withLayoutOf(port: DeviceTensor, inner: DeviceTensor): DeviceTensor {
  return { ...port, size: inner.size, order: inner.order };
}

function renamed(node: DeviceNode, from: number, to: number): DeviceNode {
  const swap = (ids: readonly number[]): number[] => ids.map((id) => (id === from ? to : id));
  return { ...node, inputs: swap(node.inputs), outputs: swap(node.outputs) };
}
