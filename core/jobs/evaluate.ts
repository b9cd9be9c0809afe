import { z } from 'zod';
import { batches, type Batch } from '../dataset/batches.ts';
import { floatPlan, quantizedPlan } from '../device/types.ts';
import { evaluate, type Candidate } from '../quantization/evaluate.ts';
import type { JobContext } from './context.ts';
import { batchSizeOf, loadInputMeta, loadNetwork, loadQuantizeTable } from './load.ts';
import {
  batchSizeOption,
  dataOption,
  inputMetaOption,
  iterationsOption,
  modelOption,
  parseOptions,
} from './options.ts';
import { requantizationOf, requantizationOptions } from './requantization.ts';

/** Options of `evaluate`: library and studio only, the vendor's tool has no such command. */
export const evaluateOptions = z.object({
  model: modelOption,
  modelData: dataOption,
  modelQuantize: z.string().min(1).describe('the quantize table to judge'),
  quantizedModel: z.string().optional().describe('the network of the table, if it is a hybrid one'),
  quantizedData: z.string().optional().describe('the coefficients of the table, if they were corrected'),
  withInputMeta: inputMetaOption,
  batchSize: batchSizeOption,
  iterations: iterationsOption,
  ...requantizationOptions,
});

/** How a quantized network does beside its float one, on the same samples. */
export interface EvaluateResult {
  samples: number;
  /** Per output, against the float network: dB (null = no error at all) and cosine. */
  outputs: { sqnr: number | null; cosine: number }[];
  /** Share of the samples with the same best class as the float network, 0..1. */
  agreement: number;
  /** Samples with a label. */
  labelled: number;
  /** Top-1 accuracy, 0..1; absent without labels. */
  accuracy?: { quantized: number; float: number };
}

/** Runs the float and the quantized network over the dataset and compares their outputs. */
export async function evaluateJob(options: unknown, context: JobContext): Promise<EvaluateResult> {
  const given = parseOptions(evaluateOptions, options);
  const network = await loadNetwork(given.model, given.modelData, context);
  const meta = await loadInputMeta(given.withInputMeta, network, context);
  const table = await loadQuantizeTable(given.modelQuantize, given.model, context);
  const { quantizedModel = given.model, quantizedData = given.modelData } = given;
  const own = quantizedModel === given.model && quantizedData === given.modelData;
  const quantized: Candidate = {
    network: own ? network : await loadNetwork(quantizedModel, quantizedData, context),
    plan: quantizedPlan(table),
    requantization: await requantizationOf(given, context),
  };
  const batchSize = batchSizeOf(given.batchSize, meta);
  const { iterations } = given;
  const { signal, cwd } = context;
  const stream = counted(batches(meta, { batchSize, iterations, signal, cwd }), iterations, context);
  const float: Candidate = { network, plan: floatPlan('float32') };
  const [{ outputs, agreement, labelled, top1 }, reference] = await evaluate(
    network,
    [quantized, float],
    stream,
    signal,
  );
  return {
    samples: batchSize * iterations,
    outputs: outputs.map(({ sqnr, cosine }) => ({ sqnr: Number.isFinite(sqnr) ? sqnr : null, cosine })),
    agreement,
    labelled,
    ...(labelled > 0 ? { accuracy: { quantized: top1, float: reference.top1 } } : {}),
  };
}

/** Reports each batch as it is asked for. */
async function* counted(
  stream: AsyncIterable<Batch>,
  iterations: number,
  context: JobContext,
): AsyncGenerator<Batch> {
  for await (const batch of stream) {
    context.progress(batch.index / iterations, `comparing with float: ${batch.index} of ${iterations} steps`);
    yield batch;
  }
}
