import { StudioError } from '../network/errors.ts';
import { parseRef } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import type { Shape } from '../network/tensor.ts';
import { opSpec } from './registry.ts';
import { inferForBatches, inferShapes, knownForBatches, knownShapes, type BatchShapes } from './shapes.ts';

/** A dimension that is known, or that many times the batch N. */
export type SymbolicDimension = number | { batch: number };

/** Dimensions, outermost first, of a network whose batch may be open. */
export type SymbolicShape = readonly SymbolicDimension[];

/** Shapes of all tensors by `@layer:out0`, in the network's axes. */
export type SymbolicShapeTable = ReadonlyMap<string, SymbolicShape>;

/** Batches that are tried. Primes: no shape is proportional to all three by accident. */
const PROBES = [2, 3, 5] as const;

/**
 * Infers every tensor's shape for any batch N: each dimension is a number, or a multiple of N. Networks whose
 * input layers fix the batch get numbers only. Found by inference for three batches, so it holds for every op.
 * @throws StudioError as {@link inferShapes}; 'shape-mismatch' naming the layer with a dimension that depends on
 * the batch in another way (N + 1, ...)
 */
export function inferSymbolicShapes(network: Network): SymbolicShapeTable {
  if (!hasOpenBatch(network)) return inferShapes(network);
  return merge(inferForBatches(network, PROBES), (ref, shapes) => {
    throw new StudioError(
      'shape-mismatch',
      `its output is not proportional to the batch: ${shapes.map((shape, i) => `[${shape.join(',')}] for a batch of ${PROBES[i]}`).join(', ')}`,
      { layer: parseRef(ref).layer },
    );
  });
}

/**
 * {@link inferSymbolicShapes} as far as possible: tensors of unknown ops, what depends on them, and what is not
 * proportional to the batch are left out. For showing a network.
 */
export function knownSymbolicShapes(network: Network): SymbolicShapeTable {
  if (!hasOpenBatch(network)) return knownShapes(network);
  return merge(knownForBatches(network, PROBES), () => undefined);
}

/** Whether an input layer leaves the batch open. */
function hasOpenBatch(network: Network): boolean {
  return network.inputs.some((layer) => {
    const [one, other] = PROBES.map((batch) => opSpec('input').shapes({ layer, network, inputs: [], batch }));
    return one.join() !== other.join();
  });
}

function merge(
  table: BatchShapes,
  odd: (ref: string, shapes: readonly Shape[]) => undefined,
): SymbolicShapeTable {
  const merged = new Map<string, SymbolicShape>();
  for (const [ref, shapes] of table) {
    const shape = mergeShape(shapes);
    if (shape) merged.set(ref, shape);
    else odd(ref, shapes);
  }
  return merged;
}

/** One shape for all probes; undefined when a dimension is neither fixed nor a multiple of the batch. */
function mergeShape(shapes: readonly Shape[]): SymbolicShape | undefined {
  const [first] = shapes;
  const merged: SymbolicDimension[] = [];
  for (const [axis, dim] of first.entries()) {
    const multiple = dim / PROBES[0];
    if (shapes.every((shape) => shape[axis] === dim)) merged.push(dim);
    else if (Number.isInteger(multiple) && shapes.every((shape, i) => shape[axis] === multiple * PROBES[i]))
      merged.push({ batch: multiple });
    else return undefined;
  }
  return shapes.every((shape) => shape.length === first.length) ? merged : undefined;
}
