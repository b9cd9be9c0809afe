import { join } from 'node:path';
import { z } from 'zod';
import { batches } from '../dataset/batches.ts';
import { lowerNetwork, type LoweredNetwork } from '../device/lower.ts';
import { makeFolder } from '../files/atomic.ts';
import { tensorFileName, writeTensorFile } from '../files/tensor-file.ts';
import type { DeviceType } from '../device/graph.ts';
import { StudioError } from '../network/errors.ts';
import { parseRef } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { sourceLayout } from '../network/source-layout.ts';
import { transpose, viewElements, type ElementType, type Tensor } from '../network/tensor.ts';
import { axisNames, type AxisNames } from '../ops/axis-names.ts';
import { identity } from '../ops/axes.ts';
import type { Operand } from '../ops/spec.ts';
import { fixedBatch, inputsInOrder } from '../simulator/batching.ts';
import { toDeviceLayout } from '../simulator/layout.ts';
import { Simulator, type TensorValue } from '../simulator/simulator.ts';
import type { JobContext } from './context.ts';
import { batchSizeOf, loadSubject } from './load.ts';
import {
  dataOption,
  deviceOption,
  inputMetaOption,
  modelOption,
  parseOptions,
  tableOption,
} from './options.ts';
import { requantizationOf, requantizationOptions } from './requantization.ts';

/** Options of `dump`. */
export const dumpOptions = z.object({
  model: modelOption,
  modelData: dataOption,
  modelQuantize: tableOption,
  withInputMeta: inputMetaOption,
  dtype: z.enum(['float32', 'quantized']).default('float32').describe('how to compute'),
  device: deviceOption,
  layers: z
    .string()
    .optional()
    .describe('keys of the layers to dump, with commas between them (default: all); beyond the vendor'),
  outputDir: z.string().default('.').describe('folder for the tensor files (default: the current one)'),
  format: z
    .enum(['nchw', 'nhwc'])
    .optional()
    .describe('layout of the tensors of rank 4 (default: as the source framework has pictures)'),
  ...requantizationOptions,
});

/** What was dumped. */
export interface DumpResult {
  /** Tensor files written, in the order of computation. */
  files: string[];
}

/**
 * `pegasus dump`: runs the first sample of the dataset (one batch, where the network has a fixed one) and writes the
 * outputs of every layer as text. A quantized tensor is written twice: as real numbers, and as the integers that the
 * device has (`.qnt.tensor`).
 */
export async function dumpJob(options: unknown, context: JobContext): Promise<DumpResult> {
  const given = parseOptions(dumpOptions, options);
  const requantization = await requantizationOf(given, context);
  const { network, meta, plan } = await loadSubject(given, context);
  await makeFolder(given.outputDir);
  const batchSize = fixedBatch(network) ?? batchSizeOf(undefined, meta);
  const lowered = lowerNetwork(network, { plan, batch: batchSize });
  const refs = chosenRefs(network, lowered, given.layers);
  const simulator = new Simulator(lowered.graph, { signal: context.signal, requantization });
  try {
    const format = given.format ?? sourceLayout(network);
    const dump: Dump = { network, lowered, simulator, format, folder: given.outputDir, files: [] };
    for await (const batch of batches(meta, { batchSize, iterations: 1, signal: context.signal })) {
      await writeAll(dump, refs, inputsInOrder(network, batch.inputs), context);
    }
    context.log('I', `Dump ${dump.files.length} tensors to ${given.outputDir}`);
    return { files: dump.files };
  } finally {
    simulator.dispose();
  }
}

interface Dump {
  network: Network;
  lowered: LoweredNetwork;
  simulator: Simulator;
  format: 'nchw' | 'nhwc';
  folder: string;
  files: string[];
}

/** The tensors to dump, by what holds them. @throws StudioError 'usage' for a layer that does not exist */
function chosenRefs(
  network: Network,
  { values }: LoweredNetwork,
  layers: string | undefined,
): Map<number, string[]> {
  const keys = layers?.split(',').map((key) => key.trim());
  const unknown = keys?.find((key) => !network.layers.has(key));
  if (unknown !== undefined)
    throw new StudioError('usage', `--layers: the network has no layer "${unknown}"`);
  const refs = new Map<number, string[]>();
  for (const [ref, { tensor }] of values) {
    // Constants have no tensor of their own; the .data file holds them.
    if (tensor >= 0 && (keys?.includes(parseRef(ref).layer) ?? true))
      refs.set(tensor, [...(refs.get(tensor) ?? []), ref]);
  }
  return refs;
}

/** Each tensor is written while the network runs, as soon as it is there: not all of them need fit into memory. */
async function writeAll(
  dump: Dump,
  refs: ReadonlyMap<number, string[]>,
  inputs: readonly Float32Array[],
  context: JobContext,
): Promise<void> {
  const { values, shapes } = dump.lowered;
  const names = axisNames(dump.network, shapes);
  let done = 0;
  for (const value of dump.simulator.stream(inputs, refs.keys())) {
    for (const ref of refs.get(value.tensor.id) ?? []) {
      context.signal.throwIfAborted();
      const operand = values.get(ref);
      if (operand) await writeValue(dump, ref, value, operand, names.get(ref));
    }
    context.progress(++done / refs.size, `dump ${done} of ${refs.size}`);
  }
}

async function writeValue(
  dump: Dump,
  ref: string,
  value: TensorValue,
  operand: Operand,
  names: AxisNames | undefined,
): Promise<void> {
  const { layer, port } = parseRef(ref);
  const { format, folder, files } = dump;
  for (const tensor of [realNumbers(value), storedIntegers(value)]) {
    if (!tensor) continue;
    const result = inFormat(inNetworkOrder(tensor, operand), names, format);
    const quantized = result.type !== 'float32';
    const file = join(folder, tensorFileName({ key: layer, port, shape: result.shape, format, quantized }));
    await writeTensorFile(file, result);
    files.push(file);
  }
}

/** The values as numbers, in the device's layout. */
function realNumbers({ tensor, values }: TensorValue): Tensor {
  const shape = [...tensor.size].reverse();
  return { type: 'float32', shape, data: toDeviceLayout(tensor, values) };
}

const INTEGERS: Partial<Record<DeviceType, ElementType>> = { uint8: 'uint8', int8: 'int8', int16: 'int16' };

/** What a quantized tensor stores, in the device's layout; undefined for tensors that are not quantized. */
function storedIntegers({ tensor, bytes }: TensorValue): Tensor | undefined {
  const type = tensor.quantization.kind === 'none' ? undefined : INTEGERS[tensor.type];
  if (!type) return undefined;
  return { type, shape: [...tensor.size].reverse(), data: viewElements(type, bytes) };
}

/** From the device's axes to the network's. */
function inNetworkOrder(tensor: Tensor, { order, shape }: Operand): Tensor {
  const axes = identity(order.length).map((axis) => order.indexOf(axis));
  // The device gives scalars one dimension.
  return axes.length === tensor.shape.length ? transpose(tensor, axes) : { ...tensor, shape };
}

/** A tensor of rank 4 in the wanted layout; others stay. */
function inFormat(tensor: Tensor, names: AxisNames | undefined, format: string): Tensor {
  if (names === undefined) return tensor;
  const axes = Array.from(format, (axis) => names.indexOf(axis));
  return transpose(tensor, axes);
}
