import { Unsupported } from '../../onnx/builder.ts';
import { numbersOf, type Numbers } from '../../onnx/numeric.ts';
import { real } from '../../../network/layer.ts';
import { axesBetween } from '../shape.ts';
import type { BlobRole } from '../made-up.ts';
import type { CaffeFamily, Scope } from '../scope.ts';

const REGIONS = { ACROSS_CHANNELS: 0, WITHIN_CHANNEL: 1 } as const;
const BN_MODES = { LEARN: 0, INFERENCE: 1 } as const;

/** The numbers of a coefficient. */
function values(scope: Scope, index: number, role: BlobRole, count: number): Numbers {
  return numbersOf(scope.coefficient(index, role, [count]));
}

/** Statistics of a batch normalization are stored as sums; the third blob says how many. */
function batchNorm(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('batch_norm_param');
  const channels = scope.shape()[1] ?? 1;
  const epsilon = parameters.real('eps', 1e-5);
  if (!parameters.flag('use_global_stats', true)) return normalizeBatch(scope, epsilon);
  const [count] = Array.from(values(scope, 2, 'one', 1));
  const share = count === 0 ? 0 : 1 / count;
  const statistics = (['mean', 'variance'] as const).map((role, index) =>
    c.floats(Float32Array.from(values(scope, index, role, channels), (value) => value * share)),
  );
  // NVIDIA's Caffe has the scale in the same layer.
  const scaled = parameters.flag('scale_bias', false);
  const affine = [1, 0].map((value, i) =>
    scaled
      ? scope.blob(3 + i, i === 0 ? 'scale' : 'bias', [channels])
      : c.filled(value, [channels], 'float32'),
  );
  scope.main('BatchNormalization', [scope.input(), ...affine, ...statistics], { epsilon });
}

/** With the statistics of the data itself. */
function normalizeBatch(scope: Scope, epsilon: number): void {
  const { c } = scope;
  const axes = [0, ...axesBetween(2, scope.shape().length)];
  const difference = c.sub(scope.input(), c.mean(scope.input(), axes));
  const variance = c.mean(c.mul(difference, difference), axes);
  scope.main('Div', [difference, c.op('Sqrt', [c.add(variance, c.scalar(epsilon))])]);
}

/** A factor or summand over some axes of the data, with ones around so that it broadcasts. */
function operand(scope: Scope, name: string, axis: number): string {
  const { c } = scope;
  const shape = c.shape(name);
  const rank = scope.shape().length;
  const fits = axis + shape.length <= rank && shape.every((dim, i) => dim === scope.shape()[axis + i]);
  if (!fits)
    throw scope.invalid(
      `[${shape.join(',')}] does not fit [${scope.shape().join(',')}] from axis ${axis} on`,
    );
  return c.reshape(name, [...shape, ...axesBetween(axis + shape.length, rank).map(() => 1)]);
}

/** The shape of a learned factor: `num_axes` axes from `axis` on. */
function learnedShape(
  scope: Scope,
  parameters: ReturnType<Scope['parameters']>,
  axis: number,
): readonly number[] {
  const count = parameters.int('num_axes', 1);
  return scope.shape().slice(axis, count < 0 ? undefined : axis + count);
}

/** x * scale + bias; the scale is learned or the second input. */
function scale(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('scale_param');
  const axis = scope.axis(parameters, 'axis', 1);
  const given = scope.inputs.length > 1;
  const shape = given ? scope.shape(1) : learnedShape(scope, parameters, axis);
  const factor = given ? scope.input(1) : scope.blob(0, 'scale', shape, parameters.message('filler'));
  const inputs = [scope.input(), operand(scope, factor, axis)];
  if (!parameters.flag('bias_term', false)) return scope.main('Mul', inputs);
  const bias = scope.blob(given ? 0 : 1, 'bias', shape, parameters.message('bias_filler'));
  scope.main('Add', [c.op('Mul', inputs), operand(scope, bias, axis)]);
}

/** x + bias; the bias is learned or the second input. */
function bias(scope: Scope): void {
  const parameters = scope.parameters('bias_param');
  const axis = scope.axis(parameters, 'axis', 1);
  const summand =
    scope.inputs.length > 1
      ? scope.input(1)
      : scope.blob(0, 'bias', learnedShape(scope, parameters, axis), parameters.message('filler'));
  scope.main('Add', [scope.input(), operand(scope, summand, axis)]);
}

/**
 * The BN of two forks. SegNet's has scale and shift, which hold the statistics in the files for inference; PSPNet's has
 * slope, bias, mean and variance.
 */
