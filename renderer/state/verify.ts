import { create } from 'zustand';
import type {
  DumpsRequest,
  DumpsView,
  Requantization,
  StepView,
  VerifyColumn,
  VerifySample,
  VerifyView,
} from '../../core/worker/contract-export.ts';
import type { ProjectView, SamplesView } from '../../core/worker/contract-project.ts';
import { report, track } from './core.ts';
import { addNodeData } from './extra-colours.ts';
import { pageReader } from './page-reader.ts';
import { picture, type Picture } from './preview.ts';
import { refreshProject } from './project.ts';
import { useStudio } from './store.ts';

/** A step's result with an address in place of a mask's bytes. */
export type ShownStep =
  | Exclude<StepView, { kind: 'segmentation' }>
  | (Omit<Extract<StepView, { kind: 'segmentation' }>, 'mask'> & { mask: Picture | undefined });

/** {@link VerifyColumn} as the page shows it. */
export interface ShownColumn extends Omit<VerifyColumn, 'steps'> {
  steps: ShownStep[];
}

/** {@link VerifyView} as the page shows it. */
export interface ShownView extends Omit<VerifyView, 'picture' | 'columns'> {
  picture: Picture | undefined;
  columns: ShownColumn[];
}

/** What the Verify page shows. */
export interface VerifyState {
  samples: SamplesView | undefined;
  /** Key of the input that thumbnails are of. */
  input: string;
  /** Index of the chosen sample; undefined = none, or a file of the user's. */
  index: number | undefined;
  view: ShownView | undefined;
  /** What was compared on last; layer dumps are taken to be of it. */
  sample: VerifySample | undefined;
  /** What layer dumps are compared with; undefined = quantized where it can be. */
  against: DumpsRequest['against'] | undefined;
  dumps: DumpsView | undefined;
  /** How the next comparison turns integer sums into codes. */
  requantization: Requantization;
  /** Cosine below which a layer counts as off. */
  threshold: number;
}

const EMPTY: VerifyState = {
  samples: undefined,
  input: '',
  index: undefined,
  view: undefined,
  sample: undefined,
  against: undefined,
  dumps: undefined,
  requantization: 'exact',
  threshold: 0.99,
};

/** State of the Verify page; changed only here. */
export const useVerify = create<VerifyState>(() => EMPTY);

const { setState: set, getState: get } = useVerify;
const read = pageReader(() => set(EMPTY));

/**
 * Reads the samples; what was compared stays while the project is the same.
 * @param version of the inputs: only the answer for the last one counts
 */
export async function loadVerify(version: string): Promise<void> {
  try {
    const answers = await read(version, (api) => Promise.all([api.samples(), api.inputMeta()]));
    if (!answers) return;
    const [samples, meta] = answers;
    set({ samples, input: meta.inputs[0]?.lid ?? '' });
  } catch (error) {
    set({ samples: undefined });
    report(error);
  }
}

/** Compares on a sample of the set. */
export async function verifySample(index: number): Promise<void> {
  set({ index });
  await compare({ index });
}

/** Compares on a file of the user's. */
export async function verifyFile(file: File | undefined): Promise<void> {
  if (!file) return;
  set({ index: undefined });
  await compare({ file: { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) } });
}

/** Changes how integer sums become codes, and compares anew on the sample that is chosen. */
export async function setRequantization(requantization: Requantization): Promise<void> {
  set({ requantization });
  const { index } = get();
  if (index !== undefined) await compare({ index });
}

/** The name of a layer dump. */
const DUMP = /_uid_\d+_t_\d+_s_\d+(?:_\d+)*\.txt$/;

/** Whether files that were dropped are layer dumps. */
export const areDumps = (files: readonly File[]): boolean => files.some(({ name }) => DUMP.test(name));

/** Whether a project is quantized. */
export const hasTable = (project: ProjectView | undefined): boolean =>
  project !== undefined && ['done', 'stale'].includes(project.stages.quantize.state);

export function setAgainst(against: DumpsRequest['against']): void {
  set({ against });
}

/** Compares layer dumps with the network on the sample that was compared last, the first one by default. */
export async function compareDumps(files: readonly File[]): Promise<void> {
  if (files.length === 0) return;
  const { project } = useStudio.getState();
  const against = get().against ?? (hasTable(project) ? 'quantized' : 'float32');
  const sample = get().sample ?? { index: 0 };
  const dumps = await track(
    { title: `Compare dumps of ${project?.name ?? ''}`, stage: 'verify' },
    async (api, id) => {
      const read = files.map(async (file) => ({
        name: file.name,
        bytes: new Uint8Array(await file.arrayBuffer()),
      }));
      return api.compareDumps(
        { files: await Promise.all(read), against, sample, requantization: get().requantization },
        id,
      );
    },
    ({ points }) => `${points.length} layers compared`,
  );
  if (!dumps) return;
  set({ dumps });
  addNodeData(dumps.data);
}

export function setThreshold(threshold: number): void {
  set({ threshold });
}

async function compare(sample: VerifySample): Promise<void> {
  const name = useStudio.getState().project?.name ?? '';
  const view = await track(
    { title: `Verify ${name}`, stage: 'verify' },
    (api, id) => api.verify(sample, id, get().requantization),
    (found) => `compared on ${found.sample}`,
  );
  if (view) {
    for (const old of picturesOf(get().view)) URL.revokeObjectURL(old.url);
    set({ view: shown(view), sample });
  }
  await refreshProject();
}

function shown(view: VerifyView): ShownView {
  return {
    ...view,
    picture: picture(view.picture),
    columns: view.columns.map((column) => ({
      ...column,
      steps: column.steps.map((step) =>
        step.kind === 'segmentation' ? { ...step, mask: picture(step.mask) } : step,
      ),
    })),
  };
}

function picturesOf(view: ShownView | undefined): Picture[] {
  const masks = view?.columns.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.kind === 'segmentation' ? [step.mask] : [])),
  );
  return [view?.picture, ...(masks ?? [])].filter((found) => found !== undefined);
}
