import { Layer, type LayerInit } from './layer.ts';
import { Network } from './network.ts';

/** What a layer is to be called. */
export type LayerName = Pick<LayerInit, 'key' | 'name'>;

/**
 * The network with some layers called otherwise, in the same order. A key that another layer has stays with
 * that layer: the one to be renamed keeps its own.
 * @param names by present key
 */
export function renameLayers(network: Network, names: ReadonlyMap<string, LayerName>): Network {
  const taken = new Set(network.layers.keys());
  const known = new Map<string, LayerName>();
  for (const [old, name] of names) {
    if (taken.has(name.key)) continue;
    taken.add(name.key);
    known.set(old, name);
  }
  const keyOf = (key: string): string => known.get(key)?.key ?? key;
  const result = new Network(network.meta);
  result.quantizeInfo = network.quantizeInfo;
  for (const layer of network.layers.values()) {
    const { op, parameters, outputs } = layer;
    const { key, name } = known.get(layer.key) ?? layer;
    const inputs = layer.inputs.map((ref) => ({ layer: keyOf(ref.layer), port: ref.port }));
    result.add(new Layer({ key, name, op, parameters, inputs, outputs }));
  }
  for (const [key, tensors] of network.coefficients) result.coefficients.set(keyOf(key), tensors);
  if (network.quantization) {
    const { entries, notes } = network.quantization;
    const renamed = [...entries].map(([ref, entry]) => [renameRef(ref, keyOf), entry] as const);
    result.quantization = { entries: new Map(renamed), notes };
  }
  return result;
}

/** `@key:port` with another key. */
function renameRef(ref: string, keyOf: (key: string) => string): string {
  const end = ref.lastIndexOf(':');
  return `@${keyOf(ref.slice(1, end))}${ref.slice(end)}`;
}
