import { StatedQuantization } from '../onnx/stated-quantization.ts';
import type { Translation } from '../onnx/translate.ts';
import { graphOf, layerName, readSubgraph, type SubgraphReading, type TensorStorage } from './graph.ts';
import { readModel, type TfliteModel } from './model.ts';
import { controlFamily } from './ops/control.ts';
import { operators } from './ops/index.ts';
import { fakeParameters } from './ops/storage.ts';
import { resolveVariables } from './variables.ts';

/**
 * Decodes a TensorFlow Lite model. Layers have the names of the tensors they write; integer tensors with a scale are
 * reals whose storage becomes the network's own quantization.
 * @throws StudioError file-malformed or op-unsupported
 */
export async function readTflite(bytes: Uint8Array): Promise<Translation> {
  const model = readModel(bytes);
  const storage: TensorStorage = { parameters: new Map(), storages: new Map() };
  const main = readSubgraph(model, 0, storage);
  resolveVariables(model, main, storage);
  const own = new StatedQuantization({
    parameters: (name, node) => storage.parameters.get(name) ?? (node && fakeParameters(node)),
    storage: (name) => storage.storages.get(name),
    cuts: false,
  });
  return {
    graph: graphOf(main),
    framework: 'tflite',
    endings: /\.tflite$/i,
    family: { ...operators, ...controlFamily(model, storage, own) },
    aliases: aliasesOf(model, main),
    numbered: 'forward',
    // As ACUITY names them: `input_0`, `output_4`.
    ports: {
      input: (name) => ({ name: layerName(name), stem: 'input' }),
      output: (name) => ({ name: layerName(name), stem: 'output' }),
    },
    own: () => own,
  };
}

/** The signature's names of inputs and outputs, and names of layers, as far as they mean one tensor. */
function aliasesOf({ signature }: TfliteModel, { names, nodes }: SubgraphReading): Map<string, string> {
  const said = signature.flatMap(({ name, tensor }) => {
    const tensorName = names[tensor];
    return tensorName === undefined ? [] : [[name, tensorName] as const];
  });
  const aliases = new Map<string, string>();
  const taken = new Set(names);
  const layers = nodes.flatMap(({ outputs }) => outputs.map((name) => [layerName(name), name] as const));
  for (const [alias, name] of [...said, ...layers]) {
    if (!taken.has(alias)) aliases.set(alias, name);
    else if (aliases.get(alias) !== name) aliases.delete(alias);
    taken.add(alias);
  }
  return aliases;
}
