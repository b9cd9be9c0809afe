import { z } from 'zod';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan } from '../device/types.ts';
import { StudioError } from '../network/errors.ts';
import type { InputMeta } from '../network/input-meta.ts';
import type { Network } from '../network/network.ts';
import { readPostProcessFile } from '../postprocess/file.ts';
import { inPicture, type Plan } from '../postprocess/plan.ts';
import { runStep, type StepResult } from '../postprocess/run.ts';
import { planSteps } from '../postprocess/step-files.ts';
import { errorsByDepth, type LayerError, type Lowered } from '../quantization/depth.ts';
import { errorsOf, measureOf } from '../quantization/error-measure.ts';
import { fixedBatch } from '../simulator/batching.ts';
import type { NativeRequantization } from '../simulator/native.ts';
import { Simulator, type TensorValue } from '../simulator/simulator.ts';
import type { JobContext } from './context.ts';
import { exportGraph } from './export-graph.ts';
import { exportOvxlibOptions } from './export-options.ts';
import { sampleOutputs } from './inference-steps.ts';
import { loadInputMeta, loadNetwork, loadQuantizeTable } from './load.ts';
import { dataOption, inputMetaOption, modelOption, parseOptions } from './options.ts';
import { requantizationOf, requantizationOptions } from './requantization.ts';
import { loadInputs, repeated, type SampleInputs } from './sample-inputs.ts';
import { topOf, type TopEntry } from './top.ts';
import { runCompiledCase, type CompiledRun } from './verify-compiled.ts';

const networkFiles = z.object({ model: modelOption, modelData: dataOption });

/** Options of `verify`: library and studio only, the vendor's tool has no such command. */
export const verifyOptions = networkFiles.extend({
  withInputMeta: inputMetaOption,
  sample: z.union([z.int().nonnegative(), z.string().min(1)]).describe('number in the dataset, or a file'),
  quantized: networkFiles
    .extend({ modelQuantize: z.string().min(1) })
    .optional()
    .describe('the quantized network: a hybrid one where there is one'),
  compiled: exportOvxlibOptions
    .pick({ dtype: true, batchSize: true, forceRemovePermute: true, postprocessFile: true })
    .extend({ ...networkFiles.shape, modelQuantize: z.string().optional(), folder: z.string().min(1) })
    .optional()
    .describe('a case that has been compiled, and what it was exported from'),
  postprocessFile: z.string().optional().describe('post-processing description, a .yml file'),
  ...requantizationOptions,
});

/** How far an output is from the float network's. */
export interface OutputSimilarity {
  cosine: number;
  /** In dB; Infinity without any error. */
  sqnr: number;
}

/** What one way to run the network gave. */
export interface VerifiedRun {
  /** Best values of each output. */
  top: TopEntry[][];
  steps: VerifiedStep[];
  /** Per output; undefined where its number of values differs. */
  similarity: (OutputSimilarity | undefined)[];
}

/** What a step found, with what is needed to show it. */
export interface VerifiedStep {
  result: StepResult;
  labels: readonly string[];
  /** The picture that places are in. */
  width: number;
  height: number;
}

/** What `verify` answers. */
export interface VerifyResult {
  /** Keys of the outputs. */
  outputs: string[];
  /** How the quantized and the compiled network turned integer sums into codes. */
  requantization: NativeRequantization;
  float: VerifiedRun;
  quantized?: VerifiedRun;
  compiled?: VerifiedRun & Pick<CompiledRun, 'sameBytes' | 'text'>;
  /** Why the compiled case did not run. */
  compiledProblem?: string;
  depth: LayerError[];
}

type Verify = z.output<typeof verifyOptions>;

