import { Unsupported } from '../../onnx/builder.ts';
import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';
import { numericOperands } from './promote.ts';

/** `alpha * other`, where alpha is not 1. */
function scaled(c: TorchComposer, name: string): string {
  const alpha = c.number('alpha', 1);
  if (alpha === 1) return name;
  return c.mul(name, c.type(name).startsWith('float') ? c.scalar(alpha) : c.integer(alpha));
}

const sum = (type: 'Add' | 'Sub', reversed = false): TorchOperator =>
  torchOperator('self other alpha', (c) => {
    const [x, y] = numericOperands(c);
    return reversed ? c.main(type, [y, scaled(c, x)]) : c.main(type, [x, scaled(c, y)]);
  });

const pair = (type: string): TorchOperator =>
  torchOperator('self other', (c) => c.main(type, numericOperands(c)));

/** A quotient rounded down, of reals or of integers. */
function floorQuotient(c: TorchComposer): string {
  const [x, y] = numericOperands(c);
  const quotient = c.main('Floor', [c.op('Div', [c.float(x), c.float(y)])]);
  return c.type(x).startsWith('float') ? quotient : c.cast(quotient, 'int64');
}

function divide(c: TorchComposer): string {
  const mode = c.text('rounding_mode', '');
  if (mode === 'floor') return floorQuotient(c);
  const [x, y] = numericOperands(c);
  const quotient = c.main('Div', [c.float(x), c.float(y)]);
  if (mode === '') return quotient;
  if (mode !== 'trunc') throw c.invalid(`rounding_mode "${mode}"`);
  const whole = truncated(c, quotient);
  return c.type(x).startsWith('float') ? whole : c.cast(whole, 'int64');
}

/** Rounds towards zero. */
export function truncated(c: TorchComposer, x: string): string {
  const magnitude = c.op('Floor', [c.op('Abs', [x])]);
  return c.mul(magnitude, c.op('Sign', [x]));
}

/** x - floor(x / y) * y */
function remainder(c: TorchComposer): string {
  const [x, y] = numericOperands(c);
  if (!c.type(x).startsWith('float')) return c.main('Mod', [x, y]);
  return c.main('Sub', [x, c.mul(c.op('Floor', [c.op('Div', [x, y])]), y)]);
}

function power(c: TorchComposer): string {
  const x = c.tensor('self');
  if (!c.isTensor('exponent')) {
    const exponent = c.number('exponent');
    if (exponent === 1) return x;
    if (exponent === 2) return c.main('Mul', [x, x]);
    if (exponent === 0.5) return c.main('Sqrt', [c.float(x)]);
    if (exponent === -1) return c.main('Reciprocal', [c.float(x)]);
    if (exponent === -0.5) return c.main('Reciprocal', [c.op('Sqrt', [c.float(x)])]);
    return c.main('Pow', [c.float(x), c.scalar(exponent)]);
  }
  return c.main('Pow', [c.float(x), c.float(c.tensor('exponent'))]);
}

/** value * (tensor1 op tensor2) + self */
const fused = (type: 'Mul' | 'Div'): TorchOperator =>
  torchOperator('self tensor1 tensor2 value', (c) => {
    const [x, a, b] = ['self', 'tensor1', 'tensor2'].map((name) => c.float(c.tensor(name)));
    const product = c.op(type, [a, b]);
    const value = c.number('value', 1);
    return c.main('Add', [x, value === 1 ? product : c.mul(product, c.scalar(value))]);
  });

function lerp(c: TorchComposer): string {
  const [x, y, weight] = ['self', 'end', 'weight'].map((name) => c.float(c.tensor(name)));
  return c.main('Add', [x, c.mul(c.sub(y, x), weight)]);
}

/** The angle of the point (y, x), from the arctangent of the quotient and the quadrant. */
function atan2(c: TorchComposer): string {
  const [y, x] = ['self', 'other'].map((name) => c.float(c.tensor(name)));
  const zero = c.scalar(0);
  const plain = c.op('Atan', [c.op('Div', [y, x])]);
  const turn = c.op('Where', [c.op('Less', [y, zero]), c.scalar(-Math.PI), c.scalar(Math.PI)]);
  return c.main('Where', [c.op('Less', [x, zero]), c.add(plain, turn), plain]);
}

/** Arithmetic of two tensors, or of a tensor and a number. */
export const arithmetic: Readonly<Record<string, TorchOperator>> = {
  'aten::add': sum('Add'),
  'aten::sub': sum('Sub'),
  'aten::rsub': sum('Sub', true),
  'aten::mul': pair('Mul'),
  'aten::maximum': pair('Max'),
  'aten::minimum': pair('Min'),
  'aten::fmax': pair('Max'),
  'aten::fmin': pair('Min'),
  'aten::div': torchOperator('self other rounding_mode', divide),
  'aten::floor_divide': torchOperator('self other', floorQuotient),
  'aten::floordiv': torchOperator('self other', floorQuotient),
  'aten::remainder': torchOperator('self other', remainder),
  'aten::fmod': torchOperator('self other', (c) => {
    const [x, y] = numericOperands(c);
    if (!c.type(x).startsWith('float')) throw new Unsupported('integers');
    return c.main('Mod', [x, y], { fmod: 1 });
  }),
  'aten::pow': torchOperator('self exponent', power),
  'aten::addcmul': fused('Mul'),
  'aten::addcdiv': fused('Div'),
  'aten::lerp': torchOperator('self end weight', lerp),
  'aten::atan2': torchOperator('self other', atan2),
  'aten::hypot': torchOperator('self other', (c) => {
    const [x, y] = ['self', 'other'].map((name) => c.float(c.tensor(name)));
    return c.main('Sqrt', [c.add(c.mul(x, x), c.mul(y, y))]);
  }),
};
