import type { Attributes } from '../../onnx/compose.ts';
import { filled } from '../../onnx/numeric.ts';
import type { Message } from '../message.ts';
import type { CaffeFamily, CaffeOperator, Scope } from '../scope.ts';

const plain =
  (type: string, attributes: Attributes = {}): CaffeOperator =>
  (scope) =>
    scope.main(type, [scope.input()], attributes);

function relu(scope: Scope): void {
  const alpha = scope.parameters('relu_param').real('negative_slope', 0);
  if (alpha === 0) scope.main('Relu', [scope.input()]);
  else scope.main('LeakyRelu', [scope.input()], { alpha });
}

/** A slope for all channels or one for each. */
function prelu(scope: Scope): void {
  const parameters = scope.parameters('prelu_param');
  const shape = scope.shape();
  const shared = parameters.flag('channel_shared', false);
  const slope = scope.blob(0, 'slope', shared ? [1] : [shape[1] ?? 1], parameters.message('filler'));
  const perChannel = shared ? slope : scope.c.reshape(slope, [shape[1] ?? 1, ...filled(shape.length - 2, 1)]);
  scope.main('PRelu', [scope.input(), perChannel]);
}

/** scale * x + shift, with as few steps as that needs. @param last whether the last step is the whole layer */
function linear(scope: Scope, parameters: Message, last: boolean): string {
  const { c } = scope;
  const [scale, shift] = [parameters.real('scale', 1), parameters.real('shift', 0)];
  const step = (type: string, x: string, value: number, isLast: boolean): string =>
    last && isLast ? c.main(type, [x, c.scalar(value)]) : c.op(type, [x, c.scalar(value)]);
  const scaled = scale === 1 ? scope.input() : step('Mul', scope.input(), scale, shift === 0);
  return shift === 0 ? scaled : step('Add', scaled, shift, true);
}

/** (shift + scale * x) ^ power */
function power(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('power_param');
  const exponent = parameters.real('power', 1);
  if (exponent === 1) return scope.emit(linear(scope, parameters, true));
  const base = linear(scope, parameters, false);
  if (exponent === 2) return scope.main('Mul', [base, base]);
  if (exponent === 0.5) return scope.main('Sqrt', [base]);
  if (exponent === 0) return scope.main('Add', [c.mul(base, c.scalar(0)), c.scalar(1)]);
  scope.main('Pow', [base, c.scalar(exponent)]);
}

/** base ^ (shift + scale * x); -1 stands for e. */
function exponential(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('exp_param');
  const base = parameters.real('base', -1);
  if (base !== -1 && base <= 0) throw scope.invalid(`base is ${base}`);
  const x = linear(scope, parameters, false);
  scope.main('Exp', [base === -1 ? x : c.mul(x, c.scalar(Math.log(base)))]);
}

/** The logarithm of shift + scale * x to a base; -1 stands for e. */
function logarithm(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('log_param');
  const base = parameters.real('base', -1);
  if (base !== -1 && (base <= 0 || base === 1)) throw scope.invalid(`base is ${base}`);
  const x = linear(scope, parameters, false);
  if (base === -1) return scope.main('Log', [x]);
  scope.main('Mul', [c.op('Log', [x]), c.scalar(1 / Math.log(base))]);
}

/** 1 where x is above the threshold, else 0. */
function threshold(scope: Scope): void {
  const { c } = scope;
  const limit = scope.parameters('threshold_param').real('threshold', 0);
  const above = c.op('Greater', [scope.input(), c.scalar(limit)]);
  scope.main('Where', [above, c.scalar(1), c.scalar(0)]);
}

/** Nothing at inference: Caffe scales while it trains. */
function dropout(scope: Scope): void {
  const parameters = scope.parameters('dropout_param');
  if (parameters.flag('scale_train', true)) return scope.emit(scope.input());
  // Forks can leave the scaling to inference.
  const kept = 1 - parameters.real('dropout_ratio', 0.5);
  scope.main('Mul', [scope.input(), scope.c.scalar(kept)]);
}

function clip(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('clip_param');
  for (const bound of ['min', 'max']) if (!parameters.has(bound)) throw scope.invalid(`it has no ${bound}`);
  scope.main('Clip', [
    scope.input(),
    c.scalar(parameters.real('min', 0)),
    c.scalar(parameters.real('max', 0)),
  ]);
}

/** x * sigmoid(beta * x) */
function swish(scope: Scope): void {
  const { c } = scope;
  const beta = scope.parameters('swish_param').real('beta', 1);
  const x = scope.input();
  scope.main('Mul', [x, c.op('Sigmoid', [beta === 1 ? x : c.mul(x, c.scalar(beta))])]);
}

function relu6(scope: Scope): void {
  const { c } = scope;
  scope.main('Clip', [scope.input(), c.scalar(0), c.scalar(6)]);
}

function elu(scope: Scope): void {
  scope.main('Elu', [scope.input()], { alpha: scope.parameters('elu_param').real('alpha', 1) });
}

const hardSwish = plain('HardSwish');

/** Functions element by element, those of forks among them. */
export const activation: CaffeFamily = {
  ReLU: relu,
  PReLU: prelu,
  ELU: elu,
  Sigmoid: plain('Sigmoid'),
  TanH: plain('Tanh'),
  AbsVal: plain('Abs'),
  BNLL: plain('Softplus'),
  Power: power,
  Exp: exponential,
  Log: logarithm,
  Threshold: threshold,
  Dropout: dropout,
  Clip: clip,
  Swish: swish,
  Mish: plain('Mish'),
  ReLU6: relu6,
  HardSwish: hardSwish,
  HSwish: hardSwish,
  HardSigmoid: plain('HardSigmoid', { alpha: Math.fround(0.2), beta: 0.5 }),
  HSigmoid: plain('HardSigmoid', { alpha: Math.fround(1 / 6), beta: 0.5 }),
};
