import { build, get, map, need } from '../../reference/ops.ts';
import {
  along,
  mean,
  normalised,
  reduced,
  reductions,
  softmax,
  sum,
  variance,
} from '../../reference/statistics.ts';
import { ANY, type Case, positive, reals } from '../conform.ts';

const f = Math.fround;
const SIZE = [4, 3, 6, 2];
const EPS = f(0.01);

const softmaxes = [0, 1, -1].flatMap((axis): Case[] => {
  const d = axis < 0 ? axis + 3 : axis;
  return [
    {
      op: 'SOFTMAX',
      name: `along ${axis}`,
      inputs: [reals([5, 7, 3])],
      params: { axis, beta: f(1.3) },
      reference: ([x]) => [softmax(need(x), d, f(1.3))],
    },
    {
      op: 'LOG_SOFTMAX',
      name: `along ${axis}`,
      inputs: [reals([5, 7, 3])],
      params: { axis, betaValue: 1 },
      reference: ([x]) => [map(softmax(need(x), d, 1), Math.log)],
    },
  ];
});

const shift = reals([6]);
const spread = positive([6]);

const batch = (op: string, size: number[]): Case => ({
  op,
  inputs: [reals(SIZE), reals(size), positive(size), reals(size, 1), reals(size)],
  params: { eps: EPS },
  reference: ([x, m, v, gamma, beta]) => [
    build(SIZE, ([a = 0, b = 0, c = 0, n = 0]) => {
      const at = (t: typeof x): number => need(t).data[c] ?? NaN;
      return ((get(need(x), a, b, c, n) - at(m)) * at(gamma)) / Math.sqrt(at(v) + EPS) + at(beta);
    }),
  ],
});

const normalisations: Case[] = [
  batch('BATCH_NORM', [6]),
  batch('BATCHNORM_SINGLE', [1, 1, 6]),
  {
    op: 'INSTANCE_NORM',
    inputs: [reals(SIZE), shift, spread],
    params: { eps: EPS },
    reference: ([x, beta, gamma]) => [
      normalised(
        need(x),
        ([, , c = 0, n = 0]) => n * 6 + c,
        ([, , c = 0]) => c,
        need(beta),
        need(gamma),
        EPS,
      ),
    ],
    slack: 64,
  },
  {
    op: 'GROUP_NORM',
    inputs: [reals(SIZE), shift, spread],
    params: { eps: EPS, group_num: 2 },
    reference: ([x, beta, gamma]) => [
      normalised(
        need(x),
        ([, , c = 0, n = 0]) => n * 2 + Math.floor(c / 3),
        ([, , c = 0]) => c,
        need(beta),
        need(gamma),
        EPS,
      ),
    ],
    slack: 64,
  },
  {
    op: 'LAYER_NORM',
    inputs: [reals([7, 3, 2]), reals([7]), positive([7])],
    params: { eps: EPS },
    reference: ([x, beta, gamma]) => [
      normalised(
        need(x),
        ([, b = 0, c = 0]) => c * 3 + b,
        ([a = 0]) => a,
        need(beta),
        need(gamma),
        EPS,
      ),
    ],
    slack: 64,
  },
];

const length = (v: number[]): number => Math.sqrt(Math.max(sum(v.map((x) => x * x)), 1e-11));

const responses: Case[] = [
  {
    op: 'L2_NORMALIZE',
    inputs: [reals([5, 6, 2])],
    params: { axis: 1 },
    reference: ([x]) => [along(need(x), 1, (v, all) => v / length(all))],
  },
  {
    op: 'L2NORMALIZESCALE',
    inputs: [reals([5, 6, 2]), reals([6])],
    params: { axis: 1 },
    reference: ([x, s]) => [along(need(x), 1, (v, all, i) => (v / length(all)) * (need(s).data[i] ?? NaN))],
  },
  ...['LRN', 'LRN2'].map((op): Case => {
    const [alpha, beta, bias] = [f(0.3), f(0.75), op === 'LRN2' ? f(2.5) : 1];
    // LRN divides by the window.
    const factor = op === 'LRN2' ? alpha : alpha / 5;
    return {
      op,
      inputs: [reals(SIZE)],
      params: { type: 114689, size: 5, alpha, beta, bias, axis: 2 },
      reference: ([x]) => [
        along(need(x), 2, (v, all, c) => {
          const window = all.slice(Math.max(0, c - 2), c + 3);
          return v / (bias + factor * sum(window.map((t) => t * t))) ** beta;
        }),
      ],
    };
  }),
  {
    op: 'LRN2',
    name: 'within a map',
    inputs: [reals([5, 4, 3])],
    params: { type: 114688, size: 3, alpha: f(0.3), beta: f(0.75), bias: f(1.5), axis: 2 },
    reference: ([x]) => [
      build([5, 4, 3], ([a = 0, b = 0, c = 0]) => {
        let squares = 0;
        for (let v = Math.max(0, b - 1); v <= Math.min(3, b + 1); v++)
          for (let u = Math.max(0, a - 1); u <= Math.min(4, a + 1); u++)
            squares += get(need(x), u, v, c) ** 2;
        return get(need(x), a, b, c) / (f(1.5) + f(0.3) * squares) ** f(0.75);
      }),
    ],
  },
];

const reductionCases = Object.entries(reductions).map(([type, reduce]): Case => ({
  op: 'REDUCE',
  name: type,
  inputs: [reals([3, 4, 2], Number(type) === 7 ? 1.5 : 3)],
  params: { type: Number(type), axis: [0, -1], axis_num: 2, keep_dim: 0 },
  reference: ([x]) => [reduced(need(x), reduce)],
  rows: ['5', '6'].includes(type) ? 'b8 > b8; i8 > i8' : `${ANY}; i32 > i32`,
  double: 'always',
}));

const moments: Case = {
  op: 'MOMENTS',
  inputs: [reals([5, 4, 3])],
  params: { axis: [0, 2], axis_num: 2, keep_dim: 0 },
  reference: ([x]) => [reduced(need(x), mean), reduced(need(x), variance)],
  double: 'always',
};

/** Operators that need many elements for each of their results. */
export const statisticsCases: readonly Case[] = [
  ...softmaxes,
  ...normalisations,
  ...responses,
  ...reductionCases,
  moments,
];
