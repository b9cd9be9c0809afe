import { StudioError } from '../network/errors.ts';
import { formatRef } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { checkOps, findOp, opSpec } from './registry.ts';

/** Shapes of all tensors by `@layer:out0`, in the network's axes. */
export type ShapeTable = ReadonlyMap<string, Shape>;

/**
 * Infers every tensor's shape.
 * @param batch used where an input layer leaves the batch open (0).
 * @throws StudioError naming the layer when an op is unknown or shapes do not fit.
 */
export function inferShapes(network: Network, batch = 1): ShapeTable {
  checkOps(network);
  const table = new Map<string, Shape>();
  for (const layer of network.topologicalOrder()) {
    const inputs = layer.inputs.map((ref) => table.get(formatRef(ref)) ?? []);
    const shapes = layerShapes(() => opSpec(layer.op).shapes({ layer, network, inputs, batch }), layer.key);
    shapes.forEach((shape, port) => table.set(formatRef({ layer: layer.key, port }), shape));
  }
  return table;
}

function layerShapes(infer: () => Shape[], key: string): Shape[] {
  try {
    const shapes = infer();
    shapes.forEach(elementCount);
    return shapes;
  } catch (error) {
    throw error instanceof StudioError ? error.at({ layer: key }) : error;
  }
}

/**
 * Shapes as far as they can be inferred: layers of unknown ops, and what depends on them, are left out.
 * For showing a network, where something is better than an error.
 */
export function knownShapes(network: Network, batch = 1): ShapeTable {
  const table = new Map<string, Shape>();
  for (const layer of network.topologicalOrder()) {
    const inputs = layer.inputs.map((ref) => table.get(formatRef(ref)));
    const spec = findOp(layer.op);
    if (!spec || !inputs.every((shape) => shape !== undefined)) continue;
    try {
      const shapes = layerShapes(() => spec.shapes({ layer, network, inputs, batch }), layer.key);
      shapes.forEach((shape, port) => table.set(formatRef({ layer: layer.key, port }), shape));
    } catch (error) {
      if (!(error instanceof StudioError)) throw error;
    }
  }
  return table;
}

/** Looks a shape up; a missing one is an error of the caller's network. */
export function shapeOf(table: ShapeTable, ref: string): Shape {
  const shape = table.get(ref);
  if (!shape) throw new StudioError('network-invalid', `the tensor ${ref} does not exist`);
  return shape;
}
