import { type Dense, need } from '../../reference/ops.ts';
import {
  gruStep,
  half,
  type Inputs,
  joinSteps,
  projectedCodes,
  lstmStep,
  rnnStep,
  type Round,
  roundTo,
  same,
  stepsOf,
  svdfStep,
} from '../../reference/recurrent.ts';
import type { Scheme } from '../../reference/schemes.ts';
import { type Case, type Port, reals } from '../conform.ts';

const [WIDTH, UNITS, BATCH, STEPS] = [5, 4, 2, 3];
const f = Math.fround;

const weights = (inputs: number, outputs: number): Port => ({
  ...reals([inputs, outputs], 0.7),
  constant: true,
});
const bias = (n: number): Port => ({ ...reals([n], 0.5), constant: true });
/** Stands where a row of types has no tensor. */
const NONE = reals([1]);
const numbers = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Element `b` of the batch of a state [n, batch]; zeros where there is none. */
const element = (t: Dense | null | undefined, b: number, n: number): number[] =>
  t ? t.data.slice(b * n, (b + 1) * n) : new Array<number>(n).fill(0);

type Schemes = readonly (Scheme | null)[];

const round = (to: readonly Scheme[], i: number): Round => (to[i] ? roundTo(to[i]) : same);

/** Types by what a tensor is for: data, weights, bias; states and results. */
interface Kinds {
  x: string;
  w: string;
  b: string;
  h: string;
  c: string;
}
const TYPES: readonly Kinds[] = [
  { x: 'f32', w: 'f32', b: 'f32', h: 'f32', c: 'f32' },
  { x: 'f16', w: 'f16', b: 'f16', h: 'f16', c: 'f16' },
  { x: 'f16', w: 'f16', b: 'f32', h: 'f16', c: 'f32' },
  { x: 'bf16', w: 'bf16', b: 'f32', h: 'bf16', c: 'f16' },
  { x: 'u8a', w: 'u8a', b: 'i32a', h: 'u8a', c: 'f16' },
  { x: 'i8d', w: 'i8d', b: 'i32d', h: 'i8d', c: 'i16d' },
  { x: 'i16d', w: 'i16d', b: 'i64d', h: 'i16d', c: 'f32' },
  { x: 'f16', w: 'u8a', b: 'f32', h: 'f16', c: 'f16' },
];

// --- LSTM ---

interface LstmCase {
  name: string;
  /** Inputs that this cell has, besides data, states, and the weights and biases of its gates. */
  ports: Partial<Record<number, Port>>;
  without?: number[];
  params?: Record<string, number>;
  outputs?: number;
}

const GATES = numbers(3, 10);
const plainLstm: LstmCase = { name: '', ports: {} };
const lstms: LstmCase[] = [
  { ...plainLstm, params: { forget_bias: f(0.3), cell_clip: f(0.9) } },
  { name: 'with coupled gates', ports: {}, without: [3, 7, 14] },
  { name: 'with peepholes', ports: { 11: bias(UNITS), 12: bias(UNITS), 13: bias(UNITS) } },
  { name: 'with a projection', ports: { 18: weights(UNITS, 3), 19: bias(3) }, outputs: 3 },
  {
    name: 'with normalisation',
    ports: Object.fromEntries(numbers(20, 23).map((i) => [i, bias(UNITS)])),
  },
];

/** What the i-th of the 29 inputs is, if the cell has it. */
function lstmPort({ ports, without = [], outputs = UNITS }: LstmCase, i: number): Port | undefined {
  if (without.includes(i)) return undefined;
  if (i === 1) return reals([outputs, BATCH], 1);
  if (i === 2) return reals([UNITS, BATCH], 1);
  if (GATES.includes(i)) return weights(i < 7 ? WIDTH : outputs, UNITS);
  return i >= 14 && i <= 17 ? bias(UNITS) : ports[i];
}

