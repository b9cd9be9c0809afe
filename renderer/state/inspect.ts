import { create } from 'zustand';
import type { NamedBytes, WireError } from '../../core/worker/contract.ts';
import type {
  AnalysisView,
  CustomizedDraft,
  CustomizedProblem,
  FormatView,
  HybridDraft,
  WhatIfView,
} from '../../core/worker/contract-inspect.ts';
import type { RunView } from '../../core/worker/contract-project.ts';
import { asWireError } from '../api/client.ts';
import type { ColourMode } from '../stages/inspect-colours.ts';
import type { SortKey } from '../stages/inspect-rows.ts';
import { select } from './actions.ts';
import { core, report, track } from './core.ts';
import { refreshProject } from './project.ts';
import { useStudio } from './store.ts';

/** What the Inspect page shows. */
export interface InspectState {
  /** Undefined while it is asked for, null = not measured. */
  analysis: AnalysisView | null | undefined;
  problem: WireError | undefined;
  draft: HybridDraft;
  past: readonly HybridDraft[];
  future: readonly HybridDraft[];
  /** The layers as YAML, with what was typed since. */
  text: string;
  textProblems: readonly CustomizedProblem[];
  formats: readonly FormatView[];
  saving: 'no' | 'soon' | 'now';
  /** What ticked layers get. */
  format: string;
  sort: { by: SortKey; reversed: boolean };
  filter: string;
  mode: ColourMode;
  /** What the last try found, and for which draft. */
  effect: { draft: HybridDraft; view: WhatIfView } | undefined;
  /** The run that the last apply made. */
  applied: RunView | undefined;
  /** A .quantize file of the user's that a table is compared with. */
  otherTable: NamedBytes | undefined;
}

const NO_CHANGES: HybridDraft = { layers: {}, ranges: {} };
const EMPTY: InspectState = {
  analysis: undefined,
  problem: undefined,
  draft: NO_CHANGES,
  past: [],
  future: [],
  text: '',
  textProblems: [],
  formats: [],
  saving: 'no',
  format: 'dynamic_fixed_point-i16',
  sort: { by: 'entropy', reversed: false },
  filter: '',
  mode: 'single',
  effect: undefined,
  applied: undefined,
  otherTable: undefined,
};

/** State of the Inspect page; changed only here. */
export const useInspect = create<InspectState>(() => EMPTY);

const { setState: set, getState: get } = useInspect;

/** Milliseconds after the last key until text is read. */
const PAUSE = 350;
/** Steps that can be undone. */
const MAX_STEPS = 200;

let timer: ReturnType<typeof setTimeout> | undefined;
/** Counts drafts, so that an answer about an older one is dropped. */
let version = 0;
/** Whether the last step was typed: more typing belongs to it. */
let typing = false;

/** Forgets the project that was open. */
export function clearInspect(): void {
  clearTimeout(timer);
  version++;
  set({ ...EMPTY });
}

/** Reads what the project's files hold now. What is being changed stays. */
export async function loadInspect(): Promise<void> {
  const api = core();
  if (!api) return;
  const asked = version;
  const [analysis, customized] = await Promise.allSettled([api.analysis(), api.customized()]);
  if (analysis.status === 'fulfilled') set({ analysis: analysis.value, problem: undefined });
  else set({ analysis: undefined, problem: asWireError(analysis.reason) });
  if (customized.status === 'rejected' || asked !== version || get().saving !== 'no') return;
  const { layers, text, problems, formats } = customized.value;
  set({ formats });
  if (sameLayers(layers, get().draft.layers)) {
    if (get().textProblems.length === 0) set({ text });
    return;
  }
  const draft = { layers, ranges: {} };
  set({ draft, text, textProblems: problems, past: [], future: [], effect: undefined });
}

export function sort(by: SortKey): void {
  const { sort: now } = get();
  set({ sort: { by, reversed: now.by === by && !now.reversed } });
}

export function show(change: Partial<Pick<InspectState, 'filter' | 'mode' | 'format'>>): void {
  set(change);
}

/** Gives layers a type, or takes them out of the list (null). */
export function setLayers(keys: readonly string[], format: string | null): void {
  const layers = new Map(Object.entries(get().draft.layers));
  for (const key of keys) {
    if (format === null) layers.delete(key);
    else layers.set(key, format);
  }
  const draft = { ...get().draft, layers: Object.fromEntries(layers) };
  if (!sameLayers(draft.layers, get().draft.layers)) change(draft);
}

