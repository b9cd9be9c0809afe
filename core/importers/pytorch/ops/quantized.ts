import { torchOperator, type TorchComposer, type TorchOperator, type TorchWriter } from '../operator.ts';
import { convolution, transposed } from './convolution.ts';
import { linearOf } from './matrix.ts';

/** What operators say about how their result is stored. */
const STORED = 'output_scale output_zero_point';

/** An operator on reals; how its result is stored says the quantization. */
const stored = (signature: string, write: TorchWriter): TorchOperator =>
  torchOperator(`${signature} ${STORED}`, write);

const activated =
  (write: (c: TorchComposer) => string, type = 'Relu') =>
  (c: TorchComposer): string =>
    c.main(type, [write(c)]);

const CONVOLUTION = 'input weight bias stride padding dilation groups';
const TRANSPOSED = 'input weight bias stride padding output_padding dilation groups';

function linear(c: TorchComposer): string {
  const bias = c.given('bias') ? c.float(c.tensor('bias')) : '';
  return linearOf(c, c.float(c.tensor('input')), c.float(c.tensor('weight')), bias);
}

const pair =
  (type: string) =>
  (c: TorchComposer): string =>
    c.main(type, [c.float(c.tensor('a')), c.float(c.tensor('b'))]);

function concatenated(c: TorchComposer): string {
  const names = c.tensors('tensors');
  return names.length === 1
    ? names[0]
    : c.main('Concat', names, { axis: c.axis('dim', c.shape(names[0]).length) });
}

function batchNorm(c: TorchComposer): string {
  const names = ['input', 'weight', 'bias', 'mean', 'var'];
  return c.main('BatchNormalization', names.map((name) => c.float(c.tensor(name))), { epsilon: c.number('eps', 1e-5) }); // prettier-ignore
}

const one =
  (type: string, attributes: (c: TorchComposer) => Record<string, number> = () => ({})): TorchWriter =>
  (c) =>
    c.main(type, [c.float(c.tensor('input'))], attributes(c));

const convolutions = ['conv1d', 'conv2d', 'conv3d'].flatMap((name) => [
  [`quantized::${name}`, stored(CONVOLUTION, convolution)] as const,
  [`quantized::${name}_relu`, stored(CONVOLUTION, activated(convolution))] as const,
]);

const upward = ['conv_transpose1d', 'conv_transpose2d', 'conv_transpose3d'].map(
  (name) => [`quantized::${name}`, stored(TRANSPOSED, transposed)] as const,
);

/** Operators of quantized networks. They compute with reals: the table that comes along says how they are stored. */
export const quantizedOperators: Readonly<Record<string, TorchOperator>> = {
  ...Object.fromEntries([...convolutions, ...upward]),
  'aten::quantize_per_tensor': torchOperator(`self ${STORED} dtype`, (c) => c.float(c.tensor('self'))),
  'aten::dequantize': torchOperator('self', (c) => c.tensor('self')),
  'quantized::linear': stored('input weight bias', linear),
  'quantized::linear_relu': stored('input weight bias', activated(linear)),
  'quantized::linear_dynamic': torchOperator('input weight bias reduce_range', linear),
  'quantized::linear_relu_dynamic': torchOperator('input weight bias reduce_range', activated(linear)),
  'quantized::add': stored('a b', pair('Add')),
  'quantized::add_relu': stored('a b', activated(pair('Add'))),
  'quantized::mul': stored('a b', pair('Mul')),
  'quantized::mul_relu': stored('a b', activated(pair('Mul'))),
  'quantized::matmul': stored('a b', pair('MatMul')),
  'quantized::cat': stored('tensors dim', concatenated),
  'quantized::cat_relu': stored('tensors dim', activated(concatenated)),
  'quantized::hardswish': stored('input', one('HardSwish')),
  'quantized::sigmoid': stored('input', one('Sigmoid')),
  'quantized::leaky_relu': torchOperator(
    `input negative_slope inplace ${STORED}`,
    one('LeakyRelu', (c) => ({ alpha: c.number('negative_slope', 0.01) })),
  ),
  'quantized::batch_norm2d': stored('input weight bias mean var eps', batchNorm),
  'quantized::relu6': torchOperator('input inplace', (c) => c.main('Clip', [c.float(c.tensor('input')), c.scalar(0), c.scalar(6)])),
}; // prettier-ignore
