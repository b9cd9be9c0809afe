import { resolve } from 'node:path';
import { readFileOf, readTextOf } from '../files/atomic.ts';
import { StudioError } from '../network/errors.ts';
import type { StepDescription } from './description.ts';
import { planStep, type Plan, type StepFiles } from './plan.ts';
import { priorsOfBlob } from './priors.ts';
import type { Settings } from './settings.ts';
import type { OutputTensor } from './view.ts';

/**
 * Binds all steps to the outputs of a network, reading the files they name.
 * @param cwd what relative paths start from; default: the working directory
 */
export async function planSteps(
  steps: readonly StepDescription[],
  outputs: readonly OutputTensor[],
  cwd = '.',
): Promise<Plan[]> {
  return Promise.all(steps.map(async (step) => planStep(step, outputs, await filesOf(step.settings, cwd))));
}

async function filesOf(settings: Settings, cwd: string): Promise<StepFiles> {
  const labels =
    settings.labels === undefined ? [] : await readLabels(resolve(cwd, settings.labels), classesOf(settings));
  const source = settings.kind === 'ssd' ? settings.priors : undefined;
  if (!source || !('file' in source)) return { labels };
  return { labels, priors: priorsOfBlob(await readFileOf(resolve(cwd, source.file)), source.file) };
}

function classesOf(settings: Settings): number {
  if (settings.kind === 'classification') return 1;
  return settings.kind === 'keypoints' ? settings.points : settings.classes;
}

/** One label a line. @throws StudioError 'postprocess-invalid' when there are fewer than classes */
async function readLabels(file: string, atLeast: number): Promise<string[]> {
  const lines = (await readTextOf(file)).replace(/^\ufeff/, '').split(/\r?\n/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  const labels = lines.map((line) => line.trim());
  if (labels.length >= atLeast) return labels;
  throw new StudioError('postprocess-invalid', `${labels.length} labels for ${atLeast} classes`, { file });
}
