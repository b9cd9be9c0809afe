import { StudioError } from '../network/errors.ts';
import type { DeviceGraph, DeviceNode, DeviceTensor } from './graph.ts';

/** What to append to one output. */
export interface OutputNode {
  /** Key of the output layer. */
  lid: string;
  /** New axis i of the network's shape is old axis perm[i]; undefined: as it is. */
  perm: readonly number[] | undefined;
  /** The output becomes float32, dequantized by the device. */
  forceFloat32: boolean;
}

/**
 * The graph with nodes behind its outputs, as `app_postprocs` asks for: PERMUTE for another order of the axes,
 * DATACONVERT to float32. Outputs that need neither stay.
 * @throws StudioError 'postprocess-invalid' when an output does not exist or a perm has another rank
 */
export function appendOutputNodes(graph: DeviceGraph, nodes: readonly OutputNode[]): DeviceGraph {
  const result: DeviceGraph = {
    ...graph,
    tensors: [...graph.tensors],
    nodes: [...graph.nodes],
    outputs: [...graph.outputs],
    ports: [...graph.ports],
  };
  for (const node of nodes) appendTo(result, node);
  return result;
}

function appendTo(graph: DeviceGraph, { lid, perm, forceFloat32 }: OutputNode): void {
  const place = graph.outputs.findIndex((id) => graph.tensors[id].name === `@${lid}:out0`);
  if (place < 0) throw new StudioError('postprocess-invalid', `"${lid}" is no output of the network`);
  const port = graph.ports.indexOf(graph.outputs[place]);
  const original = graph.tensors[graph.outputs[place]];
  const steps: Step[] = [];
  if (perm?.some((axis, index) => axis !== index)) steps.push(permuted(original, perm, lid));
  if (forceFloat32 && original.type !== 'float32')
    steps.push({ op: 'DATACONVERT', params: {}, change: FLOAT32 });
  steps.forEach(({ op, params, change }, index) => {
    const from = graph.tensors[graph.outputs[place]];
    const isLast = index === steps.length - 1;
    const id = graph.tensors.length;
    graph.tensors[from.id] = { ...from, role: 'virtual', name: `${original.name}_${index}` };
    graph.tensors.push({ ...from, ...change, id, role: isLast ? 'output' : 'virtual', name: original.name });
    graph.nodes.push({
      layer: lid,
      operation: 'output',
      uid: 1 + Math.max(0, ...graph.nodes.map(({ uid }) => uid)),
      op,
      params,
      inputs: [from.id],
      outputs: [id],
    });
    graph.outputs[place] = id;
    if (port >= 0) graph.ports[port] = id;
  });
}

/** A node and what it changes about the tensor. */
interface Step extends Pick<DeviceNode, 'op' | 'params'> {
  change: Partial<DeviceTensor>;
}

const FLOAT32: Partial<DeviceTensor> = { type: 'float32', quantization: { kind: 'none' } };

/** The result has the order of the permuted network axes, whatever the order of the device's axes was. */
function permuted({ size, order }: DeviceTensor, perm: readonly number[], lid: string): Step {
  const rank = size.length;
  if (perm.length !== rank)
    throw new StudioError('postprocess-invalid', `"perm" has ${perm.length} axes, the output has ${rank}`, {
      layer: lid,
    });
  const isKnown = order.length === rank;
  // W,H,C,N index of the old tensor for each W,H,C,N index of the new one.
  const sources = perm.map((axis) => rank - 1 - (isKnown ? order.indexOf(axis) : axis)).reverse();
  return {
    op: 'PERMUTE',
    params: { perm: sources, dim_num: rank },
    change: { size: sources.map((source) => size[source]), order: size.map((_, axis) => axis) },
  };
}
