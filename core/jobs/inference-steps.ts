import { join } from 'node:path';
import { openDatabase } from '../dataset/database.ts';
import { writeFileAtomic } from '../files/atomic.ts';
import { StudioError } from '../network/errors.ts';
import type { InputMeta } from '../network/input-meta.ts';
import type { Layer } from '../network/layer.ts';
import { shapeOf, type ShapeTable } from '../ops/shapes.ts';
import { NO_ACTIONS, type AcuityActions, type PostProcess } from '../postprocess/description.ts';
import { readPostProcessFile } from '../postprocess/file.ts';
import type { Plan } from '../postprocess/plan.ts';
import { labelOf, reportLines, resultJson } from '../postprocess/report.ts';
import type { StepResult } from '../postprocess/run.ts';
import { ppmOf } from '../postprocess/segmentation.ts';
import { denseStrides, type OutputTensor } from '../postprocess/view.ts';
import type { JobContext } from './context.ts';
import type { TopEntry } from './top.ts';

/** What `--postprocess` or `--postprocess-file` ask for; the default is classification_classic. */
export async function actionsOf(given: {
  postprocess?: string;
  postprocessFile?: string;
}): Promise<Pick<PostProcess, 'acuity' | 'steps'>> {
  const { postprocess, postprocessFile } = given;
  if (postprocessFile !== undefined) {
    if (postprocess !== undefined)
      throw new StudioError('usage', '--postprocess and --postprocess-file exclude each other');
    return readPostProcessFile(postprocessFile);
  }
  switch (postprocess) {
    case 'print_topn':
      return { acuity: { ...NO_ACTIONS, topn: 5 }, steps: [] };
    case 'dump_result':
    case 'dump_results':
      return { acuity: { ...NO_ACTIONS, dumpResults: true }, steps: [] };
    default:
      return { acuity: { ...NO_ACTIONS, classificationClassic: true }, steps: [] };
  }
}

/** The outputs of one sample as the simulator gives them. */
export function sampleOutputs(outputs: readonly Layer[], shapes: ShapeTable): OutputTensor[] {
  return outputs.map(({ key }) => {
    const [, ...rest] = shapeOf(shapes, `@${key}:out0`);
    const shape = [1, ...rest];
    return { key, shape, strides: denseStrides(shape) };
  });
}

/** Width and height of the picture that sample `index` of the run was; undefined where it does not matter. */
export type PictureSizes = (index: number) => Promise<{ width: number; height: number } | undefined>;

/** Sizes of the pictures of the first input, if a step gives places in them. */
export async function pictureSizes(plans: readonly Plan[], meta: InputMeta): Promise<PictureSizes> {
  const [database] = meta.databases;
  if (!database || !plans.some((plan) => 'frame' in plan)) return () => Promise.resolve(undefined);
  const source = await openDatabase(database, process.cwd());
  return (index) => source.pictureSize(index % source.length);
}

/** Prints what the steps found in each sample of a batch. */
export function logSteps(
  plans: readonly Plan[],
  results: readonly StepResult[][],
  iteration: number,
  context: JobContext,
): void {
  results.forEach((steps, sample) => {
    steps.forEach((result, index) => {
      const which = results.length > 1 ? `, sample(${sample})` : '';
      context.log('I', `Iter(${iteration})${which}, ${plans[index].kind}:`);
      for (const line of reportLines(result, plans[index])) context.log('I', line);
    });
  });
}

/** Where results of a step of the run go. */
interface SavePlace {
  folder: string;
  iteration: number;
  iterations: number;
}

/**
 * Writes postprocess.json, for every sample of the batch a list with one result per step, and a colour picture of
 * every segmentation. With several iterations the names start with iter_<i>_.
 */
export async function saveSteps(
  plans: readonly Plan[],
  results: readonly StepResult[][],
  { folder, iteration, iterations }: SavePlace,
): Promise<string[]> {
  const path = (name: string): string => join(folder, iterations > 1 ? `iter_${iteration}_${name}` : name);
  const json = results.map((steps) =>
    steps.map((result, index) => ({ kind: plans[index].kind, result: resultJson(result, plans[index]) })),
  );
  const files = [path('postprocess.json')];
  await writeFileAtomic(files[0], `${JSON.stringify(json, undefined, 2)}\n`);
  for (const [sample, steps] of results.entries()) {
    for (const [index, result] of steps.entries()) {
      if (result.kind !== 'segmentation') continue;
      const file = path(`segmentation${index}${results.length > 1 ? `_${sample}` : ''}.ppm`);
      await writeFileAtomic(file, ppmOf(result.classes, result.width, result.height));
      files.push(file);
    }
  }
  return files;
}

/** A sample as far as validation reads it. */
interface Validated {
  label: number | undefined;
  top: TopEntry[][];
  steps: StepResult[];
}

/** classification_validate: how often the label is among the best; detection_validate: how many of each class. */
export function logValidation(
  { classificationValidate, detectionValidate }: AcuityActions,
  plans: readonly Plan[],
  samples: readonly Validated[],
  context: JobContext,
): void {
  if (classificationValidate) {
    const labelled = samples.filter(({ label }) => label !== undefined);
    if (labelled.length === 0) context.log('W', 'classification_validate: the dataset list has no labels');
    for (const count of labelled.length === 0 ? [] : new Set([1, classificationValidate.topn])) {
      const hits = labelled.filter(({ label, top }) =>
        top[0]?.slice(0, count).some(({ index }) => index === label),
      );
      const share = ((100 * hits.length) / labelled.length).toFixed(2);
      context.log('I', `top(${count}) accuracy: ${share} % (${hits.length} of ${labelled.length})`);
    }
  }
  if (detectionValidate) logDetections(plans, samples, context);
}

function logDetections(plans: readonly Plan[], samples: readonly Validated[], context: JobContext): void {
  if (!plans.some((plan) => 'scoreThreshold' in plan))
    context.log('W', 'detection_validate: the file has no detector among its nibble_postprocs');
  plans.forEach((plan, index) => {
    if (!('scoreThreshold' in plan)) return;
    const counts = new Map<number, number>();
    for (const { steps } of samples) {
      const result = steps[index];
      for (const { label } of result.kind === 'detections' ? result.detections : [])
        counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    const list = [...counts]
      .sort(([a], [b]) => a - b)
      .map(([label, count]) => `${count} x ${labelOf(plan.labels, label)}`);
    context.log('I', `detections in ${samples.length} samples: ${list.join(', ') || 'none'}`);
  });
}
