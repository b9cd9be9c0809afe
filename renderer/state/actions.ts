import type { ModelSource, StageName, UiLogLevel, WireError } from '../../core/worker/contract.ts';
import { asWireError, connectCore, type Client } from '../api/client.ts';
import { layoutInWorker } from '../graph/layout-client.ts';
import { Scene } from '../graph/scene.ts';
import { findNodes } from '../graph/search.ts';
import { formatCount } from '../graph/text.ts';
import { useStudio, type JobState } from './store.ts';

/** Log lines kept; older ones are in nobody's way any more. */
const MAX_LOGS = 500;
/** A job that has not stopped by then is stopped with its core. */
const STOP_PATIENCE = 1500;

const { setState: set, getState: get } = useStudio;
let client: Client | undefined;
let logId = 0;
let stopping: ReturnType<typeof setTimeout> | undefined;

/** Connects to the core; called once, and again by {@link reconnect}. */
export async function startStudio(): Promise<void> {
  // The token did its work; leaving it would put it into the history.
  if (location.search !== '') history.replaceState(null, '', location.pathname);
  set({ connection: 'connecting' });
  try {
    client = await connectCore({ progress, log }, () => set({ connection: 'lost', job: undefined }));
    set({ core: await client.api.version(), connection: 'ready' });
  } catch {
    set({ connection: 'lost' });
  }
}

/** Starts over with a fresh core. The model that was open has gone with the old one. */
export async function reconnect(): Promise<void> {
  client?.close();
  set({ model: undefined, selected: -1, layer: undefined, query: '', hits: undefined, stage: 'model' });
  await startStudio();
}

/** Opens files the page holds. */
export async function importFiles(files: readonly File[]): Promise<void> {
  const desktop = window.nibbleDesktop;
  if (files.length === 0) return;
  if (desktop) return importSource({ paths: files.map((file) => desktop.pathOf(file)) }, files[0].name);
  await importSource(async () => ({ files: await Promise.all(files.map(readFile)) }), files[0].name);
}

/** Opens files by path (desktop). */
export async function importPaths(paths: string[]): Promise<void> {
  if (paths.length > 0) await importSource({ paths }, paths[0].replace(/^.*[\\/]/, ''));
}

async function importSource(source: ModelSource | (() => Promise<ModelSource>), name: string): Promise<void> {
  const api = client?.api;
  if (!api || get().job?.phase === 'running') return;
  const id = crypto.randomUUID();
  set({
    problem: undefined,
    job: { id, title: `Import ${name}`, fraction: 0, text: 'Reading', phase: 'running' },
  });
  try {
    const summary = await api.importModel(typeof source === 'function' ? await source() : source, id);
    progress(id, 0.95, 'Drawing the graph');
    const graph = await api.graph();
    performance.mark('nibble:graph-arrived');
    const scene = new Scene(graph, await layoutInWorker(graph));
    set({
      model: { summary, graph, scene },
      selected: -1,
      layer: undefined,
      query: '',
      hits: undefined,
      stage: 'model',
    });
    finish(id, 'done', `${formatCount(summary.layers)} layers`);
  } catch (error) {
    // A lost core says so itself, and better.
    if (get().connection === 'lost') return;
    const problem = asWireError(error);
    const phase = get().job?.phase;
    // Its core was replaced under it, which has been said.
    if (phase === 'cancelled') return;
    if (problem.code === 'cancelled' || phase === 'stopping') return finish(id, 'cancelled', 'Cancelled');
    set({ problem });
    finish(id, 'failed', 'Failed');
    log(id, 'E', problem.message);
  } finally {
    clearTimeout(stopping);
  }
}

async function readFile(file: File) {
  try {
    return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
  } catch {
    // Browsers refuse folders and files that changed since they were picked.
    const problem: WireError = {
      code: 'file-unreadable',
      message: 'this is not a file that can be read',
      place: { file: file.name },
      hint: 'Drop the model file itself, not its folder.',
    };
    throw problem;
  }
}

/** Stops the running job; a core that does not listen is replaced. */
export function cancelJob(): void {
  const { job } = get();
  if (job?.phase !== 'running') return;
  set({ job: { ...job, phase: 'stopping', text: 'Stopping' } });
  void client?.api.cancel(job.id).catch(() => undefined);
  stopping = setTimeout(() => {
    finish(job.id, 'cancelled', 'Stopped with its core');
    void reconnect();
  }, STOP_PATIENCE);
}

/** Selects a node (-1 = none) and fetches its details. */
export async function select(index: number): Promise<void> {
  const { model, selected } = get();
  if (index === selected) return;
  const node = model?.graph.nodes[index];
  set({ selected: node ? index : -1, layer: undefined });
  if (!node || !client) return;
  try {
    const layer = await client.api.layer(node.key);
    if (get().selected === index) set({ layer });
  } catch (error) {
    if (get().connection !== 'lost') set({ problem: asWireError(error) });
  }
}

/** Selects a layer by key. */
export function selectKey(key: string): void {
  const index = get().model?.scene.indexOf(key) ?? -1;
  if (index >= 0) void select(index);
}

/** Filters the list and marks the graph. */
export function search(query: string): void {
  const { model } = get();
  set({
    query,
    hits: model && query.trim() !== '' ? findNodes(model.graph, model.scene.listOrder, query) : undefined,
  });
}

/** Shows a stage. */
export function showStage(stage: 'model' | StageName): void {
  set({ stage });
}

/** Back to the first screen. */
export function closeModel(): void {
  set({
    model: undefined,
    selected: -1,
    layer: undefined,
    query: '',
    hits: undefined,
    job: undefined,
    problem: undefined,
  });
}

/** Opens or closes a part of the window. */
export function toggle(part: 'layersOpen' | 'logOpen'): void {
  set({ [part]: !get()[part] });
}

/** Takes the problem off the screen. */
export function dismissProblem(): void {
  set({ problem: undefined });
}

function progress(id: string, fraction: number, text: string): void {
  const { job } = get();
  if (job?.id === id && job.phase === 'running') set({ job: { ...job, fraction, text } });
}

function finish(id: string, phase: JobState['phase'], text: string): void {
  const { job } = get();
  if (job?.id === id) set({ job: { ...job, fraction: phase === 'done' ? 1 : job.fraction, text, phase } });
}

function log(_job: string, level: UiLogLevel, text: string): void {
  set({ logs: [...get().logs.slice(1 - MAX_LOGS), { id: logId++, level, text }] });
}
