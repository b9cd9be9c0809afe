import { create } from 'zustand';
import type { WireError } from '../../core/worker/contract.ts';
import type {
  AddedSamples,
  InputDraft,
  InputForm,
  InputMetaView,
  SamplesView,
} from '../../core/worker/contract-project.ts';
import { asWireError } from '../api/client.ts';
import { classFolders, type DroppedFile } from '../api/dropped-files.ts';
import { core, report, track } from './core.ts';
import { progress } from './job-state.ts';
import { refreshProject } from './project.ts';
import { loadPreview, type Preview } from './preview.ts';
import { useStudio } from './store.ts';

/** Bytes and files that go to the core at a time. */
const CHUNK = { bytes: 16 * 2 ** 20, files: 64 };
/** Milliseconds after the last key until a change is saved. */
const PAUSE = 350;

/** What the Inputs page shows. */
export interface InputsState {
  samples: SamplesView | undefined;
  samplesProblem: WireError | undefined;
  /** The input description, with what was typed since. */
  meta: InputMetaView | undefined;
  /** What is wrong with what was typed; the file keeps what it had. */
  metaProblem: WireError | undefined;
  saving: 'no' | 'soon' | 'now';
  /** Key of the input that is looked at. */
  input: string;
  /** Index of the sample that is looked at. */
  index: number;
  preview: Preview | undefined;
  previewProblem: WireError | undefined;
  /** What became of the last drop. */
  added: AddedSamples | undefined;
}

const EMPTY: InputsState = {
  samples: undefined,
  samplesProblem: undefined,
  meta: undefined,
  metaProblem: undefined,
  saving: 'no',
  input: '',
  index: 0,
  preview: undefined,
  previewProblem: undefined,
  added: undefined,
};

/** State of the Inputs page; changed only here. */
export const useInputs = create<InputsState>(() => EMPTY);

const { setState: set, getState: get } = useInputs;
let timer: ReturnType<typeof setTimeout> | undefined;
/** What is to be saved next. */
let waiting: InputDraft | undefined;
/** The last save; they go one after the other. */
let saved: Promise<void> = Promise.resolve();

/** Reads everything anew: another project, or files that changed. What is being typed stays. */
export async function loadInputs(): Promise<void> {
  const api = core();
  if (!api || get().saving !== 'no') return;
  const [meta, samples] = await Promise.allSettled([api.inputMeta(), api.samples()]);
  if (meta.status === 'fulfilled') {
    const input = meta.value.inputs.find(({ lid }) => lid === get().input) ?? meta.value.inputs[0];
    set({ meta: meta.value, metaProblem: undefined, input: input.lid });
  } else set({ meta: undefined, metaProblem: asWireError(meta.reason) });
  if (samples.status === 'fulfilled') {
    const index = Math.max(0, Math.min(get().index, samples.value.samples.length - 1));
    set({ samples: samples.value, samplesProblem: undefined, index });
  } else set({ samples: undefined, samplesProblem: asWireError(samples.reason) });
  await showPreview();
}

/** Forgets the project that was open. */
export function clearInputs(): void {
  clearTimeout(timer);
  waiting = undefined;
  set({ ...EMPTY });
}

/** The form of the input that is looked at. */
export function currentForm({ meta, input }: InputsState): InputForm | undefined {
  return meta?.inputs.find(({ lid }) => lid === input);
}

export function showInput(input: string): void {
  set({ input });
  void showPreview();
}

export function showSample(index: number): void {
  set({ index });
  void showPreview();
}

/** Replaces a description that cannot be read by the suggested one. */
export async function renewMeta(): Promise<void> {
  try {
    await core()?.saveInputMeta({ inputs: [] });
    await Promise.all([loadInputs(), refreshProject()]);
  } catch (error) {
    report(error);
  }
}

/** A change in the form: seen at once, saved soon. */
export function editForm(change: Partial<InputForm>): void {
  const { meta, input } = get();
  if (!meta) return;
  const inputs = meta.inputs.map((form) => (form.lid === input ? { ...form, ...change } : form));
  set({ meta: { ...meta, inputs } });
  saveSoon({ inputs });
  void showPreview();
}

