import type { TensorValue } from '../simulator/simulator.ts';

/** One output of a whole batch. */
export interface BatchOutput {
  values: Float32Array;
  bytes: Uint8Array;
}

/** Outputs of several runs, one after the other along the batch. */
export function joinOutputs(results: readonly TensorValue[][]): BatchOutput[] {
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

/** Sample `index` of `count`. */
export function sliceOutput({ values, bytes }: BatchOutput, index: number, count: number): BatchOutput {
  const cut = (length: number): [number, number] => [
    (length / count) * index,
    (length / count) * (index + 1),
  ];
  return { values: values.slice(...cut(values.length)), bytes: bytes.slice(...cut(bytes.length)) };
}
