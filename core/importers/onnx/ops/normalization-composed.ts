import { Unsupported, type Builder } from '../builder.ts';
import { Composer, composed } from '../compose.ts';
import type { OnnxNode } from '../node.ts';
import { filled, frontAxis, product } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';

const DEFAULT_EPSILON = Math.fround(1e-5);

/** One number per channel, shaped to broadcast over [N, C, ...]. */
const perChannel = (c: Composer, name: string, rank: number): string =>
  c.reshape(name, [c.shape(name)[0], ...filled(rank - 2, 1)]);

/** (x - mean) and 1 / sqrt(variance + eps) along axes. */
function centred(c: Composer, x: string, axes: readonly number[], epsilon: number) {
  const mean = c.mean(x, axes);
  const difference = c.sub(x, mean);
  const variance = c.mean(c.mul(difference, difference), axes);
  const deviation = c.op('Sqrt', [c.add(variance, c.scalar(epsilon))]);
  return { mean, difference, deviation };
}

/** Statistics or scale are computed: the formula written out. */
export function composeBatchNorm(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const x = c.input(0);
  const { length: rank } = c.shape(x);
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((index) => perChannel(c, c.input(index), rank));
  const deviation = c.op('Sqrt', [c.add(variance, c.scalar(node.float('epsilon', DEFAULT_EPSILON)))]);
  const normal = c.op('Div', [c.sub(x, mean), deviation]);
  c.output(0, c.add(c.mul(normal, scale), bias));
}

/** Scale or bias is computed: normalized with 1 and 0 first. */
export function composeInstanceNorm(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const x = c.input(0);
  const [, channels] = c.shape(x);
  const { length: rank } = c.shape(x);
  const ones = c.floats(filled(channels, 1));
  const zeros = c.floats(filled(channels, 0));
  const epsilon = node.float('epsilon', DEFAULT_EPSILON);
  const normal = c.op('InstanceNormalization', [x, ones, zeros], { epsilon });
  const scaled = c.mul(normal, perChannel(c, c.input(1), rank));
  c.output(0, c.add(scaled, perChannel(c, c.input(2), rank)));
}

/** All spatial axes but the last folded into one: the normalization does not care. */
export function instanceNormAsImage(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const x = c.input(0);
  const shape = c.shape(x);
  const [batch, channels] = shape;
  const image = c.reshape(x, [batch, channels, product(shape.slice(2, -1)), shape[shape.length - 1]]);
  const epsilon = node.float('epsilon', DEFAULT_EPSILON);
  const normal = c.op('InstanceNormalization', [image, c.input(1), c.input(2)], { epsilon });
  c.output(0, c.reshape(normal, shape));
}

/** Scale or bias is computed, or the mean and deviation are asked for: the formula written out. */
export function composeLayerNorm(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const x = c.input(0);
  const { length: rank } = c.shape(x);
  const first = frontAxis(node.int('axis', -1), rank);
  const axes = c.shape(x).map((_, axis) => axis).slice(first); // prettier-ignore
  const { mean, difference, deviation } = centred(c, x, axes, node.float('epsilon', DEFAULT_EPSILON));
  const scaled = c.mul(c.op('Div', [difference, deviation]), c.input(1));
  c.output(0, c.has(2) ? c.add(scaled, c.input(2)) : scaled);
  c.output(1, mean);
  if (c.wants(2)) c.output(2, c.op('Reciprocal', [deviation]));
}

/**
 * Groups as the channels of an instance normalization. Since opset 21 scale and bias are per channel,
 * before that per group.
 */
