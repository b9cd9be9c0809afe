import type { AnalysisView, TensorReport } from '../../core/worker/contract-inspect.ts';
import type { Scene } from '../graph/scene.ts';

/** A layer of the list. */
export interface InspectRow {
  key: string;
  /** Index of the node. */
  node: number;
  name: string;
  op: string;
  /** The worse of output and weights, 0..1. */
  entropy: number;
  /** Whether that is the weights'. */
  byWeights: boolean;
  /** Of the output in dB, Infinity = no error. */
  single: number;
  entire: number;
  cosine: number;
  /** Type of the output on the chip. */
  type: string;
}

/** What the list can be sorted by. */
export type SortKey = 'entropy' | 'single' | 'entire' | 'cosine' | 'name' | 'order';

/** Layers with a measured output, in layer order. */
export function rowsOf({ tensors }: AnalysisView, scene: Pick<Scene, 'indexOf' | 'nodes'>): InspectRow[] {
  const weights = new Map<string, number>();
  for (const { kind, layer, entropy } of tensors) {
    if (kind === 'weight') weights.set(layer, Math.max(weights.get(layer) ?? 0, entropy));
  }
  const rows = new Map<string, InspectRow>();
  for (const tensor of tensors) {
    const node = scene.indexOf(tensor.layer);
    if (tensor.kind !== 'activation' || node < 0 || rows.has(tensor.layer)) continue;
    const ofWeights = weights.get(tensor.layer) ?? 0;
    rows.set(tensor.layer, {
      key: tensor.layer,
      node,
      name: scene.nodes[node].name,
      op: tensor.op,
      entropy: Math.max(tensor.entropy, ofWeights),
      byWeights: ofWeights > tensor.entropy,
      single: decibels(tensor.single),
      entire: decibels(tensor.entire),
      cosine: tensor.entire?.cosine ?? 1,
      type: shortType(tensor.delivered),
    });
  }
  return [...rows.values()];
}

/** Null in a report = no error at all. */
export function decibels(measure: TensorReport['single']): number {
  return measure?.sqnr ?? Infinity;
}

/** Rows that hold every word, in the wanted order; the worst come first unless `reversed`. */
export function arrange(
  rows: readonly InspectRow[],
  { by, reversed, filter }: { by: SortKey; reversed: boolean; filter: string },
): InspectRow[] {
  const words = filter.toLowerCase().split(/\s+/);
  const shown = rows.filter(({ key, name, op, type }) => {
    const text = `${key} ${name} ${op} ${type}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  if (by !== 'order') shown.sort((a, b) => compare(a, b, by));
  return reversed ? shown.reverse() : shown;
}

function compare(a: InspectRow, b: InspectRow, by: Exclude<SortKey, 'order'>): number {
  if (by === 'name') return a.name.localeCompare(b.name, 'en', { numeric: true });
  const [first, second] = by === 'entropy' ? [b, a] : [a, b];
  // Infinity less Infinity is no number.
  return first[by] === second[by] ? 0 : first[by] - second[by];
}

/** Types as people call them. */
export function shortType(format: string): string {
  const names: readonly [RegExp, string][] = [
    [/u8$/, 'uint8'],
    [/^perchannel.*i8$/, 'int8 per channel'],
    [/i8$/, 'int8'],
    [/i16$/, 'int16'],
    [/bf16$|bfloat16/, 'bfloat16'],
    [/float16|f16$/, 'float16'],
  ];
  return names.find(([pattern]) => pattern.test(format))?.[1] ?? format;
}

/** A row's layer with those that share its range. */
export function unitOf({ units }: Pick<AnalysisView, 'units'>, key: string): string[] {
  return units.find((unit) => unit.includes(key)) ?? [key];
}

/** Keys of layers that lie on a way from one of the chosen layers to another, those included. */
export function between(
  scene: Pick<Scene, 'from' | 'to' | 'nodes' | 'indexOf'>,
  keys: readonly string[],
): string[] {
  const start = keys.map((key) => scene.indexOf(key)).filter((node) => node >= 0);
  const below = reachable(start, scene.from, scene.to, scene.nodes.length);
  const above = reachable(start, scene.to, scene.from, scene.nodes.length);
  const computes = ({ role }: Scene['nodes'][number]): boolean => role === 'layer';
  return scene.nodes
    .filter((node, index) => below[index] && above[index] && computes(node))
    .map(({ key }) => key);
}

/**
 * Keys of the layers around the chosen ones, those included: whatever a way joins to them, along the edges or
 * against them, on which every layer alone stays below `limit` dB. What shares a range comes along.
 */
export function connected(
  scene: Pick<Scene, 'from' | 'to' | 'nodes' | 'indexOf'>,
  rows: readonly InspectRow[],
  view: Pick<AnalysisView, 'units'>,
  keys: readonly string[],
  limit: number,
): string[] {
  const poor = new Set(rows.filter(({ single }) => single < limit).map(({ node }) => node));
  const mates = new Map(view.units.flatMap((unit) => unit.map((key) => [key, unit])));
  const neighbours = neighboursOf(scene);
  const computes = (node: number): boolean => node >= 0 && scene.nodes[node].role === 'layer';
  const found = new Set<number>();
  const waiting = keys.map((key) => scene.indexOf(key));
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (found.has(node) || !computes(node)) continue;
    found.add(node);
    const unit = mates.get(scene.nodes[node].key) ?? [];
    waiting.push(...unit.map((key) => scene.indexOf(key)));
    waiting.push(...neighbours[node].filter((next) => poor.has(next)));
  }
  return [...found].sort((a, b) => a - b).map((node) => scene.nodes[node].key);
}

/** By node: those that it reads and those that read it. */
function neighboursOf({ from, to, nodes }: Pick<Scene, 'from' | 'to' | 'nodes'>): number[][] {
  const neighbours: number[][] = nodes.map(() => []);
  from.forEach((node, edge) => {
    neighbours[node].push(to[edge]);
    neighbours[to[edge]].push(node);
  });
  return neighbours;
}

/** Nodes that can be reached, the start included; edges in any order. */
function reachable(start: readonly number[], from: Int32Array, to: Int32Array, count: number): boolean[] {
  const readers: number[][] = Array.from({ length: count }, () => []);
  from.forEach((node, edge) => readers[node].push(to[edge]));
  const seen = Array.from({ length: count }, () => false);
  const waiting = [...start];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen[node]) continue;
    seen[node] = true;
    waiting.push(...readers[node]);
  }
  return seen;
}
