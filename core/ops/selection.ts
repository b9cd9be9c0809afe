import { StudioError } from '../network/errors.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { deviceAxis, identity, normalizeAxis } from './axes.ts';
import type { LowerContext, OpSpec, ShapeContext } from './spec.ts';

function topkShape({ layer, inputs }: ShapeContext): Shape[] {
  const [shape] = inputs;
  const k = layer.int('topk', 1);
  const length = shape[shape.length - 1];
  if (k < 1 || k > length) {
    throw new StudioError('parameter-invalid', `topk is ${k}, the last axis has ${length} elements`, {
      layer: layer.key,
    });
  }
  const result = [...shape.slice(0, -1), k];
  return Array.from({ length: layer.outputs }, () => result);
}

/** TOPK of ovxlib 1.1.34 works along the innermost dimension only. */
function lowerTopk(context: LowerContext): void {
  const [source] = context.inputs;
  const input = context.ordered(source, identity(source.shape.length));
  const orders = Array.from({ length: context.layer.outputs }, () => input.order);
  context.emit('TOPK', { k: context.layer.int('topk', 1) }, [input.tensor], orders);
}

function oneHotAxis(context: Pick<ShapeContext, 'layer'>, rank: number): number {
  return normalizeAxis(context.layer.int('axis', -1), rank + 1, context.layer.key);
}

function lowerOneHot(context: LowerContext): void {
  const { layer } = context;
  const [source] = context.inputs;
  const rank = source.shape.length;
  const input = context.ordered(source, identity(rank));
  const order = identity(rank + 1);
  // -1 and 0 both mean "a new innermost dimension"; -1 is what the header documents.
  const axis = deviceAxis(oneHotAxis(context, rank), order);
  const params = {
    depth: layer.int('depth'),
    on_value: layer.number('on_value', 1),
    off_value: layer.number('off_value', 0),
    axis: axis === 0 ? -1 : axis,
  };
  context.emit('ONE_HOT', params, [input.tensor], [order]);
}

function gatherNdShape({ layer, inputs }: ShapeContext): Shape[] {
  const [data, indices] = inputs;
  const depth = indices[indices.length - 1] ?? 0;
  if (depth < 1 || depth > data.length) {
    throw new StudioError(
      'shape-mismatch',
      `index tuples of ${depth} numbers do not fit a tensor of rank ${data.length}`,
      { layer: layer.key },
    );
  }
  const shape = [...indices.slice(0, -1), ...data.slice(depth)];
  return [shape.length === 0 ? [1] : shape];
}

function lowerGatherNd(context: LowerContext): void {
  const inputs = context.inputs.map(
    (operand) => context.ordered(operand, identity(operand.shape.length)).tensor,
  );
  context.emit('GATHER_ND', {}, inputs, [identity(context.shape().length)]);
}

function scatterNdShape({ layer, inputs }: ShapeContext): Shape[] {
  const shape = layer.ints('shape');
  const [indices, updates] = inputs;
  const depth = indices[indices.length - 1] ?? 0;
  const fits =
    depth >= 1 &&
    depth <= shape.length &&
    (elementCount(indices) / depth) * elementCount(shape.slice(depth)) === elementCount(updates);
  if (!fits) {
    throw new StudioError(
      'shape-mismatch',
      `indices [${indices.join(',')}] and updates [${updates.join(',')}] do not fit [${shape.join(',')}]`,
      { layer: layer.key },
    );
  }
  return [shape];
}

function lowerScatterNd(context: LowerContext): void {
  const shape = [...context.shape()].reverse();
  const inputs = context.inputs.map(
    (operand) => context.ordered(operand, identity(operand.shape.length)).tensor,
  );
  context.emit('SCATTER_ND', { dim_num: shape.length, shape }, inputs, [identity(shape.length)]);
}

/** Ops that find, pick or place elements by index. */
export const selectionOps: readonly OpSpec[] = [
  {
    op: 'topk',
    summary: 'the k largest elements of the last axis, descending (out0), and their indices (out1)',
    parameters: { topk: { type: 'int', fallback: 1, meaning: 'k' } },
    arity: [1, 1],
    range: 'same',
    outputType: (_layer, port) => (port === 1 ? 'int32' : undefined),
    shapes: topkShape,
    lower: lowerTopk,
  },
  {
    op: 'one_hot',
    summary: 'on_value at the index, off_value elsewhere, along a new axis',
    parameters: {
      depth: { type: 'int', meaning: 'size of the new axis' },
      on_value: { type: 'real', fallback: 1, meaning: 'value at the index' },
      off_value: { type: 'real', fallback: 0, meaning: 'value elsewhere' },
      axis: { type: 'int', fallback: -1, meaning: 'the new axis in the result' },
      dtype: { type: 'text', fallback: 'float32', meaning: 'element type of the result' },
    },
    arity: [1, 1],
    range: 'own',
    outputType: (layer) => (layer.text('dtype', 'float32').startsWith('float') ? undefined : 'int32'),
    shapes: (context) => {
      const [shape] = context.inputs;
      const axis = oneHotAxis(context, shape.length);
      return [[...shape.slice(0, axis), context.layer.int('depth'), ...shape.slice(axis)]];
    },
    lower: lowerOneHot,
  },
  {
    op: 'gathernd',
    summary: 'picks slices of input 0 by the index tuples in input 1',
    parameters: {},
    arity: [2, 2],
    range: 'same',
    shapes: gatherNdShape,
    lower: lowerGatherNd,
  },
  {
    op: 'scatternd',
    summary: 'zeros of a shape with the updates (input 1) added at the index tuples (input 0)',
    parameters: { shape: { type: 'ints', fallback: [], meaning: 'shape of the result' } },
    arity: [2, 2],
    range: 'own',
    keepsIntegers: [1],
    shapes: scatterNdShape,
    lower: lowerScatterNd,
  },
];
