import type { DeviceGraph, DeviceNode } from './graph.ts';
import { npuUnit, type NpuUnit } from './units.ts';

/** Where a layer of the network runs. */
export interface LayerUnits {
  /** Key of the layer. */
  layer: string;
  /** The unit of the operator that does the work; helpers around it can run elsewhere. */
  unit: NpuUnit;
  /** Operators it was lowered to; `index` counts the graph's nodes. */
  nodes: { index: number; op: string; unit: NpuUnit }[];
}

/** The unit that says most about a layer comes first: copies around a convolution are its helpers. */
const BY_WEIGHT: readonly NpuUnit[] = ['NN', 'PPU', 'TP', '-'];

/**
 * The unit of every layer that has device nodes, in the order of the first of them.
 * @param typed whether the graph has the types it will have on the device; a float32 graph of a network that has not
 *   been quantized yet is taken as if it were 8-bit
 */
export function layerUnits(graph: DeviceGraph, typed: boolean): LayerUnits[] {
  const layers = new Map<string, LayerUnits>();
  for (const [index, node] of graph.nodes.entries()) {
    const unit = typed ? typedUnit(graph, node) : npuUnit(node.op);
    const known = layers.get(node.layer);
    if (known) {
      known.nodes.push({ index, op: node.op, unit });
      if (BY_WEIGHT.indexOf(unit) < BY_WEIGHT.indexOf(known.unit)) known.unit = unit;
    } else layers.set(node.layer, { layer: node.layer, unit, nodes: [{ index, op: node.op, unit }] });
  }
  return [...layers.values()];
}

/** All float work is the shader core's. */
function typedUnit({ tensors }: DeviceGraph, { op, outputs }: DeviceNode): NpuUnit {
  const unit = npuUnit(op);
  const float = outputs.some((id) => tensors[id]?.type.includes('float'));
  return float && unit !== '-' ? 'PPU' : unit;
}
