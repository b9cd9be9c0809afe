import type { Tensor } from '../../network/tensor.ts';
import { Unsupported, type Builder } from '../onnx/builder.ts';
import { DataSized } from '../onnx/data-sized.ts';
import { selectNodes, type Selection } from '../onnx/select.ts';
import { buildGraph } from './graph.ts';
import type { SourceNode } from './source.ts';

/** Nodes that run by themselves, perhaps many times: the body of a loop, a branch. */
export interface Part {
  /** Tensors it reads from outside. */
  inputs: readonly string[];
  outputs: readonly string[];
  selection: Selection;
  constants: ReadonlyMap<string, () => Tensor>;
}

/** The nodes that the outputs need, in order. @throws StudioError network-invalid for cycles and missing tensors */
export function makePart(
  nodes: readonly SourceNode[],
  inputs: readonly string[],
  outputs: readonly string[],
  constants: ReadonlyMap<string, () => Tensor>,
): Part {
  const graph = buildGraph({ nodes, producer: 0, inputs, outputs, constants });
  return { inputs, outputs, selection: selectNodes(graph), constants: graph.initializers };
}

/**
 * Imports the nodes of a part in place.
 * @param place makes names of this run unique
 * @param feeds names of the tensors for its inputs
 * @returns names of its outputs
 */
export function runPart(builder: Builder, part: Part, place: string, feeds: readonly string[]): string[] {
  const local = (name: string): string => (name === '' ? '' : `${name}${place}`);
  part.inputs.forEach((name, i) => builder.rename(feeds[i] ?? '', local(name)));
  const load = (name: string): void => {
    const own = part.constants.get(name);
    if (own && !builder.constants.has(local(name)) && !builder.values.has(local(name)))
      builder.constants.set(local(name), { tensor: own(), layerName: name });
  };
  for (const node of part.selection.nodes) {
    node.inputs.forEach(load);
    try {
      builder.run(node.placed(local, place));
    } catch (error) {
      if (error instanceof DataSized) throw new DataSized(` (${node.label} "${node.name}" in it)`);
      if (error instanceof Unsupported)
        throw new Unsupported(`${node.label} "${node.name}": ${error.message}`);
      throw error;
    }
  }
  part.outputs.forEach(load);
  return part.outputs.map(local);
}
