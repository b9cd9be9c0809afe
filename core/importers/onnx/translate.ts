import type { Network, NetworkMeta } from '../../network/network.ts';
import { importPasses } from '../../passes/index.ts';
import { runPasses } from '../../passes/pass.ts';
import type { ImportOptions } from '../options.ts';
import { convertNodes, type PortNames } from './convert.ts';
import { finishNetwork, nameHelpers, type LayerNumbers } from './finish.ts';
import type { OnnxGraph } from './graph.ts';
import { bindInputs } from './inputs.ts';
import type { OperatorFamily } from './operator.ts';
import { notQuantized, type QuantizationSource } from './quantization-source.ts';
import { selectNodes, type Selection } from './select.ts';

/** A model in the terms of ONNX, and what is particular to its framework. */
export interface Translation {
  graph: OnnxGraph;
  /** Name in `Org_Platform`. */
  framework: string;
  /** File endings that are not part of the network's name. */
  endings: RegExp;
  /** The framework's own operators, by `domain:Type`; mostly compositions of ONNX's. */
  family?: OperatorFamily;
  /** Where the graph is cut, in its own names, when the options spell them differently. */
  inputs?: readonly string[] | undefined;
  outputs?: readonly string[] | undefined;
  /** Further names of tensors that people may cut at. */
  aliases?: ReadonlyMap<string, string>;
  /** What the layers of inputs and outputs are called; default: as for ONNX. */
  ports?: Partial<PortNames>;
  /** Default: backward. */
  numbered?: LayerNumbers;
  /** Whether the graph was made for the sizes that the user said, so that nothing is open. */
  sized?: boolean;
  /** What of the import people have to know, in sentences. */
  notes?: readonly string[];
  /** How the model quantizes its tensors. Default: it does not. */
  own?: (selection: Selection) => QuantizationSource;
}

/**
 * The common end of all imports: cuts the graph, binds input sizes, converts the nodes and runs the passes.
 * ONNX's operators are the language every framework's are written in: they fold constants, track axis orders,
 * and know what ACUITY has layers for.
 * @throws StudioError usage, network-invalid, op-unsupported (all at once) or cancelled.
 */
export async function translate(translation: Translation, options: ImportOptions): Promise<Network> {
  const { graph, framework, family, ports, numbered } = translation;
  const named = (names?: readonly string[]) => names?.map((name) => translation.aliases?.get(name) ?? name);
  const inputNames = translation.inputs ?? named(options.inputs);
  const selection = selectNodes(graph, inputNames, translation.outputs ?? named(options.outputs));
  const own = translation.own?.(selection) ?? notQuantized;
  const sizes = translation.sized ? {} : { sizes: options.inputSizes, withBatch: options.sizesWithBatch };
  const choices = { ...sizes, types: options.inputTypes };
  const inputs = bindInputs(graph, selection.inputs, choices, inputNames?.length);
  const settings = { ...options, own, ...(family ? { family } : {}), ...(ports ? { ports } : {}) };
  const outputs = await convertNodes(graph, selection, own.inputs(inputs), settings);
  options.progress?.(1, 'done');
  const name = options.name.replace(/^.*[\\/]/, '').replace(translation.endings, '');
  const meta: NetworkMeta = { name, acuityVersion: '6', platform: 'tensorflow', orgPlatform: framework };
  const network = nameHelpers(runPasses(finishNetwork(meta, outputs, own.notes, numbered), importPasses));
  network.notes = translation.notes ?? [];
  return network;
}
