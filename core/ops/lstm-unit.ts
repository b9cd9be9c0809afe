import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import { elementCount, transpose, type Shape, type Tensor } from '../network/tensor.ts';
import { hiddenOf, refuse, unitsOf } from './recurrent-cells.ts';
import { CellNodes } from './recurrent-steps.ts';
import type { LowerContext, Operand, OpSpec, ShapeContext } from './spec.ts';

/** Gates by their letter in coefficient names: input, forget, candidate ("cell"), output. */
type Gate = 'i' | 'f' | 'c' | 'o';

/** TensorFlow Lite adds this to the variance of a normalised gate. */
const LAYER_NORM_EPSILON = 1e-8;

/** With coupled gates the input gate is what the forget gate leaves, and has no weights. */
const gatesOf = (layer: Layer): readonly Gate[] =>
  layer.flag('use_cifg', false) ? ['f', 'c', 'o'] : ['i', 'f', 'c', 'o'];

/** [N, ...] as a matrix [N, features]. */
function matrixOf(layer: Layer, shape: Shape): [rows: number, features: number] {
  if (shape.length < 2) {
    throw new StudioError('shape-mismatch', `needs [batch, features], got [${shape.join(',')}]`, {
      layer: layer.key,
    });
  }
  return [shape[0], elementCount(shape.slice(1))];
}

function unitShapes({ layer, inputs }: ShapeContext): Shape[] {
  const [rows] = matrixOf(layer, inputs[0]);
  const hidden = [rows, hiddenOf(layer)];
  const cell = [rows, unitsOf(layer)];
  [hidden, cell].forEach((wanted, i) => {
    const state = inputs[i + 1];
    if (!state || elementCount(state) === elementCount(wanted)) return;
    throw new StudioError('shape-mismatch', `state [${state.join(',')}] is not [${wanted.join(',')}]`, {
      layer: layer.key,
    });
  });
  return [hidden, hidden, cell].slice(0, layer.outputs);
}

function coefficientShapes(layer: Layer, inputs: readonly Shape[]): Readonly<Record<string, Shape>> {
  const [, features] = matrixOf(layer, inputs[0]);
  const [units, hidden] = [unitsOf(layer), hiddenOf(layer)];
  const normal = layer.flag('use_layer_norm_lstm', false);
  const gates = gatesOf(layer).flatMap((gate): [string, Shape][] => [
    [`w${gate}`, [features, units]],
    [`h${gate}`, [hidden, units]],
    [`b${gate}`, [units]],
    ...(normal ? [[`ln_${gate}`, [units]] as [string, Shape]] : []),
  ]);
  const projection: [string, Shape][] = layer.has('num_proj')
    ? [
        ['wp', [units, hidden]],
        ['bp', [hidden]],
      ]
    : [];
  return Object.fromEntries([...gates, ...projection]);
}

/** A matrix as [in, out], the order of all dense weights in .data files; [out, in] is turned when it shows. */
function matrix(context: LowerContext, name: string, rows: number, columns: number): Tensor {
  const tensor = context.coefficient(name);
  const shape = tensor.shape.join();
  if (shape === [rows, columns].join()) return tensor;
  if (shape === [columns, rows].join()) return transpose(tensor, [1, 0]);
  throw new StudioError('shape-mismatch', `${name} is [${shape}], not [${rows},${columns}]`, {
    layer: context.layer.key,
  });
}

function vector(context: LowerContext, name: string, count: number): Tensor {
  const tensor = context.coefficient(name);
  if (tensor.data.length === count) return { ...tensor, shape: [count] };
  throw new StudioError('shape-mismatch', `${name} has ${tensor.data.length} values, not ${count}`, {
    layer: context.layer.key,
  });
}

const optional = (context: LowerContext, name: string, count: number): Tensor | undefined =>
  context.hasCoefficient(name) ? vector(context, name, count) : undefined;

/** The bias of a gate; the forget bias is part of it. */
function gateBias(context: LowerContext, gate: Gate, units: number): Tensor | undefined {
  const given = optional(context, `b${gate}`, units);
  const extra = gate === 'f' ? context.layer.number('forget_bias', 1) : 0;
  if (!given && extra === 0) return undefined;
  const data = Float32Array.from({ length: units }, (_, i) => Number(given?.data[i] ?? 0) + extra);
  return { type: 'float32', shape: [units], data };
}

/**
 * One step of TensorFlow Lite's LSTM cell. With s = x W + h R:
 * gate = sigmoid(s + b), or sigmoid(normalised(s) * ln + b); candidate = tanh of the same;
 * cell = forget * old cell + input * candidate (input = 1 - forget when coupled); out = output gate *
 * tanh(cell), projected. Without state inputs the state is zero, so what would be multiplied by it is left out.
 */
