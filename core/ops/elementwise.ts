import { StudioError } from '../network/errors.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import type { DeviceParam } from '../device/graph.ts';
import { identity, sameOrder } from './axes.ts';
import { lowerScale, scaleShapes } from './scale.ts';
import type { LowerContext, Operand, OpSpec, ShapeContext } from './spec.ts';

/** NumPy broadcasting of two shapes; undefined when they do not fit. */
function common(a: Shape, b: Shape): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape = identity(rank).map((axis) => {
    const left = a[axis - (rank - a.length)] ?? 1;
    const right = b[axis - (rank - b.length)] ?? 1;
    return left === 1 ? right : left === right || right === 1 ? left : NaN;
  });
  return shape.some(Number.isNaN) ? undefined : shape;
}

/**
 * `shape` with trailing dimensions of size 1 when it broadcasts over `over` only with those. ACUITY's ONNX import
 * writes one axis of an Unsqueeze over several: a scale per channel is stored as [256,1] beside [1,256,20,20].
 */
function withTail(shape: Shape, over: Shape): Shape {
  if (shape.length >= over.length || common(shape, over)) return shape;
  for (let tail = [...shape, 1]; tail.length <= over.length; tail = [...tail, 1]) {
    if (common(tail, over)) return tail;
  }
  return shape;
}

/** The common shape of two operands. */
export function broadcastShapes(a: Shape, b: Shape, layer: string): number[] {
  const shape = common(withTail(a, b), withTail(b, a));
  if (shape) return shape;
  throw new StudioError('shape-mismatch', `[${a.join(',')}] and [${b.join(',')}] do not broadcast`, {
    layer,
  });
}

/** The operand with dimensions of size 1 added up to `rank`: in front, or behind where only that fits `over`. */
export function withRank(context: LowerContext, operand: Operand, rank: number, over?: Shape): Operand {
  const known = over ? withTail(operand.shape, over) : operand.shape;
  const missing = rank - known.length;
  if (rank === operand.shape.length) return operand;
  const shape = [...new Array<number>(missing).fill(1), ...known];
  const plain = context.ordered(operand, identity(operand.shape.length));
  return context.helper('RESHAPE', { size: [...shape].reverse() }, [plain.tensor], shape, { like: operand });
}

/** All operands with one rank and one axis order: that of the largest. */
export function aligned(context: LowerContext): Operand[] {
  const rank = Math.max(...context.inputs.map((operand) => operand.shape.length));
  const widest = context.inputs.find((operand) => operand.shape.length === rank)?.shape;
  const ranked = context.inputs.map((operand) => withRank(context, operand, rank, widest));
  const largest = ranked.reduce((a, b) => (elementCount(b.shape) > elementCount(a.shape) ? b : a));
  return ranked.map((operand) =>
    sameOrder(operand.order, largest.order) ? operand : context.ordered(operand, largest.order),
  );
}

function broadcastAll({ inputs, layer }: ShapeContext): Shape[] {
  return [inputs.reduce((a, b) => broadcastShapes(a, b, layer.key))];
}

function lowerAligned(context: LowerContext, device: string, params: Record<string, DeviceParam>): void {
  const operands = aligned(context);
  context.emit(
    device,
    params,
    operands.map((operand) => operand.tensor),
    [operands[0].order],
  );
}

function binary(
  op: string,
  device: string,
  summary: string,
  params: Record<string, DeviceParam> = {},
  more: Partial<OpSpec> = {},
): OpSpec {
  return {
    op,
    summary,
    parameters: {},
    arity: [2, 2],
    range: 'own',
    shapes: broadcastAll,
    lower: (context) => lowerAligned(context, device, params),
    ...more,
  };
}

const ELTWISE: Readonly<Record<string, readonly [string, Record<string, DeviceParam>]>> = {
  SUM: ['ADD', {}],
  PROD: ['MULTIPLY', { scale: 1 }],
  MAX: ['MAXIMUM', {}],
};

