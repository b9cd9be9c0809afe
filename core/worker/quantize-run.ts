import { copyFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { JobContext } from '../jobs/context.ts';
import type { EvaluateResult } from '../jobs/evaluate.ts';
import type { QuantizeResult } from '../jobs/quantize/result.ts';
import { counted } from '../network/counted.ts';
import type { Network } from '../network/network.ts';
import { coefficientKey, type QType, type QuantizeTable } from '../network/quantize-table.ts';
import { elementCount } from '../network/tensor.ts';
import type { AnalysisReport } from '../quantization/analysis-report.ts';
import { checkQuantizeForm, formOptions, type QuantizeForm } from './quantize-form.ts';
import { needCoefficients } from './project-files.ts';
import type { Project } from './project.ts';
import type { RunRecord } from './project-settings.ts';
import { runJob } from './run-job.ts';
import { basisOf, filesIn, inUnfinished, keepRun, sourceData } from './runs.ts';

/** Where the bar stands when the comparison with float begins. */
const QUANTIZED = 0.85;

/**
 * Quantizes a project with all of its samples and compares the result with float. Everything is written into
 * runs/.unfinished-NAME first; only a whole result becomes a run and the project's table.
 */
export async function quantizeProject(
  project: Project,
  options: unknown,
  target: string | null,
  context: JobContext,
): Promise<RunRecord> {
  const { files } = project;
  const started = Date.now();
  const given = checkQuantizeForm(options);
  await needCoefficients(files);
  const { length } = await project.sampleSet();
  const basis = await basisOf(project);
  const inFolder: JobContext = { ...context, cwd: files.folder };
  return inUnfinished(files, async (folder) => {
    const model = join(folder, `${files.name}.json`);
    await copyFile(files.model, model);
    const made = filesIn(files, folder);
    const common = {
      model,
      modelData: await sourceData(files),
      modelQuantize: made.table,
      withInputMeta: files.inputMeta,
      batchSize: given.batchSize ?? 1,
      iterations: given.iterations ?? Math.ceil(length / (given.batchSize ?? 1)),
    };
    const corrects = Boolean(given.MLE || given.biasCorrection || given.crossLayerEqualization);
    const result = await runJob(
      'quantize',
      {
        ...given,
        ...common,
        rebuild: given.rebuildAll !== true,
        ...(target === null ? {} : { target }),
        ...(corrects ? { outputData: made.data } : {}),
      },
      part(inFolder, 0, QUANTIZED),
    );
    if (result.entropy) await rename(result.entropy.entropy, made.entropy);
    const evaluation = await runJob(
      'evaluate',
      { ...common, quantizedModel: result.network, quantizedData: result.data },
      part(inFolder, QUANTIZED, 1),
    );
    context.signal.throwIfAborted();
    const record = { ...recordOf(given, result, project.network), evaluation, finished: Date.now(), basis };
    logEvaluation(evaluation, context);
    const kept = await keepRun(files, { ...record, seconds: (Date.now() - started) / 1000 });
    context.log('I', `Kept as run ${kept.number} in ${basename(files.folder)}/runs`);
    return kept;
  });
}

function recordOf(
  given: QuantizeForm,
  result: QuantizeResult,
  network: Network,
): Omit<RunRecord, 'number' | 'table' | 'basis' | 'seconds' | 'finished' | 'evaluation'> {
  const { samples, warnings, chipNotes = [], advice, analysis, table } = result;
  return {
    quantizer: given.quantizer ?? 'asymmetric_affine',
    qtype: given.qtype ?? 'uint8',
    algorithm: given.algorithm ?? 'normal',
    extras: extrasOf(given, result),
    samples,
    meanSqnr: analysis ? meanSqnr(analysis) : null,
    weightBytes: weightBytes(network, table),
    warnings: [...warnings.map(({ message }) => message), ...chipNotes],
    advice: advice?.sentences ?? [],
    advised: formOptions(advice?.options ?? []),
  };
}

function extrasOf(given: QuantizeForm, { auto, equalized }: QuantizeResult): string[] {
  const extras: string[] = [];
  if (given.MLE) extras.push('least error');
  else if (given.biasCorrection) extras.push('bias correction');
  if (equalized) extras.push(`${equalized.length} layer pairs equalized`);
  if (auto && auto.layers.length > 0) {
    extras.push(`${counted(auto.layers.length, 'layer')} in a wider type`);
  }
  if (given.splitHeadScales) extras.push('head scales split');
  return extras;
}

/** Mean over the activations with everything quantized, in dB; null when nothing was lost anywhere. */
export function meanSqnr({ tensors }: AnalysisReport): number | null {
  const found = tensors.flatMap(({ kind, entire }) =>
    kind === 'activation' && entire !== null && entire.sqnr !== null ? [entire.sqnr] : [],
  );
  return found.length === 0 ? null : found.reduce((sum, value) => sum + value, 0) / found.length;
}

const BYTES: Readonly<Record<QType, number>> = { u8: 1, i8: 1, i16: 2, i32: 4, i64: 8, bf16: 2, f16: 2 };

/** Bytes of the coefficients as stored; what the table does not name is float16 on the chip. */
export function weightBytes(network: Network, { entries }: QuantizeTable): number {
  let bytes = 0;
  for (const [key, tensors] of network.coefficients) {
    for (const [name, { shape }] of tensors) {
      bytes += elementCount(shape) * BYTES[entries.get(coefficientKey(key, name))?.qtype ?? 'f16'];
    }
  }
  return bytes;
}

export function logEvaluation(
  { outputs, agreement, accuracy, samples }: EvaluateResult,
  context: JobContext,
): void {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  for (const [index, { sqnr, cosine }] of outputs.entries()) {
    const noise = sqnr === null ? 'no error' : `${sqnr.toFixed(1)} dB`;
    context.log('I', `Output ${index} against float: ${noise}, cosine ${cosine.toFixed(5)}`);
  }
  if (!accuracy) return;
  context.log('I', `Same best class as float on ${percent(agreement)} of ${samples} samples`);
  context.log('I', `Accuracy ${percent(accuracy.quantized)}, float ${percent(accuracy.float)}`);
}

/** A context whose progress is a part of the bar. */
export function part(context: JobContext, from: number, to: number): JobContext {
  return {
    ...context,
    progress: (fraction, text) => context.progress(from + fraction * (to - from), text),
  };
}
