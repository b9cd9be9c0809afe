import type { DeviceParam } from '../device/graph.ts';
import type { Layer } from '../network/layer.ts';
import type { LowerContext, OpSpec, ParameterSpec } from './spec.ts';

interface UnaryInit {
  op: string;
  summary: string;
  parameters?: Record<string, ParameterSpec>;
  clamps?: boolean;
  /** Maps integers to integers. */
  integers?: boolean;
  /** ovxlib op and parameters for this layer. */
  device: (layer: Layer) => readonly [op: string, params?: Record<string, DeviceParam>];
}

/** An op that maps each element on its own: same shape, same axis order. */
function unary(init: UnaryInit): OpSpec {
  return {
    op: init.op,
    summary: init.summary,
    parameters: init.parameters ?? {},
    arity: [1, 1],
    range: 'own',
    clamps: init.clamps ?? false,
    ...(init.integers === true ? { keepsIntegers: 'all' as const } : {}),
    shapes: ({ inputs }) => [inputs[0]],
    lower: (context) => {
      const [op, params] = init.device(context.layer);
      emitUnary(context, op, params ?? {});
    },
  };
}

function emitUnary(context: LowerContext, op: string, params: Record<string, DeviceParam>): void {
  const [input] = context.inputs;
  context.emit(op, params, [input.tensor], [input.order]);
}

const simple = (op: string, device: string, summary: string): OpSpec =>
  unary({ op, summary, device: () => [device] });

/** As {@link simple}, for functions that make integers of integers. */
const exact = (op: string, device: string, summary: string): OpSpec =>
  unary({ op, summary, integers: true, device: () => [device] });

const HARD_SIGMOID = { alpha: 0.2, beta: 0.5 };

const hardSigmoid: OpSpec = {
  op: 'hard_sigmoid',
  summary: 'min(max(alpha*x + beta, 0), 1)',
  parameters: {
    alpha: { type: 'real', fallback: HARD_SIGMOID.alpha, meaning: 'slope' },
    beta: { type: 'real', fallback: HARD_SIGMOID.beta, meaning: 'offset' },
  },
  arity: [1, 1],
  range: 'own',
  shapes: ({ inputs }) => [inputs[0]],
  lower: lowerHardSigmoid,
};

/** ovxlib 1.1.34's HARD_SIGMOID has no fields (0.2 and 0.5 are fixed); other slopes become mul, add, clip. */
function lowerHardSigmoid(context: LowerContext): void {
  const { layer } = context;
  const [input] = context.inputs;
  const alpha = layer.number('alpha', HARD_SIGMOID.alpha);
  const beta = layer.number('beta', HARD_SIGMOID.beta);
  const close = (a: number, b: number) => Math.abs(a - b) < 1e-6;
  if (close(alpha, HARD_SIGMOID.alpha) && close(beta, HARD_SIGMOID.beta)) {
    emitUnary(context, 'HARD_SIGMOID', {});
    return;
  }
  const { shape, order } = input;
  // What is clipped to 0..1 in the end is not within that before.
  const inner = { order, precise: true };
  const slope = context.scalar('alpha', alpha);
  const scaled = context.helper('MULTIPLY', { scale: 1 }, [input.tensor, slope.tensor], shape, inner);
  const offset = context.scalar('beta', beta);
  const moved = context.helper('ADD', {}, [scaled.tensor, offset.tensor], shape, inner);
  context.emit('CLIP', { min: 0, max: 1 }, [moved.tensor], [order]);
}

const relun = unary({
  op: 'relun',
  summary: 'min(max(x, bottom), top): ReLU6 is 0 and 6',
  clamps: true,
  parameters: {
    relu_clamp_top: { type: 'real', fallback: 'inf', meaning: 'upper bound' },
    relu_clamp_bottom: { type: 'real', fallback: 0, meaning: 'lower bound' },
  },
  device: (layer) => {
    const top = layer.number('relu_clamp_top', Infinity);
    const bottom = layer.number('relu_clamp_bottom', 0);
    if (bottom === 0 && top === 6) return ['RELU6'];
    if (bottom === -1 && top === 1) return ['RELU1'];
    return ['CLIP', clipParams(bottom, top)];
  },
});