const lstmRow = (c: LstmCase, { x, w, b, h, c: cell }: Kinds, outputs: string[]): string => {
  const kind = (i: number): string =>
    i === 0 ? x : i === 1 ? h : i === 2 ? cell : GATES.includes(i) || i === 18 ? w : b;
  const columns = numbers(0, 28).map((i) => (i === 0 || lstmPort(c, i) ? kind(i) : '-'));
  return `${columns.join(' ')} ${outputs.slice(0, -1).join(' ')} > ${outputs.at(-1) ?? ''}`;
};

const lstmOptions = (c: LstmCase, to: readonly Scheme[], from: Schemes): Parameters<typeof lstmStep>[4] => ({
  forgetBias: c.params?.['forget_bias'] ?? 0,
  cellClip: c.params?.['cell_clip'] ?? 0,
  hidden: round(to, 1),
  cell: round(to, 2),
  normalised: c.ports[20] !== undefined,
  projected: from[18]?.lo === 0 ? projectedCodes : half,
});

/** Runs a cell over a sequence [width, batch, steps]; all outputs, and the states behind the last step. */
function lstmSequence(
  c: LstmCase,
  inputs: Inputs,
  to: readonly Scheme[],
  from: Schemes,
  timeMajor: boolean,
): Dense[] {
  const n = c.outputs ?? UNITS;
  const ends: { h: number[]; c: number[] }[] = [];
  const all = numbers(0, BATCH - 1).map((b) => {
    let state = { h: element(inputs[1], b, n), c: element(inputs[2], b, UNITS) };
    const own = [...inputs];
    if (inputs[24]) own[24] = { size: [3, 1], data: element(inputs[24], b, 3) };
    const outs = stepsOf(need(inputs[0]), timeMajor, b).map((x) => {
      const step = lstmStep(own, x, state.h, state.c, lstmOptions(c, to, from));
      state = step;
      return step.out;
    });
    ends.push(state);
    return outs;
  });
  const states: Dense[] = [
    { size: [n, BATCH], data: ends.flatMap(({ h }) => h) },
    { size: [UNITS, BATCH], data: ends.flatMap((end) => end.c) },
  ];
  return [joinSteps(all, timeMajor), ...states];
}

const RANGES = [
  [-1, 1],
  [-1, 1],
  [-2, 2],
] as const;

const lstmCase = (c: LstmCase, op: string, x: number[], params: Record<string, number>): Case => ({
  op,
  name: `${c.name}${Object.keys(params).join(' ')}`,
  inputs: numbers(0, 28).map((i) => (i === 0 ? reals(x, 1) : (lstmPort(c, i) ?? NONE))),
  params: { ...c.params, ...params },
  rows: TYPES.map((kinds) => lstmRow(c, kinds, [kinds.h, kinds.h, kinds.c])).join('; '),
  outputs: 3,
  ranges: RANGES,
  reference: (inputs, to, from) => {
    if (op === 'LSTM_OVXLIB') {
      const [all, h, cell] = lstmSequence(c, inputs, to, from, params['time_major'] !== 0);
      const last = params['return_sequences'] === 0 ? lastStep(need(all)) : need(all);
      return [last, need(h), need(cell)];
    }
    const data = need(inputs[0]).data;
    const one: Inputs = [{ size: [WIDTH, BATCH, 1], data }, ...inputs.slice(1)];
    const [out, ...states] = lstmSequence(c, one, to, from, true);
    return [{ size: need(out).size.slice(0, 2), data: need(out).data }, ...states];
  },
  double: 'always',
});

/** The last step of a sequence [n, batch, steps]. */
function lastStep({ size: [n = 1, batch = 1], data }: Dense): Dense {
  return { size: [n, batch], data: data.slice(-n * batch) };
}

