import { batches } from '../dataset/batches.ts';
import type { DeviceGraph } from '../device/graph.ts';
import { goldenOf } from '../export/golden.ts';
import type { Golden } from '../export/self-test.ts';
import { StudioError } from '../network/errors.ts';
import type { InputMeta } from '../network/input-meta.ts';
import type { Network } from '../network/network.ts';
import { inputsInOrder } from '../simulator/batching.ts';
import type { JobContext } from './context.ts';

/** Golden inputs of a self test: enough to see more than one picture's luck. */
const SAMPLES = 2;

/**
 * Runs the first samples of the dataset for a case's self test. A dataset that is not there costs the self test, not
 * the export.
 * @param batch the batch size the graph was made for
 */
export async function goldenSamples(
  network: Network,
  graph: DeviceGraph,
  meta: InputMeta,
  batch: number,
  context: JobContext,
): Promise<Golden | undefined> {
  try {
    const samples: Float32Array[][] = [];
    const stream = batches(meta, {
      batchSize: batch,
      iterations: SAMPLES,
      signal: context.signal,
      cwd: context.cwd,
    });
    for await (const { inputs } of stream) samples.push(inputsInOrder(network, inputs));
    return goldenOf(graph, samples, context.signal);
  } catch (error) {
    const noData = error instanceof StudioError && /^(file-missing|dataset-invalid)$/.test(error.code);
    if (!noData) throw error;
    context.log('W', `No self test is written: ${error.toString()}`);
    return undefined;
  }
}
