import { join } from 'node:path';
import { z } from 'zod';
import { batches } from '../dataset/batches.ts';
import { inputsInOrder } from '../quantization/calibrate.ts';
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
      ? quantizedPlan(await loadQuantizeTable(given.modelQuantize, given.model))
      : floatPlan('float32');
  const batchSize = batchSizeOf(given.batchSize, meta);
  const { graph, shapes } = lowerNetwork(network, { plan, batch: batchSize });
  const simulator = new Simulator(graph);
  const run: Run = {
    given,
    context,
    simulator,
    inputs: network.inputs,
    outputs: network.outputs,
    shapes,
    batchSize,
    files: [],
    samples: [],
  };
  try {
    const { iterations } = given;
    let iteration = 0;
    for await (const batch of batches(meta, { batchSize, iterations, signal: context.signal })) {
      context.signal.throwIfAborted();
      await runBatch(run, iteration++, {
        inputs: inputsInOrder(network, batch.inputs),
        labels: batch.labels,
      });
      context.progress(iteration / iterations, `inference ${iteration} of ${iterations}`);
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
  files: string[];
  samples: SampleResult[];
}

interface Batch {
  inputs: Float32Array[];
  labels: (number | undefined)[];
}

async function runBatch(run: Run, iteration: number, batch: Batch): Promise<void> {
  const results = run.simulator.run(batch.inputs);
  const { postprocess } = run.given;
  for (let index = 0; index < run.batchSize; index++) {
    const part = results.map((value) => slicePart(value, index, run.batchSize));
    run.samples.push({
      label: batch.labels[index],
      top: part.map(({ values }) => topOf(values, 5)),
      bytes: part.map(({ bytes }) => bytes),
    });
  }
  if (postprocess !== 'dump_result' && postprocess !== 'dump_results') printTop(run, iteration, results);
  if (postprocess !== 'print_topn') await dump(run, iteration, batch.inputs, results);
}

function slicePart(
  { values, bytes }: TensorValue,
  index: number,
  count: number,
): { values: Float32Array; bytes: Uint8Array } {
  const part = <A extends Float32Array | Uint8Array>(array: A) =>
    array.slice((array.length / count) * index, (array.length / count) * (index + 1)) as A;
  return { values: part(values), bytes: part(bytes) };
}

function printTop({ context, outputs }: Run, iteration: number, results: readonly TensorValue[]): void {
  results.forEach(({ values }, output) => {
    context.log('I', `Iter(${iteration}), top(5), tensor(@${outputs[output].key}:out0) :`);
    for (const { index, value } of topOf(values, 5)) context.log('I', `${index}: ${value}`);
  });
}

async function dump(
  run: Run,
  iteration: number,
  inputs: readonly Float32Array[],
  results: readonly TensorValue[],
): Promise<void> {
  const { iterations } = run.given;
  const write = async (layer: Layer, values: Float32Array) => {
    const shape = shapeOf(run.shapes, `@${layer.key}:out0`);
    const file = join(
      run.given.outputDir,
      tensorFileName({ key: layer.key, port: 0, shape, iteration, iterations }),
    );
    await writeTensorFile(file, floatTensor(shape, values));
    run.files.push(file);
  };
  for (const [index, layer] of run.inputs.entries()) await write(layer, inputs[index]);
  for (const [index, layer] of run.outputs.entries()) await write(layer, results[index].values);
}

function accuracyOf(samples: readonly SampleResult[]): number | undefined {
  const labelled = samples.filter((sample) => sample.label !== undefined);
  if (labelled.length === 0) return undefined;
  return labelled.filter((sample) => sample.top[0]?.[0]?.index === sample.label).length / labelled.length;
}
