import { StudioError } from '../network/errors.ts';
import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { checkOps, findOp, opSpec } from './registry.ts';

/** Shapes of all tensors by `@layer:out0`, in the network's axes. */
export type ShapeTable = ReadonlyMap<string, Shape>;

/** Shapes of all tensors, one per batch that was asked for. */
export type BatchShapes = ReadonlyMap<string, readonly Shape[]>;

/**
 * Infers every tensor's shape.
 * @param batch used where an input layer leaves the batch open (0).
 * @throws StudioError naming the layer when an op is unknown or shapes do not fit.
 */
export function inferShapes(network: Network, batch = 1): ShapeTable {
  return onlyBatch(inferForBatches(network, [batch]));
}

/**
 * Shapes as far as they can be inferred: layers of unknown ops, and what depends on them, are left out.
 * For showing a network, where something is better than an error.
 */
export function knownShapes(network: Network, batch = 1): ShapeTable {
  return onlyBatch(knownForBatches(network, [batch]));
}

const onlyBatch = (table: BatchShapes): ShapeTable =>
  new Map([...table].map(([ref, [shape]]) => [ref, shape]));

/** {@link inferShapes} for several batches in one walk: shapes by tensor, one per batch. */
export function inferForBatches(network: Network, batches: readonly number[]): BatchShapes {
  checkOps(network);
  const table = new Map<string, readonly Shape[]>();
  for (const layer of network.topologicalOrder()) inferLayer(network, layer, batches, table);
  return table;
}

/** {@link knownShapes} for several batches. */
export function knownForBatches(network: Network, batches: readonly number[]): BatchShapes {
  const table = new Map<string, readonly Shape[]>();
  for (const layer of network.topologicalOrder()) {
    if (!findOp(layer.op) || !layer.inputs.every((ref) => table.has(formatRef(ref)))) continue;
    try {
      inferLayer(network, layer, batches, table);
    } catch (error) {
      if (!(error instanceof StudioError)) throw error;
    }
  }
  return table;
}

/** Adds the shapes of a layer's outputs. */
function inferLayer(
  network: Network,
  layer: Layer,
  batches: readonly number[],
  table: Map<string, readonly Shape[]>,
): void {
  const inputs = layer.inputs.map((ref) => {
    const shapes = table.get(formatRef(ref));
    if (shapes) return shapes;
    throw new StudioError('network-invalid', `the tensor ${formatRef(ref)} does not exist`, {
      layer: layer.key,
    });
  });
  const spec = opSpec(layer.op);
  const outputs = batches.map((batch, index) =>
    checkedShapes(layer, () =>
      spec.shapes({ layer, network, inputs: inputs.map((shapes) => shapes[index]), batch }),
    ),
  );
  for (let port = 0; port < outputs[0].length; port++) {
    table.set(
      formatRef({ layer: layer.key, port }),
      outputs.map((shapes) => shapes[port]),
    );
  }
}

function checkedShapes({ key }: Layer, infer: () => Shape[]): Shape[] {
  try {
    const shapes = infer();
    shapes.forEach(elementCount);
    return shapes;
  } catch (error) {
    throw error instanceof StudioError ? error.at({ layer: key }) : error;
  }
}

/** Looks a shape up; a missing one is an error of the caller's network. */
export function shapeOf(table: ShapeTable, ref: string): Shape {
  const shape = table.get(ref);
  if (!shape) throw new StudioError('network-invalid', `the tensor ${ref} does not exist`);
  return shape;
}
