import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { writeQuantizeFile } from '../files/quantize-file.ts';
import type { JobContext } from '../jobs/context.ts';
import type { EvaluateResult } from '../jobs/evaluate.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { withRanges } from '../quantization/edit-ranges.ts';
import type { HybridDraft, OutcomeView, WhatIfView } from './contract-inspect.ts';
import { readTable, tableNetwork } from './current-table.ts';
import { checkedCustomized } from './customized-draft.ts';
import type { Project } from './project.ts';
import type { RunRecord } from './project-settings.ts';
import { logEvaluation, meanSqnr, part, weightBytes } from './quantize-run.ts';
import { runJob } from './run-job.ts';
import { basisOf, currentRun, filesIn, inUnfinished, keepRun, sourceData } from './runs.ts';
import { counted } from '../network/counted.ts';

/** Samples that a draft is tried on. */
const TRIAL_SAMPLES = 8;
/** Samples that errors of layers are measured on: more of them hardly change what is found. */
export const ANALYSIS_SAMPLES = 20;

/** Runs a draft on a few samples, beside the table as it is. Nothing of the project changes. */
export function tryHybrid(project: Project, draft: HybridDraft, context: JobContext): Promise<WhatIfView> {
  const { files } = project;
  return inUnfinished(files, async () => {
    const work = new HybridWork(project, context);
    const samples = Math.min(TRIAL_SAMPLES, (await project.sampleSet()).length);
    const before = await readTable(files.table);
    const model = await tableNetwork(files, before);
    const made = await work.make(draft, samples, part(work.context, 0, 0.4));
    const then = await work.evaluate(files.table, model, samples, part(work.context, 0.4, 0.7));
    const now = await work.evaluate(work.made.table, made.network, samples, part(work.context, 0.7, 1));
    return {
      samples,
      before: outcome(then, weightBytes(project.network, before)),
      after: outcome(now, weightBytes(project.network, made.table)),
      converters: made.converters,
    };
  });
}

/** Makes a run of a draft: hybrid network, table, comparison with float on all samples, errors of the layers. */
export function runHybrid(project: Project, draft: HybridDraft, context: JobContext): Promise<RunRecord> {
  const started = Date.now();
  const { files } = project;
  return inUnfinished(files, async () => {
    const work = new HybridWork(project, context);
    const samples = (await project.sampleSet()).length;
    const basis = await basisOf(project);
    const from = await currentRun(files);
    const made = await work.make(draft, samples, part(work.context, 0, 0.2));
    const evaluation = await work.evaluate(
      work.made.table,
      made.network,
      samples,
      part(work.context, 0.2, 0.7),
    );
    const { analysis, files: written } = await runJob(
      'analyze',
      {
        model: made.network,
        modelData: files.data,
        modelQuantize: work.made.table,
        withInputMeta: files.inputMeta,
        iterations: Math.min(ANALYSIS_SAMPLES, samples),
      },
      part(work.context, 0.7, 1),
    );
    await rename(written.entropy, work.made.entropy);
    // Corrected coefficients belong to the run that was started from, and so to this one.
    if ((await sourceData(files)) !== files.data) await copyFile(files.data, work.made.data);
    context.signal.throwIfAborted();
    logEvaluation(evaluation, context);
    const kept = await keepRun(files, {
      finished: Date.now(),
      seconds: (Date.now() - started) / 1000,
      ...schemeOfRun(from, made.table, draft),
      extras: extrasOf(from, draft),
      samples,
      meanSqnr: meanSqnr(analysis),
      evaluation,
      weightBytes: weightBytes(project.network, made.table),
      warnings: from?.warnings ?? [],
      advice: from?.advice ?? [],
      advised: from?.advised ?? {},
      basis,
    });
    context.log('I', `Kept as run ${kept.number}`);
    return kept;
  });
}

interface MadeHybrid {
  /** Path of the network that the table is about. */
  network: string;
  table: QuantizeTable;
  converters: number;
}

/** Work in runs/.unfinished-NAME. */
class HybridWork {
  readonly made: ReturnType<typeof filesIn>;
  readonly context: JobContext;
  private readonly project: Project;

  constructor(project: Project, context: JobContext) {
    this.project = project;
    this.made = filesIn(project.files, project.files.unfinishedRun());
    this.context = { ...context, cwd: project.files.folder };
  }

  /** Writes the draft's table and has `quantize --hybrid` apply it. */
  async make(draft: HybridDraft, samples: number, context: JobContext): Promise<MadeHybrid> {
    const { network, files } = this.project;
    const customized = checkedCustomized(network, { layers: draft.layers }, `${files.name}.quantize`);
    const ranges = new Map(Object.entries(draft.ranges));
    const table = withRanges(network, await readTable(files.table), ranges);
    const model = join(files.unfinishedRun(), `${files.name}.json`);
    await copyFile(files.model, model);
    await writeQuantizeFile(this.made.table, { ...table, customized });
    const run = await currentRun(files);
    const result = await runJob(
      'quantize',
      {
        hybrid: true,
        model,
        modelData: files.data,
        modelQuantize: this.made.table,
        withInputMeta: files.inputMeta,
        batchSize: 1,
        iterations: samples,
        ...(run ? { quantizer: run.quantizer, qtype: run.qtype } : {}),
      },
      context,
    );
    const converters = [...result.table.entries.keys()].filter((ref) => !known(network.layers, ref)).length;
    return { network: result.network ?? model, table: result.table, converters };
  }

  /** Compares a table with the float network. */
  async evaluate(
    table: string,
    model: string,
    samples: number,
    context: JobContext,
  ): Promise<EvaluateResult> {
    const { files } = this.project;
    return runJob(
      'evaluate',
      {
        model: files.model,
        modelData: await sourceData(files),
        modelQuantize: table,
        quantizedModel: model,
        quantizedData: files.data,
        withInputMeta: files.inputMeta,
        batchSize: 1,
        iterations: samples,
      },
      context,
    );
  }
}

const known = (layers: ReadonlyMap<string, unknown>, ref: string): boolean =>
  layers.has(ref.slice(1, ref.lastIndexOf(':')));

function outcome({ outputs, agreement, accuracy }: EvaluateResult, bytes: number): OutcomeView {
  return { outputs, agreement, weightBytes: bytes, ...(accuracy ? { accuracy } : {}) };
}

/** What the layers that nobody chose are stored as. */
function schemeOfRun(
  from: RunRecord | undefined,
  { entries }: QuantizeTable,
  { layers }: HybridDraft,
): Pick<RunRecord, 'quantizer' | 'qtype' | 'algorithm'> {
  if (from) return { quantizer: from.quantizer, qtype: from.qtype, algorithm: from.algorithm };
  const other = [...entries].find(([ref]) => !known(new Map(Object.entries(layers)), ref))?.[1];
  return {
    quantizer: other?.quantizer ?? 'asymmetric_affine',
    qtype: other?.qtype ?? 'u8',
    algorithm: 'as in the table',
  };
}

function extrasOf(from: RunRecord | undefined, { layers, ranges }: HybridDraft): string[] {
  const [hybrid, edited] = [Object.keys(layers).length, Object.keys(ranges).length];
  return [
    ...(from?.extras.filter((extra) => !extra.startsWith('hybrid:')) ?? []),
    ...(hybrid > 0 ? [`hybrid: ${counted(hybrid, 'layer')}`] : []),
    ...(edited > 0 ? [`${counted(edited, 'range')} set by hand`] : []),
  ];
}
