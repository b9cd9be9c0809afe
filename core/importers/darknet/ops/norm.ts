import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { numbersOf, type Numbers } from '../../onnx/numeric.ts';
import { isDead } from '../dead-channels.ts';
import { step } from './step.ts';

/** Darknet adds it to the deviation; other engines add one to the variance. */
const EPSILON = 1e-6;

/** Weights by their place among a node's inputs. */
export interface Statistics {
  biases: string;
  scales: string;
  mean: string;
  variance: string;
}

/** scales * (x - mean) / (sqrt(variance) + 1e-6) + biases, for [N, C, ...]; dead channels are their bias. */
export function normalized(c: Composer, node: OnnxNode, x: string, weights: Statistics): string {
  const { biases, mean } = weights;
  const variances = numbers(c, node, weights.variance);
  const dead = isDead(variances);
  const scales = Float32Array.from(numbers(c, node, weights.scales), (scale, channel) =>
    dead[channel] ? 0 : scale,
  );
  const squares = Float32Array.from(variances, (variance, channel) => {
    if (variance < LOWEST)
      throw node.invalid(`the variance of channel ${channel} is ${variance}, which is below 0`);
    return (Math.sqrt(Math.max(variance, 0)) + EPSILON) ** 2;
  });
  const parameters = [c.floats(scales), biases, mean, c.floats(squares)];
  return step(c, 'BatchNormalization', [x, ...parameters], { epsilon: 0 });
}

/** Variances that are below 0 by rounding only: Darknet is built so that such small numbers count as 0. */
const LOWEST = -1e-30;

function numbers(c: Composer, node: OnnxNode, name: string): Numbers {
  const tensor = c.known(name);
  if (!tensor) throw node.invalid('statistics of its batch norm are missing');
  return numbersOf(tensor);
}
