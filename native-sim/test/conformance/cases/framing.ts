import { bilinear, moved, nearest, part, shaped } from '../../reference/moves.ts';
import { build, type Dense, get, map, need } from '../../reference/ops.ts';
import { mean, variance } from '../../reference/statistics.ts';
import { type Case, integers, list, reals } from '../conform.ts';

const f = Math.fround;

/** Operators that cut, repeat or lay out by lengths. */
const frames: Case[] = [
  ...[0, 1].map((padEnd): Case => ({
    op: 'SIGNAL_FRAME',
    name: padEnd ? 'padded' : '',
    inputs: [reals([2, 11, 3])],
    params: { window_length: 4, step: 3, pad_end: padEnd, pad_value: 0.5, axis: 1 },
    reference: ([x]) => [
      build([2, 4, padEnd ? 4 : 3, 3], ([a = 0, k = 0, frame = 0, c = 0]) => {
        const at = frame * 3 + k;
        return at < 11 ? get(need(x), a, at, c) : 0.5;
      }),
    ],
    double: 'always',
  })),
  {
    op: 'SEQUENCE_MASK',
    inputs: [integers([3, 2], 0, 6), integers([1], 5, 5)],
    params: { maxlen: 5 },
    reference: ([x]) => [build([5, 3, 2], ([i = 0, a = 0, b = 0]) => (i < get(need(x), a, b) ? 1 : 0))],
    double: 'always',
  },
  ...[0, 1, 2, -1].map((axis): Case => {
    const d = { 0: 1, 1: 0, 2: 2, [-1]: 3 }[axis] ?? 0;
    const counts = [2, 0, 3, 1];
    const from = counts.flatMap((n, i) => new Array<number>(n).fill(i));
    return {
      op: 'REPEAT',
      name: `along ${axis}`,
      inputs: [reals(axis === -1 ? [2, 2] : [3, 3, 3].map((n, k) => (k === d ? 4 : n))), list([4], counts)],
      params: { axis, maxlen: 6 },
      reference: ([x]) => {
        const t = axis === -1 ? shaped(need(x), [4]) : need(x);
        const along = axis === -1 ? 0 : d;
        const size = t.size.map((n, k) => (k === along ? 6 : n));
        return [moved(t, size, (where) => where.map((i, k) => (k === along ? (from[i] ?? 0) : i)))];
      },
      double: 'always',
    };
  }),
  {
    op: 'UPSAMPLESCALE',
    inputs: [reals([4, 3, 2])],
    params: { stride: 3, scale: f(0.7) },
    reference: ([x]) => [
      map(
        moved(need(x), [12, 9, 2], ([a = 0, b = 0, c = 0]) => [Math.floor(a / 3), Math.floor(b / 3), c]),
        (v) => v * f(0.7),
      ),
    ],
  },
  {
    op: 'TENSORSTACKCONCAT',
    inputs: [reals([4, 1, 3]), integers([1], 2, 2)],
    params: { axis: 1 },
    // What was never written is 0.
    reference: ([x]) => [build([4, 5, 3], ([a = 0, b = 0, c = 0]) => (b === 2 ? get(need(x), a, 0, c) : 0))],
    double: 'always',
    without: ['u8a'],
  },
  {
    op: 'CROP',
    inputs: [reals([6, 5, 3]), reals([4, 2, 2])],
    params: { axis: 0, dims: 3, offset: [1, 2, 1, 0, 0, 0, 0, 0] },
    reference: ([x]) => [moved(need(x), [4, 2, 2], ([a = 0, b = 0, c = 0]) => [a + 1, b + 2, c + 1])],
    rows: 'f32 f32 > f32 f16; f16 f16 > f32 f16 u8a i8d; u8a u8a, u8a f16 > u8a f16; i8d i8d > i8d; i16d i16d > i16d',
    double: 'always',
  },
];

/** The inner part of a picture [7,6,2]. */
const inner = (x: Dense): Dense => part(part(x, 0, 1, 5), 1, 1, 4);

