import { quantizedPlan } from '../device/types.ts';
import type { Network } from '../network/network.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { opSpec } from '../ops/registry.ts';
import type { TensorAnalysis } from './analysis.ts';
import type { Range } from './entries.ts';
import { evaluate, type Evaluation, type LabelledBatch } from './evaluate.ts';
import { HybridQuantization, type HybridResult } from './hybrid.ts';
import type { Scheme } from './schemes.ts';
import { searchGroups, type SearchResult } from './search.ts';
import { rankLayers, unitOf } from './suggest.ts';

/** What a hybrid network is judged by; both are higher for better networks. */
export type AutoGoal =
  /** Smallest cosine similarity of any output with the float network's. */
  | { kind: 'cosine'; least: number }
  /** Share of labelled samples that are classified rightly. */
  | { kind: 'top1'; least: number };

/** What {@link chooseLayers} needs. */
export interface AutoOptions {
  network: Network;
  /** Everything in the narrow scheme. */
  table: QuantizeTable;
  scheme: Scheme;
  /** Float ranges of all tensors. */
  ranges: ReadonlyMap<string, Range>;
  /** The error of every tensor under `table`. */
  tensors: readonly TensorAnalysis[];
  /** Rank layers by cosine similarity instead of entropy (`--MLE`, user guide 3.6.9). */
  byCosine: boolean;
  /** Format of the chosen layers, as in `customized_quantize_layers`. */
  wide: string;
  goal: AutoGoal;
  /** The samples that candidates are judged on, from the start at each call. */
  samples: () => AsyncIterable<LabelledBatch>;
  /** Stops the search and keeps the best so far. */
  signal: AbortSignal;
  onTrial(trial: AutoTrial): void;
}

/** One point of the trade-off curve. */
export interface AutoTrial {
  /** Layers in the wide format. */
  layers: string[];
  /** Value of the goal. */
  score: number;
}

/** What {@link chooseLayers} found. */
export interface AutoResult {
  /** Network with converters and its table; the plain ones where no layer was chosen. */
  hybrid: HybridResult;
  layers: string[];
  score: number;
  reached: boolean;
  interrupted: boolean;
  /** Every set that was tried. */
  trials: AutoTrial[];
}

/** Chooses the fewest layers whose wide format reaches the goal. */
export async function chooseLayers(options: AutoOptions): Promise<AutoResult> {
  const groups = rankedGroups(options);
  const layersOf = (chosen: readonly number[]): string[] => [
    ...new Set(chosen.flatMap((group) => groups[group])),
  ];
  const trials: AutoTrial[] = [];
  const result: SearchResult = await searchGroups({
    groups: groups.length,
    target: options.goal.least,
    score: async (chosen) => scoreOf(options, layersOf(chosen)),
    signal: options.signal,
    onPoint: ({ groups: chosen, score }) => {
      const trial = { layers: layersOf(chosen), score };
      trials.push(trial);
      options.onTrial(trial);
    },
  });
  const layers = layersOf(result.best.groups);
  const { reached, interrupted, best } = result;
  return { hybrid: hybridOf(options, layers), layers, score: best.score, reached, interrupted, trials };
}

/** Layers that compute, worst first, each with the layer that shares its range. */
function rankedGroups({ network, tensors, byCosine }: AutoOptions): string[][] {
  const ranking = byCosine ? rankByCosine(tensors) : rankLayers(network, tensors).map(({ layer }) => layer);
  const seen = new Set<string>();
  const groups: string[][] = [];
  for (const key of ranking) {
    const layer = network.layer(key);
    if (seen.has(key) || layer.op === 'output' || opSpec(layer.op, key).range === 'same') continue;
    const group = unitOf(network, key).filter((member) => !seen.has(member));
    for (const member of group) seen.add(member);
    groups.push(group);
  }
  return groups;
}

function rankByCosine(tensors: readonly TensorAnalysis[]): string[] {
  const cosines = new Map<string, number>();
  for (const { layer, single, stored } of tensors) {
    cosines.set(layer, Math.min(cosines.get(layer) ?? 1, (single ?? stored).cosine));
  }
  return [...cosines].sort(([, a], [, b]) => a - b).map(([layer]) => layer);
}

function hybridOf({ network, table, scheme, wide, ranges }: AutoOptions, layers: string[]): HybridResult {
  if (layers.length === 0) return { network, table };
  const customized = new Map(layers.map((layer) => [layer, wide] as const));
  return new HybridQuantization(network, { ...table, customized }, scheme).apply(ranges);
}

async function scoreOf(options: AutoOptions, layers: string[]): Promise<number> {
  const hybrid = hybridOf(options, layers);
  const candidate = { network: hybrid.network, plan: quantizedPlan(hybrid.table) };
  const [evaluation] = await evaluate(options.network, [candidate], options.samples(), options.signal);
  return goalValue(options.goal, evaluation);
}

/** The value that a goal asks for. */
export function goalValue(goal: AutoGoal, { outputs, top1 }: Evaluation): number {
  return goal.kind === 'top1' ? top1 : Math.min(...outputs.map(({ cosine }) => cosine));
}
