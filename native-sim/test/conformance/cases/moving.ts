import { build, type Dense, get, map, need } from '../../reference/ops.ts';
import { roundTo } from '../../reference/recurrent.ts';
import { joined, moved, nearest, padSource, part, rowOf, shaped, type Where } from '../../reference/moves.ts';
import { ANY, anyOf, type Case, integers, reals } from '../conform.ts';
import type { Params } from '../../op-check.ts';

/** An operator that moves elements of one input; per-channel codes are only moved as constants. */
const move = (
  op: string,
  size: number[],
  to: number[],
  from: Where,
  params: Params,
  rows?: string,
): Case => ({
  op,
  inputs: [reals(size)],
  params,
  reference: ([x]) => [moved(need(x), to, from)],
  double: 'always',
  without: ['i8c', 'i32c'],
  ...(rows === undefined ? {} : { rows }),
});

const MANY = `${ANY}; i32 > i32; b8 > b8`;

const views: Case[] = [
  ...['PRE_PROCESS_TENSOR', 'POST_PROCESS'].map((op) =>
    move(
      op,
      [4, 3, 5],
      [5, 4, 3],
      ([a = 0, b = 0, c = 0]) => [b, c, a],
      { perm: [2, 0, 1], dim_num: 3 },
      MANY,
    ),
  ),
  move('PERMUTE', [4, 3, 5, 2], [5, 4, 2, 3], ([a = 0, b = 0, c = 0, d = 0]) => [b, d, a, c], {
    perm: [2, 0, 3, 1],
    dim_num: 4,
  }),
  move('SLICE', [4, 3, 5, 2], [2, 3, 3, 1], ([a = 0, b = 0, c = 0, d = 0]) => [a + 1, b, c + 2, d + 1], {
    dims: 4,
    start: [1, 0, 2, 1],
    length: [2, 3, 3, 1],
  }),
  move('STRIDED_SLICE', [4, 3, 5, 2], [2, 2, 2], ([a = 0, b = 0, c = 0]) => [3 - 2 * a, b, 1 + 2 * c, 1], {
    begin_dims: [3, 0, 1, -1],
    begin_dims_num: 4,
    end_dims: [0, 2, 9, 0],
    end_dims_num: 4,
    stride_dims: [-2, 1, 2, 1],
    stride_dims_num: 4,
    begin_mask: 2,
    end_mask: 4,
    shrink_axis_mask: 8,
  }),
  move('REVERSE', [4, 3, 5], [4, 3, 5], ([a = 0, b = 0, c = 0]) => [3 - a, b, 4 - c], {
    axis: [0, 2],
    axis_num: 2,
  }),
  move('TILE', [4, 3, 5], [8, 3, 15], ([a = 0, b = 0, c = 0]) => [a % 4, b, c % 5], {
    multiples: [2, 1, 3],
    multiples_num: 3,
  }),
  move('EXPAND_BROADCAST', [1, 3, 1], [4, 3, 2, 2], ([, b = 0]) => [0, b, 0], {
    shape: [4, 3, 2, 2],
    dim_num: 4,
  }),
  move(
    'SHUFFLECHANNEL',
    [3, 2, 8, 2],
    [3, 2, 8, 2],
    ([a = 0, b = 0, c = 0, n = 0]) => [a, b, (c % 4) * 2 + Math.floor(c / 4), n],
    { group_number: 4, axis: 2 },
  ),
  move(
    'SPACE2DEPTH',
    [6, 4, 3, 2],
    [2, 2, 18, 2],
    ([a = 0, b = 0, c = 0, n = 0]) => {
      const block = Math.floor(c / 3);
      return [a * 3 + (block % 3), b * 2 + Math.floor(block / 3), c % 3, n];
    },
    { block_size: [3, 2] },
  ),
  ...[0, 1].map((mode) =>
    move(
      'DEPTH2SPACE',
      [3, 2, 8, 2],
      [6, 4, 2, 2],
      ([a = 0, b = 0, c = 0, n = 0]) => {
        const inside = (b % 2) * 2 + (a % 2);
        return [a >> 1, b >> 1, mode === 1 ? c * 4 + inside : inside * 2 + c, n];
      },
      { block_size: 2, mode },
    ),
  ),
  move(
    'REORG',
    [6, 4, 3, 2],
    [3, 2, 12, 2],
    ([a = 0, b = 0, c = 0, n = 0]) => {
      const block = Math.floor(c / 3);
      return [a * 2 + (block % 2), b * 2 + Math.floor(block / 2), c % 3, n];
    },
    { stride: 2 },
    MANY,
  ),
].map((c, i) => ({ ...c, name: String(i) }));

