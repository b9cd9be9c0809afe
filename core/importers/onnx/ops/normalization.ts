import { real } from '../../../network/layer.ts';
import { floatCopy, Unsupported, type Builder } from '../builder.ts';
import { channelLastOrder, identityOrder } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import { frontAxis } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';
import {
  composeBatchNorm,
  composedNormalizations,
  composeInstanceNorm,
  composeLayerNorm,
  composeLrn,
  instanceNormAsImage,
} from './normalization-composed.ts';

const DEFAULT_EPSILON = Math.fround(1e-5);

/** A `batchnormalize` layer on channel-last data. */
function convertBatchNorm(node: OnnxNode, builder: Builder): void {
  if (node.int('training_mode', 0) !== 0) throw new Unsupported('training mode');
  if (node.opset < 9 && node.int('spatial', 1) === 0)
    throw new Unsupported('statistics per element (spatial = 0)');
  const input = builder.value(node, 0);
  if (![1, 2, 3, 4].every((index) => builder.constant(node, index))) return composeBatchNorm(node, builder);
  const channels = input.shape[1] ?? 1;
  const [gamma, beta, mean, variance] = ['scale', 'bias', 'mean', 'variance'].map((what, i) => {
    const tensor = builder.requireConstant(node, i + 1, `the ${what}`);
    if (tensor.data.length !== channels)
      throw node.invalid(`the ${what} has ${tensor.data.length} values for ${channels} channels`);
    return tensor;
  });
  const eps = node.float('epsilon', DEFAULT_EPSILON);
  const order = channelLastOrder(input.shape.length);
  const draft = builder.layer(node, {
    op: 'batchnormalize',
    parameters: [['eps', real(eps)]],
    inputs: [builder.ordered(input, order)],
    coefficients: [
      ['beta', floatCopy(beta, [channels])],
      ['gamma', floatCopy(gamma, [channels])],
      ['mean', floatCopy(mean, [channels])],
      ['variance', floatCopy(variance, [channels])],
    ],
  });
  builder.emit(node, 0, { shape: input.shape, type: input.type, order, ref: { draft, port: 0 } });
}

function convertInstanceNorm(node: OnnxNode, builder: Builder): void {
  const input = builder.value(node, 0);
  const rank = input.shape.length;
  if (rank < 3) throw node.invalid(`the input has rank ${rank}`);
  if (!builder.constant(node, 1) || !builder.constant(node, 2)) return composeInstanceNorm(node, builder);
  if (rank > 4) return instanceNormAsImage(node, builder);
  const order = channelLastOrder(rank);
  const draft = builder.layer(node, {
    op: 'instancenormalize',
    parameters: [
      ['eps', real(node.float('epsilon', DEFAULT_EPSILON))],
      ['axis', Array.from({ length: rank - 2 }, (_, i) => i + 1)],
    ],
    inputs: [builder.ordered(input, order)],
    coefficients: [
      ['bias', floatCopy(builder.requireConstant(node, 2, 'the bias'), [input.shape[1]])],
      ['scale', floatCopy(builder.requireConstant(node, 1, 'the scale'), [input.shape[1]])],
    ],
  });
  builder.emit(node, 0, { shape: input.shape, type: input.type, order, ref: { draft, port: 0 } });
}

function convertLayerNorm(node: OnnxNode, builder: Builder): void {
  const input = builder.value(node, 0);
  const rank = input.shape.length;
  const axis = frontAxis(node.int('axis', -1), rank);
  const more = node.outputs.slice(1).some((name) => name !== '');
  const fixed = [1, 2].every((index) => !builder.present(node, index) || builder.constant(node, index));
  if (more || !fixed) return composeLayerNorm(node, builder);
  const shape = input.shape.slice(axis);
  const scale = floatCopy(builder.requireConstant(node, 1, 'the scale'), shape);
  const count = scale.data.length;
  const bias = builder.present(node, 2)
    ? floatCopy(builder.requireConstant(node, 2, 'the bias'), shape)
    : { ...scale, data: new Float32Array(count) };
  const order = identityOrder(rank);
  const draft = builder.layer(node, {
    op: 'layernormalize',
    parameters: [
      ['axis_list', order.slice(axis)],
      ['eps', real(node.float('epsilon', DEFAULT_EPSILON))],
    ],
    inputs: [builder.ordered(input, order)],
    coefficients: [
      ['bias', bias],
      ['scale', scale],
    ],
  });
  builder.emit(node, 0, { shape: input.shape, type: input.type, order, ref: { draft, port: 0 } });
}

function convertLrn(node: OnnxNode, builder: Builder): void {
  const input = builder.value(node, 0);
  if (input.shape.length !== 4 || node.int('size', 1) % 2 === 0) return composeLrn(node, builder);
  const order = channelLastOrder(4);
  const draft = builder.layer(node, {
    op: 'localresponsenormalization',
    parameters: [
      ['local_size', node.int('size', 1)],
      ['bias', real(node.float('bias', 1))],
      ['alpha', real(node.float('alpha', Math.fround(0.0001)))],
      ['beta', real(node.float('beta', 0.75))],
      ['type', 'NORM_ACROSS_CHANNELS'],
    ],
    inputs: [builder.ordered(input, order)],
  });
  builder.emit(node, 0, { shape: input.shape, type: input.type, order, ref: { draft, port: 0 } });
}

/** Normalizations; those in normalization-composed.ts become other operators. */
export const normalization: OperatorFamily = {
  ...composedNormalizations,
  BatchNormalization: { convert: convertBatchNorm },
  InstanceNormalization: { convert: convertInstanceNorm },
  LayerNormalization: { convert: convertLayerNorm },
  LRN: { convert: convertLrn },
};
