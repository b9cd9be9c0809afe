import type { ImportOptions } from '../options.ts';
import type { Translation } from '../onnx/translate.ts';
import { buildGraph } from './graph.ts';
import { inlineCalls } from './inline.ts';
import { tensorflowOperators } from './ops/index.ts';
import { decode } from './schema.ts';
import { sourceLibrary, sourceNodes, tensorOf } from './source.ts';

/** Decodes a frozen TensorFlow graph (1.4 to 2.x). @throws StudioError file-malformed, usage or op-unsupported */
export async function readTensorflow(bytes: Uint8Array, options: ImportOptions): Promise<Translation> {
  const proto = decode('Graph', bytes, 'a TensorFlow graph');
  const nodes = inlineCalls(sourceNodes(proto), sourceLibrary(proto));
  const graph = buildGraph({ nodes, producer: proto.versions?.producer ?? 0, constants: new Map() });
  return {
    graph,
    framework: 'tensorflow',
    endings: /\.pb$/i,
    family: tensorflowOperators,
    inputs: options.inputs?.map(tensorOf),
    outputs: options.outputs?.map(tensorOf),
  };
}