const SEQUENCE = [WIDTH, BATCH, STEPS];
const units: Case[] = [
  ...lstms.map((c) => lstmCase(c, 'LSTM_OVXLIB', SEQUENCE, {})),
  lstmCase(plainLstm, 'LSTM_OVXLIB', [WIDTH, STEPS, BATCH], { time_major: 0 }),
  lstmCase(plainLstm, 'LSTM_OVXLIB', SEQUENCE, { return_sequences: 0 }),
  ...lstms.map((c) => lstmCase(c, 'LSTMUNIT_OVXLIB', [WIDTH, BATCH], {})),
  lstmCase(
    {
      name: 'with more data',
      ports: {
        24: reals([3, BATCH]),
        ...Object.fromEntries(numbers(25, 28).map((i) => [i, weights(3, UNITS)])),
      },
    },
    'LSTMUNIT_OVXLIB',
    [WIDTH, BATCH],
    {},
  ),
];

/** Where BIDIRECTIONAL_SEQUENCE_LSTM has the 29 inputs of a forward and of a backward cell, without auxiliary ones. */
const WAYS = [
  [0, 35, 36, ...numbers(1, 17), ...numbers(48, 51)],
  [0, 37, 38, ...numbers(18, 34), ...numbers(52, 55)],
];

const both = (merge: number): Case => {
  const at = (i: number): number => Math.max(WAYS[0]?.indexOf(i) ?? -1, WAYS[1]?.indexOf(i) ?? -1);
  const port = (i: number): Port | undefined => (at(i) > 0 ? lstmPort(plainLstm, at(i)) : undefined);
  const row = ({ x, w, b, h, c }: Kinds): string => {
    const kind = (i: number): string => {
      const k = at(i);
      return k === 1 ? h : k === 2 ? c : GATES.includes(k) ? w : b;
    };
    const columns = numbers(0, 55).map((i) => (i === 0 ? x : port(i) ? kind(i) : '-'));
    return `${columns.join(' ')} ${h} > ${h}`;
  };
  return {
    op: 'BIDIRECTIONAL_SEQUENCE_LSTM',
    name: merge ? 'side by side' : '',
    inputs: numbers(0, 55).map((i) => (i === 0 ? reals(SEQUENCE, 1) : (port(i) ?? NONE))),
    params: { time_major: 1, merge_outputs: merge, cell_clip: f(0.9) },
    rows: TYPES.map(row).join('; '),
    outputs: 2,
    ranges: RANGES.slice(0, 2 - merge),
    reference: (inputs, to) => {
      const outs = WAYS.map((ports, way) => {
        const own = ports.map((i) => inputs[i]);
        const state = round(to, merge ? 0 : way);
        return numbers(0, BATCH - 1).map((b) =>
          direction(way, stepsOf(need(own[0]), true, b), (steps) => {
            let now = { h: element(own[1], b, UNITS), c: element(own[2], b, UNITS) };
            return steps.map((x) => {
              const step = lstmStep(own, x, now.h, now.c, {
                forgetBias: 0,
                cellClip: f(0.9),
                hidden: state,
                cell: half,
                normalised: false,
                projected: half,
              });
              now = step;
              return step.out;
            });
          }),
        );
      });
      return joinWays(outs, merge === 1);
    },
    double: 'always',
  };
};

/** What a cell makes of a sequence, forwards or (way 1) backwards, in the order of the sequence. */
function direction(way: number, steps: number[][], run: (steps: number[][]) => number[][]): number[][] {
  return way === 0 ? run(steps) : run(steps.toReversed()).toReversed();
}

/** Outputs of both ways, by element of the batch and step: two tensors, or rows side by side. */
function joinWays([forward = [], backward = []]: number[][][][], merge: boolean): Dense[] {
  if (!merge) return [joinSteps(forward, true), joinSteps(backward, true)];
  return [
    joinSteps(
      forward.map((steps, b) => steps.map((row, t) => [...row, ...(backward[b]?.[t] ?? [])])),
      true,
    ),
  ];
}

// --- GRU ---

const PLAIN = { input: [2, 3, 4], state: [5, 6, 7], inputBias: [8, 9, 10], stateBias: [11, 12, 13] };
const OVXLIB = { input: [3, 2, 10], state: [5, 4, 11], inputBias: [7, 6, 12], stateBias: [9, 8, 13] };

