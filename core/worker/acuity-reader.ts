import type { JobContext } from '../jobs/context.ts';
import { StudioError } from '../network/errors.ts';
import { Layer, formatRef, parseRef, type ParameterValue } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import type { Shape } from '../network/tensor.ts';
import type { NamedBytes } from './contract.ts';
import type { ImportedModel } from './import-model.ts';

/** Largest network file we read as text. */
const MAX_TEXT = 512 * 2 ** 20;
/** Layers between two looks at the cancel flag. */
const SLICE = 256;

type Json = Record<string, unknown>;

/** Reads a NAME.json network. Stands in for core/files until that is merged. */
export async function readAcuityNetwork(
  main: NamedBytes,
  _files: readonly NamedBytes[],
  context: JobContext,
): Promise<ImportedModel> {
  const file = main.name;
  context.progress(0, `Reading ${file}`);
  const root = parseJson(main);
  await breathe(context);
  const { MetaData: meta, Layers: layers } = root;
  if (!isObject(meta) || !isObject(layers)) {
    throw new StudioError(
      'file-malformed',
      'the file is JSON but not an ACUITY network: it has no "MetaData" and "Layers"',
      { file },
      'Choose the NAME.json that "pegasus import" wrote.',
    );
  }
  const network = new Network({
    name: text(meta['Name']) ?? file.replace(/\.json$/i, ''),
    acuityVersion: text(meta['AcuityVersion']) ?? '',
    platform: text(meta['Platform']) ?? '',
    orgPlatform: text(meta['Org_Platform']),
  });
  const entries = Object.entries(layers);
  for (const [index, [key, value]] of entries.entries()) {
    network.add(readLayer(key, value, file));
    if (index % SLICE === 0) {
      context.progress((0.9 * index) / entries.length, `Layer ${index + 1} of ${entries.length}`);
      await breathe(context);
    }
  }
  network.validate();
  return { network, shapes: statedShapes(network), format: 'ACUITY network', file };
}

function parseJson({ name: file, bytes }: NamedBytes): Json {
  if (bytes.byteLength > MAX_TEXT)
    throw new StudioError('file-unreadable', 'the file is larger than 512 MiB', { file });
  let root: unknown;
  try {
    const source = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    root = JSON.parse(source.replace(/(?<=[[,:]\s*)-?(?:Infinity|NaN)(?=\s*[,\]}])/g, 'null'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is cut off or damaged' : 'it is not text';
    throw new StudioError(
      'file-malformed',
      `the file is not valid JSON, ${why}`,
      { file },
      'Get it again from its source.',
    );
  }
  if (!isObject(root))
    throw new StudioError('file-malformed', 'the file does not hold a JSON object', { file });
  return root;
}

function readLayer(key: string, value: unknown, file: string): Layer {
  const bad = (what: string) => new StudioError('file-malformed', `the layer ${what}`, { file, layer: key });
  if (!isObject(value)) throw bad('is not an object');
  const op = text(value['op']);
  const inputs = value['inputs'] ?? [];
  const outputs = value['outputs'] ?? [];
  if (op === undefined) throw bad('has no "op"');
  if (!Array.isArray(inputs) || !Array.isArray(outputs))
    throw bad('has inputs or outputs that are not lists');
  const parameters = value['parameters'] ?? {};
  if (!isObject(parameters)) throw bad('has parameters that are not an object');
  return new Layer({
    key,
    name: text(value['name']) ?? key,
    op,
    parameters: Object.entries(parameters) as [string, ParameterValue][],
    inputs: inputs.map((ref) => parseRef(String(ref))),
    outputs: Math.max(1, outputs.length),
  });
}

/** Shapes the file itself states: those of input layers and constants. */
function statedShapes(network: Network): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const layer of network.layers.values()) {
    const shape = layer.parameters.get('shape');
    if (layer.op !== 'input' && layer.op !== 'variable') continue;
    if (Array.isArray(shape) && shape.every((dim) => Number.isInteger(dim))) {
      shapes.set(formatRef(Network.ref(layer)), shape as number[]);
    }
  }
  return shapes;
}

/** Lets a waiting cancel in, then stops if there was one. */
async function breathe(context: JobContext): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  if (context.signal.aborted) throw new StudioError('cancelled', 'the import was cancelled');
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
