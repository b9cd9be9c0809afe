import { basename } from 'node:path';
import { counted } from '../network/counted.ts';
import { StudioError } from '../network/errors.ts';
import { findChip } from '../targets/chips.ts';
import type { StageName } from './contract.ts';
import type { StageState } from './contract-project.ts';
import { changedPart, exportBasis } from './export-record.ts';
import { inspectState } from './inspection.ts';
import { changed } from './project-files.ts';
import type { Project } from './project.ts';
import type { ProjectSettings, RunRecord } from './project-settings.ts';
import { basisOf } from './runs.ts';

const todo = (text: string): StageState => ({ state: 'todo', text });
const done = (text: string): StageState => ({ state: 'done', text });
const stale = (text: string): StageState => ({ state: 'stale', text });

/** How every stage stands. @param run the run the project's table is from */
export async function stageStates(
  project: Project,
  run: RunRecord | undefined,
  settings: ProjectSettings,
): Promise<Record<'model' | StageName, StageState>> {
  const inputs = await stateOf(() => inputsState(project));
  const { target } = settings;
  const chip = target === null ? undefined : findChip(target);
  return {
    model: done('imported'),
    inputs,
    quantize: await stateOf(() => quantizeState(project, run)),
    target: chip ? done(`${chip.chips[0]}, ${chip.pid}`) : todo('not chosen'),
    export: await stateOf(() => exportState(project, settings)),
    verify: await stateOf(() => verifyState(project, settings)),
    inspect: await stateOf(() => inspectState(project)),
  };
}

/** A stage whose files are wrong has failed, with the reason. */
async function stateOf(find: () => Promise<StageState>): Promise<StageState> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof StudioError) return { state: 'failed', text: error.message };
    throw error;
  }
}

async function inputsState(project: Project): Promise<StageState> {
  const { meta, saved } = await project.inputMeta();
  if (project.isEmpty(meta)) return todo('no samples yet');
  const { length } = await project.sampleSet();
  const pictures = meta.databases.some(({ ports }) => ports.some(({ category }) => category === 'image'));
  const count = counted(length, pictures ? 'image' : 'sample');
  return saved ? done(count) : todo(`${count}, not described yet`);
}

async function quantizeState(project: Project, run: RunRecord | undefined): Promise<StageState> {
  const { files } = project;
  const table = await changed(files.table);
  if (table === undefined) {
    return (await changed(files.data)) === undefined ? todo(`needs ${files.name}.data`) : todo('not run');
  }
  const reason = run ? await staleSince(project, run) : await newerThan(project, table);
  if (reason !== undefined) return stale(`quantized before ${reason} changed`);
  return done(run ? `${run.qtype}, run ${run.number}` : 'by the command line or the model');
}

async function exportState(project: Project, { exported, target }: ProjectSettings): Promise<StageState> {
  if (!exported) return todo('not exported');
  const part = changedPart(exported.basis, await exportBasis(project, target));
  if (part !== undefined) return stale(`exported before ${part} changed`);
  const { build, options } = exported;
  if (build?.passed === false) return { state: 'failed', text: 'the self test failed' };
  const test = build === null ? 'not built here' : build.passed ? 'self test passed' : 'built';
  return done(`${options.dtype}, ${test}`);
}

async function verifyState(project: Project, settings: ProjectSettings): Promise<StageState> {
  const { verified, exported, target } = settings;
  if (!verified) return todo('not compared');
  const part = changedPart(verified.basis, await exportBasis(project, target));
  if (part !== undefined) return stale(`compared before ${part} changed`);
  if (verified.built !== null && verified.built !== exported?.build?.finished) {
    return stale('compared before the last export');
  }
  return { state: verified.ok ? 'done' : 'failed', text: verified.text };
}

/** What differs from what a run was made from, whenever it was made the project's again. */
async function staleSince(project: Project, run: RunRecord): Promise<string | undefined> {
  const now = await basisOf(project);
  if (now.model !== run.basis.model) return 'the network';
  if (now.data !== run.basis.data) return 'the coefficients';
  if (now.inputMeta !== run.basis.inputMeta) return 'the inputs';
  return now.lists === run.basis.lists ? undefined : 'the samples';
}

/** A table that the command line made has only its time. */
async function newerThan(project: Project, table: number): Promise<string | undefined> {
  const { files } = project;
  const { meta } = await project.inputMeta();
  const sources: [string, string][] = [
    [files.model, 'the network'],
    [files.inputMeta, 'the inputs'],
    ...project.lists(meta).map((list): [string, string] => [list, basename(list)]),
  ];
  for (const [path, what] of sources) {
    const time = await changed(path);
    if (time !== undefined && time > table) return what;
  }
  return undefined;
}