function gruCase(op: string, resetAfter: boolean, timeMajor: boolean): Case {
  const ports = op.endsWith('OVXLIB') ? OVXLIB : PLAIN;
  const sequence = !op.includes('CELL');
  const shape = !sequence ? [WIDTH, BATCH] : timeMajor ? SEQUENCE : [WIDTH, STEPS, BATCH];
  const port = (i: number): Port => {
    if (i < 2) return i === 0 ? reals(shape, 1) : reals([UNITS, BATCH], 1);
    if (ports.input.includes(i)) return weights(WIDTH, UNITS);
    return ports.state.includes(i) ? weights(UNITS, UNITS) : bias(UNITS);
  };
  const row = ({ x, w, b, h }: Kinds): string => {
    const kind = (i: number): string =>
      i === 0 ? x : i === 1 ? h : [...ports.input, ...ports.state].includes(i) ? w : b;
    return `${numbers(0, 13).map(kind).join(' ')} ${h} > ${h}`;
  };
  return {
    op,
    name: `${resetAfter ? 'reset after' : 'reset before'}${timeMajor ? '' : ', batch first'}`,
    inputs: numbers(0, 13).map(port),
    params: {
      num_units: UNITS,
      activation: 4,
      recurrent_activation: 6,
      [op.endsWith('OVXLIB') ? 'linear_before_reset' : 'reset_after']: resetAfter ? 1 : 0,
      ...(sequence ? { return_sequences: 1, time_major: timeMajor ? 1 : 0 } : {}),
    },
    rows: TYPES.map(row).join('; '),
    outputs: 2,
    ranges: RANGES.slice(0, 2),
    reference: (inputs, to) => {
      const inner = op.endsWith('OVXLIB') ? same : half;
      const hidden: Round = (v) => round(to, 1)(round(to, 0)(v));
      const ends: number[][] = [];
      const all = numbers(0, BATCH - 1).map((b) => {
        let h = element(inputs[1], b, UNITS);
        const data = need(inputs[0]);
        const steps = sequence ? stepsOf(data, timeMajor, b) : [element(data, b, WIDTH)];
        const outs = steps.map((x) => {
          const step = gruStep(inputs, x, h, { resetAfter, inner, hidden, ports });
          h = step.h;
          return step.out;
        });
        ends.push(h);
        return outs;
      });
      const joined = joinSteps(all, timeMajor);
      const out = sequence ? joined : { size: joined.size.slice(0, 2), data: joined.data };
      return [out, { size: [UNITS, BATCH], data: ends.flat() }];
    },
    double: 'always',
  };
}

const grus = ['GRU', 'GRUCELL', 'GRU_OVXLIB', 'GRUCELL_OVXLIB'].flatMap((op) => [
  gruCase(op, true, true),
  gruCase(op, false, true),
]);

// --- RNN and SVDF ---

const rnnInputs = (x: number[], more: Port[]): Port[] => [
  reals(x, 1),
  weights(WIDTH, UNITS),
  weights(UNITS, UNITS),
  bias(UNITS),
  reals([UNITS, BATCH], 1),
  ...more,
];
const rnnRows = (more: (kinds: Kinds) => string, outputs: number): string =>
  TYPES.map((k) => {
    const columns = [k.x, k.w, k.w, k.b, k.h, more(k), ...new Array<string>(outputs - 1).fill(k.h)];
    return `${columns.filter((column) => column !== '').join(' ')} > ${k.h}`;
  }).join('; ');

const oneStep = (op: string, more: Port[], kinds: (kinds: Kinds) => string): Case => ({
  op,
  inputs: rnnInputs([WIDTH, BATCH], more),
  params: { activation: 4 },
  rows: rnnRows(kinds, 2),
  outputs: 2,
  reference: (inputs) => {
    const rows = numbers(0, BATCH - 1).map((b) => {
      const one = [...inputs];
      if (inputs[5]) one[5] = { size: [3, 1], data: element(inputs[5], b, 3) };
      return rnnStep(one, element(inputs[0], b, WIDTH), element(inputs[4], b, UNITS), Math.tanh);
    });
    const out = { size: [UNITS, BATCH], data: rows.flat() };
    return [out, out];
  },
  double: 'always',
});

