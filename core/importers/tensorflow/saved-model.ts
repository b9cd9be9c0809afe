import { StudioError } from '../../network/errors.ts';
import { decode, type ProtoGraph, type ProtoMetaGraph, type ProtoTensorEntry } from './schema.ts';
import { tensorOf } from './source.ts';

/** The name of the signature that serves, and the one TensorFlow adds for initialization. */
const SERVING = 'serving_default';
const INTERNAL = '__saved_model_init_op';

/** A graph and, where the file names them, its ends. */
export interface ModelGraph {
  graph: ProtoGraph;
  inputs?: string[];
  outputs?: string[];
}

/** A SavedModel starts with its version, a GraphDef with a node. */
const isSavedModel = (bytes: Uint8Array): boolean => bytes[0] === 0x08;

/** Decodes a frozen graph, or the graph of a SavedModel with its signature. @throws StudioError file-malformed */
export function decodeGraph(bytes: Uint8Array): ModelGraph {
  if (bytes.length === 0)
    throw new StudioError('file-malformed', 'not a TensorFlow graph: the file is empty');
  if (!isSavedModel(bytes)) return { graph: checked(decode('Graph', bytes, 'a TensorFlow graph')) };
  const { metaGraphs } = decode('SavedModel', bytes, 'a TensorFlow SavedModel');
  const meta = metaGraphs.find(({ metaInfoDef }) => metaInfoDef?.tags.includes('serve')) ?? metaGraphs.at(0);
  if (!meta?.graphDef) throw new StudioError('file-malformed', 'the SavedModel holds no graph');
  return { graph: checked(meta.graphDef), ...ends(meta) };
}

function checked(graph: ProtoGraph): ProtoGraph {
  if (graph.node.length === 0)
    throw new StudioError('file-malformed', 'not a TensorFlow graph: it holds no nodes');
  return graph;
}

/** The ends that the signature for serving names, or the only signature there is. */
function ends({ signatureDef }: ProtoMetaGraph): Pick<ModelGraph, 'inputs' | 'outputs'> {
  const signatures = signatureDef.filter(
    ({ key, value }) => key !== INTERNAL && value && value.outputs.length > 0,
  );
  const serving =
    signatures.find(({ key }) => key === SERVING) ?? (signatures.length === 1 ? signatures[0] : undefined);
  if (!serving?.value) return {};
  const names = (entries: readonly ProtoTensorEntry[]): string[] =>
    entries
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .flatMap(({ value }) => (value && value.name !== '' ? [tensorOf(value.name)] : []));
  return { inputs: names(serving.value.inputs), outputs: names(serving.value.outputs) };
}
