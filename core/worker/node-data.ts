import { formatModelExplorer } from '../files/node-data/model-explorer.ts';
import { formatNetron } from '../files/node-data/netron.ts';
import type { NodeData, NodeDataScale } from '../files/node-data/node-data.ts';
import { readNodeData } from '../files/node-data/read.ts';
import { MORE_IS_BETTER, MORE_IS_WORSE } from '../files/node-data/scales.ts';
import { isPerfLog, MAX_PERF_LOG, parsePerfLog } from '../files/perf-log.ts';
import { timeData } from '../jobs/dump-data.ts';
import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import type { AnalysisView, TensorReport } from './contract-inspect.ts';
import type { GraphView, NamedBytes } from './contract.ts';
import type { NodeDataFormat, NodeDataView, ProfileView } from './contract-graph.ts';

/** Where the values of a network come from. */
interface Sources {
  graph: GraphView;
  analysis: AnalysisView | null;
  profile: ProfileView | undefined;
}

const PLAIN: NodeDataScale = { kind: 'none' };

/** All that is known of the layers, a quantity each; those without a value are left out. */
export function quantitiesOf({ graph, analysis, profile }: Sources): NodeData[] {
  const outputs = new Map<string, TensorReport>();
  for (const tensor of analysis?.tensors ?? [])
    if (tensor.kind === 'activation' && !outputs.has(tensor.layer)) outputs.set(tensor.layer, tensor);
  const layers = new Map(profile?.layers.map((layer) => [layer.layer, layer]));
  const ofTensor = (value: (tensor: TensorReport) => number | null | undefined) => (key: string) => {
    const tensor = outputs.get(key);
    return tensor && value(tensor);
  };
  const macs = new Map(graph.nodes.map(({ key, macs: count }) => [key, count]));
  const parameters = new Map(graph.nodes.map(({ key, parameters: count }) => [key, count]));
  const all: [string, NodeDataScale, (key: string) => number | string | null | undefined][] = [
    ['MACs', MORE_IS_WORSE, (key) => macs.get(key)],
    ['parameters', MORE_IS_WORSE, (key) => parameters.get(key)],
    ['entropy', MORE_IS_WORSE, ofTensor(({ entropy }) => entropy)],
    ['SQNR single (dB)', MORE_IS_BETTER, ofTensor(({ single }) => single?.sqnr)],
    ['SQNR entire (dB)', MORE_IS_BETTER, ofTensor(({ entire }) => entire?.sqnr)],
    ['cosine entire', MORE_IS_BETTER, ofTensor(({ entire }) => entire?.cosine)],
    ['range min', PLAIN, ofTensor(({ min }) => min)],
    ['range max', PLAIN, ofTensor(({ max }) => max)],
    ['NPU unit', PLAIN, (key) => layers.get(key)?.unit],
    ['simulator time (ms)', MORE_IS_WORSE, (key) => layers.get(key)?.milliseconds],
  ];
  const name = targetNames(graph);
  return all.flatMap(([quantity, scale, valueOf]) => {
    const values = new Map<string, number | string>();
    for (const { key } of graph.nodes) {
      const value = valueOf(key);
      if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value)))
        values.set(name(key), value);
    }
    return values.size === 0 ? [] : [{ name: quantity, values, scale }];
  });
}

/** Layers by name, as other programs know them; by key where several have one name. */
function targetNames({ nodes }: GraphView): (key: string) => string {
  const names = new Map(nodes.map(({ key, name }) => [key, name]));
  const uses = new Map<string, number>();
  for (const { name } of nodes) uses.set(name, (uses.get(name) ?? 0) + 1);
  return (key) => {
    const name = names.get(key) ?? key;
    return uses.get(name) === 1 && name !== '' ? name : key;
  };
}

/** A file for another program. @throws StudioError 'usage' when there is no such quantity */
export function exportedNodeData(
  network: string,
  quantities: readonly NodeData[],
  format: NodeDataFormat,
  quantity: string | null,
): NamedBytes {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  if (format === 'netron') return { name: `${network}.netron.json`, bytes: bytes(formatNetron(quantities)) };
  const chosen = quantities.find(({ name }) => name === quantity);
  if (!chosen) throw new StudioError('usage', `there are no values of "${quantity ?? ''}" to export`);
  const word = chosen.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');
  return { name: `${network}.${word}.json`, bytes: bytes(formatModelExplorer(chosen)) };
}

/** Times of a board's log by layer, or what another program wrote. */
function nodeDataOf(layers: readonly Layer[], bytes: Uint8Array, file: string): NodeData[] {
  const text = bytes.byteLength > MAX_PERF_LOG ? '' : new TextDecoder().decode(bytes);
  if (!isPerfLog(text)) return readNodeData(bytes, file);
  const keys = new Map(layers.map(({ uid, key }) => [uid, key]));
  return [
    timeData(
      parsePerfLog(text, file).map(({ uid, name, microseconds }) => ({
        layer: keys.get(uid) ?? `${name} ${uid}`,
        microseconds,
      })),
    ),
  ];
}

/** Values of a file by layer of this network. @throws StudioError when none of them fits */
export function importedNodeData({ layers }: Network, { name: file, bytes }: NamedBytes): NodeDataView[] {
  const byName = new Map<string, string>();
  // Keys win over names, names over tensors; of equal names the first layer has it.
  for (const { key, outputs } of layers.values())
    for (let port = 0; port < outputs; port++) byName.set(`@${key}:out${port}`, key);
  for (const { key, name } of [...layers.values()].reverse()) byName.set(name, key);
  for (const key of layers.keys()) byName.set(key, key);
  const found = nodeDataOf([...layers.values()], bytes, file).map(({ name, values, scale }) => {
    const matched = [...values].flatMap(([target, value]) => {
      const layer = byName.get(target);
      return layer === undefined ? [] : [{ layer, value }];
    });
    return { name, values: matched, unmatched: values.size - matched.length, scale };
  });
  const fitting = found.filter(({ values }) => values.length > 0);
  if (fitting.length > 0) return fitting;
  throw new StudioError(
    'file-unreadable',
    `none of the ${found.reduce((sum, { unmatched }) => sum + unmatched, 0)} names in it is a layer of this network`,
    { file },
    'Node data belongs to one model: export it for this one.',
  );
}
