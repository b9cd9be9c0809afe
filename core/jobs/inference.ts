import { join } from 'node:path';
import { z } from 'zod';
import { batches, type Batch } from '../dataset/batches.ts';
import { inputsInOrder, parts, samplesPerRun } from '../simulator/batching.ts';
import { tensorFileName, writeTensorFile } from '../files/tensor-file.ts';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan } from '../device/types.ts';
import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import { floatTensor } from '../network/tensor.ts';
import { Simulator, type TensorValue } from '../simulator/simulator.ts';
import { shapeOf, type ShapeTable } from '../ops/shapes.ts';
import type { JobContext } from './context.ts';
import { batchSizeOf, loadInputMeta, loadNetwork, loadQuantizeTable } from './load.ts';
import {
  batchSizeOption,
  dataOption,
  deviceOption,
  inputMetaOption,
  iterationsOption,
  modelOption,
  parseOptions,
} from './options.ts';
import { topOf, type TopEntry } from './top.ts';

/** Options of `inference` (user guide 3.6.11). */
export const inferenceOptions = z.object({
  model: modelOption,
  modelData: dataOption,
  modelQuantize: z
    .string()
    .optional()
    .describe('the quantize table (default: NAME.quantize beside the network)'),
  batchSize: batchSizeOption,
  iterations: iterationsOption,
  device: deviceOption,
  withInputMeta: inputMetaOption,
  dtype: z.enum(['float32', 'quantized']).default('float32').describe('how to compute'),
  postprocess: z
    .enum(['print_topn', 'dump_result', 'dump_results', 'classification_classic'])
    .default('classification_classic')
    .describe('print the top 5, dump the tensors, or both (default)'),
  postprocessFile: z
    .string()
    .optional()
    .describe('post-processing description, a .yml file (not available yet)'),
  outputDir: z.string().default('.').describe('folder for the tensor files (default: the current one)'),
});

/** One sample's result. */
export interface SampleResult {
  /** Class number from the dataset list, where it has one. */
  label: number | undefined;
  /** Best values of each output, best first. */
  top: TopEntry[][];
  /** Each output as the device stores it. */
  bytes: Uint8Array[];
}

/** What an inference found. */
export interface InferenceResult {
  samples: SampleResult[];
  /** Share of labelled samples whose best class of the first output is the label. */
  accuracy: number | undefined;
  /** Tensor files written, in order. */
  files: string[];
}

/** `pegasus inference`: runs the network on the PC, prints the best classes, dumps inputs and outputs. */
export async function inferenceJob(options: unknown, context: JobContext): Promise<InferenceResult> {
  const given = parseOptions(inferenceOptions, options);
  if (given.postprocessFile !== undefined)
    throw new StudioError('usage', '--postprocess-file: not available in this version');
  const network = await loadNetwork(given.model, given.modelData, context);
  const meta = await loadInputMeta(given.withInputMeta, network, context);
  const plan =
    given.dtype === 'quantized'
      ? quantizedPlan(await loadQuantizeTable(given.modelQuantize, given.model, context))
      : floatPlan('float32');
  const batchSize = batchSizeOf(given.batchSize, meta);
  const perRun = samplesPerRun(network, batchSize);
  const { graph, shapes } = lowerNetwork(network, { plan, batch: perRun });
  const simulator = new Simulator(graph);
  const { inputs, outputs } = network;
  const run: Run = {
    given,
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
  return { samples: run.samples, accuracy: accuracyOf(run.samples), files: run.files };
}

interface Run {
  given: z.output<typeof inferenceOptions>;
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

/** One output of a whole batch. */
interface BatchOutput {
  values: Float32Array;
  bytes: Uint8Array;
}

async function runBatch(
  run: Run,
  iteration: number,
  inputs: Float32Array[],
  labels: Batch['labels'],
): Promise<void> {
  const outputs = joinOutputs(parts(inputs, run.runs).map((part) => run.simulator.run(part)));
  const { postprocess } = run.given;
  for (let index = 0; index < run.batchSize; index++) {
    const sample = outputs.map((output) => sliceOutput(output, index, run.batchSize));
    run.samples.push({
      label: labels[index],
      top: sample.map(({ values }) => topOf(values, 5)),
      bytes: sample.map(({ bytes }) => bytes),
    });
  }
  if (postprocess !== 'dump_result' && postprocess !== 'dump_results') printTop(run, iteration, outputs);
  if (postprocess !== 'print_topn') await dump(run, iteration, inputs, outputs);
}

/** Outputs of several runs, one after the other along the batch. */
function joinOutputs(results: readonly TensorValue[][]): BatchOutput[] {
  if (results.length === 1) return results[0];
  return results[0].map((_, output) => ({
    values: concatenate(
      results.map((result) => result[output].values),
      (length) => new Float32Array(length),
    ),
    bytes: concatenate(
      results.map((result) => result[output].bytes),
      (length) => new Uint8Array(length),
    ),
  }));
}

function concatenate<A extends Float32Array | Uint8Array>(
  arrays: readonly A[],
  make: (length: number) => A,
): A {
  const joined = make(arrays.reduce((sum, array) => sum + array.length, 0));
  let offset = 0;
  for (const array of arrays) {
    joined.set(array, offset);
    offset += array.length;
  }
  return joined;
}

function sliceOutput({ values, bytes }: BatchOutput, index: number, count: number): BatchOutput {
  const cut = (length: number): [number, number] => [
    (length / count) * index,
    (length / count) * (index + 1),
  ];
  return { values: values.slice(...cut(values.length)), bytes: bytes.slice(...cut(bytes.length)) };
}

function printTop({ context, outputs }: Run, iteration: number, results: readonly BatchOutput[]): void {
  results.forEach(({ values }, output) => {
    context.log('I', `Iter(${iteration}), top(5), tensor(@${outputs[output].key}:out0) :`);
    for (const { index, value } of topOf(values, 5)) context.log('I', `${index}: ${value}`);
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
