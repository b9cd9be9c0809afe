import type { Tensor } from '../../../network/tensor.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { identityOrder, type Value } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import { frontAxis, fromNumbers, integersOf, numbersOf, product } from '../numeric.ts';
import { needed, type OperatorFamily } from '../operator.ts';

/** A longer axis would need a matrix of more than 16 million ones. */
const LONGEST = 4096;

/** Whether element `from` takes part in sum `to`. */
function takesPart(node: OnnxNode): (from: number, to: number) => boolean {
  const exclusive = node.int('exclusive', 0) !== 0;
  const reverse = node.int('reverse', 0) !== 0;
  return (from, to) => {
    const distance = reverse ? from - to : to - from;
    return exclusive ? distance > 0 : distance >= 0;
  };
}

/** Running sums along the last axis are a product with a triangle of ones. */
function convertCumSum(node: OnnxNode, builder: Builder): void {
  const value = builder.value(node, 0);
  const rank = value.shape.length;
  const axis = frontAxis(builder.integers(node, 1, 'the axis')?.[0] ?? 0, rank);
  const length = value.shape[axis];
  if (length > LONGEST) throw new Unsupported(`running sums over ${length} elements`);
  const part = takesPart(node);
  const ones = Float32Array.from({ length: length * length }, (_, i) =>
    Number(part(Math.floor(i / length), i % length)),
  );
  const triangle = {
    tensor: fromNumbers('float32', [length, length], ones),
    layerName: `Constant_${node.name}`,
  };
  const order = [...identityOrder(rank).filter((index) => index !== axis), axis];
  const stored = order.map((index) => value.shape[index]);
  const rows = builder.reshape(builder.ordered(value, order), [-1, length]);
  const draft = builder.layer(node, {
    op: 'matmul',
    parameters: [
      ['transpose_a', false],
      ['transpose_b', false],
    ],
    inputs: [rows, { draft: builder.variable(triangle, [length, length], [0, 1]), port: 0 }],
  });
  const ref = builder.reshape({ draft, port: 0 }, stored);
  const result: Value = { shape: value.shape, type: value.type, order, ref };
  builder.emit(node, 0, result);
}

function foldCumSum(node: OnnxNode, inputs: readonly (Tensor | undefined)[]): Tensor[] {
  const tensor = needed(node, inputs, 0);
  const axis = frontAxis(integersOf(needed(node, inputs, 1))[0] ?? 0, tensor.shape.length);
  const part = takesPart(node);
  const numbers = numbersOf(tensor);
  const inner = product(tensor.shape.slice(axis + 1));
  const length = tensor.shape[axis];
  const values = Float64Array.from({ length: numbers.length }, (_, i) => {
    const at = Math.floor(i / inner) % length;
    const first = i - at * inner;
    let sum = 0;
    for (let k = 0; k < length; k++) if (part(k, at)) sum += numbers[first + k * inner];
    return sum;
  });
  return [fromNumbers(tensor.type, tensor.shape, values)];
}

/** Operators that add up along an axis. */
export const cumulative: OperatorFamily = { CumSum: { convert: convertCumSum, fold: foldCumSum } };
