import type { Network } from '../../network/network.ts';
import type { ImportOptions } from '../options.ts';
import { requireExternal } from './external-data.ts';
import { buildGraph } from './graph.ts';
import { OwnQuantization } from './own-quantization.ts';
import { decodeModel } from './schema.ts';
import { translate, type Translation } from './translate.ts';

/** Decodes an ONNX model (ai.onnx operator sets 1 to 22). @throws StudioError file-malformed or op-unsupported */
export async function readOnnx(bytes: Uint8Array, home: ImportOptions): Promise<Translation> {
  const model = decodeModel(bytes);
  if (model.graph) requireExternal(model.graph, home);
  const graph = buildGraph(model, home);
  return {
    graph,
    framework: 'onnx',
    endings: /\.onnx$/i,
    own: (selection) => new OwnQuantization(graph, selection),
  };
}

/**
 * Imports an ONNX model. The network is stored channel-last, its inputs and outputs keep ONNX's shapes; see ops/
 * for what becomes what.
 * @throws StudioError file-malformed, usage, network-invalid, op-unsupported (all at once) or cancelled.
 */
export async function importOnnx(bytes: Uint8Array, options: ImportOptions): Promise<Network> {
  return translate(await readOnnx(bytes, options), options);
}
