import { type Dense, need } from '../../reference/ops.ts';
import {
  half,
  type Inputs,
  joinSteps,
  lstmStep,
  projectedCodes,
  stepsOf,
} from '../../reference/recurrent.ts';
import type { Scheme } from '../../reference/schemes.ts';
import { type Case, type Port, reals } from '../conform.ts';
import {
  BATCH,
  bias,
  direction,
  element,
  joinWays,
  type Kinds,
  NONE,
  numbers,
  RANGES,
  round,
  type Schemes,
  SEQUENCE,
  STEPS,
  TYPES,
  UNITS,
  weights,
  WIDTH,
} from './recurrent-shared.ts';

const f = Math.fround;

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

/** LSTM cells with all that one can have: sequences in one and both directions, and single steps. */
export const lstmCases: readonly Case[] = [...units, both(0), both(1)];
