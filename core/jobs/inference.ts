import { join } from 'node:path';
import { z } from 'zod';
import { batches, type Batch } from '../dataset/batches.ts';
import { inputsInOrder, parts, samplesPerRun } from '../simulator/batching.ts';
import { makeFolder } from '../files/atomic.ts';
import { pythonFloat } from '../files/float-text.ts';
import { tensorFileName, writeTensorFile } from '../files/tensor-file.ts';
import { lowerNetwork } from '../device/lower.ts';
import type { Layer } from '../network/layer.ts';
import { floatTensor } from '../network/tensor.ts';
import { Simulator } from '../simulator/simulator.ts';
import { shapeOf, type ShapeTable } from '../ops/shapes.ts';
import type { AcuityActions } from '../postprocess/description.ts';
import { inPicture, type Plan } from '../postprocess/plan.ts';
import { runStep, type StepResult } from '../postprocess/run.ts';
import { planSteps } from '../postprocess/step-files.ts';
import { joinOutputs, sliceOutput, type BatchOutput } from './batch-outputs.ts';
import type { JobContext } from './context.ts';
import {
  actionsOf,
  logSteps,
  logValidation,
  pictureSizes,
  sampleOutputs,
  saveSteps,
  type PictureSizes,
} from './inference-steps.ts';
import { batchSizeOf, loadSubject } from './load.ts';
import {
  batchSizeOption,
  dataOption,
  deviceOption,
  inputMetaOption,
  iterationsOption,
  modelOption,
  parseOptions,
  tableOption,
} from './options.ts';
import { requantizationOf, requantizationOptions } from './requantization.ts';
import type { Shown } from './show.ts';
import { topOf, type TopEntry } from './top.ts';

/** Options of `inference` (user guide 3.6.11). */
export const inferenceOptions = z.object({
  model: modelOption,
  modelData: dataOption,
  modelQuantize: tableOption,
  batchSize: batchSizeOption,
  iterations: iterationsOption,
  device: deviceOption,
  withInputMeta: inputMetaOption,
  dtype: z.enum(['float32', 'quantized']).default('float32').describe('how to compute'),
  postprocess: z
    .enum(['print_topn', 'dump_result', 'dump_results', 'classification_classic'])
    .optional()
    .describe('print the top 5, dump the tensors, or both (default: classification_classic, both)'),
  postprocessFile: z
    .string()
    .optional()
    .describe('post-processing description, a .yml file, instead of --postprocess'),
  outputDir: z.string().default('.').describe('folder for the tensor files (default: the current one)'),
  ...requantizationOptions,
});

/** One sample's result. */
export interface SampleResult {
  /** Class number from the dataset list, where it has one. */
  label: number | undefined;
  /** Best values of each output, best first. */
  top: TopEntry[][];
  /** Each output as the device stores it. */
  bytes: Uint8Array[];
  /** What each of the `nibble_postprocs` found. */
  steps: StepResult[];
}

/** What an inference found. */
export interface InferenceResult {
  samples: SampleResult[];
  /** Share of labelled samples whose best class of the first output is the label. */
  accuracy: number | undefined;
  /** Tensor files written, in order. */
  files: string[];
}

/** Machines find what each output holds in the tensor files. */
export const showInference: Shown<InferenceResult> = {
  json: ({ samples, accuracy, files }) => ({
    samples: samples.map((sample) => ({ ...sample, bytes: undefined })),
    accuracy,
    files,
  }),
};

/** `pegasus inference`: runs the network on the PC, prints the best classes, dumps inputs and outputs. */
export async function inferenceJob(options: unknown, context: JobContext): Promise<InferenceResult> {
  const given = parseOptions(inferenceOptions, options);
  const { acuity, steps } = await actionsOf(given);
  const requantization = await requantizationOf(given, context);
  const { network, meta, plan } = await loadSubject(given, context);
  await makeFolder(given.outputDir);
  const batchSize = batchSizeOf(given.batchSize, meta);
  const perRun = samplesPerRun(network, batchSize);
  const { graph, shapes } = lowerNetwork(network, { plan, batch: perRun });
  const { inputs, outputs } = network;
  const plans = await planSteps(steps, sampleOutputs(outputs, shapes), context.cwd);
  const pictureSize = await pictureSizes(plans, meta);
  const simulator = new Simulator(graph, { signal: context.signal, requantization });
  const run: Run = {
    given,
    acuity,
    plans,
    pictureSize,
    context,
    simulator,
    inputs,
    outputs,
    shapes,
    batchSize,
    runs: batchSize / perRun,
    files: [],
    samples: [],
  };
  try {
    const { iterations } = given;
    const { signal, cwd } = context;
    for await (const batch of batches(meta, { batchSize, iterations, signal, cwd })) {
      context.signal.throwIfAborted();
      await runBatch(run, batch.index, inputsInOrder(network, batch.inputs), batch.labels);
      context.progress((batch.index + 1) / iterations, `inference ${batch.index + 1} of ${iterations}`);
    }
  } finally {
    simulator.dispose();
  }
  logValidation(acuity, plans, run.samples, context);
  return { samples: run.samples, accuracy: accuracyOf(run.samples), files: run.files };
}