const shapes: Case[] = [
  {
    op: 'RESHAPE',
    inputs: [reals([4, 3, 5])],
    params: { size: [-1, 10], dim_num: 2 },
    reference: ([x]) => [shaped(need(x), [6, 10])],
    rows: MANY,
    double: 'always',
  },
  {
    op: 'SQUEEZE',
    inputs: [reals([4, 1, 3, 1])],
    params: { axis: [1, 3], axis_num: 2 },
    reference: ([x]) => [shaped(need(x), [4, 3])],
    rows: MANY,
    double: 'always',
  },
];

/** Different types meet in CONCAT and STACK. */
const HYBRID = `${anyOf(2)}; u8a f16 > f16 u8a; i8d i16d > i16d f32; f32 u8a > u8a bf16; i32 i32 > i32; b8 b8 > b8`;

const joins: Case[] = [
  {
    op: 'CONCAT',
    inputs: [reals([4, 3, 2]), reals([4, 5, 2], 6)],
    params: { axis: 1 },
    reference: ([a, b]) => [joined([need(a), need(b)], 1)],
    rows: HYBRID,
    double: 'always',
  },
  {
    op: 'CONCATSHIFT',
    inputs: [reals([4, 3, 2]), reals([4, 5, 2], 6)],
    params: { axis: 1, keep_size: 4 },
    // The second output is the end of the first, as that is stored.
    reference: ([a, b], [to]) => {
      const whole = joined([need(a), need(b)], 1);
      return [whole, part(to ? map(whole, roundTo(to)) : whole, 1, 4, 4)];
    },
    ranges: [
      [-5, 5],
      [-5, 5],
    ],
    rows: HYBRID,
    double: 'always',
  },
  {
    op: 'STACK',
    inputs: [reals([4, 3, 2]), reals([4, 3, 2], 6)],
    params: { axis: 1 },
    reference: ([a, b]) => [joined([shaped(need(a), [4, 1, 3, 2]), shaped(need(b), [4, 1, 3, 2])], 1)],
    rows: HYBRID,
    double: 'always',
  },
  {
    op: 'SPLIT',
    inputs: [reals([4, 8, 2])],
    params: { axis: 1, slices: [3, 4, 1], slices_num: 3 },
    reference: ([x]) => [part(need(x), 1, 0, 3), part(need(x), 1, 3, 4), part(need(x), 1, 7, 1)],
    double: 'always',
  },
  {
    op: 'UNSTACK',
    inputs: [reals([4, 2, 3])],
    params: { axis: 1 },
    reference: ([x]) => [0, 1].map((i) => shaped(part(need(x), 1, i, 1), [4, 3])),
    rows: MANY,
    double: 'always',
  },
];

const paddings = [0, 1, 2, 3].map((mode): Case => ({
  op: 'PAD',
  name: `mode ${mode}`,
  inputs: [reals([4, 3, 2])],
  params: { front_size: [3, 1, 0], back_size: [1, 1, 0], dim_num: 3, const_val: 2, mode },
  reference: ([x]) => [
    build([8, 5, 2], ([a = 0, b = 0, c = 0]) => {
      const [u, v] = [padSource(a - 3, 4, mode), padSource(b - 1, 3, mode)];
      return u < 0 || v < 0 ? 2 : get(need(x), u, v, c);
    }),
  ],
  double: 'always',
}));

