import { create } from 'zustand';
import type {
  NodeDataFormat,
  NodeDataView,
  ProfileView,
  QuantityView,
} from '../../core/worker/contract-graph.ts';
import { saveBlob } from '../graph/export-graph.ts';
import { core, report, track } from './core.ts';
import { useStudio } from './store.ts';

/** Larger text files are no logs. */
const MAX_LOG = 64 * 2 ** 20;

/** Inferences that are timed. */
const RUNS = 5;

/** Colours that every graph of the studio can have: unit, time, or imported data by its number. */
export type ExtraMode = 'unit' | 'time' | number;

/** What the graph can be coloured by beside what its stage knows. */
export interface ExtraColours {
  /** Undefined = the stage's own colours. */
  mode: ExtraMode | undefined;
  /** The last profile, of the table as it was then. */
  profile: { version: string; view: ProfileView } | undefined;
  imported: readonly NodeDataView[];
  /** What can be exported; undefined while nobody asks. */
  quantities: readonly QuantityView[] | undefined;
}

const EMPTY: ExtraColours = { mode: undefined, profile: undefined, imported: [], quantities: undefined };

/** State of the extra colours; changed only here. */
export const useExtraColours = create<ExtraColours>(() => EMPTY);

const { setState: set, getState: get } = useExtraColours;

/** Forgets the project that was open. */
export function clearExtraColours(): void {
  set(EMPTY);
}

const tableVersion = (): string => useStudio.getState().project?.tableVersion ?? '';

/** Colours the graph; what has to be found out first is. */
export async function showExtra(mode: ExtraMode | undefined): Promise<void> {
  set({ mode });
  if (mode !== 'unit' && mode !== 'time') return;
  const { profile } = get();
  const isTimed = profile?.view.milliseconds !== null || mode === 'unit';
  if (profile?.version === tableVersion() && isTimed) return;
  const version = tableVersion();
  const view = await track(
    { title: mode === 'unit' ? 'Find the units' : 'Time the layers', stage: useStudio.getState().stage },
    (api, id) => api.profile(mode === 'unit' ? 0 : RUNS, id),
    ({ layers }) => `${layers.length} layers`,
  );
  if (view) set({ profile: { version, view } });
  else if (get().mode === mode) set({ mode: undefined });
}

/** Values that were found out elsewhere can colour the graph; its colours stay as they are. */
export function addNodeData(views: readonly NodeDataView[]): void {
  const names = new Set(views.map(({ name }) => name));
  const { imported, mode } = get();
  const kept = imported.filter(({ name }) => !names.has(name));
  const shown = typeof mode === 'number' ? kept.indexOf(imported[mode]) : -1;
  set({
    imported: [...kept, ...views],
    mode: typeof mode !== 'number' ? mode : shown < 0 ? undefined : shown,
  });
}

/** A log of CNN_PERF=1 has this somewhere. */
const PERF = /\blayer_id:\s*\d+\s+layer name:/;

/** Whether a file is one that {@link importNodeData} takes; networks are .json files as well. */
export async function isNodeData(file: File): Promise<boolean> {
  if (/\.(?:log|txt)$/i.test(file.name)) return file.size < MAX_LOG && PERF.test(await file.text());
  if (!/\.json$/i.test(file.name)) return false;
  const start = await file.slice(0, 4096).text();
  return /"netron:attachment"|"results"\s*:/.test(start) && !/"Layers"\s*:/.test(start);
}

/** Reads a file of another program and colours the graph by it. */
export async function importNodeData(file: File | undefined): Promise<void> {
  if (!file) return;
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const read = (await core()?.readNodeData({ name: file.name, bytes })) ?? [];
    if (read.length === 0) return;
    const { imported } = get();
    set({ imported: [...imported, ...read], mode: imported.length });
    useStudio.setState({ problem: undefined });
  } catch (error) {
    report(error);
  }
}

/** Asks what there is to export. */
export async function loadQuantities(): Promise<void> {
  try {
    set({ quantities: (await core()?.quantities()) ?? [] });
  } catch (error) {
    report(error);
  }
}

/** Saves what is known of the layers for another program. */
export async function exportNodeData(format: NodeDataFormat, quantity: string | null): Promise<void> {
  try {
    const file = await core()?.exportNodeData(format, quantity);
    if (file) saveBlob(new Blob([new Uint8Array(file.bytes)], { type: 'application/json' }), file.name);
  } catch (error) {
    report(error);
  }
}