const resizes: Case[] = [
  [false, false],
  [true, false],
  [false, true],
].flatMap(([align = false, half = false]) =>
  [0, 1].map((type): Case => ({
    op: 'RESIZE_1D',
    name: `${type ? 'linear' : 'nearest'}${align ? ' aligned' : ''}${half ? ' half' : ''}`,
    inputs: [reals([5, 4, 2])],
    params: { type, factor: 0, size: [9, 0], align_corners: align ? 1 : 0, half_pixel_centers: half ? 1 : 0 },
    reference: ([x]) => {
      const rows = shaped(need(x), [5, 1, 8]);
      return [shaped((type ? bilinear : nearest)(rows, 9, 1, align, half), [9, 4, 2])];
    },
    slack: 32,
  })),
);

const interps = (
  [
    ['a factor', { zoom_factor: 3 }, 19, 16],
    ['a size', { width: 11, height: 5 }, 11, 5],
    ['both factors', { zoom_factor: 2, shrink_factor: 3 }, 5, 3],
  ] as const
).map(([name, params, w, h]): Case => ({
  op: 'INTERP',
  name,
  inputs: [reals([7, 6, 2]), reals([1])],
  params: { ...params },
  reference: ([x]) => [bilinear(need(x), w, h, true, false)],
  slack: 32,
}));

const cropped: Case = {
  op: 'INTERP',
  name: 'of the inner part',
  inputs: [reals([7, 6, 2]), reals([1])],
  params: { pad_beg: -1, pad_end: -1, width: 9, height: 7 },
  reference: ([x]) => [bilinear(inner(need(x)), 9, 7, true, false)],
  slack: 32,
};

const lookups: Case[] = [
  {
    op: 'EMBEDDING_LOOKUP',
    inputs: [integers([6], 0, 4), reals([3, 2, 5])],
    reference: ([index, table]) => [
      moved(need(table), [3, 2, 6], ([a = 0, b = 0, i = 0]) => [a, b, need(index).data[i] ?? 0]),
    ],
    double: 'always',
  },
  {
    op: 'HASHTABLE_LOOKUP',
    inputs: [list([5], [7, -2, 3, 40, 8]), list([4], [-2, 3, 8, 11]), reals([3, 4])],
    outputs: 2,
    reference: ([index, keys, values]) => {
      const places = need(index).data.map((key) => need(keys).data.indexOf(key));
      return [
        build([3, 5], ([a = 0, i = 0]) => ((places[i] ?? -1) < 0 ? 0 : get(need(values), a, places[i] ?? 0))),
        { size: [5], data: places.map((place) => (place < 0 ? 0 : 1)) },
      ];
    },
    double: 'always',
  },
  {
    op: 'SCATTER_ND_UPDATE',
    inputs: [reals([4, 3, 3]), list([2, 3], [0, 2, 1, 1, 0, 2]), reals([4, 3])],
    reference: ([x, , updates]) => [
      build([4, 3, 3], ([a = 0, b = 0, c = 0]) => {
        const rows = [
          [2, 0],
          [1, 1],
          [2, 0],
        ].flatMap(([p, q], i) => (p === b && q === c ? [get(need(updates), a, i)] : []));
        return rows.length > 0 ? rows.reduce((s, v) => s + v, 0) : get(need(x), a, b, c);
      }),
    ],
    double: 'always',
  },
  {
    op: 'TENSOR_ADD_MEAN_STDDEV_NORM',
    inputs: [reals([7, 3]), reals([7, 3])],
    params: { eps: f(1e-8) },
    reference: ([a, b]) => {
      const sum = need(a).data.map((v, i) => v + (need(b).data[i] ?? NaN));
      const rows = [0, 1, 2].map((r) => sum.slice(r * 7, r * 7 + 7));
      return [
        {
          size: [7, 3],
          data: rows.flatMap((row) => row.map((v) => (v - mean(row)) / Math.sqrt(variance(row)))),
        },
      ];
    },
    slack: 64,
  },
];

/** Operators that cut out, spread, look up or insert. */
export const framingCases: readonly Case[] = [...frames, ...resizes, ...interps, cropped, ...lookups];
