import { moved, shaped, type Where } from '../../reference/moves.ts';
import { need } from '../../reference/ops.ts';
import type { Params } from '../../op-check.ts';
import { ANY, type Case, reals } from '../conform.ts';

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

/** Types of operators that ovxlib has no table for, and that only copy. */
export const MANY = `${ANY}; i32 > i32; b8 > b8`;

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

/** Operators that are another view of one input. */
export const viewCases: readonly Case[] = [...views, ...shapes];
