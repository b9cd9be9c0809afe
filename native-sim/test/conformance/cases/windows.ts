import { build, type Dense, get, need, pool } from '../../reference/ops.ts';
import { bilinear } from '../../reference/moves.ts';
import { poolWithArgmax, roiPool, unpool } from '../../reference/windows.ts';
import { ANY, type Case, integers, list, reals } from '../conform.ts';
import { resizeCases } from './resizes.ts';

const sum = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0);

/** Kinds of pooling by the value of their constant. */
const kinds: [string, number, (values: number[], window: number) => number][] = [
  ['MAX', 110592, (v) => Math.max(...v)],
  ['AVG', 110593, (v, window) => sum(v) / window],
  ['AVG_ANDROID', 7450625, (v) => sum(v) / v.length],
  ['L2', 7450624, (v) => Math.sqrt(sum(v.map((x) => x * x)) / v.length)],
];

const pools = kinds.flatMap(([name, type, finish]) =>
  [
    [3, 2, 1, 1],
    [2, 2, 0, 0],
    [7, 1, 0, 0],
  ].map(([k = 1, stride = 1, pad = 0, ceil = 0]): Case => ({
    op: 'POOL',
    name: `${name} ${k}x${k}`,
    inputs: [reals([8, 7, 3, 2])],
    params: {
      type,
      round_type: 1 - ceil,
      ksize: [k, k],
      stride: [stride, stride],
      pad: [pad, pad, pad, pad],
    },
    reference: ([x]) => [pool(need(x), k, stride, pad, ceil === 1, finish)],
    slack: 64,
  })),
);

const POOL = { type: 110592, round_type: 1, ksize: [2, 2], stride: [2, 2], pad: [0, 0, 0, 0] };

const argmax: Case[] = [
  {
    op: 'POOLWITHARGMAX',
    inputs: [reals([6, 4, 3, 2])],
    params: POOL,
    reference: ([x]) => poolWithArgmax(need(x), 2, 2, 0, true),
    double: 'always',
  },
  {
    op: 'UPSAMPLE',
    inputs: [reals([3, 2, 2]), integers([3, 2, 2], 0, 3)],
    params: { scale: [2, 2], size: [0, 0] },
    reference: ([x, places]) => [unpool(need(x), need(places), 2)],
    double: 'always',
  },
  ...['ARGMAX', 'ARGMIN'].map((op): Case => ({
    op,
    inputs: [reals([4, 9, 3])],
    params: { axis: 1 },
    reference: ([x]) => [
      build([4, 3], ([a = 0, c = 0]) => {
        const line = Array.from({ length: 9 }, (_, i) => get(need(x), a, i, c));
        return line.indexOf(op === 'ARGMAX' ? Math.max(...line) : Math.min(...line));
      }),
    ],
    double: 'always',
  })),
  {
    op: 'TOPK',
    inputs: [reals([9, 4])],
    params: { k: 3 },
    reference: ([x]) => topk(need(x), 3),
    rows: ANY,
    double: 'always',
  },
];

function topk(x: Dense, k: number): Dense[] {
  const [n = 1, rows = 1] = x.size;
  const order = Array.from({ length: rows }, (_, r) =>
    Array.from({ length: n }, (_, i) => i).sort((p, q) => get(x, q, r) - get(x, p, r) || p - q),
  );
  const pick = build([k, rows], ([i = 0, r = 0]) => order[r]?.[i] ?? NaN);
  return [build([k, rows], ([i = 0, r = 0]) => get(x, get(pick, i, r), r)), pick];
}

/** Boxes of two pictures in whole numbers, some of them partly outside. */
const ROIS = [0, 0, 0, 6, 5, 1, 1, 2, 4, 3, 0, 5, 4, 9, 8, 1, 3, 3, 3, 3, 0, -2, -1, 2, 6];
const rois: Case[] = [
  [110592, 'MAX'],
  [110593, 'AVG'],
].map(([type, name]): Case => ({
  op: 'ROI_POOL',
  name: String(name),
  inputs: [reals([7, 6, 2, 2]), list([5, 5], ROIS)],
  params: { type: Number(type), size: [3, 2], scale: 1 },
  reference: ([x, boxes]) => [roiPool(need(x), need(boxes), 3, 2, name === 'MAX')],
  slack: 32,
}));

const resizes = resizeCases('bilinear', 1, [10, 8], bilinear, 32);

/** Operators that look at windows, boxes or neighbours. */
export const windowCases: readonly Case[] = [...pools, ...argmax, ...rois, ...resizes];
