import { need } from '../../reference/ops.ts';
import {
  gruStep,
  half,
  joinSteps,
  rnnStep,
  type Round,
  same,
  stepsOf,
  svdfStep,
} from '../../reference/recurrent.ts';
import { type Case, type Port, reals } from '../conform.ts';
import {
  BATCH,
  bias,
  direction,
  element,
  joinWays,
  type Kinds,
  numbers,
  RANGES,
  round,
  SEQUENCE,
  STEPS,
  TYPES,
  UNITS,
  weights,
  WIDTH,
} from './recurrent-shared.ts';

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

/** GRU, RNN and SVDF: sequences, single steps, and what they remember. */
export const recurrentCases: readonly Case[] = [...grus, gruCase('GRU', true, false), ...others];
