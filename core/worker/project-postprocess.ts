import { unlink } from 'node:fs/promises';
import { basename, isAbsolute, relative } from 'node:path';
import { readTextOf, writeFileAtomic } from '../files/atomic.ts';
import { sampleOutputs } from '../jobs/inference-steps.ts';
import { draftPostProcess } from '../jobs/postprocess-file.ts';
import { StudioError } from '../network/errors.ts';
import { inferShapes } from '../ops/shapes.ts';
import { parsePostProcess } from '../postprocess/file.ts';
import { formatPostProcess } from '../postprocess/file-text.ts';
import type { Settings } from '../postprocess/settings.ts';
import { planSteps } from '../postprocess/step-files.ts';
import type { PostProcessView } from './contract-export.ts';
import { changed } from './project-files.ts';
import type { Project } from './project.ts';
import { readClasses } from './sample-set.ts';

/** The description in the project, with what is wrong with it; where there is none, what the outputs suggest. */
export async function postProcessView(project: Project): Promise<PostProcessView> {
  const path = project.files.postProcess;
  const file = basename(path);
  const saved = (await changed(path)) !== undefined;
  const text = saved ? await readTextOf(path, { limit: 2 ** 20 }) : await suggestion(project);
  try {
    return { file, text, saved, kinds: await checkPostProcess(project, text), problem: null };
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    const problem = { line: error.place.line ?? null, message: error.message };
    return { file, text, saved, kinds: [], problem };
  }
}

/** Writes the description; null deletes it. @throws StudioError 'postprocess-invalid' with the line */
export async function savePostProcess(project: Project, text: string | null): Promise<PostProcessView> {
  const path = project.files.postProcess;
  if (text === null) await unlink(path).catch(() => undefined);
  else {
    await checkPostProcess(project, text);
    await writeFileAtomic(path, text);
  }
  return postProcessView(project);
}

/** The description that an export or a comparison uses; undefined = none. @throws StudioError when it is wrong */
export async function usedPostProcess(project: Project): Promise<string | undefined> {
  const path = project.files.postProcess;
  if ((await changed(path)) === undefined) return undefined;
  await checkPostProcess(project, await readTextOf(path, { limit: 2 ** 20 }));
  return path;
}

/** @returns kinds of the steps. @throws StudioError 'postprocess-invalid', 'file-missing', ... */
async function checkPostProcess({ files, network }: Project, text: string): Promise<string[]> {
  const { steps } = parsePostProcess(text, basename(files.postProcess));
  for (const { settings } of steps) {
    for (const path of filesNamedBy(settings)) {
      const inside = relative(files.folder, files.inFolder(path));
      // What a label file holds comes out in the C code: only the project's own files may.
      if (isAbsolute(path) || isAbsolute(inside) || inside.startsWith('..')) {
        throw new StudioError('postprocess-invalid', `"${path}" lies outside of the project folder`);
      }
    }
  }
  await planSteps(steps, sampleOutputs(network.outputs, inferShapes(network, 1)), files.folder);
  return steps.map(({ settings }) => settings.kind);
}

function filesNamedBy(settings: Settings): string[] {
  const priors = settings.kind === 'ssd' ? settings.priors : undefined;
  const named = [settings.labels, priors && 'file' in priors ? priors.file : undefined];
  return named.filter((path) => path !== undefined);
}

/** The suggested steps, with the project's class names where there are enough. */
async function suggestion({ files, network }: Project): Promise<string> {
  const draft = draftPostProcess(network);
  const names = await readClasses(files);
  for (const { kind, parameters } of draft.steps) {
    const classes = parameters['classes'] ?? 1;
    const enough = typeof classes === 'number' && names.length >= classes;
    if (enough && kind !== 'keypoints') parameters['labels'] = basename(files.classes);
  }
  return formatPostProcess(draft);
}
