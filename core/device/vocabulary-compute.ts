import { enumNames } from './vocabulary-enums.ts';
import {
  array,
  bool,
  f32,
  i32,
  oneOf,
  op,
  plain,
  pointer,
  text,
  u32,
  type OpInfo,
} from './vocabulary-fields.ts';

const padType = oneOf(enumNames('pad'));
const window2d = { ksize: array('u32', 2), stride: array('u32', 2), pad: array('u32', 4), pad_type: padType };
const convolution2d = {
  ...window2d,
  weights: u32,
  group: u32,
  dilation: array('u32', 2),
  multiplier: i32,
};
const convolution1d = {
  ksize: u32,
  stride: u32,
  pad: array('u32', 2),
  pad_type: padType,
  weights: u32,
  group: u32,
  dilation: u32,
  multiplier: i32,
};
const pool = { ...window2d, type: oneOf(enumNames('pooling')), round_type: oneOf(enumNames('round')) };
const activation = oneOf(enumNames('activation'));
const relational = { op: oneOf(enumNames('relational')) };
const logical = { op: oneOf(enumNames('logical')) };
const localResponse = {
  type: oneOf(enumNames('normalization')),
  size: u32,
  alpha: f32,
  beta: f32,
  bias: f32,
  axis: i32,
};

/** Convolutions, matrix products and pooling. */
export const convolutionOps: Readonly<Record<string, OpInfo>> = {
  CONV2D: op(2, 'conv2d', convolution2d, 'conv'),
  GROUPED_CONV2D: op(105, 'grouped_conv2d', convolution2d, 'conv'),
  CONV1D: op(67, 'conv1d', convolution1d, 'conv'),
  GROUPED_CONV1D: op(154, 'grouped_conv1d', convolution1d, 'conv'),
  DEPTHWISE_CONV1D: op(
    129,
    'depthwise_conv1d',
    { stride: u32, pad: array('u32', 2), dilation: u32, multiplier: i32 },
    'conv',
  ),
  DECONVOLUTION: op(
    17,
    'deconv',
    {
      ksize: array('u32', 2),
      stride: array('u32', 2),
      pad: array('i32', 4),
      pad_type: u32,
      weights: u32,
      group: u32,
      output_padding: array('u32', 2),
    },
    'conv',
  ),
  DECONVOLUTION1D: op(
    142,
    'deconvolution1d',
    {
      ksize: u32,
      stride: u32,
      pad: array('u32', 2),
      pad_type: padType,
      weights: u32,
      group: u32,
      output_padding: u32,
    },
    'conv',
  ),
  FCL: op(5, 'fcl', { weights: u32, axis: u32 }, 'conv'),
  FCL2: op(28, 'fcl', { weights: u32, axis: u32 }, 'conv'),
  MATRIXMUL: op(56, 'matrixmul', { transpose: array('bool', 2), adjoint: array('bool', 2) }),
  POOL: op(8, 'pool', pool, 'pool'),
  POOLWITHARGMAX: op(29, 'pool', pool, 'pool'),
};

