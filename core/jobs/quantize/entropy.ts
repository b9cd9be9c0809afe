import { writeFileAtomic } from '../../files/atomic.ts';
import { writeEntropyFile } from '../../files/entropy-file.ts';
import { StudioError } from '../../network/errors.ts';
import type { AnalysisReport } from '../../quantization/analysis-report.ts';
import type { JobContext } from '../context.ts';

/** Where {@link writeEntropy} writes. */
export interface EntropyFiles {
  /** Lines `@layer:out0, 0.25`, as the real tool writes them: in the working directory. */
  entropy: string;
  /** The same and more for programs. */
  analysis: string;
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

/** Writes entropy.txt and the analysis, and tells which layers are worth a wider type. */
export async function writeEntropy(
  report: AnalysisReport,
  files: EntropyFiles,
  context: JobContext,
): Promise<void> {
  const lines = (kind: 'activation' | 'weight') =>
    report.tensors.filter((tensor) => tensor.kind === kind && tensor.requested !== null);
  await writeEntropyFile(files.entropy, lines('activation'), lines('weight'));
  await writeFileAtomic(files.analysis, `${JSON.stringify(report)}\n`);
  context.log('I', `Dump entropy to ${files.entropy}`);
  context.log('I', `Dump analysis to ${files.analysis}`);
  const suggested = Object.keys(report.suggested);
  if (suggested.length > 0) {
    context.log(
      'I',
      `Suggested for customized_quantize_layers (${suggested.length}): ${suggested.join(', ')}`,
    );
  }
}