const eltwise: OpSpec = {
  ...binary('eltwise', 'ADD', "Caffe's elementwise op of two inputs", {}, { fusesActivation: true }),
  parameters: {
    operation: { type: 'text', fallback: 'SUM', meaning: 'SUM, PROD or MAX' },
    coeff: { type: 'text', fallback: '', meaning: 'Caffe coefficients; only empty is supported' },
  },
  lower: (context) => {
    const operation = context.layer.text('operation', 'SUM');
    const entry = ELTWISE[operation];
    if (!entry || context.layer.text('coeff', '').trim() !== '') {
      throw new StudioError('op-unsupported', `eltwise ${operation} with coefficients is not supported`, {
        layer: context.layer.key,
      });
    }
    const operands = aligned(context);
    context.emit(
      entry[0],
      entry[1],
      operands.map((operand) => operand.tensor),
      [operands[0].order],
    );
  },
};

const compare = (op: string, member: string, summary: string): OpSpec =>
  binary(
    op,
    'RELATIONAL_OPS',
    summary,
    { op: `VSI_NN_RELATIONAL_OPS_${member}` },
    {
      range: 'none',
      outputType: () => 'bool8',
    },
  );

/** Arithmetic on int32 gives int32; a quotient is cut off, as C does. */
const INTEGERS = { keepsIntegers: 'all' } as const;

const logical = (op: string, member: string, summary: string): OpSpec =>
  binary(
    op,
    'LOGICAL_OPS',
    summary,
    { op: `VSI_NN_LOGICAL_${member}` },
    { range: 'none', outputType: () => 'bool8' },
  );

/** Ops of two tensors with broadcasting, and `where`. */
export const elementwiseOps: readonly OpSpec[] = [
  binary('add', 'ADD', 'a + b', {}, { fusesActivation: true, ...INTEGERS }),
  binary('subtract', 'SUBTRACT', 'a - b', {}, INTEGERS),
  binary(
    'multiply',
    'MULTIPLY',
    'a * b',
    { scale: 1 },
    {
      ...INTEGERS,
      parameters: {
        axis: { type: 'int', fallback: 1, meaning: 'one input: the axis of the scale' },
        bias: { type: 'flag', fallback: true, meaning: 'one input: a bias coefficient exists' },
      },
      arity: [1, 2],
      coefficients: ['scale', 'bias'],
      coefficientShapes: scaleShapes,
      lower: (context) => {
        if (context.inputs.length === 1) lowerScale(context);
        else lowerAligned(context, 'MULTIPLY', { scale: 1 });
      },
    },
  ),
  binary('divide', 'DIVIDE', 'a / b', { scale: 1 }, INTEGERS),
  binary('real_div', 'DIVIDE', 'a / b', { scale: 1 }, INTEGERS),
  binary('floor_div', 'FLOORDIV', 'floor(a / b)', {}, INTEGERS),
  binary('maximum', 'MAXIMUM', 'larger of a and b', {}, INTEGERS),
  binary('minimum', 'MINIMUM', 'smaller of a and b', {}, INTEGERS),
  binary('pow', 'POW', 'a to the power b', {}, INTEGERS),
  eltwise,
  compare('equal', 'EQUAL', 'a == b'),
  compare('not_equal', 'NOT_EQUAL', 'a != b'),
  compare('greater', 'GREAT', 'a > b'),
  compare('greater_equal', 'GREAT_EQUAL', 'a >= b'),
  compare('less', 'LESS', 'a < b'),
  compare('less_equal', 'LESS_EQUAL', 'a <= b'),
  logical('logical_and', 'AND', 'a and b'),
  logical('logical_or', 'OR', 'a or b'),
  logical('logical_xor', 'XOR', 'either a or b'),
  { ...binary('where', 'SELECT', 'condition ? a : b'), arity: [3, 3], keepsIntegers: [1, 2] },
];