/** [w*bx, h*by, c, n] with borders on top and below, and the batches that its blocks are. */
const batches = (x: Dense): Dense =>
  build([3, 3, 4, 8], ([a = 0, b = 0, c = 0, n = 0]) => {
    const block = Math.floor(n / 2);
    const [px, py] = [a * 2 + (block % 2), b * 2 + Math.floor(block / 2) - 1];
    return py < 0 || py >= 4 ? 0 : get(x, px, py, c, n % 2);
  });

const blocks: Case[] = [
  {
    op: 'SPACE2BATCH',
    inputs: [reals([6, 4, 4, 2])],
    params: { block_size: [2, 2], block_size_num: 2, pad: [0, 0, 1, 1] },
    reference: ([x]) => [batches(need(x))],
    rows: ANY,
    slack: 0,
  },
  {
    op: 'BATCH2SPACE',
    inputs: [reals([3, 3, 4, 8])],
    params: { block_size: [2, 2], block_size_num: 2, crop: [0, 0, 1, 1] },
    reference: ([x]) => [
      moved(need(x), [6, 4, 4, 2], ([a = 0, b = 0, c = 0, n = 0]) => [
        a >> 1,
        (b + 1) >> 1,
        c,
        (((b + 1) % 2) * 2 + (a % 2)) * 2 + n,
      ]),
    ],
    rows: ANY,
    slack: 0,
  },
];

const lookups: Case[] = [
  {
    op: 'GATHER',
    inputs: [reals([4, 5, 3]), integers([2, 3], -5, 4)],
    params: { axis: 1 },
    reference: ([x, index]) => [
      moved(need(x), [4, 2, 3, 3], ([a = 0, i = 0, j = 0, c = 0]) => {
        const k = get(need(index), i, j);
        return [a, k < 0 ? k + 5 : k, c];
      }),
    ],
    double: 'always',
  },
  {
    op: 'GATHER_ND',
    inputs: [reals([4, 5, 3]), integers([2, 6], 0, 2)],
    reference: ([x, index]) => [
      moved(need(x), [4, 6], ([a = 0, i = 0]) => [a, get(need(index), 1, i), get(need(index), 0, i)]),
    ],
    double: 'always',
  },
  {
    op: 'SCATTER_ND',
    inputs: [integers([2, 6], 0, 2), reals([4, 6])],
    params: { dim_num: 3, shape: [4, 3, 3] },
    reference: ([index, updates]) => [scattered(need(index), need(updates))],
    double: 'always',
  },
];

/** Rows of four elements added at the places that pairs of indices name. */
function scattered(index: Dense, updates: Dense): Dense {
  const out = build([4, 3, 3], () => 0);
  for (let i = 0; i < 6; i++)
    for (let a = 0; a < 4; a++) {
      const k = rowOf([get(index, 0, i), get(index, 1, i)], [1, 3, 3]) * 4 + a;
      out.data[k] = (out.data[k] ?? 0) + get(updates, a, i);
    }
  return out;
}

const resizes = [
  [false, false],
  [true, false],
  [false, true],
].map(([align = false, half = false]): Case => ({
  op: 'RESIZE',
  name: `nearest ${align ? 'aligned' : ''}${half ? 'half' : ''}`,
  inputs: [reals([5, 4, 2])],
  params: {
    type: 0,
    factor: 0,
    size: [9, 7],
    align_corners: align ? 1 : 0,
    half_pixel_centers: half ? 1 : 0,
  },
  reference: ([x]) => [nearest(need(x), 9, 7, align, half)],
  slack: 0,
}));

/** Operators that move elements: results are exact in every type. */
export const movingCases: readonly Case[] = [
  ...views,
  ...shapes,
  ...joins,
  ...paddings,
  ...blocks,
  ...lookups,
  ...resizes,
];
