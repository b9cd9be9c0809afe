import { StudioError } from '../network/errors.ts';
import { elementCount, transpose, type Shape, type Tensor } from '../network/tensor.ts';
import { identity, normalizeAxis, reorder } from './axes.ts';
import { broadcastShapes, withRank } from './elementwise.ts';
import type { LowerContext, Operand, OpSpec, ShapeContext } from './spec.ts';

function flattenedSize(shape: Shape, axis: number): number {
  return elementCount(shape.slice(axis));
}

function fullconnectShape({ layer, inputs }: ShapeContext): Shape[] {
  const axis = normalizeAxis(layer.int('axis', 1), inputs[0].length, layer.key);
  return [[...inputs[0].slice(0, axis), layer.int('weights')]];
}

function lowerFullconnect(context: LowerContext): void {
  const { layer } = context;
  const [source] = context.inputs;
  const rank = source.shape.length;
  const axis = normalizeAxis(layer.int('axis', 1), rank, layer.key);
  const outputs = layer.int('weights');
  const features = flattenedSize(source.shape, axis);
  const weight = context.coefficient('weight');
  if (weight.shape.join() !== [features, outputs].join()) {
    throw new StudioError(
      'shape-mismatch',
      `weight is [${weight.shape.join(',')}], the input needs [${features},${outputs}]`,
      { layer: layer.key },
    );
  }
  // FCL flattens all but the outermost dimension, so the data can stay in its device order when the
  // weight rows are put into that order instead.
  const direct = axis === 1 && rank <= 4 && source.order[0] === 0;
  const input = direct ? source : asMatrix(context, source, axis);
  const rows = direct ? inDeviceOrder(weight, source, outputs) : weight;
  const weightId = context.constant('weight', [features, outputs], transpose(rows, [1, 0]), {
    kind: 'weight',
    channelDim: 1,
  });
  const biasId = context.bias(input, weightId, outputs);
  const tensors = [input.tensor, weightId, biasId];
  const shape = context.shape();
  if (shape.length === 2) {
    context.emit('FCL', { weights: outputs }, tensors, [identity(2)]);
    return;
  }
  const matrix = context.helper('FCL', { weights: outputs }, tensors, [input.shape[0], outputs]);
  context.emit('RESHAPE', { size: [...shape].reverse() }, [matrix.tensor], [identity(shape.length)]);
}

/** The input as [dims before axis, dims from axis on], in stored order. */
function asMatrix(context: LowerContext, source: Operand, axis: number): Operand {
  const plain = context.ordered(source, identity(source.shape.length));
  const shape = [elementCount(source.shape.slice(0, axis)), flattenedSize(source.shape, axis)];
  return context.helper('RESHAPE', { size: [...shape].reverse() }, [plain.tensor], shape, { like: source });
}

/** Weight rows [in, out] rearranged from stored order to the operand's device order. */
function inDeviceOrder(weight: Tensor, source: Operand, outputs: number): Tensor {
  const inner = source.shape.slice(1);
  const order = source.order.slice(1).map((axis) => axis - 1);
  const unfolded: Tensor = { ...weight, shape: [...inner, outputs] };
  const moved = transpose(unfolded, [...order, inner.length]);
  return { ...moved, shape: [elementCount(reorder(inner, order)), outputs] };
}

function matmulShape({ layer, inputs }: ShapeContext): Shape[] {
  const [a, b] = inputs;
  if (a.length < 2 || b.length < 2) {
    throw new StudioError('shape-mismatch', 'matmul needs tensors of rank 2 or more', { layer: layer.key });
  }
  const [rows, left] = lastTwo(a, layer.flag('transpose_a', false));
  const [right, columns] = lastTwo(b, layer.flag('transpose_b', false));
  if (left !== right) {
    throw new StudioError('shape-mismatch', `[${a.join(',')}] and [${b.join(',')}] can't be multiplied`, {
      layer: layer.key,
    });
  }
  return [[...broadcastShapes(a.slice(0, -2), b.slice(0, -2), layer.key), rows, columns]];
}

function lastTwo(shape: Shape, transposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

function lowerMatmul(context: LowerContext): void {
  const { layer } = context;
  const rank = context.shape().length;
  const operands = context.inputs
    .map((operand) => context.ordered(operand, identity(operand.shape.length)))
    .map((operand) => withRank(context, operand, rank));
  const transposes = [layer.flag('transpose_a', false), layer.flag('transpose_b', false)].map(Number);
  if (transposes[0] && transposes[1]) {
    throw new StudioError(
      'op-unsupported',
      'matmul with both operands transposed is not an ovxlib operation',
      { layer: layer.key },
    );
  }
  context.emit(
    'MATRIXMUL',
    { transpose: transposes },
    operands.map((operand) => operand.tensor),
    [identity(rank)],
  );
}

/** Matrix products. */
export const matrixOps: readonly OpSpec[] = [
  {
    op: 'fullconnect',
    summary: 'dense layer y = x*W + b; weight is stored [in, out]',
    parameters: {
      weights: { type: 'int', meaning: 'output units' },
      bias: { type: 'flag', fallback: true, meaning: 'a bias coefficient exists' },
      regularize: { type: 'flag', fallback: false, meaning: 'training only' },
      axis: { type: 'int', fallback: 1, meaning: 'first flattened dimension' },
    },
    coefficients: ['weight', 'bias'],
    coefficientShapes: (layer, [data]): Record<string, Shape> => {
      const axis = normalizeAxis(layer.int('axis', 1), data.length, layer.key);
      const outputs = layer.int('weights');
      const weight = [flattenedSize(data, axis), outputs];
      return layer.flag('bias', true) ? { weight, bias: [outputs] } : { weight };
    },
    quantizedCoefficients: ['weight', 'bias'],
    outputsPerScale: () => 1,
    fusesActivation: true,
    arity: [1, 1],
    range: 'own',
    shapes: fullconnectShape,
    lower: lowerFullconnect,
    macs: (layer, inputs) => elementCount(inputs[0]) * layer.int('weights'),
  },
  {
    op: 'matmul',
    summary: 'batched product of the last two dimensions',
    parameters: {
      transpose_a: { type: 'flag', fallback: false, meaning: 'transpose the last two dimensions of a' },
      transpose_b: { type: 'flag', fallback: false, meaning: 'transpose the last two dimensions of b' },
    },
    arity: [2, 2],
    range: 'own',
    shapes: matmulShape,
    lower: lowerMatmul,
    macs: (layer, inputs, outputs) =>
      elementCount(outputs[0]) * lastTwo(inputs[0], layer.flag('transpose_a', false))[1],
  },
];
