import { joined, moved, nearest, padSource, part, rowOf, shaped } from '../../reference/moves.ts';
import { build, type Dense, get, map, need } from '../../reference/ops.ts';
import { roundTo } from '../../reference/recurrent.ts';
import { ANY, anyOf, type Case, integers, reals } from '../conform.ts';
import { resizeCases } from './resizes.ts';
import { MANY } from './views.ts';

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

const resizes = resizeCases('nearest', 0, [9, 7], nearest, 0);

/** Operators that move elements: results are exact in every type. */
export const movingCases: readonly Case[] = [...joins, ...paddings, ...blocks, ...lookups, ...resizes];
