import type { Network } from '../../network/network.ts';
import { importPasses } from '../../passes/index.ts';
import { runPasses } from '../../passes/pass.ts';
import { convertNodes } from './convert.ts';
import { finishNetwork } from './finish.ts';
import { fuseLayers } from './fuse.ts';
import { buildGraph } from './graph.ts';
import { bindInputs } from './inputs.ts';
import { decodeModel } from './schema.ts';
import { selectNodes } from './select.ts';

/** How an ONNX file is imported. */
export interface OnnxImportOptions {
  /** File name; its stem becomes the name of the network. */
  name: string;
  /** Folder of the file: the only place where external weights may be. */
  folder?: string;
  /** Tensor or node names to cut the graph at; default: the graph's own. */
  inputs?: readonly string[];
  outputs?: readonly string[];
  /** One shape per input, with or without batch. */
  inputSizes?: readonly (readonly number[])[];
  /** Whether inputSizes[i] includes the batch; unset = both spellings are understood. */
  sizesWithBatch?: readonly boolean[];
  /** One element type per input, e.g. "float32". */
  inputTypes?: readonly string[];
  signal?: AbortSignal;
  progress?: (fraction: number, text: string) => void;
}

/**
 * Imports an ONNX model (ai.onnx operator sets 1 to 22). The network is stored channel-last, its inputs and
 * outputs keep ONNX's shapes; see ops/ for what becomes what.
 * @throws StudioError file-malformed, usage, network-invalid, op-unsupported (all at once) or cancelled.
 */
export async function importOnnx(bytes: Uint8Array, options: OnnxImportOptions): Promise<Network> {
  const graph = buildGraph(decodeModel(bytes), options.folder);
  const selection = selectNodes(graph, options.inputs, options.outputs);
  const inputs = bindInputs(graph, selection.inputs, {
    sizes: options.inputSizes,
    withBatch: options.sizesWithBatch,
    types: options.inputTypes,
  });
  const outputs = await convertNodes(graph, selection, inputs, options);
  fuseLayers(outputs);
  options.progress?.(1, 'done');
  const name = options.name.replace(/^.*[\\/]/, '').replace(/\.onnx$/i, '');
  const meta = { name, acuityVersion: '6', platform: 'tensorflow', orgPlatform: 'onnx' };
  return runPasses(finishNetwork(meta, outputs), importPasses);
}
