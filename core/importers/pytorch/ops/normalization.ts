import { Unsupported } from '../../onnx/builder.ts';
import { filled, product } from '../../onnx/numeric.ts';
import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';

/** What a module that was not set to inference does. */
export const TRAINING = 'training mode; call model.eval() before tracing';

/** A scale or shift per channel; without one, ones or zeros. */
function perChannel(c: TorchComposer, name: string, channels: number, fill: number): string {
  return c.given(name) ? c.float(c.tensor(name)) : c.floats(new Float32Array(channels).fill(fill));
}

function batchNorm(c: TorchComposer): string {
  if (c.flag('training')) throw new Unsupported(TRAINING);
  const x = c.float(c.tensor('input'));
  const channels = c.shape(x)[1];
  if (!c.given('running_mean') || !c.given('running_var'))
    throw new Unsupported('statistics of the batch (track_running_stats=False)');
  return c.main(
    'BatchNormalization',
    [
      x,
      perChannel(c, 'weight', channels, 1),
      perChannel(c, 'bias', channels, 0),
      c.float(c.tensor('running_mean')),
      c.float(c.tensor('running_var')),
    ],
    { epsilon: c.number('eps', 1e-5) },
  );
}

function instanceNorm(c: TorchComposer): string {
  const x = c.float(c.tensor('input'));
  const channels = c.shape(x)[1];
  const [weight, bias] = [perChannel(c, 'weight', channels, 1), perChannel(c, 'bias', channels, 0)];
  const epsilon = c.number('eps', 1e-5);
  // With running statistics it is a batch normalization.
  if (c.flag('use_input_stats', true)) return c.main('InstanceNormalization', [x, weight, bias], { epsilon });
  const statistics = ['running_mean', 'running_var'].map((name) => c.float(c.tensor(name)));
  return c.main('BatchNormalization', [x, weight, bias, ...statistics], { epsilon });
}

function layerNorm(c: TorchComposer): string {
  const x = c.float(c.tensor('input'));
  const shape = c.numbers('normalized_shape') ?? [];
  const scale = c.given('weight') ? c.float(c.tensor('weight')) : c.filled(1, shape, 'float32');
  const bias = c.given('bias') ? [c.float(c.tensor('bias'))] : [];
  return c.main('LayerNormalization', [x, scale, ...bias], {
    axis: c.shape(x).length - shape.length,
    epsilon: c.number('eps', 1e-5),
  });
}

/** Groups of channels as the channels of an instance normalization, then a scale per channel. */
function groupNorm(c: TorchComposer): string {
  const x = c.float(c.tensor('input'));
  const shape = c.shape(x);
  const groups = c.int('num_groups');
  const [batch, channels] = shape;
  if (groups < 1 || channels % groups !== 0) throw c.invalid(`${channels} channels in ${groups} groups`);
  const rows = c.reshape(x, [batch, groups, product(shape.slice(1)) / groups]);
  const unit = [c.floats(new Float32Array(groups).fill(1)), c.floats(new Float32Array(groups))];
  const normal = c.main('InstanceNormalization', [rows, ...unit], { epsilon: c.number('eps', 1e-5) });
  const broadcast = [channels, ...filled(shape.length - 2, 1)];
  let y = c.reshape(normal, shape);
  if (c.given('weight')) y = c.mul(y, c.reshape(c.float(c.tensor('weight')), broadcast));
  if (c.given('bias')) y = c.add(y, c.reshape(c.float(c.tensor('bias')), broadcast));
  return y;
}

function rmsNorm(c: TorchComposer): string {
  const x = c.float(c.tensor('input'));
  const shape = c.numbers('normalized_shape') ?? [];
  const scale = c.given('weight') ? c.float(c.tensor('weight')) : c.filled(1, shape, 'float32');
  return c.main('RMSNormalization', [x, scale], {
    axis: c.shape(x).length - shape.length,
    epsilon: c.number('eps', 2 ** -23),
  });
}

/** Normalizations of networks. */
export const normalizations: Readonly<Record<string, TorchOperator>> = {
  'aten::batch_norm': torchOperator('input weight bias running_mean running_var training momentum eps cudnn_enabled', batchNorm),
  'aten::_native_batch_norm_legit_no_training': torchOperator('input weight bias running_mean running_var momentum eps', batchNorm, { results: 3 }),
  'aten::instance_norm': torchOperator('input weight bias running_mean running_var use_input_stats momentum eps cudnn_enabled', instanceNorm),
  'aten::layer_norm': torchOperator('input normalized_shape weight bias eps cudnn_enable', layerNorm),
  'aten::native_layer_norm': torchOperator('input normalized_shape weight bias eps', layerNorm, { results: 3 }),
  'aten::group_norm': torchOperator('input num_groups weight bias eps cudnn_enabled', groupNorm),
  'aten::rms_norm': torchOperator('input normalized_shape weight eps', rmsNorm),
}; // prettier-ignore
