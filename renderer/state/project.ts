import type { ModelSummary, StudioApi, WireError } from '../../core/worker/contract.ts';
import type { ImportChoices } from '../../core/worker/contract-model.ts';
import type { ProjectId } from '../../core/worker/contract-project.ts';
import { Scene } from '../graph/scene.ts';
import { formatCount } from '../graph/text.ts';
import { connect, core, report, track } from './core.ts';
import { clearExtraColours } from './extra-colours.ts';
import { prepareGraph, showGraph } from './graph.ts';
import { finish, isBusy, progress } from './job-state.ts';
import { NOTHING_SELECTED, useStudio } from './store.ts';

const { setState: set, getState: get } = useStudio;

/** A core that reads a model may be too busy to hear a cancel; one that waits for a job's thread is not. */
const IMPORT_PATIENCE = 1500;
let stopping: ReturnType<typeof setTimeout> | undefined;

/** Connects to the core and shows what was worked on before. */
export async function startStudio(): Promise<void> {
  // The token did its work; leaving it would put it into the history.
  if (location.search !== '') history.replaceState(null, '', location.pathname);
  await connect();
  await loadRecent();
}

/** Starts over with a fresh core; the project that was open is opened again, as its files are. */
export async function reconnect(): Promise<void> {
  const { project, stage } = get();
  forget();
  await connect();
  await loadRecent();
  if (project && (await openProject(project.id))) set({ stage });
}

/** The list of the first screen, and the chips. */
async function loadRecent(): Promise<void> {
  try {
    const [recent, chips] = await Promise.all([core()?.recentProjects(), core()?.chips()]);
    set({ recent: recent ?? [], chips: chips ?? [] });
  } catch (error) {
    report(error);
  }
}

/** Imports the model behind the network with other choices. @returns why not; undefined when it went well */
export async function importSource(choices: ImportChoices | null): Promise<WireError | undefined> {
  const { project } = get();
  const done = await open('Import again', (api, id) => api.importSource(choices, id));
  if (done && project) void refreshProject();
  return done ? undefined : get().problem;
}

/** Opens a project of the list. */
export function openProject(id: ProjectId): Promise<boolean> {
  return open(`Open ${id.replace(/^.*[\\/]/, '')}`, (api, job) => api.openProject(id, job));
}

/** Opens the bundled project. */
export function openSample(): Promise<boolean> {
  return open('Open the sample project', (api, job) => api.openSample(job));
}

/** Reads a model with a job and shows its graph. Says whether that went well. */
export async function open(
  title: string,
  work: (api: StudioApi, id: string) => Promise<ModelSummary>,
): Promise<boolean> {
  const summary = await track(
    { title, stage: 'model', patience: IMPORT_PATIENCE },
    async (api, id) => {
      const found = await work(api, id);
      progress(id, 0.95, 'Drawing the graph');
      const graph = await api.graph();
      performance.mark('nibble:graph-arrived');
      const scene = new Scene(graph);
      const drawn = await prepareGraph(scene);
      showGraph(drawn);
      clearExtraColours();
      set({
        model: { summary: found, graph, scene },
        source: undefined,
        project: (await api.project()) ?? undefined,
        ...NOTHING_SELECTED,
        stage: 'model',
      });
      return found;
    },
    ({ layers }) => `${formatCount(layers)} layers`,
  );
  clearTimeout(stopping);
  if (summary) void loadNotes();
  return summary !== undefined;
}

/** Stops the running job; a core that does not listen is replaced. */
export function cancelJob(): void {
  const { job } = get();
  if (job?.phase !== 'running') return;
  set({ job: { ...job, phase: 'stopping', text: 'Stopping' } });
  void core()
    ?.cancel(job.id)
    .catch(() => undefined);
  stopping = setTimeout(() => {
    if (get().job?.id !== job.id || !isBusy(get().job?.phase)) return;
    finish(job.id, 'cancelled', 'Stopped with its core');
    void reconnect();
  }, job.patience);
}

/** Looks at the project's files again; the page changes only where something differs. */
export async function refreshProject(): Promise<void> {
  const api = core();
  if (!api || !get().project) return;
  try {
    const project = await api.project();
    if (!project || !get().project || JSON.stringify(project) === JSON.stringify(get().project)) return;
    set({ project });
    await loadNotes();
  } catch (error) {
    report(error);
  }
}

/** What is to be known about the network; a list that cannot be made is no reason to disturb. */
async function loadNotes(): Promise<void> {
  const notes = await core()
    ?.modelNotes()
    .catch(() => []);
  set({ notes: notes ?? [] });
}

/** Remembers the chip to build for. */
export async function setTarget(pid: string | null): Promise<void> {
  try {
    await core()?.setTarget(pid);
    await refreshProject();
  } catch (error) {
    report(error);
  }
}

/** Back to the first screen. */
export async function closeModel(): Promise<void> {
  forget();
  set({ job: undefined, problem: undefined });
  await core()?.closeProject().catch(report);
  await loadRecent();
}

function forget(): void {
  showGraph();
  clearExtraColours();
  set({
    model: undefined,
    source: undefined,
    notes: [],
    project: undefined,
    ...NOTHING_SELECTED,
    stage: 'model',
  });
}
