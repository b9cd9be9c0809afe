import type { Tensor } from '../../network/tensor.ts';
import { Unsupported, type Builder } from '../onnx/builder.ts';
import { DataSized } from '../onnx/data-sized.ts';
import type { OnnxNode } from '../onnx/node.ts';
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

/** Nodes that the loops and branches of a model may be written out to. */
const MOST_NODES = 200_000;
/** Loops in loops. */
const MAX_DEPTH = 16;

/** Imports parts in the place of the nodes that run them, within limits for the whole model. */
export class PartRunner {
  private left = MOST_NODES;
  private depth = 0;

  /**
   * Imports the nodes of a part.
   * @param place makes names of this run unique
   * @param feeds names of the tensors for its inputs
   * @returns names of its outputs
   */
  run(builder: Builder, part: Part, place: string, feeds: readonly string[]): string[] {
    if (this.depth >= MAX_DEPTH) throw new Unsupported('functions that call each other too deeply');
    const local = (name: string): string => (name === '' ? '' : `${name}${place}`);
    part.inputs.forEach((name, i) => builder.rename(feeds[i] ?? '', local(name)));
    const load = (name: string): void => {
      const own = part.constants.get(name);
      if (own && !builder.constants.has(local(name)) && !builder.values.has(local(name)))
        builder.constants.set(local(name), { tensor: own(), layerName: name });
    };
    this.depth += 1;
    for (const node of part.selection.nodes) {
      if (--this.left < 0) throw new Unsupported(`loops of more than ${MOST_NODES} nodes`);
      node.inputs.forEach(load);
      importNode(builder, node, local, place);
    }
    this.depth -= 1;
    part.outputs.forEach(load);
    return part.outputs.map(local);
  }
}

function importNode(builder: Builder, node: OnnxNode, local: (name: string) => string, place: string): void {
  try {
    builder.run(node.placed(local, place));
  } catch (error) {
    const at = `${node.label} "${node.name}"`;
    if (error instanceof DataSized) throw new DataSized(` (${at} in it)`);
    throw error instanceof Unsupported ? new Unsupported(`${at}: ${error.message}`) : error;
  }
}
