import { StudioError } from '../network/errors.ts';
import type { Network } from '../network/network.ts';

/** Batch the network itself fixes (the first dimension of its inputs), or undefined where it is open. */
export function fixedBatch(network: Network): number | undefined {
  const [first] = network.inputs.flatMap((layer) => (layer.has('shape') ? [layer.ints('shape', [])] : []));
  return first !== undefined && first.length > 0 && first[0] > 0 ? first[0] : undefined;
}

/**
 * Samples per run for a requested batch size: a network with a fixed batch is run several times instead
 * of being rebuilt, because constants inside it may depend on the batch.
 * @throws StudioError 'usage' when the batch size is not a multiple of the fixed one
 */
export function samplesPerRun(network: Network, batchSize: number): number {
  const fixed = fixedBatch(network);
  if (fixed === undefined) return batchSize;
  if (batchSize % fixed === 0) return fixed;
  throw new StudioError(
    'usage',
    `the network takes ${fixed} samples at a time; --batch-size ${batchSize} is not a multiple of it`,
  );
}

/** A batch's values in the order of the network's input layers. */
export function inputsInOrder(network: Network, inputs: ReadonlyMap<string, Float32Array>): Float32Array[] {
  return network.inputs.map((layer) => {
    const values = inputs.get(layer.key);
    if (!values) {
      throw new StudioError('dataset-invalid', 'the dataset has no column for this input', {
        layer: layer.key,
      });
    }
    return values;
  });
}

/** Cuts every array into `count` equal parts: views, one list of inputs per part. */
export function parts(inputs: readonly Float32Array[], count: number): Float32Array[][] {
  return Array.from({ length: count }, (_, index) =>
    inputs.map((values) => {
      const size = values.length / count;
      return values.subarray(index * size, (index + 1) * size);
    }),
  );
}
