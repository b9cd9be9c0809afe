import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { identity, inverse, normalizeAxis, reorder } from './axes.ts';
import { CAFFE_ORDER, countsAsCaffe, storedFromCaffe } from './caffe-layout.ts';
import type { LowerContext, OpSpec, ShapeContext } from './spec.ts';

/**
 * Target of a reshape: 0 copies the input dimension at that index, -1 (once) takes what is left. A
 * target written for batch 1 keeps working for other batches when its first dimension was the batch.
 */
function reshapeShape(context: ShapeContext): Shape[] {
  const { layer, network, inputs } = context;
  const [input] = inputs;
  if (!countsAsCaffe(network, input) || layer.ints('shape').length !== 4) return [target(context, input)];
  return [storedFromCaffe(target(context, reorder(input, CAFFE_ORDER)))];
}

function target({ layer, batch }: ShapeContext, input: Shape): number[] {
  const wanted = layer.ints('shape').map((dim, axis) => (dim === 0 ? (input[axis] ?? 1) : dim));
  const total = elementCount(input);
  const known = wanted.reduce((product, dim) => (dim < 0 ? product : product * dim), 1);
  const open = wanted.indexOf(-1);
  if (open >= 0) {
    if (known === 0 || total % known !== 0) rejectReshape(layer, input);
    return wanted.map((dim, axis) => (axis === open ? total / known : dim));
  }
  // The device has no rank 0.
  if (known === total) return wanted.length === 0 ? [1] : wanted;
  if (wanted[0] === 1 && known * batch === total) return [batch, ...wanted.slice(1)];
  return rejectReshape(layer, input);
}

function rejectReshape(layer: Layer, input: Shape): never {
  throw new StudioError(
    'shape-mismatch',
    `[${input.join(',')}] can't be reshaped to [${layer.ints('shape').join(',')}]`,
    { layer: layer.key },
  );
}

/** A picture that stays of rank 4 is read and written in Caffe's order. */
function isCaffeReshape(context: LowerContext): boolean {
  const { layer, network, inputs } = context;
  const kept = layer.op === 'reshape' || layer.op === 'flatten';
  return kept && countsAsCaffe(network, inputs[0].shape) && context.shape().length === 4;
}

function lowerCaffeReshape(context: LowerContext): void {
  const input = context.ordered(context.inputs[0], CAFFE_ORDER);
  const size = reorder(context.shape(), CAFFE_ORDER).reverse();
  context.emit('RESHAPE', { size }, [input.tensor], [CAFFE_ORDER]);
}

function lowerReshape(context: LowerContext): void {
  const [source] = context.inputs;
  const target = context.shape();
  if (isCaffeReshape(context)) {
    lowerCaffeReshape(context);
    return;
  }
  const input = context.ordered(source, identity(source.shape.length));
  if (target.join() === source.shape.join()) {
    context.alias(input);
    return;
  }
  context.emit('RESHAPE', { size: [...target].reverse() }, [input.tensor], [identity(target.length)]);
}

function flattenShape({ layer, network, inputs }: ShapeContext): Shape[] {
  // Axis 3 is Caffe's axis 1 in the stored layout; the result stays a picture of one pixel.
  if (countsAsCaffe(network, inputs[0]) && layer.int('axis', 1) === 3) {
    return [[inputs[0][0], 1, 1, elementCount(inputs[0].slice(1))]];
  }
  const axis = normalizeAxis(layer.int('axis', 1), inputs[0].length, layer.key);
  return [[...inputs[0].slice(0, axis), elementCount(inputs[0].slice(axis))]];
}

function squeezeShape({ layer, inputs }: ShapeContext): Shape[] {
  const axes = layer.ints('axis_list').map((axis) => normalizeAxis(axis, inputs[0].length, layer.key));
  const rest = inputs[0].filter((_, axis) => !axes.includes(axis));
  return [rest.length === 0 ? [1] : rest];
}

function expandShape({ layer, inputs }: ShapeContext): Shape[] {
  const axis = normalizeAxis(layer.int('dim', 0), inputs[0].length + 1, layer.key);
  return [[...inputs[0].slice(0, axis), 1, ...inputs[0].slice(axis)]];
}

const reshaping = (
  op: string,
  summary: string,
  parameters: OpSpec['parameters'],
  shapes: OpSpec['shapes'],
): OpSpec => ({
  op,
  summary,
  parameters,
  arity: [1, 1],
  range: 'same',
  shapes,
  lower: lowerReshape,
});

function permutation(layer: Layer, rank: number): number[] {
  const perm = layer.ints('perm', [0]).map((axis) => normalizeAxis(axis, rank, layer.key));
  if (perm.length !== rank || new Set(perm).size !== rank) {
    throw new StudioError(
      'parameter-invalid',
      `perm [${perm.join(',')}] is not a permutation of rank ${rank}`,
      { layer: layer.key },
    );
  }
  return perm;
}

/** A permute renames the axes of the value; a device node appears only where somebody needs another order. */
function lowerPermute(context: LowerContext): void {
  const [source] = context.inputs;
  const renamed = inverse(permutation(context.layer, source.shape.length));
  context.alias({ ...source, shape: context.shape(), order: source.order.map((axis) => renamed[axis]) });
}

/** Ops that keep every element and its place in memory or only move it. */
export const reshapeOps: readonly OpSpec[] = [
  reshaping(
    'reshape',
    'reinterprets the elements, in stored order, as another shape',
    {
      shape: {
        type: 'ints',
        fallback: [],
        meaning: 'target; 0 = keep the dimension at that index, -1 = inferred',
      },
    },
    reshapeShape,
  ),
  reshaping(
    'flatten',
    'flattens the dimensions from axis on',
    { axis: { type: 'int', fallback: 1, meaning: 'first flattened dimension' } },
    flattenShape,
  ),
  reshaping(
    'squeeze',
    'drops dimensions of size 1',
    { axis_list: { type: 'ints', meaning: 'axes' } },
    squeezeShape,
  ),
  reshaping(
    'expanddims',
    'inserts a dimension of size 1',
    { dim: { type: 'int', fallback: 0, meaning: 'its index in the result' } },
    expandShape,
  ),
  {
    op: 'permute',
    summary: 'transposes: output dimension i is input dimension perm[i]',
    parameters: { perm: { type: 'ints', fallback: [0], meaning: 'permutation' } },
    arity: [1, 1],
    range: 'same',
    shapes: ({ layer, inputs }) => [permutation(layer, inputs[0].length).map((axis) => inputs[0][axis])],
    lower: lowerPermute,
  },
];
