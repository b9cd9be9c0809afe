import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { numbersOf } from '../../onnx/numeric.ts';
import { step } from './step.ts';

/** Darknet adds it to the deviation; other engines add one to the variance. */
const EPSILON = 1e-6;

/** Variances below 0 that are as good as 0: Darknet is built so that such numbers count as 0. */
const ROUNDED = -1e-30;

/** Weights by their place among a node's inputs. */
export interface Statistics {
  biases: string;
  scales: string;
  mean: string;
  variance: string;
}

/** scales * (x - mean) / (sqrt(variance) + 1e-6) + biases, for [N, C, ...]. */
export function normalized(c: Composer, node: OnnxNode, x: string, weights: Statistics): string {
  const variance = c.known(weights.variance);
  if (!variance) throw node.invalid('the variance is missing');
  const squares = Float64Array.from(numbersOf(variance), (value, channel) => {
    if (value < ROUNDED) throw node.invalid(`the variance of channel ${channel} is ${value}, below 0`);
    return (Math.sqrt(Math.max(value, 0)) + EPSILON) ** 2;
  });
  const { scales, biases, mean } = weights;
  return step(c, 'BatchNormalization', [x, scales, biases, mean, c.floats(squares)], { epsilon: 0 });
}
