import type { WireError } from '../../core/worker/contract.ts';
import type { CutSide, ImportChoices, InputChoice } from '../../core/worker/contract-model.ts';
import { asWireError } from '../api/client.ts';
import { Scene } from '../graph/scene.ts';
import { indexParameters } from '../graph/search.ts';
import { core, report } from './core.ts';
import { prepareGraph, showGraph, useGraph } from './graph.ts';
import { importSource } from './project.ts';
import { NOTHING_SELECTED, useStudio } from './store.ts';

const { setState: set, getState: get } = useStudio;

/** Shows the model behind the network, or the one that was refused; says whether there is one. */
export async function showSource(onlyRefused = false): Promise<boolean> {
  const api = core();
  if (!api) return false;
  try {
    const view = await api.source();
    if (!view || (onlyRefused && !view.pending)) return false;
    const graph = view.nodes > 0 ? await api.sourceGraph() : undefined;
    const drawn = graph && {
      graph,
      scene: new Scene(graph),
      parameters: indexParameters(graph.parameters),
    };
    const { problem } = view;
    const network = get().source?.network ?? useGraph.getState();
    if (drawn) showGraph(await prepareGraph(drawn.scene));
    set({
      source: { view, drawn, choices: view.choices, network, own: view.own, problem },
      stage: 'model',
      ...NOTHING_SELECTED,
    });
    // The page says it in its places.
    if (problem) set({ problem: undefined });
    return true;
  } catch (error) {
    report(error);
    return false;
  }
}

/** Back to the network, or to the first screen. */
export async function leaveSource(): Promise<void> {
  const { source } = get();
  if (source) showGraph(source.network);
  set({ source: undefined, ...NOTHING_SELECTED });
  if (source?.view.pending) await core()?.dropSource().catch(report);
}

/** A change of what is to be imported. */
export function choose(change: Partial<ImportChoices>): void {
  const { source } = get();
  if (source) set({ source: { ...source, choices: { ...source.choices, ...change }, own: false } });
}

export function chooseInput(index: number, change: Partial<InputChoice>): void {
  const inputs = get().source?.choices.inputs ?? [];
  choose({ inputs: inputs.map((input, at) => (at === index ? { ...input, ...change } : input)) });
}

/** Everything as the model says. */
export async function chooseOwn(): Promise<void> {
  await convert(null);
}

/** Imports with what was chosen. */
export async function importChosen(): Promise<void> {
  const { source } = get();
  if (source) await convert(source.own ? null : withoutEmpty(source.choices));
}

/** Lines that were added and not filled in. */
function withoutEmpty({ inputs, outputs, settings }: ImportChoices): ImportChoices {
  return {
    settings,
    inputs: inputs.filter(({ name }) => name.trim() !== ''),
    outputs: outputs.filter((name) => name.trim() !== ''),
  };
}

async function convert(choices: ImportChoices | null): Promise<void> {
  const problem = await importSource(choices);
  const { source } = get();
  if (problem && source) set({ source: { ...source, problem }, problem: undefined });
}

/** Cuts the network at nodes of the source and imports what is left. */
export async function cutAt(nodes: readonly number[], side: CutSide): Promise<void> {
  const { source } = get();
  const api = core();
  if (!api || !source?.drawn) return;
  const keys = nodes.map((node) => source.drawn?.graph.nodes[node].key ?? '');
  try {
    choose(await api.cutSource(source.choices, keys, side));
  } catch (error) {
    return set({ problem: asWireError(error) });
  }
  await importChosen();
}

/** What is wrong with one of the choices, in its place. */
export function choiceProblem(
  problem: WireError | null,
  options: readonly string[],
  name: string,
): string | undefined {
  return problem?.details?.choices?.find((one) => options.includes(one.option) && one.name === name)?.message;
}

/** Whether a problem has no better place than a line of its own. */
export function isGeneral(problem: WireError, { choices }: { choices: ImportChoices }): boolean {
  const { details } = problem;
  if (details?.nodes || details?.files) return false;
  const names = new Set([...choices.inputs.map(({ name }) => name), ...choices.outputs]);
  return !details?.choices?.every(({ name }) => names.has(name));
}
