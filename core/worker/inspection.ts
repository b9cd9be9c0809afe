import { copyFileAtomic, readTextOf } from '../files/atomic.ts';
import type { JobContext } from '../jobs/context.ts';
import { StudioError } from '../network/errors.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { parseAnalysis, type AnalysisReport } from '../quantization/analysis-report.ts';
import { fusedUnits } from '../quantization/suggest.ts';
import type { AnalysisView, TableDifference, TableSource } from './contract-inspect.ts';
import type { StageState } from './contract-project.ts';
import { readTable, tableNetwork, tableOfBytes } from './current-table.ts';
import { entryView } from './entry-view.ts';
import { ANALYSIS_SAMPLES } from './hybrid-run.ts';
import type { Project } from './project.ts';
import { changed, fingerprint, type ProjectFiles } from './project-files.ts';
import { runJob } from './run-job.ts';
import { currentRun, filesIn, runFiles } from './runs.ts';

/** The last analysis that was read, by project. */
const read = new WeakMap<Project, { key: string; view: AnalysisView | null }>();

/** The errors under the project's table; null while they have not been measured for it. */
export async function analysisOf(project: Project): Promise<AnalysisView | null> {
  const { files } = project;
  const key = `${await fingerprint(files.table)} ${await fingerprint(files.analysis)}`;
  const before = read.get(project);
  if (before?.key === key) return before.view;
  const table = await readTable(files.table);
  const view = (await changed(files.analysis)) === undefined ? null : await viewOf(project, table);
  read.set(project, { key, view });
  return view;
}

/** Measures the errors of all tensors and keeps them with the run whose table it is. */
export async function measureLayers(project: Project, context: JobContext): Promise<AnalysisView> {
  const { files } = project;
  const table = await readTable(files.table);
  const { length } = await project.sampleSet();
  await runJob(
    'analyze',
    {
      model: await tableNetwork(files, table),
      modelData: files.data,
      modelQuantize: files.table,
      withInputMeta: files.inputMeta,
      iterations: Math.min(ANALYSIS_SAMPLES, length),
    },
    { ...context, cwd: files.folder },
  );
  const run = await currentRun(files);
  if (run) {
    const [own, kept] = [filesIn(files, files.folder), runFiles(files, run.number)];
    await copyFileAtomic(own.entropy, kept.entropy);
    await copyFileAtomic(own.analysis, kept.analysis);
  }
  const view = await analysisOf(project);
  if (!view) throw new StudioError('usage', 'the table changed while its errors were measured');
  return view;
}

/** What the rail says of the stage. */
export async function inspectState(project: Project): Promise<StageState> {
  if ((await changed(project.files.table)) === undefined) return { state: 'todo', text: 'quantize first' };
  const view = await analysisOf(project);
  if (!view) {
    const old = (await changed(project.files.analysis)) !== undefined;
    return old
      ? { state: 'stale', text: 'measured for another table' }
      : { state: 'todo', text: 'not measured' };
  }
  const poor = Object.keys(view.suggested).length;
  const text = poor === 0 ? 'all layers are fine' : `${poor} layer${poor === 1 ? ' needs' : 's need'} care`;
  return { state: 'done', text };
}

/** What two tables store differently, in the order of the first. */
export async function differences(
  { files }: Project,
  a: TableSource,
  b: TableSource,
): Promise<TableDifference[]> {
  const [left, right] = await Promise.all([tableOf(files, a), tableOf(files, b)]);
  const refs = new Set([...left.entries.keys(), ...right.entries.keys()]);
  return [...refs].flatMap((ref) => {
    const [one, other] = [left.entries.get(ref), right.entries.get(ref)];
    if (JSON.stringify(one) === JSON.stringify(other)) return [];
    return [{ ref, a: one ? entryView(one) : null, b: other ? entryView(other) : null }];
  });
}

async function tableOf(files: ProjectFiles, source: TableSource): Promise<QuantizeTable> {
  if (typeof source === 'object') return tableOfBytes(source.bytes, source.name);
  return readTable(source === 'project' ? files.table : runFiles(files, source).table);
}

async function viewOf(project: Project, table: QuantizeTable): Promise<AnalysisView | null> {
  const { files, network } = project;
  const report = parseAnalysis(await readTextOf(files.analysis), files.analysis);
  if (!isAbout(report, table)) return null;
  return {
    samples: report.samples,
    tensors: report.tensors.filter(({ layer }) => network.layers.has(layer)),
    suggested: report.suggested,
    entries: Object.fromEntries([...table.entries].map(([ref, entry]) => [ref, entryView(entry)])),
    units: fusedUnits(network),
  };
}

/** An analysis made for another table names other types, or other tensors. */
function isAbout({ tensors }: AnalysisReport, table: QuantizeTable): boolean {
  return tensors.every(({ ref, requested }) => {
    const entry = table.entries.get(ref);
    return requested === (entry ? `${entry.quantizer}-${entry.qtype}` : null);
  });
}