const groupNormalization = composed((c, node) => {
  const x = c.input(0);
  const shape = c.shape(x);
  const [batch, channels] = shape;
  const groups = node.int('num_groups', 1);
  if (groups < 1 || channels % groups !== 0) throw node.invalid(`${groups} groups of ${channels} channels`);
  const inside = (channels / groups) * product(shape.slice(2));
  const rows = c.reshape(x, [batch, groups, inside]);
  const ones = c.floats(filled(groups, 1));
  const zeros = c.floats(filled(groups, 0));
  const epsilon = node.float('epsilon', DEFAULT_EPSILON);
  const normal = c.op('InstanceNormalization', [rows, ones, zeros], { epsilon });
  const [scale, bias] = [c.input(1), c.input(2)];
  const perGroup = node.opset < 21 && c.shape(scale)[0] === groups;
  if (perGroup) {
    const column = (name: string): string => c.reshape(name, [groups, 1]);
    return c.output(0, c.reshape(c.add(c.mul(normal, column(scale)), column(bias)), shape));
  }
  const whole = c.reshape(normal, shape);
  const rank = shape.length;
  c.output(0, c.add(c.mul(whole, perChannel(c, scale, rank)), perChannel(c, bias, rank)));
});

const meanVariance = composed((c, node) => {
  const x = c.input(0);
  const axes = (node.ints('axes') ?? [0, 2, 3]).map((axis) => frontAxis(axis, c.shape(x).length));
  const mean = c.mean(x, axes);
  const difference = c.sub(x, mean);
  const variance = c.mean(c.mul(difference, difference), axes);
  // The definition adds 1e-9 to the deviation, not to the variance.
  const deviation = c.add(c.op('Sqrt', [variance]), c.scalar(1e-9));
  c.output(0, c.op('Div', [difference, deviation]));
});

const lpNormalization = composed((c, node) => {
  const x = c.input(0);
  const axis = frontAxis(node.int('axis', -1), c.shape(x).length);
  const p = node.int('p', 2);
  if (p !== 1 && p !== 2) throw node.invalid(`p is ${p}`);
  const norm = c.op(`ReduceL${p}`, [x, c.ints([axis])], { keepdims: 1 });
  c.output(0, c.op('Div', [x, norm]));
});

/** x / sqrt(mean(x^2) + eps) * scale over the trailing axes. */
const rmsNormalization = composed((c, node) => {
  const x = c.input(0);
  const { length: rank } = c.shape(x);
  const first = frontAxis(node.int('axis', -1), rank);
  const axes = c.shape(x).map((_, axis) => axis).slice(first); // prettier-ignore
  const power = c.mean(c.mul(x, x), axes);
  const deviation = c.op('Sqrt', [c.add(power, c.scalar(node.float('epsilon', DEFAULT_EPSILON)))]);
  const normal = c.op('Div', [x, deviation]);
  c.output(0, c.has(1) ? c.mul(normal, c.input(1)) : normal);
});

/** A window of even length or another rank: the sum of squares as an average over neighbouring channels. */
export function composeLrn(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const x = c.input(0);
  const shape = c.shape(x);
  if (shape.length < 2) throw new Unsupported(`rank ${shape.length}`);
  const size = node.int('size', 1);
  const front = Math.floor((size - 1) / 2);
  const squares = c.reshape(c.mul(x, x), [shape[0], 1, shape[1], product(shape.slice(2))]);
  const mean = c.op('AveragePool', [squares], {
    kernel_shape: [size, 1],
    pads: [front, 0, size - 1 - front, 0],
    count_include_pad: 1,
  });
  const scaled = c.mul(c.reshape(mean, shape), c.scalar(node.float('alpha', Math.fround(0.0001))));
  const base = c.add(scaled, c.scalar(node.float('bias', 1)));
  c.output(0, c.op('Div', [x, c.op('Pow', [base, c.scalar(node.float('beta', 0.75))])]));
}

/** Normalizations that ovxlib 1.1.34 has no node for. */
export const composedNormalizations: OperatorFamily = {
  GroupNormalization: { convert: groupNormalization },
  MeanVarianceNormalization: { convert: meanVariance },
  LpNormalization: { convert: lpNormalization },
  RMSNormalization: { convert: rmsNormalization },
  SimplifiedLayerNormalization: { convert: rmsNormalization },
  'com.microsoft:SimplifiedLayerNormalization': { convert: rmsNormalization },
};