function segmentationBatchNorm(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('bn_param');
  const channels = scope.shape()[1] ?? 1;
  const count = scope.facts.weights.count(scope.layer) ?? (parameters.has('bn_mode') ? 2 : 4);
  const affine = [scope.blob(0, 'scale', [channels]), scope.blob(1, 'bias', [channels])];
  if (count >= 4) {
    const statistics = [scope.blob(2, 'mean', [channels]), scope.blob(3, 'variance', [channels])];
    const epsilon = parameters.real('eps', 1e-5);
    return scope.main('BatchNormalization', [scope.input(), ...affine, ...statistics], { epsilon });
  }
  if (parameters.choice('bn_mode', BN_MODES, 'INFERENCE') !== 'INFERENCE')
    throw new Unsupported('bn_mode LEARN, which needs the statistics of a batch; convert it for inference');
  const [factor, shift] = affine.map((name) => operand(scope, name, 1));
  scope.main('Add', [c.op('Mul', [scope.input(), factor]), shift]);
}

/** x / (k + alpha / n * sum of squares) ^ beta over neighbours in the channels or in the plane. */
function localResponse(scope: Scope): void {
  const parameters = scope.parameters('lrn_param');
  const size = parameters.int('local_size', 5);
  if (size < 1 || size % 2 === 0) throw scope.invalid(`local_size is ${size}, it has to be odd`);
  const [alpha, beta, k] = ([['alpha', 1], ['beta', 0.75], ['k', 1]] as const).map(([name, fallback]) =>
    parameters.real(name, fallback),
  ); // prettier-ignore
  if (parameters.choice('norm_region', REGIONS, 'ACROSS_CHANNELS') === 'ACROSS_CHANNELS')
    return scope.main('LRN', [scope.input()], { size, alpha, beta, bias: k });
  const { 2: height, 3: width, length } = scope.shape();
  if (length !== 4) throw scope.invalid('norm_region WITHIN_CHANNEL needs pictures');
  // Caffe adds 1 here, whatever k is.
  const [normal] = scope.nhwcLayer({
    op: 'localresponsenormalization',
    parameters: [
      ['local_size', size],
      ['bias', real(1)],
      ['alpha', real(alpha)],
      ['beta', real(beta)],
      ['type', 'NORM_SAME_CHANNEL'],
    ],
    inputs: [scope.input()],
    size: [height, width],
  });
  scope.emit(normal);
}

/** Mean 0, and deviation 1 if asked for, over each plane or the whole picture. */
function meanVariance(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('mvn_param');
  const { length: rank } = scope.shape();
  const axes = axesBetween(parameters.flag('across_channels', false) ? 1 : 2, rank);
  if (axes.length === 0) throw scope.invalid(`the input has rank ${rank}`);
  const mean = c.mean(scope.input(), axes);
  if (!parameters.flag('normalize_variance', true)) return scope.main('Sub', [scope.input(), mean]);
  const difference = c.sub(scope.input(), mean);
  const deviation = c.op('Sqrt', [c.mean(c.mul(difference, difference), axes)]);
  // Added to the deviation, not to the variance.
  scope.main('Div', [difference, c.add(deviation, c.scalar(parameters.real('eps', 1e-9)))]);
}

/** SSD's: x / |x| * scale, with the length over the channels of each pixel or over the whole picture. */
function normalize(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('norm_param');
  const [, channels, height, width] = scope.shape();
  if (scope.shape().length !== 4) throw scope.invalid('it needs pictures');
  const shared = parameters.flag('channel_shared', true);
  const stored = scope.blob(0, 'scale', [shared ? 1 : channels], parameters.message('scale_filler'));
  const whole = parameters.flag('across_spatial', true);
  if (whole) {
    const squares = c.mul(scope.input(), scope.input());
    const sum = c.op('ReduceSum', [squares, c.ints([1, 2, 3])], { keepdims: 1 });
    const length = c.op('Sqrt', [c.add(sum, c.scalar(parameters.real('eps', 1e-10)))]);
    const factor = c.reshape(stored, [shared ? 1 : channels, 1, 1]);
    return scope.main('Mul', [c.op('Div', [scope.input(), length]), factor]);
  }
  const factors = c.known(shared ? c.op('Expand', [stored, c.ints([channels])]) : stored);
  if (!factors) throw new Error('the scale of a Normalize layer is not a constant');
  const [normal] = scope.nhwcLayer({
    op: 'l2normalizescale',
    parameters: [['l2n_dim', '3']],
    inputs: [scope.input()],
    size: [height, width],
    coefficients: [['scale', { ...factors, shape: [channels] }]],
  });
  scope.emit(normal);
}

/** Normalizations, and the scales and biases that go with them. */
export const normalization: CaffeFamily = {
  BatchNorm: batchNorm,
  BN: segmentationBatchNorm,
  Scale: scale,
  Bias: bias,
  LRN: localResponse,
  MVN: meanVariance,
  Normalize: normalize,
};
