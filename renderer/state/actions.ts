import type { StageName } from '../../core/worker/contract.ts';
import { asksParameters, findNodes, indexParameters } from '../graph/search.ts';
import { core, report } from './core.ts';
import { openTo, showGraph, useGraph } from './graph.ts';
import { NOTHING_SELECTED, useStudio, type OpenModel } from './store.ts';

const { setState: set, getState: get } = useStudio;

/** Selects a node (-1 = none) and fetches its details. */
export async function select(index: number): Promise<void> {
  const { model, selected, source, stage } = get();
  if (index === selected && useGraph.getState().group < 0) return;
  const shown = stage === 'model' && source ? source.drawn : model;
  const node = shown?.graph.nodes[index];
  set({ selected: node ? index : -1, layer: undefined });
  useGraph.setState({ group: -1 });
  if (node) openTo(index);
  const api = core();
  // Nodes of a source are no layers yet.
  if (!node || !api || shown !== model) return;
  try {
    const layer = await api.layer(node.key);
    if (get().selected === index) set({ layer });
  } catch (error) {
    report(error);
  }
}

/** Selects a layer by key. */
export function selectKey(key: string): void {
  const index = get().model?.scene.indexOf(key) ?? -1;
  if (index >= 0) void select(index);
}

/** Filters the list and marks the graph. */
export function search(query: string): void {
  const { model, source } = get();
  set({ query });
  if (query.trim() === '') set({ hits: undefined });
  else if (source?.drawn) {
    const { graph, scene, parameters } = source.drawn;
    set({ hits: findNodes(graph, scene.listOrder, query, parameters) });
  } else if (!model) set({ hits: undefined });
  else if (asksParameters(query) && !model.parameters) void fetchParameters(model);
  else set({ hits: findNodes(model.graph, model.scene.listOrder, query, model.parameters) });
}

/** Gets what a search for parameters needs, then searches. Until then the last hits stay. */
async function fetchParameters(model: OpenModel): Promise<void> {
  try {
    const parameters = indexParameters((await core()?.allParameters()) ?? []);
    if (get().model !== model) return;
    set({ model: { ...model, parameters } });
    search(get().query);
  } catch (error) {
    report(error);
  }
}

/** Shows a stage. */
export function showStage(stage: 'model' | StageName): void {
  const { source, model } = get();
  // The other stages draw the network.
  if (source && model && stage !== 'model') {
    showGraph(source.network);
    set({ source: undefined, ...NOTHING_SELECTED });
  }
  set({ stage });
}

/** Opens or closes a part of the window. */
export function toggle(part: 'layersOpen' | 'logOpen'): void {
  set({ [part]: !get()[part] });
}

/** Takes the problem off the screen. */
export function dismissProblem(): void {
  set({ problem: undefined });
}
