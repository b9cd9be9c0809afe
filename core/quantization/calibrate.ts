import { StudioError } from '../network/errors.ts';
import type { Network } from '../network/network.ts';
import type { QuantizedFormat } from '../network/number-format.ts';
import { floatPlan } from '../device/types.ts';
import { lowerNetwork } from '../device/lower.ts';
import { inputsInOrder, parts, samplesPerRun } from '../simulator/batching.ts';
import { Simulator } from '../simulator/simulator.ts';
import type { Range } from './entries.ts';
import { startCollector, type RangeAlgorithm } from './ranges/algorithm.ts';

/** One batch of calibration data: input layer key → float32 values in that input's own layout. */
export interface CalibrationBatch {
  inputs: ReadonlyMap<string, Float32Array>;
}

/** Where calibration data comes from, and who is told about it. */
export interface CalibrationRun {
  batchSize: number;
  batches: AsyncIterable<CalibrationBatch>;
  signal: AbortSignal;
  /** After each batch: how many are done. */
  onBatch: (this: void, done: number) => void;
}

/** What {@link calibrate} needs. */
export interface CalibrateOptions extends CalibrationRun {
  /** Default: normal. */
  algorithm?: RangeAlgorithm;
  /** How activations will be stored, for algorithms that weigh what is lost. Default: asymmetric uint8. */
  format?: QuantizedFormat;
  /** Which tensors to measure, by `@layer:out0`. Default: all. */
  refs?: ReadonlySet<string>;
}

/**
 * Runs the float32 network over the calibration batches and chooses a range for every tensor. Statistics are taken in
 * native code next to the data.
 * @returns ranges by `@layer:out0`
 * @throws StudioError 'dataset-invalid' when there are no batches
 */
export async function calibrate(network: Network, options: CalibrateOptions): Promise<Map<string, Range>> {
  const { algorithm = { name: 'normal' }, format = UINT8, refs } = options;
  const { graph, values } = lowerNetwork(network, {
    plan: floatPlan('float32'),
    batch: samplesPerRun(network, options.batchSize),
  });
  const simulator = new Simulator(graph, { signal: options.signal });
  try {
    const tensors = new Map<string, number>();
    for (const [ref, { tensor }] of values) {
      const wanted = tensor >= 0 && graph.tensors[tensor].role !== 'const' && (refs?.has(ref) ?? true);
      if (wanted) tensors.set(ref, tensor);
    }
    const collector = startCollector(algorithm, {
      simulator,
      format,
      tensors: [...new Set(tensors.values())],
    });
    await forEachRun(
      network,
      options,
      (inputs) => simulator.execute(inputs),
      () => collector.batchDone(),
    );
    const ranges = new Map<string, Range>();
    for (const [ref, tensor] of tensors) {
      const range = collector.range(tensor);
      if (range) ranges.set(ref, range);
    }
    return ranges;
  } finally {
    simulator.dispose();
  }
}

const UINT8: QuantizedFormat = { quantizer: 'asymmetric_affine', qtype: 'u8' };

/**
 * Calls `run` with the inputs of each run of the simulator, in the order of the network's input layers. A network of
 * fixed batch takes several runs for one batch.
 * @throws StudioError 'dataset-invalid' when there are no batches
 */
export async function forEachRun(
  network: Network,
  { batchSize, batches, signal, onBatch }: CalibrationRun,
  run: (inputs: Float32Array[]) => void,
  batchDone: () => void = () => undefined,
): Promise<void> {
  const runs = batchSize / samplesPerRun(network, batchSize);
  let done = 0;
  for await (const { inputs } of batches) {
    for (const part of parts(inputsInOrder(network, inputs), runs)) {
      signal.throwIfAborted();
      run(part);
    }
    batchDone();
    onBatch(++done);
  }
  if (done === 0) throw new StudioError('dataset-invalid', 'the dataset gave no samples to calibrate with');
}