const MEMORY = 6;
const others: Case[] = [
  oneStep('RNN', [], () => ''),
  oneStep('RNNCELL_OVXLIB', [reals([3, BATCH]), weights(3, UNITS)], ({ x, w }) => `${x} ${w}`),
  {
    op: 'UNIDIRECTIONAL_SEQUENCE_RNN',
    inputs: rnnInputs(SEQUENCE, []),
    params: { activation: 1, time_major: 1 },
    rows: rnnRows(() => '', 1),
    ranges: [[0, 2]],
    reference: (inputs, to) => [
      joinSteps(
        numbers(0, BATCH - 1).map((b) => {
          let h = element(inputs[4], b, UNITS);
          return stepsOf(need(inputs[0]), true, b).map((x) => {
            const out = rnnStep(inputs, x, h, (v) => Math.max(v, 0));
            h = out.map(round(to, 0));
            return out;
          });
        }),
        true,
      ),
    ],
    double: 'always',
  },
  ...[0, 1].map((merge): Case => ({
    op: 'BIDIRECTIONAL_SEQUENCE_RNN',
    name: merge ? 'side by side' : '',
    inputs: [...rnnInputs(SEQUENCE, []), ...rnnInputs(SEQUENCE, []).slice(1)],
    params: { activation: 4, time_major: 1, merge_outputs: merge },
    rows: TYPES.map((k) => `${[k.x, k.w, k.w, k.b, k.h, k.w, k.w, k.b, k.h, k.h].join(' ')} > ${k.h}`).join(
      '; ',
    ),
    outputs: 2,
    ranges: RANGES.slice(0, 2 - merge),
    reference: (inputs, to) => {
      const ways = [0, 4].map((first, way) => {
        const own = [inputs[0], ...inputs.slice(first + 1, first + 5)];
        return numbers(0, BATCH - 1).map((b) =>
          direction(way, stepsOf(need(own[0]), true, b), (steps) => {
            let h = element(own[4], b, UNITS);
            return steps.map((x) => {
              const out = rnnStep(own, x, h, Math.tanh);
              h = out.map(round(to, merge ? 0 : way));
              return out;
            });
          }),
        );
      });
      return joinWays(ways, merge === 1);
    },
    double: 'always',
  })),
  {
    op: 'SVDF',
    inputs: [
      reals([WIDTH, BATCH]),
      reals([MEMORY * UNITS, BATCH]),
      weights(WIDTH, UNITS),
      weights(MEMORY, UNITS),
      bias(UNITS / 2),
    ],
    params: { rank: 2, num_units: UNITS / 2, spectrogram_length: MEMORY },
    rows: `f16 f16 f16 f16 f16 f16 > f16; f16 f16 f16 f16 f32 f16 > f16; f32 f16 f16 f16 f32 f32 > f16; f32 f32 f32 f32
      f32 f32 > f32; f16 f16 f16 f16 - f32 > f16; f32 f16 f16 f16 - f32 > f32; f32 f32 f32 f32 - f32 > f32`,
    outputs: 2,
    ranges: [
      [-3, 3],
      [-3, 3],
    ],
    reference: (inputs, to) => {
      const rows = numbers(0, BATCH - 1).map((b) =>
        svdfStep(
          inputs,
          element(inputs[0], b, WIDTH),
          element(inputs[1], b, MEMORY * UNITS),
          2,
          round(to, 1),
        ),
      );
      return [
        { size: [UNITS / 2, BATCH], data: rows.flatMap(({ out }) => out) },
        { size: [MEMORY * UNITS, BATCH], data: rows.flatMap(({ state }) => state) },
      ];
    },
    double: 'always',
  },
];

/** Recurrent operators: sequences, single steps, and what they remember. */
export const recurrentCases: readonly Case[] = [
  ...units,
  both(0),
  both(1),
  ...grus,
  gruCase('GRU', true, false),
  ...others,
];