/** Activations and elementwise arithmetic. */
export const elementwiseOps: Readonly<Record<string, OpInfo>> = {
  RELU: plain(22),
  RELU1: plain(82),
  RELU6: plain(35),
  RELUN: op(23, 'relun', { relu_clamp_top: f32, relu_clamp_bottom: f32 }),
  CLIP: op(94, 'clip', { min: f32, max: f32 }),
  LEAKY_RELU: op(9, 'activation', { leaky_ratio: f32 }),
  PRELU: op(20, 'prelu', { axis: i32 }),
  RELU_KERAS: op(120, 'relu_keras', { alpha: f32, max_value: f32, threshold: f32 }),
  SIGMOID: plain(36),
  // alpha and beta came after 1.1.34: there it computes 0.2 x + 0.5 only.
  HARD_SIGMOID: plain(136),
  TANH: op(37, 'tanh', { scale_a: f32, scale_b: f32 }),
  SWISH: op(128, 'swish', { type: oneOf(enumNames('swish')), beta: f32 }),
  MISH: plain(137),
  ELU: op(51, 'elu', { alpha: f32 }),
  GELU: op(156, 'gelu', { approximate: bool }),
  SOFTRELU: plain(40),
  LINEAR: op(132, 'linear', { a: f32, b: f32 }),
  ADD: plain(0),
  SUBTRACT: plain(34),
  MULTIPLY: op(1, 'multiply', { scale: f32 }, 'mul'),
  DIVIDE: op(41, 'divide', { scale: f32 }, 'mul'),
  FLOORDIV: plain(74),
  MAXIMUM: plain(31),
  MINIMUM: plain(75),
  POW: plain(73),
  ADDN: plain(100),
  A_TIMES_B_PLUS_C: plain(64),
  RELATIONAL_OPS: op(71, 'relational_ops', relational),
  LOGICAL_OPS: op(77, 'logical_ops', logical),
  LOGICAL_NOT: plain(108),
  SELECT: plain(78),
  EXP: plain(87),
  LOG: plain(110),
  SQRT: plain(38),
  RSQRT: plain(39),
  ABS: plain(66),
  NEG: plain(86),
  FLOOR: plain(84),
  CEIL: plain(148),
  ROUND: plain(147),
  SQUARE: plain(85),
  SIN: plain(109),
  ERF: plain(151),
  CAST: plain(131),
  DATACONVERT: plain(48),
  SCALE: op(49, 'scale', { axis: i32, bias: f32 }),
};

/** Normalizations and reductions. */
export const normalizationOps: Readonly<Record<string, OpInfo>> = {
  SOFTMAX: op(7, 'softmax', { axis: i32, beta: f32 }),
  LOG_SOFTMAX: op(119, 'log_softmax', { axis: i32, betaValue: f32 }),
  BATCH_NORM: op(15, 'batch_norm', { eps: f32 }),
  BATCHNORM_SINGLE: op(133, 'batchnorm_single', { eps: f32 }),
  INSTANCE_NORM: op(60, 'instancenorm', {
    eps: f32,
    axis_num: i32,
    axis: pointer('i32', 'axis', 'axis_num'),
  }),
  LAYER_NORM: op(58, 'layernorm', { eps: f32 }),
  GROUP_NORM: op(146, 'groupnorm', { eps: f32, group_num: i32 }),
  LRN: op(10, 'lrn', localResponse),
  LRN2: op(70, 'lrn', localResponse),
  L2_NORMALIZE: op(27, 'l2_normalize', { axis: i32 }),
  L2NORMALIZESCALE: op(32, 'l2normalizescale', { axis: i32 }),
  MOMENTS: op(134, 'moments', { axis: pointer('i32', 'axis', 'axis_num'), axis_num: i32, keep_dim: bool }),
  REDUCE: op(59, 'reduce', {
    type: oneOf(enumNames('reduce')),
    axis: pointer('i32', 'axis', 'axis_num'),
    axis_num: u32,
    keep_dim: bool,
  }),
};

/** Recurrent layers, packed networks and what passes data through. */
export const structureOps: Readonly<Record<string, OpInfo>> = {
  LSTM_OVXLIB: op(88, 'lstm_ovxlib', {
    cell_clip: f32,
    proj_clip: f32,
    activation,
    recurrent_activation: activation,
    forget_bias: f32,
    time_major: bool,
    return_sequences: bool,
    weights: u32,
  }),
  LSTMUNIT_OVXLIB: op(80, 'lstmunit_ovxlib', {
    cell_clip: f32,
    proj_clip: f32,
    activation,
    recurrent_activation: activation,
    forget_bias: f32,
  }),
  GRU: op(159, 'gru', {
    num_units: u32,
    activation,
    recurrent_activation: activation,
    reset_after: bool,
    return_sequences: bool,
    time_major: bool,
  }),
  VARIABLE: plain(26),
  NOOP: plain(13),
  NBG: op(68, 'nbg', { type: oneOf(enumNames('nbg')), url: text }),
};