/** A change in the text: saved as soon as it makes sense. */
export function editText(text: string): void {
  const { meta } = get();
  if (!meta) return;
  set({ meta: { ...meta, text } });
  saveSoon({ text });
}

function saveSoon(draft: InputDraft): void {
  clearTimeout(timer);
  waiting = draft;
  set({ saving: 'soon' });
  timer = setTimeout(() => void flushInputs(), PAUSE);
}

/** Saves what was typed last, at once: before a job reads the file, or a page is left. */
export async function flushInputs(): Promise<void> {
  clearTimeout(timer);
  const draft = waiting;
  waiting = undefined;
  if (draft) saved = saved.then(() => save(draft));
  await saved;
}

async function save(draft: InputDraft): Promise<void> {
  const api = core();
  if (!api) return;
  set({ saving: 'now' });
  try {
    const meta = await api.saveInputMeta(draft);
    // Somebody typed on meanwhile: the next save brings both.
    if (waiting) return;
    set({ meta, metaProblem: undefined, saving: 'no' });
    await Promise.all([refreshProject(), showPreview()]);
  } catch (error) {
    if (!waiting) set({ metaProblem: asWireError(error), saving: 'no' });
  }
}

async function showPreview(): Promise<void> {
  const { input, index, samples } = get();
  if (!samples || samples.samples.length === 0) return set({ preview: undefined, previewProblem: undefined });
  try {
    const preview = await loadPreview({ input, index, draft: currentForm(get()) });
    if (preview) set({ preview, previewProblem: undefined });
  } catch (error) {
    set({ previewProblem: asWireError(error) });
  }
}

/** Sends files to the core in chunks; classes come from folders, or from a list among the files. */
export async function addFiles(files: readonly DroppedFile[]): Promise<void> {
  if (files.length === 0) return;
  // Files may be dropped before the page has been told which inputs there are.
  if (get().input === '') await loadInputs();
  const { input } = get();
  if (input === '') return;
  const classes = classFolders(files);
  // Lists of labels come last, when the samples they name are there.
  const isList = ({ name }: DroppedFile): number => Number(/\.(?:txt|csv)$/i.test(name));
  const ordered = files.toSorted((a, b) => isList(a) - isList(b));
  const total: AddedSamples = { added: 0, labelled: 0, rejected: [] };
  const ran = await track(
    { title: 'Add samples', stage: 'inputs', patience: 60_000 },
    async (api, id) => {
      for (let at = 0; at < ordered.length;) {
        if (useStudio.getState().job?.phase === 'stopping') break;
        const chunk = chunkFrom(ordered, at);
        const read = await Promise.all(
          chunk.map(async ({ name, file }) => ({ name, bytes: new Uint8Array(await file.arrayBuffer()) })),
        );
        const result = await api.addSamples({ input, files: read, classes });
        total.added += result.added;
        total.labelled += result.labelled;
        total.rejected.push(...result.rejected);
        at += chunk.length;
        progress(id, at / ordered.length, `${at} of ${ordered.length} files`);
      }
      return total;
    },
    () => `${total.added} added, ${total.rejected.length} refused`,
  );
  if (ran) set({ added: ran });
  await Promise.all([loadInputs(), refreshProject()]);
}

function chunkFrom(files: readonly DroppedFile[], at: number): DroppedFile[] {
  let bytes = 0;
  let end = at;
  while (
    end < files.length &&
    end - at < CHUNK.files &&
    (end === at || bytes + files[end].file.size <= CHUNK.bytes)
  ) {
    bytes += files[end++].file.size;
  }
  return files.slice(at, end);
}

/** Takes a sample out of the set. */
export async function removeSample(index: number): Promise<void> {
  try {
    await core()?.removeSamples([index]);
    await Promise.all([loadInputs(), refreshProject()]);
  } catch (error) {
    report(error);
  }
}

export function dismissAdded(): void {
  set({ added: undefined });
}
