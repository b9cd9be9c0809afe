import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { batches } from '../dataset/batches.ts';
import { analyze } from '../quantization/analysis.ts';
import { analysisReport, type AnalysisReport } from '../quantization/analysis-report.ts';
import { suggestLayers } from '../quantization/suggest.ts';
import type { JobContext } from './context.ts';
import { loadInputMeta, loadNetwork, loadQuantizeTable, networkStem } from './load.ts';
import { dataOption, inputMetaOption, iterationsOption, modelOption, parseOptions } from './options.ts';
import { writeEntropy, type EntropyFiles } from './quantize/entropy.ts';

/** Options of `analyze`: library and studio only, the vendor's tool measures only what it has just quantized. */
export const analyzeOptions = z.object({
  model: modelOption,
  modelData: dataOption,
  modelQuantize: z.string().min(1).describe('the quantize table to judge'),
  withInputMeta: inputMetaOption,
  iterations: iterationsOption,
});

/** What the job measured, and where it wrote. */
export interface AnalyzeResult {
  analysis: AnalysisReport;
  files: EntropyFiles;
}

/**
 * Measures the error of each tensor under a table that is there already, as `quantize --compute-entropy` does for a new
 * one: writes entropy.txt into the working directory and NAME.analysis.json beside the table.
 */
export async function analyzeJob(options: unknown, context: JobContext): Promise<AnalyzeResult> {
  const given = parseOptions(analyzeOptions, options);
  const { iterations } = given;
  const { signal, cwd } = context;
  const network = await loadNetwork(given.model, given.modelData, context);
  const meta = await loadInputMeta(given.withInputMeta, network, context);
  const table = await loadQuantizeTable(given.modelQuantize, given.model, context);
  const found = await analyze(network, table, {
    batchSize: 1,
    batches: batches(meta, { batchSize: 1, iterations, signal, cwd }),
    signal,
    onBatch: (done) =>
      context.progress(done / iterations, `measuring errors: ${done} of ${iterations} samples`),
  });
  signal.throwIfAborted();
  const analysis = analysisReport(network.meta.name, found, suggestLayers(network, found.tensors));
  const stem = basename(networkStem(given.model));
  const files = {
    entropy: join(cwd ?? '', 'entropy.txt'),
    analysis: join(dirname(given.modelQuantize), `${stem}.analysis.json`),
  };
  await writeEntropy(analysis, files, context);
  return { analysis, files };
}