/** Sets the range of a tensor; undefined = as in the table. */
export function setRange(ref: string, range: { min: number; max: number } | undefined): void {
  const { [ref]: _old, ...ranges } = get().draft.ranges;
  change({ ...get().draft, ranges: range ? { ...ranges, [ref]: range } : ranges });
}

/** A step that can be undone. */
function change(draft: HybridDraft): void {
  const { draft: before, past } = get();
  typing = false;
  set({ draft, past: [...past.slice(-MAX_STEPS), before], future: [] });
  if (!sameLayers(before.layers, draft.layers)) void save({ layers: draft.layers }, ++version);
}

export function undo(): void {
  const { past, future, draft } = get();
  const before = past.at(-1);
  if (before) step(before, { past: past.slice(0, -1), future: [draft, ...future] });
}

export function redo(): void {
  const { past, future, draft } = get();
  const [next] = future;
  if (next) step(next, { past: [...past, draft], future: future.slice(1) });
}

function step(draft: HybridDraft, stacks: Pick<InspectState, 'past' | 'future'>): void {
  typing = false;
  set({ draft, ...stacks });
  void save({ layers: draft.layers }, ++version);
}

/** A change in the text: read when the typing pauses, saved when it makes sense. */
export function editText(text: string): void {
  clearTimeout(timer);
  const asked = ++version;
  set({ text, saving: 'soon' });
  timer = setTimeout(() => void save({ text }, asked), PAUSE);
}

/** Reads a draft in the core and writes it where nothing is wrong with it. */
async function save(draft: CustomizedDraft, asked: number): Promise<void> {
  const api = core();
  if (!api) return;
  clearTimeout(timer);
  set({ saving: 'now' });
  try {
    const view = await api.checkCustomized(draft);
    if (asked !== version) return;
    if (view.problems.length === 0) await api.saveCustomized(draft);
    if (asked !== version) return;
    set({ textProblems: view.problems, formats: view.formats, saving: 'no' });
    if ('layers' in draft) set({ text: view.text });
    else if (view.problems.length === 0 && !sameLayers(view.layers, get().draft.layers)) typed(view.layers);
    await refreshProject();
  } catch (error) {
    if (asked === version) set({ saving: 'no', problem: asWireError(error) });
  }
}

function typed(layers: HybridDraft['layers']): void {
  const { draft, past } = get();
  set({ draft: { ...draft, layers }, past: typing ? past : [...past, draft], future: [] });
  typing = true;
}

function sameLayers(a: HybridDraft['layers'], b: HybridDraft['layers']): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key])
  );
}

/** Whether a try was about the draft as it is now. */
export function isCurrent({ effect, draft }: InspectState): boolean {
  return JSON.stringify(effect?.draft) === JSON.stringify(draft);
}

/** Reads a .quantize file of the user's to compare with. */
export async function openOtherTable(file: File | undefined): Promise<void> {
  if (!file) return;
  try {
    const otherTable = { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
    set({ otherTable });
    useStudio.setState({ problem: undefined });
    await select(-1);
  } catch (error) {
    report(error);
  }
}

export function closeOtherTable(): void {
  set({ otherTable: undefined });
}

/** Measures the errors under the present table. */
export async function measureLayers(): Promise<void> {
  const analysis = await track(
    { title: 'Measure every layer', stage: 'inspect' },
    (api, id) => api.measureLayers(id),
    ({ samples }) => `measured on ${samples} samples`,
  );
  if (analysis) set({ analysis });
  await refreshProject();
}

/** Runs the draft on a few samples. */
export async function tryDraft(): Promise<void> {
  const { draft } = get();
  const view = await track(
    { title: 'Try the changes', stage: 'inspect' },
    (api, id) => api.whatIf(draft, id),
    ({ samples }) => `tried on ${samples} samples`,
  );
  if (view) set({ effect: { draft, view }, applied: undefined });
}

/** Makes a run of the draft. */
export async function applyDraft(): Promise<void> {
  const { draft } = get();
  const name = useStudio.getState().project?.name ?? '';
  const applied = await track(
    { title: `Apply to ${name}`, stage: 'inspect' },
    (api, id) => api.applyHybrid(draft, id),
    ({ number, seconds }) => `run ${number} in ${seconds.toFixed(1)} s`,
  );
  if (!applied) return;
  // The ranges are in the table now.
  set({ applied, effect: undefined, draft: { layers: draft.layers, ranges: {} }, past: [], future: [] });
  await refreshProject();
  await loadInspect();
}
