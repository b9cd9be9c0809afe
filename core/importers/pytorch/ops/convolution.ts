import { filled } from '../../onnx/numeric.ts';
import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';

/** Runs `work` on a batch of one where the input has no batch axis. */
function batched(c: TorchComposer, x: string, rank: number, work: (x: string) => string): string {
  if (c.shape(x).length === rank) return work(x);
  if (c.shape(x).length !== rank - 1)
    throw c.invalid(`the input has rank ${c.shape(x).length}, the weight ${rank}`);
  const y = work(c.unsqueeze(x, 0));
  return c.op('Squeeze', [y, c.ints([0])]);
}

/** Padding at both sides of each spatial axis: numbers, or "same" or "valid". */
function pads(c: TorchComposer, kernel: readonly number[], dilations: readonly number[]): number[] {
  const mode = c.text('padding', '');
  if (mode === 'valid') return filled(kernel.length * 2, 0);
  if (mode === 'same') {
    const total = kernel.map((size, i) => (size - 1) * dilations[i]);
    const begin = total.map((pad) => Math.floor(pad / 2));
    return [...begin, ...total.map((pad, i) => pad - begin[i])];
  }
  const both = c.intsOf('padding', kernel.length, filled(kernel.length, 0));
  return [...both, ...both];
}

/** A convolution with the arguments of conv2d. */
export function convolution(c: TorchComposer): string {
  const weight = c.float(c.tensor('weight'));
  const kernel = c.shape(weight).slice(2);
  const spatial = kernel.length;
  const ones = filled(spatial, 1);
  const dilations = c.intsOf('dilation', spatial, ones);
  const inputs = c.given('bias') ? [weight, c.float(c.tensor('bias'))] : [weight];
  return batched(c, c.float(c.tensor('input')), spatial + 2, (x) =>
    c.main('Conv', [x, ...inputs], {
      kernel_shape: kernel,
      strides: c.intsOf('stride', spatial, ones),
      dilations,
      pads: pads(c, kernel, dilations),
      group: c.int('groups', 1),
    }),
  );
}

/** A transposed convolution with the arguments of conv_transpose2d. */
export function transposed(c: TorchComposer): string {
  const weight = c.float(c.tensor('weight'));
  const kernel = c.shape(weight).slice(2);
  const spatial = kernel.length;
  const ones = filled(spatial, 1);
  const both = c.intsOf('padding', spatial, filled(spatial, 0));
  const inputs = c.given('bias') ? [weight, c.float(c.tensor('bias'))] : [weight];
  return batched(c, c.float(c.tensor('input')), spatial + 2, (x) =>
    c.main('ConvTranspose', [x, ...inputs], {
      kernel_shape: kernel,
      strides: c.intsOf('stride', spatial, ones),
      dilations: c.intsOf('dilation', spatial, ones),
      pads: [...both, ...both],
      output_padding: c.intsOf('output_padding', spatial, filled(spatial, 0)),
      group: c.int('groups', 1),
    }),
  );
}

const plain = torchOperator('input weight bias stride padding dilation groups', convolution);
const upward = torchOperator('input weight bias stride padding output_padding groups dilation', transposed);
const either = torchOperator(
  'input weight bias stride padding dilation transposed output_padding groups benchmark deterministic cudnn_enabled allow_tf32',
  (c) => (c.flag('transposed') ? transposed(c) : convolution(c)),
);

/** Convolutions; PyTorch's kernels are arranged as ONNX's. */
export const convolutions: Readonly<Record<string, TorchOperator>> = {
  'aten::conv1d': plain,
  'aten::conv2d': plain,
  'aten::conv3d': plain,
  'aten::conv_transpose1d': upward,
  'aten::conv_transpose2d': upward,
  'aten::conv_transpose3d': upward,
  'aten::_convolution': either,
  'aten::convolution': either,
  'aten::_convolution_mode': plain,
};
