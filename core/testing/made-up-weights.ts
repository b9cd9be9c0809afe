import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import {
  allocateElements,
  elementCount,
  type ElementType,
  type Shape,
  type Tensor,
} from '../network/tensor.ts';
import { opSpec } from '../ops/registry.ts';
import { inferShapes } from '../ops/shapes.ts';

/** Larger coefficients stay zero: what they hold does not matter, and filling them takes long. */
const MAX_NOISE = 2 ** 16;

/**
 * Gives every layer of a network without .data file coefficients of the right shapes: small numbers that
 * repeat, zeros in large ones. Enough to lower it.
 */
export function makeUpWeights(network: Network, batch = 1): void {
  const shapes = inferShapes(network, batch);
  for (const layer of network.layers.values()) {
    const inputs = layer.inputs.map((ref) => shapes.get(formatRef(ref)) ?? []);
    const wanted = opSpec(layer.op, layer.key).coefficientShapes?.(layer, inputs) ?? {};
    for (const [name, shape] of Object.entries(wanted)) {
      if (network.coefficient(layer.key, name)) continue;
      network.setCoefficient(layer.key, name, madeUp(shape, elementType(layer)));
    }
  }
}

/** Constants have a type of their own; all other coefficients are real. */
function elementType(layer: Layer): ElementType {
  if (layer.op !== 'variable' || !layer.has('type')) return 'float32';
  const type = layer.text('type');
  if (type === 'bool') return 'bool';
  return type.startsWith('float') ? 'float32' : 'int32';
}

function madeUp(shape: Shape, type: ElementType): Tensor {
  const data = allocateElements(type, elementCount(shape));
  // Integers are indices: 0 is inside every axis.
  if (data instanceof Float32Array && data.length <= MAX_NOISE) {
    for (let index = 0; index < data.length; index++) data[index] = (((index * 37 + 11) % 64) + 1) / 64;
  }
  return { type, shape, data };
}