interface Run {
  given: z.output<typeof inferenceOptions>;
  acuity: AcuityActions;
  plans: readonly Plan[];
  /** Of the picture that a sample of the whole run was, before it was resized. */
  pictureSize: PictureSizes;
  context: JobContext;
  simulator: Simulator;
  inputs: readonly Layer[];
  outputs: readonly Layer[];
  shapes: ShapeTable;
  batchSize: number;
  /** Runs of the simulator that make one batch. */
  runs: number;
  files: string[];
  samples: SampleResult[];
}

async function runBatch(
  run: Run,
  iteration: number,
  inputs: Float32Array[],
  labels: Batch['labels'],
): Promise<void> {
  const outputs = joinOutputs(parts(inputs, run.runs).map((part) => run.simulator.run(part)));
  const { acuity, plans, given, context } = run;
  const results: StepResult[][] = [];
  for (let index = 0; index < run.batchSize; index++) {
    const sample = outputs.map((output) => sliceOutput(output, index, run.batchSize));
    const values = sample.map((output) => output.values);
    const size = await run.pictureSize(iteration * run.batchSize + index);
    const steps = plans.map((plan) => runStep(size ? inPicture(plan, size) : plan, values));
    results.push(steps);
    run.samples.push({
      label: labels[index],
      top: values.map((output) => topOf(output, Math.max(5, acuity.classificationValidate?.topn ?? 0))),
      bytes: sample.map(({ bytes }) => bytes),
      steps,
    });
  }
  const topn = acuity.topn ?? (acuity.classificationClassic ? 5 : undefined);
  if (topn !== undefined && !acuity.muteBuiltIn) printTop(run, iteration, outputs, topn);
  if ((acuity.dumpResults || acuity.classificationClassic) && !acuity.muteBuiltIn)
    await dump(run, iteration, inputs, outputs);
  if (plans.length === 0) return;
  logSteps(plans, results, iteration, context);
  const place = { folder: given.outputDir, iteration, iterations: given.iterations };
  run.files.push(...(await saveSteps(plans, results, place)));
}

function printTop(run: Run, iteration: number, results: readonly BatchOutput[], count: number): void {
  const { context, outputs } = run;
  results.forEach(({ values }, output) => {
    context.log('I', `Iter(${iteration}), top(${count}), tensor(@${outputs[output].key}:out0) :`);
    for (const { index, value } of topOf(values, count)) context.log('I', `${index}: ${pythonFloat(value)}`);
  });
}

async function dump(
  run: Run,
  iteration: number,
  inputs: readonly Float32Array[],
  outputs: readonly BatchOutput[],
): Promise<void> {
  const { iterations, outputDir } = run.given;
  const write = async (layer: Layer, values: Float32Array): Promise<void> => {
    const [first = 1, ...rest] = shapeOf(run.shapes, `@${layer.key}:out0`);
    const shape = [first * run.runs, ...rest];
    const file = join(outputDir, tensorFileName({ key: layer.key, port: 0, shape, iteration, iterations }));
    await writeTensorFile(file, floatTensor(shape, values));
    run.files.push(file);
  };
  for (const [index, layer] of run.inputs.entries()) await write(layer, inputs[index]);
  for (const [index, layer] of run.outputs.entries()) await write(layer, outputs[index].values);
}

function accuracyOf(samples: readonly SampleResult[]): number | undefined {
  const labelled = samples.filter((sample) => sample.label !== undefined);
  if (labelled.length === 0) return undefined;
  return labelled.filter((sample) => sample.top[0]?.[0]?.index === sample.label).length / labelled.length;
}
