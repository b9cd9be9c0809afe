import { create } from 'zustand';
import type {
  BuildKind,
  BuildView,
  CaseFileView,
  ExportView,
  PostProcessView,
} from '../../core/worker/contract-export.ts';
import type { WireError } from '../../core/worker/contract.ts';
import type { JobOptions, OptionView } from '../../core/worker/contract-project.ts';
import { asWireError } from '../api/client.ts';
import { core, report, track } from './core.ts';
import { pageReader } from './page-reader.ts';
import { refreshProject } from './project.ts';
import { useStudio } from './store.ts';

/** Milliseconds after the last key until a change is saved. */
const PAUSE = 400;

/** What the right side of the page shows. */
export type ExportTab = 'files' | 'post' | 'build';

/** What the Export page shows. */
export interface ExportState {
  options: readonly OptionView[];
  /** What was set, other than the defaults. */
  given: JobOptions;
  exported: ExportView | undefined;
  /** Which of the cases is built and run. */
  building: BuildKind;
  tab: ExportTab;
  file: CaseFileView | undefined;
  post: PostProcessView | undefined;
  /** What is wrong with what was typed; the file keeps what it had. */
  postProblem: WireError | undefined;
  postSaving: boolean;
}

const EMPTY: ExportState = {
  options: [],
  given: {},
  exported: undefined,
  building: 'case',
  tab: 'files',
  file: undefined,
  post: undefined,
  postProblem: undefined,
  postSaving: false,
};

/** State of the Export page; changed only here. */
export const useExport = create<ExportState>(() => EMPTY);

const { setState: set, getState: get } = useExport;
let timer: ReturnType<typeof setTimeout> | undefined;
const read = pageReader(() => set(EMPTY));

/**
 * Reads everything anew; what was set stays while the project is the same.
 * @param version what it depends on: only the answer for the last one counts
 */
export async function loadExport(version: string): Promise<void> {
  try {
    const answers = await read(version, (api) =>
      Promise.all([api.exportOptions(), api.caseFiles(), api.postProcess()]),
    );
    if (!answers) return;
    const [options, exported, post] = answers;
    set({ options, exported: exported ?? undefined });
    if (!get().postSaving) set({ post });
    if (exported && !get().file) await openFirst(exported);
  } catch (error) {
    report(error);
  }
}

/** Sets an option; undefined takes it back to its default. */
export function setExportOption(key: string, value: string | number | boolean | undefined): void {
  const { [key]: _old, ...given } = get().given;
  set({ given: value === undefined ? given : { ...given, [key]: value } });
}

/** Which packed network to write beside the C code. */
export type Packing = 'none' | 'unify' | 'viplite';

/** The packing that is set. */
export function packingOf({ given }: Pick<ExportState, 'given'>): Packing {
  if (given['packNbgUnify'] === true) return 'unify';
  return given['packNbgViplite'] === true ? 'viplite' : 'none';
}

/** What excludes packing goes when it is asked for. */
export function setPacking(packing: Packing): void {
  const { packNbgUnify: _u, packNbgViplite: _v, ...rest } = get().given;
  if (packing === 'none') return set({ given: rest });
  const { saveFusedGraph: _s, forceRemovePermute: _f, ...fitting } = rest;
  set({ given: { ...fitting, [packing === 'unify' ? 'packNbgUnify' : 'packNbgViplite']: true } });
}

export function showTab(tab: ExportTab): void {
  set({ tab });
}

/** Writes the case. */
export async function exportCase(): Promise<void> {
  const name = useStudio.getState().project?.name ?? '';
  const exported = await track(
    { title: `Export ${name}`, stage: 'export' },
    (api, id) => api.exportCase(get().given, id),
    ({ folders }) => `${folders.reduce((sum, { files }) => sum + files.length, 0)} files written`,
  );
  if (exported) {
    set({ exported, building: 'case', tab: 'files', file: undefined });
    await openFirst(exported);
  }
  await refreshProject();
}

/** Chooses the case to build. */
export function setBuilding(building: BuildKind): void {
  set({ building });
}

/** What came of building the chosen case; null = it has not been built. */
export function chosenBuild({ exported, building }: ExportState): BuildView | null {
  return (building === 'case' ? exported?.build : exported?.packedBuild) ?? null;
}

/** Compiles the chosen case for this computer and runs its self test. */
export async function buildCase(): Promise<void> {
  const name = useStudio.getState().project?.name ?? '';
  const { building } = get();
  set({ tab: 'build' });
  const build = await track(
    { title: `Build ${name}`, stage: 'export' },
    (api, id) => api.buildCase(building, id),
    ({ passed }) => (passed === null ? 'built' : passed ? 'self test passed' : 'self test failed'),
  );
  const { exported } = get();
  if (build && exported) {
    set({ exported: { ...exported, [building === 'case' ? 'build' : 'packedBuild']: build } });
  }
  await refreshProject();
}

/** The file that says most: the C code of the network. */
async function openFirst({ folders }: ExportView): Promise<void> {
  const names = folders[0]?.files.map(({ name }) => name) ?? [];
  const own = /\/vnn_(?!(?:pre_process|post_process|self_test)\.c$)\w+\.c$/;
  const first = names.find((name) => own.test(name)) ?? names[0];
  if (first !== undefined) await openFile(first);
}

/** Shows a file of the export. */
export async function openFile(name: string): Promise<void> {
  try {
    const file = await core()?.caseFile(name);
    if (file) set({ file, tab: 'files' });
  } catch (error) {
    report(error);
  }
}

/** Takes what was typed; it is saved as soon as it makes sense. */
export function editPostProcess(text: string): void {
  const { post } = get();
  if (!post) return;
  clearTimeout(timer);
  set({ post: { ...post, text }, postSaving: true });
  timer = setTimeout(() => void savePostProcess(text), PAUSE);
}

/** Writes the description; null deletes it, and the suggestion comes back. */
export async function savePostProcess(text: string | null): Promise<void> {
  clearTimeout(timer);
  try {
    const post = await core()?.savePostProcess(text);
    // Somebody typed on meanwhile: the next save brings both.
    if (text !== null && get().post?.text !== text) return;
    set({ post, postProblem: undefined, postSaving: false });
    await refreshProject();
  } catch (error) {
    if (get().post?.text === text) set({ postProblem: asWireError(error), postSaving: false });
  }
}