function lowerUnit(context: LowerContext): void {
  const { layer, inputs } = context;
  refuse(layer, ['use_peepholes']);
  const nodes = new CellNodes(context);
  const [units, hidden] = [unitsOf(layer), hiddenOf(layer)];
  const [rows, features] = matrixOf(layer, inputs[0].shape);
  const x = nodes.reshape(inputs[0], [rows, features]);
  const h = inputs.length > 1 ? nodes.reshape(inputs[1], [rows, hidden]) : undefined;
  const c = inputs.length > 2 ? nodes.reshape(inputs[2], [rows, units]) : undefined;
  const normal = layer.flag('use_layer_norm_lstm', false);
  const outer = layer.text('activation', 'tanh');
  const inner = layer.text('recurrent_activation', 'sigmoid');
  const gate = (letter: Gate): Operand => {
    const bias = gateBias(context, letter, units);
    const direct = normal ? undefined : bias;
    const fromX = nodes.dense(`w${letter}`, matrix(context, `w${letter}`, features, units), direct)(x);
    const name = `h${letter}`;
    const sum = h
      ? nodes.add(fromX, nodes.dense(name, matrix(context, name, hidden, units), undefined)(h))
      : fromX;
    const scale = normal ? vector(context, `ln_${letter}`, units) : undefined;
    const ready = scale ? nodes.layerNorm(`ln_${letter}`, sum, scale, bias, LAYER_NORM_EPSILON) : sum;
    return nodes.activate(letter === 'c' ? outer : inner, ready);
  };
  const coupled = layer.flag('use_cifg', false);
  const candidate = gate('c');
  const forget = coupled || c ? gate('f') : undefined;
  const fresh =
    coupled && forget
      ? nodes.subtract(candidate, nodes.multiply(forget, candidate))
      : nodes.multiply(gate('i'), candidate);
  const raw = forget && c ? nodes.add(fresh, nodes.multiply(forget, c)) : fresh;
  const cell = nodes.clip(raw, layer.number('cell_clip', 0));
  const out = projected(context, nodes, nodes.multiply(gate('o'), nodes.activate(outer, cell)));
  [out, out, cell].slice(0, layer.outputs).forEach((operand, port) => context.alias(operand, port));
}

function projected(context: LowerContext, nodes: CellNodes, output: Operand): Operand {
  const { layer } = context;
  if (!layer.has('num_proj')) return output;
  const [units, hidden] = [unitsOf(layer), hiddenOf(layer)];
  const project = nodes.dense('wp', matrix(context, 'wp', units, hidden), optional(context, 'bp', hidden));
  return nodes.clip(project(output), layer.number('proj_clip', 0));
}

const GATES: readonly Gate[] = ['i', 'f', 'c', 'o'];

/** One step of an LSTM, as nodes of primitives: ovxlib's own unit wants its state as graph inputs. */
export const lstmUnitOps: readonly OpSpec[] = [
  {
    op: 'lstmunit',
    summary: 'one LSTM step on x, h (zero), c (zero); outputs the output, the next h (the same), the next c',
    parameters: {
      weights: { type: 'int', meaning: 'units' },
      num_proj: { type: 'int', fallback: 0, meaning: 'width of the projection, or absent' },
      forget_bias: { type: 'real', fallback: 1, meaning: 'added to the forget gate' },
      cell_clip: { type: 'real', fallback: 0, meaning: 'limit of the cell, 0 = none' },
      proj_clip: { type: 'real', fallback: 0, meaning: 'limit of the projection, 0 = none' },
      activation: { type: 'text', fallback: 'tanh', meaning: 'of candidate and output' },
      recurrent_activation: { type: 'text', fallback: 'sigmoid', meaning: 'of the gates' },
      use_layer_norm_lstm: { type: 'flag', fallback: false, meaning: 'gates are normalised before the bias' },
      use_cifg: { type: 'flag', fallback: false, meaning: 'the input gate is 1 - the forget gate' },
      use_peepholes: {
        type: 'flag',
        fallback: false,
        meaning: 'not supported: files hold no weights for it',
      },
    },
    coefficients: [
      ...['w', 'h', 'b'].flatMap((kind) => GATES.map((gate) => kind + gate)),
      'wp',
      'bp',
      ...GATES.map((gate) => `ln_${gate}`),
    ],
    coefficientShapes,
    arity: [1, 3],
    range: 'own',
    shapes: unitShapes,
    lower: lowerUnit,
    macs: (layer, inputs) => {
      const [rows, features] = matrixOf(layer, inputs[0]);
      const [units, hidden] = [unitsOf(layer), hiddenOf(layer)];
      const width = features + (inputs.length > 1 ? hidden : 0);
      return rows * units * (width * gatesOf(layer).length + (layer.has('num_proj') ? hidden : 0));
    },
  },
];
