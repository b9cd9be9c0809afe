import type { Network } from '../../network/network.ts';
import { importPasses } from '../../passes/index.ts';
import { runPasses } from '../../passes/pass.ts';
import type { ImportOptions } from '../options.ts';
import { convertNodes } from './convert.ts';
import { finishNetwork, nameHelpers } from './finish.ts';
import { buildGraph } from './graph.ts';
import { bindInputs } from './inputs.ts';
import { OwnQuantization } from './own-quantization.ts';
import { decodeModel } from './schema.ts';
import { selectNodes } from './select.ts';

/**
 * Imports an ONNX model (ai.onnx operator sets 1 to 22). The network is stored channel-last, its inputs and
 * outputs keep ONNX's shapes; see ops/ for what becomes what.
 * @throws StudioError file-malformed, usage, network-invalid, op-unsupported (all at once) or cancelled.
 */
export async function importOnnx(bytes: Uint8Array, options: ImportOptions): Promise<Network> {
  const graph = buildGraph(decodeModel(bytes), options.folder);
  const selection = selectNodes(graph, options.inputs, options.outputs);
  const own = new OwnQuantization(graph, selection);
  const choices = {
    sizes: options.inputSizes,
    withBatch: options.sizesWithBatch,
    types: options.inputTypes,
  };
  const inputs = bindInputs(graph, selection.inputs, choices, options.inputs?.length);
  const outputs = await convertNodes(graph, selection, own.inputs(inputs), own, options);
  options.progress?.(1, 'done');
  const name = options.name.replace(/^.*[\\/]/, '').replace(/\.onnx$/i, '');
  const meta = { name, acuityVersion: '6', platform: 'tensorflow', orgPlatform: 'onnx' };
  return nameHelpers(runPasses(finishNetwork(meta, outputs, own.notes), importPasses));
}
