import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { sourceLayout } from '../network/source-layout.ts';
import { shapeOf, type ShapeTable } from './shapes.ts';

/** What the axes of a tensor of rank 4 are, outermost first: `nchw`, `nhwc`, or another order of these letters. */
export type AxisNames = string;

/**
 * Names the axes of every tensor of rank 4. Inputs and outputs are as the source framework has pictures; permutes
 * reorder the names, other layers pass them on. A tensor that no other of rank 4 leads to is in the source's order as well: what
 * computes channel-last has a permute in front.
 * @returns by `@layer:out0`
 */
export function axisNames(network: Network, shapes: ShapeTable): Map<string, AxisNames> {
  const source = sourceLayout(network);
  const names = new Map<string, AxisNames>();
  for (const layer of network.topologicalOrder()) {
    const read = layer.inputs.flatMap((ref) => names.get(formatRef(ref)) ?? []).at(0) ?? source;
    const made = layer.op === 'output' ? source : layer.op === 'permute' ? permutedNames(layer, read) : read;
    for (let port = 0; port < layer.outputs; port++) {
      const ref = formatRef({ layer: layer.key, port });
      if (shapeOf(shapes, ref).length === read.length) names.set(ref, made);
    }
  }
  return names;
}

function permutedNames(layer: Layer, names: AxisNames): AxisNames {
  const perm = layer.ints('perm', [0]);
  return perm.length === names.length ? perm.map((axis) => names.at(axis)).join('') : names;
}
