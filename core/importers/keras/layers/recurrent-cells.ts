import type { JsonObject } from '../../../files/json-text.ts';
import { Unsupported } from '../../onnx/builder.ts';
import type { Composer } from '../../onnx/compose.ts';
import { activationOf, type Activation } from '../activation.ts';
import { Config, textIn } from '../config.ts';
import { channelFirstOrder, channelLastOrder } from '../../onnx/draft.ts';

/** A step of a recurrent layer: [N, ...] in, output and next states out. */
export interface Cell {
  /** Shapes of the states without the batch, for inputs of this shape (without batch). */
  states: (input: readonly number[]) => (readonly number[])[];
  /** What can be computed for all steps at once: [N * T, ...] in and out. */
  prepare: (inputs: string) => string;
  step: (prepared: string, states: readonly string[]) => { output: string; states: string[] };
}

/** What a cell is made from. */
export interface CellSource {
  type: string;
  config: Config;
}

/** Writes a cell with its weights, which are named by {@link cellWeights}. */
interface CellKind {
  weights: (config: Config) => string[];
  make: (c: Composer, config: Config, weight: (name: string) => string, major: number) => Cell;
}

const withBias = (config: Config): string[] => [
  'kernel',
  'recurrent_kernel',
  ...(config.flag('use_bias', true) ? ['bias'] : []),
];

/** An activation in the middle of a cell. */
function functionOf(c: Composer, config: Config, key: string, fallback: string, major: number) {
  const apply: Activation = activationOf(config.value(key) ?? fallback, major);
  return (x: string): string => apply(c, x, (type, inputs, attributes) => c.op(type, inputs, attributes));
}

const plus = (c: Composer, x: string, bias: string): string => (bias === '' ? x : c.add(x, bias));

const simple: CellKind = {
  weights: withBias,
  make: (c, config, weight, major) => {
    const activation = functionOf(c, config, 'activation', 'tanh', major);
    return {
      states: () => [[config.size('units')]],
      prepare: (x) => plus(c, c.op('MatMul', [x, weight('kernel')]), weight('bias')),
      step: (x, [hidden]) => {
        const output = activation(c.add(x, c.op('MatMul', [hidden, weight('recurrent_kernel')])));
        return { output, states: [output] };
      },
    };
  },
};

/** The four gates of an LSTM, in Keras' order: input, forget, candidate, output. */
function lstmGates(
  c: Composer,
  config: Config,
  major: number,
): (sums: (gate: number) => string, memory: string) => { output: string; states: string[] } {
  const activation = functionOf(c, config, 'activation', 'tanh', major);
  const gate = functionOf(c, config, 'recurrent_activation', 'sigmoid', major);
  return (sums, memory) => {
    const fresh = c.mul(gate(sums(0)), activation(sums(2)));
    const next = c.add(c.mul(gate(sums(1)), memory), fresh);
    const output = c.mul(gate(sums(3)), activation(next));
    return { output, states: [output, next] };
  };
}

const lstm: CellKind = {
  weights: withBias,
  make: (c, config, weight, major) => {
    const units = config.size('units');
    const gates = lstmGates(c, config, major);
    return {
      states: () => [[units], [units]],
      prepare: (x) => plus(c, c.op('MatMul', [x, weight('kernel')]), weight('bias')),
      step: (x, [hidden, memory]) => {
        const sums = c.add(x, c.op('MatMul', [hidden, weight('recurrent_kernel')]));
        return gates((at) => c.slice(sums, 1, at * units, units), memory);
      },
    };
  },
};

const gru: CellKind = {
  weights: withBias,
  make: (c, config, weight, major) => {
    const units = config.size('units');
    const activation = functionOf(c, config, 'activation', 'tanh', major);
    const gate = functionOf(c, config, 'recurrent_activation', 'sigmoid', major);
    const bias = weight('bias');
    // reset_after has a second bias, for the products with the state.
    const after = bias === '' ? config.flag('reset_after', false) : c.shape(bias).length === 2;
    const biasOf = (row: number): string => {
      if (bias === '' || !after) return row === 0 ? bias : '';
      return c.reshape(c.slice(bias, 0, row, 1), [units * 3]);
    };
    const part = (x: string, axis: number, from: number, count: number): string =>
      c.slice(x, axis, from * units, count * units);
    const recurrent = (hidden: string, from: number, count: number): string => {
      const product = c.op('MatMul', [hidden, part(weight('recurrent_kernel'), 1, from, count)]);
      const own = biasOf(1);
      return own === '' ? product : c.add(product, part(own, 0, from, count));
    };
    return {
      states: () => [[units]],
      prepare: (x) => plus(c, c.op('MatMul', [x, weight('kernel')]), biasOf(0)),
      step: (x, [hidden]) => {
        const gates = gate(c.add(part(x, 1, 0, 2), recurrent(hidden, 0, 2)));
        const [update, reset] = [part(gates, 1, 0, 1), part(gates, 1, 1, 1)];
        const memory = after ? c.mul(reset, recurrent(hidden, 2, 1)) : recurrent(c.mul(reset, hidden), 2, 1);
        const candidate = activation(c.add(part(x, 1, 2, 1), memory));
        const output = c.add(candidate, c.mul(update, c.sub(hidden, candidate)));
        return { output, states: [output] };
      },
    };
  },
};

