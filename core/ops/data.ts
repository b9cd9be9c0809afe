import { exactType } from '../device/types.ts';
import { StudioError } from '../network/errors.ts';
import { floatTensor, type Shape } from '../network/tensor.ts';
import type { LowerContext, OpSpec, ShapeContext } from './spec.ts';

/** Shape of an input layer with the batch filled in. */
function inputShape({ layer, batch }: ShapeContext): Shape[] {
  const listed = layer.ints('shape', []);
  // Some old files have both: an empty shape and a size.
  const stored =
    listed.length > 0 || (layer.has('shape') && layer.text('size', '').trim() === '')
      ? listed
      : legacyInputShape(layer.text('size', ''), layer.int('channels', 1));
  // The device has no rank 0.
  if (stored.length === 0) return [[1]];
  return [stored.map((dim, axis) => (axis === 0 && dim <= 0 ? batch : dim))];
}

/** Old Caffe imports store "W H" and a channel count instead of a shape. */
function legacyInputShape(size: string, channels: number): number[] {
  const [width, height] = size.split(/\s+/).map(Number);
  if (!width || !height)
    throw new StudioError('shape-mismatch', 'the input layer has neither shape nor size');
  return [0, height, width, channels];
}

/** Passes its input on: the device needs no node. */
function lowerIdentity(context: LowerContext): void {
  context.alias(context.inputs[0]);
}

/** The marks are known, so they are a constant of the graph. */
function lowerIndicator(context: LowerContext): void {
  const [steps, batch] = context.shape();
  const marks = Float32Array.from({ length: steps * batch }, (_, index) => (index < batch ? 0 : 1));
  const values = floatTensor([steps, batch], marks);
  const data = context.constant('data', [batch, steps], values, { kind: 'exact', type: 'float32' });
  context.emit('VARIABLE', {}, [data], [[0, 1]]);
}

const passOn = (op: string, summary: string): OpSpec => ({
  op,
  summary,
  parameters: {},
  arity: [1, 1],
  range: 'same',
  shapes: ({ inputs }) => [inputs[0]],
  lower: lowerIdentity,
});

const convert = (op: string, summary: string, range: OpSpec['range']): OpSpec => ({
  op,
  summary,
  parameters:
    op === 'cast'
      ? {
          in_data_type: { type: 'text', fallback: 'float32', meaning: 'source type' },
          out_data_type: { type: 'text', fallback: 'float32', meaning: 'target type' },
        }
      : {},
  arity: [1, 1],
  range,
  shapes: ({ inputs }) => [inputs[0]],
  lower: (context) => {
    const [input] = context.inputs;
    context.emit(op === 'cast' ? 'CAST' : 'DATACONVERT', {}, [input.tensor], [input.order]);
  },
});

/** Whether a tensor of this type holds whole numbers or truth values, which are never quantized. */
export function isIndexType(type: string): boolean {
  return /^(u?int(8|16|32|64)|bool)$/.test(type);
}

/** Graph ends, constants and layers that only hand data on. `input`, `output`, `variable` are lowered by the graph builder. */
export const dataOps: readonly OpSpec[] = [
  {
    op: 'input',
    summary: 'a graph input',
    parameters: {
      size: { type: 'text', fallback: '', meaning: 'old Caffe files: "W H"' },
      channels: { type: 'int', fallback: 1, meaning: 'old Caffe files: channels' },
      shape: { type: 'ints', fallback: [], meaning: 'dimensions with batch; batch 0 = open' },
      is_scalar: { type: 'flag', fallback: false, meaning: 'the source tensor was a scalar' },
      type: { type: 'text', fallback: 'float32', meaning: 'element type' },
    },
    arity: [0, 0],
    range: 'own',
    shapes: inputShape,
    lower: () => undefined,
  },
  {
    op: 'output',
    summary: 'a graph output',
    parameters: {},
    arity: [1, 1],
    range: 'same',
    shapes: ({ inputs }) => [inputs[0]],
    lower: () => undefined,
  },
  {
    op: 'variable',
    summary: 'a constant tensor',
    parameters: {
      shape: { type: 'ints', fallback: [1], meaning: 'dimensions' },
      is_scalar: { type: 'flag', fallback: false, meaning: 'the source tensor was a scalar' },
      type: { type: 'text', fallback: 'float32', meaning: 'element type' },
    },
    coefficients: ['data'],
    coefficientShapes: (layer) => {
      const shape = layer.ints('shape', [1]);
      return { data: shape.length === 0 ? [1] : shape };
    },
    quantizedCoefficients: ['data'],
    arity: [0, 0],
    range: 'own',
    shapes: ({ layer }) => {
      const shape = layer.ints('shape', [1]);
      return [shape.length === 0 ? [1] : shape];
    },
    lower: () => undefined,
  },
  passOn('noop', 'identity'),
  {
    ...passOn('dropout', 'identity at inference'),
    parameters: {
      ratio: { type: 'real', fallback: 0.5, meaning: 'training only' },
      scale_train: { type: 'flag', fallback: false, meaning: 'training only' },
    },
  },
  convert('dtype_converter', 'requantizes between two data types', 'own'),
  convert('quantize', 'where a quantized source quantized: identity in float', 'own'),
  convert('dequantize', 'where a quantized source dequantized: identity in float', 'own'),
  {
    op: 'continuationindicator',
    summary: "Caffe's sequence marks: 0 at the first step, 1 at the others",
    parameters: {
      time_step: { type: 'int', fallback: 0, meaning: 'steps' },
      batch_size: { type: 'int', fallback: 0, meaning: 'sequences' },
    },
    arity: [0, 0],
    range: 'none',
    outputType: () => 'float32',
    shapes: ({ layer }) => [[layer.int('time_step', 0), layer.int('batch_size', 0)]],
    lower: lowerIndicator,
  },
  {
    ...convert('cast', 'changes the element type', 'same'),
    // A float made from whole numbers has no parameters to take over.
    range: (layer) => (isIndexType(layer.text('in_data_type', 'float32')) ? 'own' : 'same'),
    keepsIntegers: [],
    outputType: (layer) => exactType(layer.text('out_data_type', 'float32')),
  },
];
