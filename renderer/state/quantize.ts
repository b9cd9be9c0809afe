import { create } from 'zustand';
import type { ChipView, JobOptions, OptionView, RunView } from '../../core/worker/contract-project.ts';
import { core, report, track } from './core.ts';
import { flushInputs } from './inputs.ts';
import { refreshProject } from './project.ts';
import { useStudio } from './store.ts';

/** Algorithms an option has a meaning with; the others have one always. */
export const ONLY_WITH: Readonly<Record<string, readonly string[]>> = {
  movingAverageWeight: ['moving_average'],
  divergenceFirstQuantizeBits: ['kl_divergence', 'auto'],
  divergenceNbins: ['kl_divergence', 'auto'],
  percentile: ['percentile'],
  targetCosine: ['auto'],
  targetAccuracyDrop: ['auto'],
  autoFormat: ['auto'],
};

/** The three ways to quantize. */
export type Recipe = 'fast' | 'best' | 'custom';

/** What the Quantize page shows beside the project. */
export interface QuantizeState {
  recipe: Recipe;
  /** Options of the custom recipe that differ from their defaults. */
  custom: JobOptions;
  options: readonly OptionView[];
  /** Number of the run that is looked at; undefined = the current one. */
  shown: number | undefined;
}

/** State of the Quantize page; changed only here. */
export const useQuantize = create<QuantizeState>(() => ({
  recipe: 'fast',
  custom: {},
  options: [],
  shown: undefined,
}));

const { setState: set, getState: get } = useQuantize;

/** Asks for the options, once. */
export async function loadOptions(): Promise<void> {
  if (get().options.length > 0) return;
  try {
    set({ options: (await core()?.jobOptions('quantize')) ?? [] });
  } catch (error) {
    report(error);
  }
}

export function chooseRecipe(recipe: Recipe): void {
  set({ recipe });
}

/** Sets an option of the custom recipe; undefined takes it back to its default. */
export function setOption(key: string, value: string | number | boolean | undefined): void {
  const { [key]: _old, ...custom } = get().custom;
  const changed = value === undefined ? custom : { ...custom, [key]: value };
  const algorithm = String(changed['algorithm'] ?? 'normal');
  // The core refuses options without effect; they go with the algorithm they belong to.
  const fitting = Object.entries(changed).filter(([name]) => ONLY_WITH[name]?.includes(algorithm) ?? true);
  set({ custom: Object.fromEntries(fitting) });
}

/** Fills the custom recipe with the options of an advice. */
export function takeAdvice(options: JobOptions): void {
  set({ recipe: 'custom', custom: options });
}

export function showRun(number: number | undefined): void {
  set({ shown: number });
}

/** The options of a recipe for a chip. */
export function recipeOptions(recipe: Recipe, chip: ChipView | undefined, custom: JobOptions): JobOptions {
  if (recipe === 'custom') return custom;
  if (recipe === 'fast') return { quantizer: 'asymmetric_affine', qtype: 'uint8', algorithm: 'normal' };
  const measured = { MLE: true, computeEntropy: true };
  if (chip?.perChannel === true) {
    return {
      quantizer: 'perchannel_symmetric_affine',
      qtype: 'int8',
      algorithm: 'kl_divergence',
      ...measured,
    };
  }
  const uint8 = { quantizer: 'asymmetric_affine', qtype: 'uint8', ...measured };
  if (chip?.int16 === false) return { ...uint8, algorithm: 'kl_divergence', crossLayerEqualization: true };
  return { ...uint8, algorithm: 'auto' };
}

/** Quantizes with the chosen recipe. */
export async function quantize(): Promise<void> {
  const { recipe, custom } = get();
  await flushInputs();
  const { project, chips } = useStudio.getState();
  if (!project) return;
  const chip = chips.find(({ pid }) => pid === project.target);
  await track(
    { title: `Quantize ${project.name}`, stage: 'quantize' },
    (api, id) => api.runJob('quantize', recipeOptions(recipe, chip, custom), id),
    (run: RunView) => `run ${run.number} in ${run.seconds.toFixed(1)} s`,
  );
  set({ shown: undefined });
  await refreshProject();
}

/** Makes an earlier run the project's again. */
export async function goBackTo(number: number): Promise<void> {
  try {
    await core()?.useRun(number);
    set({ shown: undefined });
    await refreshProject();
  } catch (error) {
    report(error);
  }
}
