import { Unsupported } from '../../onnx/builder.ts';
import { filled, product } from '../../onnx/numeric.ts';
import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';
import { TRAINING } from './normalization.ts';

/** A function of one tensor that is one ONNX operator. */
const one = (type: string, attributes: Record<string, number> = {}): TorchOperator =>
  torchOperator('self', (c) => c.main(type, [c.float(c.tensor('self'))], attributes));

/** Cuts at both sides; numbers that PyTorch gives as int or float. */
export function clipped(
  c: TorchComposer,
  x: string,
  low: number | undefined,
  high: number | undefined,
): string {
  const bound = (value: number | undefined): string => (value === undefined ? '' : c.scalar(value));
  return c.main('Clip', [x, bound(low), bound(high)]);
}

function leakyRelu(c: TorchComposer): string {
  return c.main('LeakyRelu', [c.float(c.tensor('self'))], { alpha: c.number('negative_slope', 0.01) });
}

/** alpha (exp(x * inputScale) - 1) below zero, everything times scale. */
function elu(c: TorchComposer): string {
  const x = c.float(c.tensor('self'));
  const [alpha, scale, inputScale] = [c.number('alpha', 1), c.number('scale', 1), c.number('input_scale', 1)];
  if (scale === 1 && inputScale === 1) return c.main('Elu', [x], { alpha });
  const negative = c.op('Elu', [c.mul(c.op('Min', [x, c.scalar(0)]), c.scalar(inputScale))], { alpha });
  return c.mul(c.add(c.op('Relu', [x]), negative), c.scalar(scale));
}

function gelu(c: TorchComposer): string {
  const x = c.float(c.tensor('self'));
  return c.main('Gelu', [x], { approximate: c.text('approximate', 'none') });
}

function softmax(type: string) {
  return (c: TorchComposer): string => {
    const given = c.tensor('self');
    const x = c.float(given);
    const rank = c.shape(x).length;
    if (rank === 0) return c.main(type, [c.reshape(x, [1])], { axis: 0 });
    return c.main(type, [x], { axis: c.axis('dim', rank, rank === 2 || rank > 3 ? 1 : 0) });
  };
}

/** Slopes along channel axis 1. */
function prelu(c: TorchComposer): string {
  const x = c.float(c.tensor('self'));
  const slope = c.float(c.tensor('weight'));
  const rank = c.shape(x).length;
  const { length: rankOfSlope } = c.shape(slope);
  const channels = product(c.shape(slope));
  const shape = channels === 1 || rank < 2 ? [1] : [channels, ...filled(rank - 2, 1)];
  return c.main('PRelu', [x, rankOfSlope <= 1 ? c.reshape(slope, shape) : slope]);
}

function softplus(c: TorchComposer): string {
  const x = c.float(c.tensor('self'));
  const beta = c.number('beta', 1);
  if (beta === 1) return c.main('Softplus', [x]);
  return c.mul(c.main('Softplus', [c.mul(x, c.scalar(beta))]), c.scalar(1 / beta));
}

function threshold(c: TorchComposer): string {
  const x = c.float(c.tensor('self'));
  const [limit, value] = [c.number('threshold'), c.number('value')];
  if (limit === 0 && value === 0) return c.main('Relu', [x]);
  return c.main('Where', [c.op('Greater', [x, c.scalar(limit)]), x, c.scalar(value)]);
}

function halves(c: TorchComposer): [string, string] {
  const x = c.float(c.tensor('self'));
  const axis = c.axis('dim', c.shape(x).length, -1);
  const half = c.shape(x)[axis] / 2;
  if (!Number.isInteger(half)) throw c.invalid(`axis ${axis} of [${c.shape(x).join(',')}] has no halves`);
  return [c.slice(x, axis, 0, half), c.slice(x, axis, half, half)];
}

const dropout = torchOperator('self p train', (c) => {
  if (c.flag('train') && c.number('p', 0.5) > 0) throw new Unsupported(TRAINING);
  return c.tensor('self');
});

const rrelu = torchOperator('self lower upper training', (c) => {
  if (c.flag('training')) throw new Unsupported(TRAINING);
  const alpha = (c.number('lower', 1 / 8) + c.number('upper', 1 / 3)) / 2;
  return c.main('LeakyRelu', [c.float(c.tensor('self'))], { alpha });
});

/** Activations, and dropout, which does nothing in inference. */
export const activations: Readonly<Record<string, TorchOperator>> = {
  'aten::relu': torchOperator('self', (c) => c.main('Relu', [c.tensor('self')])),
  'aten::relu6': torchOperator('self', (c) => clipped(c, c.float(c.tensor('self')), 0, 6)),
  'aten::hardtanh': torchOperator('self min_val max_val', (c) =>
    clipped(c, c.float(c.tensor('self')), c.number('min_val', -1), c.number('max_val', 1)),
  ),
  'aten::sigmoid': one('Sigmoid'),
  'aten::tanh': one('Tanh'),
  'aten::hardsigmoid': one('HardSigmoid', { alpha: 1 / 6, beta: 0.5 }),
  'aten::hardswish': one('HardSwish'),
  'aten::mish': one('Mish'),
  'aten::selu': one('Selu'),
  'aten::celu': torchOperator('self alpha', (c) =>
    c.main('Celu', [c.float(c.tensor('self'))], { alpha: c.number('alpha', 1) }),
  ),
  'aten::silu': torchOperator('self', (c) => {
    const x = c.float(c.tensor('self'));
    return c.main('Mul', [x, c.op('Sigmoid', [x])]);
  }),
  'aten::log_sigmoid': torchOperator('self', (c) =>
    c.main('Neg', [c.op('Softplus', [c.op('Neg', [c.float(c.tensor('self'))])])]),
  ),
  'aten::leaky_relu': torchOperator('self negative_slope', leakyRelu),
  'aten::rrelu': rrelu,
  'aten::elu': torchOperator('self alpha scale input_scale', elu),
  'aten::gelu': torchOperator('self approximate', gelu),
  'aten::prelu': torchOperator('self weight', prelu),
  'aten::_prelu_kernel': torchOperator('self weight', prelu),
  'aten::softplus': torchOperator('self beta threshold', softplus),
  'aten::threshold': torchOperator('self threshold value', threshold),
  'aten::softmax': torchOperator('self dim dtype', softmax('Softmax')),
  'aten::_softmax': torchOperator('self dim half_to_float', softmax('Softmax')),
  'aten::log_softmax': torchOperator('self dim dtype', softmax('LogSoftmax')),
  'aten::_log_softmax': torchOperator('self dim half_to_float', softmax('LogSoftmax')),
  'aten::glu': torchOperator('self dim', (c) => {
    const [a, b] = halves(c);
    return c.main('Mul', [a, c.op('Sigmoid', [b])]);
  }),
  'aten::hardshrink': torchOperator('self lambd', (c) =>
    c.main('Shrink', [c.float(c.tensor('self'))], { lambd: c.number('lambd', 0.5), bias: 0 }),
  ),
  'aten::softshrink': torchOperator('self lambd', (c) => {
    const limit = c.number('lambd', 0.5);
    return c.main('Shrink', [c.float(c.tensor('self'))], { lambd: limit, bias: limit });
  }),
  'aten::dropout': dropout,
  'aten::feature_dropout': dropout,
  'aten::alpha_dropout': dropout,
  'aten::feature_alpha_dropout': dropout,
};
