import { batches } from '../../dataset/batches.ts';
import { writeFileAtomic } from '../../files/atomic.ts';
import { writeEntropyFile } from '../../files/entropy-file.ts';
import { StudioError } from '../../network/errors.ts';
import type { InputMeta } from '../../network/input-meta.ts';
import type { Network } from '../../network/network.ts';
import type { QuantizeTable } from '../../network/quantize-table.ts';
import { analyze } from '../../quantization/analysis.ts';
import { analysisReport, type AnalysisReport } from '../../quantization/analysis-report.ts';
import { suggestLayers } from '../../quantization/suggest.ts';
import type { JobContext } from '../context.ts';

/** Where {@link computeEntropy} writes. */
export interface EntropyFiles {
  /** Lines `@layer:out0, 0.25`, as the real tool writes them: in the working directory. */
  entropy: string;
  /** The same and more for programs. */
  analysis: string;
}

/** What {@link computeEntropy} needs. */
export interface EntropyOptions {
  network: Network;
  /** Gets the suggested layers as its `customized` section. */
  table: QuantizeTable;
  meta: InputMeta;
  batchSize: number;
  iterations: number;
  files: EntropyFiles;
  context: JobContext;
  /** Part of the job's progress bar. */
  progress: readonly [from: number, to: number];
}

/** `--compute-entropy` is about single samples (user guide 3.6.9). @throws StudioError 'usage' */
export function checkEntropyBatch(batchSize: number): void {
  if (batchSize === 1) return;
  throw new StudioError(
    'usage',
    `--compute-entropy needs a batch size of 1, not ${batchSize}`,
    {},
    'Add --batch-size 1.',
  );
}

/**
 * `--compute-entropy`: measures the error of every tensor, writes entropy.txt and the analysis, and puts the layers
 * worth a wider type into the table's `customized_quantize_layers`.
 */
export async function computeEntropy(options: EntropyOptions): Promise<AnalysisReport> {
  const { network, table, meta, batchSize, iterations, files, context } = options;
  const [from, to] = options.progress;
  const { signal } = context;
  const analysis = await analyze(network, table, {
    batchSize,
    batches: batches(meta, { batchSize, iterations, signal }),
    signal,
    onBatch: (done) =>
      context.progress(
        from + ((to - from) * done) / iterations,
        `measuring errors: ${done} of ${iterations}`,
      ),
  });
  const suggested = suggestLayers(network, analysis.tensors);
  table.customized = suggested;
  const report = analysisReport(network.meta.name, analysis, suggested);
  signal.throwIfAborted();
  const lines = (kind: 'activation' | 'weight') =>
    analysis.tensors.filter((tensor) => tensor.kind === kind && tensor.requested !== undefined);
  await writeEntropyFile(files.entropy, lines('activation'), lines('weight'));
  await writeFileAtomic(files.analysis, `${JSON.stringify(report)}\n`);
  context.log('I', `Dump entropy to ${files.entropy}`);
  context.log('I', `Dump analysis to ${files.analysis}`);
  if (suggested.size > 0) {
    const list = [...suggested.keys()].join(', ');
    context.log('I', `Suggested for customized_quantize_layers (${suggested.size}): ${list}`);
  }
  return report;
}
