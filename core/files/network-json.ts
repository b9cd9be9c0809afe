import { StudioError, type Place } from '../network/errors.ts';
import { formatRef, Layer, parseRef, type ParameterValue, type TensorRef } from '../network/layer.ts';
import { Network, type NetworkMeta } from '../network/network.ts';
import { readTextOf, writeChecked } from './atomic.ts';
import { JsonObject, parseJson, type JsonValue } from './json-text.ts';
import { formatJson } from './json-writer.ts';

/** No op of the vocabulary comes near; guards against lists made to exhaust memory. */
const MAX_OUTPUTS = 10_000;

/**
 * Reads a network from the text of its .json file; coefficients stay empty.
 * Both member orders (v6 and the sorted one of 2.0) are read; what we do not know is ignored.
 * @param place names the file in errors
 * @throws StudioError 'file-malformed' or 'network-invalid' with file, and line or layer
 */
export function parseNetwork(text: string, place: Place = {}): Network {
  try {
    return build(objectOf(parseJson(text, place.file), 'the file'));
  } catch (error) {
    throw error instanceof StudioError ? error.at(place) : error;
  }
}

/** The text of the .json file, byte for byte as ACUITY writes it (v6 member order, no final newline). */
export function formatNetwork(network: Network): string {
  const layers = [...network.layers.values()].map((layer) => [layer.key, layerToJson(layer)] as const);
  return formatJson(
    objectFrom([
      ['MetaData', metaToJson(network.meta)],
      ['Layers', objectFrom(layers)],
      ...optional('quantize_info', network.quantizeInfo && objectFrom(network.quantizeInfo)),
    ]),
  );
}

/** Reads NAME.json. @throws StudioError as {@link parseNetwork}, 'file-missing', 'file-unreadable' */
export async function readNetworkFile(path: string): Promise<Network> {
  return parseNetwork(await readTextOf(path), { file: path });
}

/** Writes NAME.json. @throws StudioError 'file-unwritable' */
export async function writeNetworkFile(path: string, network: Network): Promise<void> {
  await writeChecked(path, formatNetwork(network), (text) => parseNetwork(text, { file: path }));
}

function build(root: JsonObject): Network {
  const layers = objectOf(root.members.get('Layers'), 'the member "Layers"', root.line);
  const meta = objectOf(root.members.get('MetaData'), 'the member "MetaData"', root.line);
  rejectDebugGraph(meta);
  const network = new Network(metaFromJson(meta));
  for (const [key, value] of layers.members) network.add(layerFromJson(key, value, layers.line));
  const info = root.members.get('quantize_info');
  if (info !== undefined) network.quantizeInfo = parametersOf(objectOf(info, '"quantize_info"', root.line));
  network.validate();
  return network;
}

function rejectDebugGraph(meta: JsonObject): void {
  if (meta.members.get('Name') !== 'Ovxlib_Debug_Graph') return;
  throw new StudioError(
    'file-malformed',
    'this is a fused debug graph (export --save-fused-graph), not a network',
    {},
    'Open the .json file that import wrote.',
  );
}

function metaFromJson(meta: JsonObject): NetworkMeta {
  const text = (key: string, fallback: string): string => {
    const value = meta.members.get(key) ?? fallback;
    if (typeof value !== 'string') throw malformed(`"${key}" in "MetaData" is not a text`, meta.line);
    return value;
  };
  return {
    name: text('Name', ''),
    acuityVersion: text('AcuityVersion', '6'),
    platform: text('Platform', 'tensorflow'),
    ...(meta.members.has('Org_Platform') && { orgPlatform: text('Org_Platform', '') }),
  };
}

function layerFromJson(key: string, value: JsonValue, line: number): Layer {
  if (!(value instanceof JsonObject)) throw malformed('a layer must be an object', line, key);
  try {
    const parameters = value.members.get('parameters');
    return new Layer({
      key,
      name: textOf(value, 'name', key),
      op: textOf(value, 'op'),
      parameters:
        parameters === undefined ? [] : parametersOf(objectOf(parameters, '"parameters"', value.line)),
      inputs: inputsOf(value),
      outputs: outputCountOf(value),
    });
  } catch (error) {
    throw error instanceof StudioError ? error.at({ layer: key, line: value.line }) : error;
  }
}

function textOf(layer: JsonObject, key: string, fallback?: string): string {
  const value = layer.members.get(key) ?? fallback;
  if (typeof value !== 'string') throw malformed(`"${key}" is missing or not a text`, layer.line);
  return value;
}

function inputsOf(layer: JsonObject): TensorRef[] {
  return listOf(layer, 'inputs').map((item) => {
    if (typeof item !== 'string') throw malformed('"inputs" holds something that is not a text', layer.line);
    return parseRef(item);
  });
}

/** Ports are out0, out1, ... in order in every known file; anything else would be renamed on writing. */
function outputCountOf(layer: JsonObject): number {
  const ports = listOf(layer, 'outputs');
  const odd = ports.findIndex((port, index) => port !== `out${index}`);
  if (odd >= 0) throw malformed(`output ${odd} is not called "out${odd}"`, layer.line);
  if (ports.length > MAX_OUTPUTS) throw malformed(`${ports.length} outputs`, layer.line);
  return ports.length;
}

function listOf(layer: JsonObject, key: string): JsonValue[] {
  const value = layer.members.get(key) ?? [];
  if (!Array.isArray(value)) throw malformed(`"${key}" is not a list`, layer.line);
  return value;
}

function parametersOf(object: JsonObject): Map<string, ParameterValue> {
  return new Map([...object.members].map(([key, value]) => [key, parameterOf(key, value, object.line)]));
}

/** Recursion is bounded by the reader's depth limit. */
function parameterOf(key: string, value: JsonValue, line: number): ParameterValue {
  if (Array.isArray(value)) return value.map((item) => parameterOf(key, item, line));
  if (value instanceof JsonObject) throw malformed(`parameter "${key}" holds an object`, line);
  return value;
}

function objectOf(value: JsonValue | undefined, what: string, line?: number): JsonObject {
  if (value instanceof JsonObject) return value;
  throw malformed(
    `${what} is ${value === undefined ? 'missing' : 'not an object'}; this is no network file`,
    line,
  );
}

function malformed(message: string, line?: number, layer?: string): StudioError {
  return new StudioError('file-malformed', message, {
    ...(line !== undefined && { line }),
    ...(layer !== undefined && { layer }),
  });
}

function metaToJson(meta: NetworkMeta): JsonObject {
  return objectFrom([
    ['Name', meta.name],
    ['AcuityVersion', meta.acuityVersion],
    ['Platform', meta.platform],
    ...optional('Org_Platform', meta.orgPlatform),
  ]);
}

function layerToJson(layer: Layer): JsonObject {
  return objectFrom([
    ['name', layer.name],
    ['op', layer.op],
    // 6.0 writes no "parameters" for ops that have none.
    ...optional('parameters', layer.parameters.size > 0 ? objectFrom(layer.parameters) : undefined),
    ['inputs', layer.inputs.map(formatRef)],
    ['outputs', Array.from({ length: layer.outputs }, (_, port) => `out${port}`)],
  ]);
}

function optional(key: string, value: JsonValue | undefined): [string, JsonValue][] {
  return value === undefined ? [] : [[key, value]];
}

function objectFrom(entries: Iterable<readonly [string, JsonValue]>): JsonObject {
  const object = new JsonObject();
  for (const [key, value] of entries) object.members.set(key, value);
  return object;
}