const clipbyvalue = unary({
  op: 'clipbyvalue',
  summary: 'min(max(x, clip_value_min), clip_value_max)',
  clamps: true,
  integers: true,
  parameters: {
    clip_value_min: { type: 'real', fallback: 0, meaning: 'lower bound' },
    clip_value_max: { type: 'real', fallback: 255, meaning: 'upper bound, may be Infinity' },
  },
  device: (layer) => [
    'CLIP',
    clipParams(layer.number('clip_value_min', 0), layer.number('clip_value_max', 255)),
  ],
});

const LARGEST_FLOAT32 = 3.4028234663852886e38;

/** CLIP takes finite floats. */
function clipParams(min: number, max: number): Record<string, DeviceParam> {
  return { min: Math.max(min, -LARGEST_FLOAT32), max: Math.min(max, LARGEST_FLOAT32) };
}

/** Activations and elementwise functions of one tensor. */
export const activationOps: readonly OpSpec[] = [
  unary({ op: 'relu', summary: 'max(x, 0)', clamps: true, integers: true, device: () => ['RELU'] }),
  relun,
  clipbyvalue,
  hardSigmoid,
  unary({
    op: 'leakyrelu',
    summary: 'x > 0 ? x : leaky_ratio*x',
    parameters: { leaky_ratio: { type: 'real', fallback: 0.1, meaning: 'slope below zero' } },
    device: (layer) => ['LEAKY_RELU', { leaky_ratio: layer.number('leaky_ratio', 0.1) }],
  }),
  unary({
    op: 'tanh',
    summary: 'a*tanh(b*x)',
    parameters: {
      hyperbolic_tan_scale_a: { type: 'real', fallback: 1, meaning: 'a' },
      hyperbolic_tan_scale_b: { type: 'real', fallback: 1, meaning: 'b' },
    },
    device: (layer) => [
      'TANH',
      {
        scale_a: layer.number('hyperbolic_tan_scale_a', 1),
        scale_b: layer.number('hyperbolic_tan_scale_b', 1),
      },
    ],
  }),
  unary({
    op: 'swish',
    summary: 'x*sigmoid(beta*x)',
    parameters: { beta: { type: 'real', fallback: 1, meaning: 'multiplier inside the sigmoid' } },
    device: (layer) => ['SWISH', { type: 'VSI_NN_SWISH', beta: layer.number('beta', 1) }],
  }),
  unary({
    op: 'hard_swish',
    summary: 'x*min(max(x+3, 0), 6)/6',
    device: () => ['SWISH', { type: 'VSI_NN_HSWISH', beta: 1 }],
  }),
  unary({
    op: 'elu',
    summary: 'x > 0 ? x : alpha*(exp(x)-1)',
    parameters: { alpha: { type: 'real', fallback: 1, meaning: 'scale below zero' } },
    device: (layer) => ['ELU', { alpha: layer.number('alpha', 1) }],
  }),
  unary({
    op: 'gelu',
    summary: 'x*Phi(x), Gaussian error linear unit',
    parameters: { approximate: { type: 'flag', fallback: false, meaning: 'tanh form instead of erf' } },
    device: (layer) => ['GELU', { approximate: layer.flag('approximate', false) }],
  }),
  simple('mish', 'MISH', 'x*tanh(ln(1+exp(x)))'),
  simple('softrelu', 'SOFTRELU', 'ln(1+exp(x))'),
  simple('sigmoid', 'SIGMOID', '1/(1+exp(-x))'),
  simple('exp', 'EXP', 'e to the power x'),
  simple('log', 'LOG', 'natural logarithm'),
  simple('sqrt', 'SQRT', 'square root'),
  simple('rsqrt', 'RSQRT', '1/sqrt(x)'),
  exact('square', 'SQUARE', 'x*x'),
  exact('abs', 'ABS', 'absolute value'),
  exact('neg', 'NEG', '-x'),
  exact('floor', 'FLOOR', 'largest integer not above x'),
  exact('ceil', 'CEIL', 'smallest integer not below x'),
  exact('round', 'ROUND', 'nearest integer, ties to even'),
  simple('sin', 'SIN', 'sine of radians'),
  simple('erf', 'ERF', 'error function'),
  {
    ...simple('logical_not', 'LOGICAL_NOT', 'not x'),
    range: 'none',
    outputType: () => 'bool8',
  },
];