/** Convolutions in place of the products of an LSTM; 1 to 3 spatial axes. */
const convLstm: CellKind = {
  weights: withBias,
  make: (c, config, weight, major) => {
    const filters = config.size('filters');
    const last = config.text('data_format', 'channels_last') === 'channels_last';
    const rank = c.shape(weight('kernel')).length;
    const spatial = rank - 2;
    const gates = lstmGates(c, config, major);
    const strides = config.intsOf('strides', spatial, 1);
    const dilations = config.intsOf('dilation_rate', spatial, 1);
    const same = config.text('padding', 'valid') === 'same';
    const turned = (name: string): string =>
      c.transpose(name, [rank - 1, rank - 2, ...Array.from({ length: spatial }, (_, i) => i)]);
    const convolve = (x: string, inputs: readonly string[], attributes: object): string => {
      const result = c.op('Conv', [last ? c.transpose(x, channelFirstOrder(rank)) : x, ...inputs], {
        ...attributes,
      });
      return last ? c.transpose(result, channelLastOrder(rank)) : result;
    };
    const bias = weight('bias');
    return {
      states: (input) => {
        const sizes = last ? input.slice(0, -1) : input.slice(1);
        const kernel = c.shape(weight('kernel')).slice(0, -2);
        const out = sizes.map((size, i) =>
          same
            ? Math.ceil(size / strides[i])
            : Math.floor((size - (kernel[i] - 1) * dilations[i] - 1) / strides[i]) + 1,
        );
        const shape = last ? [...out, filters] : [filters, ...out];
        return [shape, shape];
      },
      prepare: (x) =>
        convolve(x, [turned(weight('kernel')), ...(bias === '' ? [] : [bias])], {
          strides,
          dilations,
          auto_pad: same ? 'SAME_UPPER' : 'VALID',
        }),
      step: (x, [hidden, memory]) => {
        const sums = c.add(
          x,
          convolve(hidden, [turned(weight('recurrent_kernel'))], { auto_pad: 'SAME_UPPER' }),
        );
        return gates((at) => c.slice(sums, last ? rank - 1 : 1, at * filters, filters), memory);
      },
    };
  },
};

/** Weights as NVIDIA's library has them: each gate's kernel is turned, biases come twice. */
function cuDnn(kind: CellKind, gates: number): CellKind {
  return {
    weights: () => ['kernel', 'recurrent_kernel', 'bias'],
    make: (c, config, weight, major) => {
      const units = config.size('units');
      const perGate = (name: string, turn: (part: string) => string): string =>
        c.concat(Array.from({ length: gates }, (_, at) => turn(c.slice(name, 1, at * units, units))), 1); // prettier-ignore
      const kernel = perGate(weight('kernel'), (part) => {
        const [rows] = c.shape(part);
        return c.transpose(c.reshape(part, [units, rows]), [1, 0]);
      });
      const recurrent = perGate(weight('recurrent_kernel'), (part) => c.transpose(part, [1, 0]));
      const both = c.reshape(weight('bias'), [2, gates * units]);
      const row = (at: number): string => c.reshape(c.slice(both, 0, at, 1), [gates * units]);
      const bias = gates === 3 ? both : c.add(row(0), row(1));
      const known: Readonly<Record<string, string>> = { kernel, recurrent_kernel: recurrent, bias };
      return kind.make(c, config, (name) => known[name] ?? '', major);
    },
  };
}

const KINDS: Readonly<Record<string, CellKind>> = {
  SimpleRNN: simple,
  LSTM: lstm,
  GRU: gru,
  CuDNNLSTM: cuDnn(lstm, 4),
  CuDNNGRU: cuDnn(gru, 3),
  ConvLSTM1D: convLstm,
  ConvLSTM2D: convLstm,
  ConvLSTM3D: convLstm,
};

/** The layer of a cell's class, `LSTMCell` or `LSTM`. */
function kindOf(type: string): CellKind | undefined {
  const name = type.replace(/V[12]$/, '').replace(/Cell$/, '');
  return Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
}

/** Layers that are one cell applied step by step. */
export const cellLayers: readonly string[] = Object.keys(KINDS);

/** The cells of a source: those of a stack, or itself. */
export function cellsOf({ type, config }: CellSource): CellSource[] {
  if (type === 'RNN') return cellsOf(sourceOf(config.child('cell'), config));
  if (type !== 'StackedRNNCells') return [{ type, config }];
  const cells = config.value('cells');
  if (!Array.isArray(cells)) return config.fail('cells', 'a list');
  return cells.map((cell) => sourceOf(cell as JsonObject, config));
}

function sourceOf(record: JsonObject | undefined, outer: Config): CellSource {
  if (!record?.members) return outer.fail('cell', 'a cell');
  const settings = record.members.get('config');
  const config = new Config(settings as JsonObject, outer.layer);
  return { type: textIn(record, 'class_name'), config };
}

/** Names of the weights of a source's cells: `0.kernel`, `0.bias`, `1.kernel` ... */
export function cellWeights(source: CellSource): string[] {
  return cellsOf(source).flatMap(({ type, config }, index) =>
    (kindOf(type)?.weights(config) ?? []).map((name) => `${index}.${name}`),
  );
}

/** The cells of a source with their weights. */
export function makeCells(
  c: Composer,
  source: CellSource,
  weight: (name: string) => string,
  major: number,
): Cell[] {
  return cellsOf(source).map(({ type, config }, index) => {
    const kind = kindOf(type);
    if (!kind) throw new Unsupported(`a cell of class "${type}", which is the model's own`);
    return kind.make(c, config, (name) => weight(`${index}.${name}`), major);
  });
}
