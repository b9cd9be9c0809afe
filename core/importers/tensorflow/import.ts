import type { Translation } from '../onnx/translate.ts';
import type { ImportOptions } from '../options.ts';
import { readBundle } from './bundle.ts';
import { resolveBranches } from './branches.ts';
import { controlOperators } from './control.ts';
import { joinDilated } from './dilated.ts';
import { collapseLoops } from './frames.ts';
import { looseEnds } from './ends.ts';
import { buildGraph } from './graph.ts';
import { inlineCalls } from './inline.ts';
import { tensorflowOperators } from './ops/index.ts';
import { listOperators } from './ops/lists.ts';
import { ownQuantization } from './own.ts';
import { pointsOf } from './points.ts';
import { readPredef } from './predef.ts';
import { decodeGraph } from './saved-model.ts';
import { sourceLibrary, sourceNodes, splitTensor } from './source.ts';
import { variableValues } from './variables.ts';

/** The layer of an input. */
function attached(tensor: string): string {
  const { node, port } = splitTensor(tensor);
  return `attach_${node}/out${port}`;
}

/**
 * Decodes a TensorFlow graph (1.4 to 2.x): a frozen one, or a SavedModel with the files of its variables. An .npz file
 * beside it holds values of placeholders.
 * @throws StudioError file-malformed, file-missing, usage or op-unsupported
 */
export async function readTensorflow(bytes: Uint8Array, options: ImportOptions): Promise<Translation> {
  const { companions = [] } = options;
  const model = decodeGraph(bytes);
  const library = sourceLibrary(model.graph);
  const written = sourceNodes(model.graph);
  const inlined = inlineCalls(written, library);
  const predef = companions.find(({ name }) => name.toLowerCase().endsWith('.npz'));
  const constants = new Map([
    ...variableValues(inlined, readBundle(companions)),
    ...(predef ? await readPredef(predef, inlined) : []),
  ]);
  const { nodes, loops } = collapseLoops(joinDilated(resolveBranches(inlined, constants)), constants);
  const { inputs, outputs } = pointsOf(options);
  const graph = buildGraph({
    nodes,
    producer: model.graph.versions?.producer ?? 0,
    constants,
    inputs: model.inputs?.filter((name) => !constants.has(name)),
    outputs: outputs ?? model.outputs ?? looseEnds(written),
  });
  return {
    graph,
    framework: 'tensorflow',
    endings: /\.pb$/i,
    family: { ...tensorflowOperators, ...listOperators(), ...controlOperators(library, loops) },
    inputs,
    outputs,
    // As ACUITY names and numbers them.
    numbered: 'ends-first',
    ports: { input: (tensor) => ({ name: attached(tensor) }) },
    own: (selection) => ownQuantization(graph, selection, options),
  };
}