/** Runs one sample through the float, the quantized and the compiled network. */
export async function verifyJob(options: unknown, context: JobContext): Promise<VerifyResult> {
  const given = parseOptions(verifyOptions, options);
  const requantization = await requantizationOf(given, context);
  context.progress(0, 'reading the network');
  const network = await loadNetwork(given.model, given.modelData, context);
  const meta = await loadInputMeta(given.withInputMeta, network, context);
  const sample = await loadInputs(given.sample, network, meta, context);
  const { quantized } = given;
  const opened: Simulator[] = [];
  const open = (of: Network, plan: Parameters<typeof lowerNetwork>[1]['plan']): Lowered => {
    const lowered = lowerNetwork(of, { plan, batch: fixedBatch(of) ?? 1 });
    const simulator = new Simulator(lowered.graph, { signal: context.signal, requantization });
    opened.push(simulator);
    return { lowered, simulator };
  };
  try {
    context.progress(0.2, 'running the float network');
    const float = open(network, floatPlan('float32'));
    const inputs = repeated(sample.values, fixedBatch(network) ?? 1);
    const reference = firstSample(float.simulator.run(inputs), fixedBatch(network) ?? 1);
    const shown = new Shown(await stepsOf(given, network, float, context.cwd), sample.size, reference);
    const result: VerifyResult = {
      outputs: network.outputs.map(({ key }) => key),
      requantization,
      float: shown.run(reference),
      depth: [],
    };
    if (quantized) {
      context.progress(0.4, 'running the quantized network');
      const table = await loadQuantizeTable(quantized.modelQuantize, quantized.model, context);
      const own = await loadNetwork(quantized.model, quantized.modelData, context);
      const ours = open(own, quantizedPlan(table));
      result.depth = errorsByDepth(own, table, float, ours, inputs);
      const outputs = ours.lowered.graph.outputs.map((id) => ours.simulator.read(id));
      result.quantized = shown.run(firstSample(outputs, fixedBatch(own) ?? 1));
    }
    context.signal.throwIfAborted();
    const { compiled } = given;
    await addCompiled(result, { compiled, requantization }, sample, reference, meta, context);
    context.progress(1, 'compared');
    return result;
  } finally {
    for (const simulator of opened) simulator.dispose();
  }
}

/** A case that does not run is a finding, not the end. */
async function addCompiled(
  result: VerifyResult,
  { compiled, requantization }: Pick<Verify, 'compiled'> & Pick<VerifyResult, 'requantization'>,
  sample: SampleInputs,
  reference: readonly Float32Array[],
  meta: InputMeta,
  context: JobContext,
): Promise<void> {
  if (!compiled) return;
  context.progress(0.8, 'running the compiled case');
  try {
    const network = await loadNetwork(compiled.model, compiled.modelData, context);
    const { dtype, modelQuantize, model, folder } = compiled;
    const table = dtype === 'quantized' ? await loadQuantizeTable(modelQuantize, model, context) : undefined;
    const { graph, steps, batch } = await exportGraph(compiled, { network, meta, table }, context);
    const how = { requantization, signal: context.signal };
    const run = await runCompiledCase(folder, graph, repeated(sample.values, batch), how);
    const first = (values: Float32Array): Float32Array => values.subarray(0, values.length / batch);
    const shown = new Shown(steps, sample.size, reference);
    result.compiled = {
      // Steps of an export are bound to the device's memory.
      ...shown.run(run.values.map(first), run.raw),
      sameBytes: run.sameBytes,
      text: run.text,
    };
  } catch (error) {
    if (!(error instanceof StudioError) || error.code === 'cancelled') throw error;
    result.compiledProblem = error.message;
    context.log('W', `The compiled case was not run: ${error.toString()}`);
  }
}

async function stepsOf(
  { postprocessFile }: Verify,
  network: Network,
  { lowered }: Lowered,
  cwd: string | undefined,
): Promise<Plan[]> {
  if (postprocessFile === undefined) return [];
  const { steps } = await readPostProcessFile(postprocessFile);
  return planSteps(steps, sampleOutputs(network.outputs, lowered.shapes), cwd);
}

function firstSample(outputs: readonly TensorValue[], batch: number): Float32Array[] {
  return outputs.map(({ values }) => values.subarray(0, values.length / batch));
}

/** Best values of each output that are kept. */
const TOP = 5;

/** Turns outputs into what is shown of them. */
class Shown {
  constructor(
    private readonly plans: readonly Plan[],
    private readonly size: SampleInputs['size'],
    private readonly reference: readonly Float32Array[],
  ) {}

  /** @param bound the memory that the plans are bound to; default: the values */
  run(values: readonly Float32Array[], bound: readonly Float32Array[] = values): VerifiedRun {
    return {
      top: values.map((output) => topOf(output, TOP)),
      steps: this.plans.map((plan) => this.step(plan, bound)),
      similarity: values.map((output, index) => {
        if (output.length !== this.reference[index].length) return undefined;
        const { cosine, sqnr } = measureOf(errorsOf(this.reference[index], output));
        return { cosine, sqnr };
      }),
    };
  }

  private step(plan: Plan, values: readonly Float32Array[]): VerifiedStep {
    const fitted = this.size ? inPicture(plan, this.size) : plan;
    const result = runStep(fitted, values);
    const { labels } = plan;
    if ('frame' in fitted) {
      return { result, labels, width: fitted.frame.imageWidth, height: fitted.frame.imageHeight };
    }
    const { width = 1, height = 1 } = this.size ?? {};
    return { result, labels, width, height };
  }
}
