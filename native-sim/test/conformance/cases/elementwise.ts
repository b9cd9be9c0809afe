import { binaryFunctions, logic, relations, unaryFunctions } from '../../reference/elementwise.ts';
import { binary, build, map, need } from '../../reference/ops.ts';
import { ANY, anyOf, type Case, integers, positive, type Port, reals } from '../conform.ts';

const SIZE = [7, 5, 3];

const unary = Object.entries(unaryFunctions).map(([op, { f, params, positive: only }]): Case => ({
  op,
  inputs: [only ? positive(SIZE) : reals(SIZE, 4)],
  params,
  reference: ([x]) => [map(need(x), f)],
  rows: rowsOfUnary(op),
}));

/** Operators of one input that ovxlib has no table for. */
function rowsOfUnary(op: string): string | undefined {
  const listed = ['ABS', 'ERF', 'ELU', 'EXP', 'GELU', 'HARD_SIGMOID', 'LOG', 'MISH', 'NEG', 'ROUND', 'SIN'];
  const more = ['CEIL', 'FLOOR', 'CLIP', 'LEAKY_RELU', 'LINEAR', 'RELU_KERAS', 'RSQRT', 'SWISH'];
  return [...listed, ...more].includes(op) ? undefined : ANY;
}

const variants: Case[] = [
  {
    op: 'SWISH',
    name: 'hard',
    inputs: [reals(SIZE, 5)],
    params: { type: 1 },
    reference: ([x]) => [map(need(x), (v) => (v * Math.min(Math.max(v + 3, 0), 6)) / 6)],
  },
  {
    op: 'GELU',
    name: 'tanh',
    inputs: [reals(SIZE, 4)],
    params: { approximate: 1 },
    reference: ([x]) => [
      map(need(x), (v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)))),
    ],
  },
];

/** Broadcasts as ADD does; larger than a block of the exact kernels. */
const pairs = Object.entries(binaryFunctions).flatMap(([op, { f, params, second }]): Case[] => {
  const other = (size: number[]): Port =>
    second === 'positive' || op === 'POW' ? positive(size) : reals(size);
  const first = (size: number[]): Port => (op === 'POW' ? positive(size, 2) : reals(size));
  const shapes: [string, number[], number[]][] = [['', SIZE, op === 'PRELU' ? [1, 1, 3] : [7, 1, 3]]];
  if (op !== 'PRELU') shapes.push(['of equal shapes', [13, 9], [13, 9]]);
  return shapes.map(([name, a, b]) => ({
    op,
    name,
    inputs: [first(a), other(b)],
    params,
    reference: ([x, y]) => [binary(need(x), need(y), f)],
    double: op === 'PRELU' ? 'first' : 'any',
    magnitude:
      op === 'ADD' || op === 'SUBTRACT'
        ? ([x, y]) => [binary(need(x), need(y), (u, v) => Math.abs(u) + Math.abs(v))]
        : undefined,
  }));
});

const truth =
  (f: (a: number, b: number) => boolean) =>
  (a: number, b: number): number =>
    f(a, b) ? 1 : 0;

const comparisons: Case[] = [
  ...relations.map((f, op): Case => ({
    op: 'RELATIONAL_OPS',
    name: String(op),
    inputs: [integers([9, 7], -3, 3), integers([9, 1], -3, 3)],
    params: { op },
    reference: ([a, b]) => [binary(need(a), need(b), truth(f))],
    double: 'always',
  })),
  ...logic.map((f, op): Case => ({
    op: 'LOGICAL_OPS',
    name: String(op),
    inputs: [integers([9, 7], 0, 1), integers([9, 7], 0, 1)],
    params: { op },
    reference: ([a, b]) => [binary(need(a), need(b), truth(f))],
    double: 'always',
  })),
  {
    op: 'LOGICAL_NOT',
    inputs: [integers([9, 7], -1, 1)],
    reference: ([x]) => [map(need(x), (v) => (v === 0 ? 1 : 0))],
    double: 'always',
  },
  {
    op: 'SELECT',
    inputs: [integers([9, 1, 2], 0, 1), reals([9, 7, 2]), reals([1, 7, 1])],
    reference: ([c, a, b]) => [binary(need(c), binary(need(a), need(b), pack), (t, p) => unpack(p, t !== 0))],
    double: 'always',
  },
];

/** Two numbers in one, so that a function of three can be broadcast as two of two. */
const packed: [number, number][] = [];
const pack = (a: number, b: number): number => packed.push([a, b]) - 1;
const unpack = (index: number, first: boolean): number => packed[index]?.[first ? 0 : 1] ?? NaN;

const sums: Case[] = [
  {
    op: 'ADDN',
    inputs: [reals(SIZE), reals([1, 5, 1]), reals(SIZE)],
    reference: ([a, b, c]) => [binary(binary(need(a), need(b), add), need(c), add)],
    rows: anyOf(3),
    double: 'always',
  },
  ...['A_TIMES_B_PLUS_C', 'SCALE'].map((op): Case => ({
    op,
    inputs: [reals(SIZE), reals([7, 1, 1]), reals([1, 1, 3])],
    reference: ([a, b, c]) => [
      binary(
        binary(need(a), need(b), (x, y) => x * y),
        need(c),
        add,
      ),
    ],
    rows: anyOf(3),
    double: 'always',
  })),
];
function add(a: number, b: number): number {
  return a + b;
}

/** Copies: DATACONVERT and CAST between all types, the others within one. */
const copies: Case[] = [
  ...['DATACONVERT', 'CAST', 'DROPOUT'].map((op): Case => ({
    op,
    inputs: [reals([11, 5], 100)],
    reference: ([x]) => [need(x)],
    double: 'always',
  })),
  ...['VARIABLE', 'NOOP', 'SYNC_HOST'].map((op): Case => ({
    op,
    inputs: [reals([11, 5])],
    reference: ([x]) => [need(x)],
    rows: `${ANY}; i32 > i32; b8 > b8`,
    double: 'always',
  })),
  {
    op: 'ONE_HOT',
    inputs: [integers([4, 3], 0, 6)],
    params: { depth: 5, on_value: 2, off_value: -1, axis: 1 },
    reference: ([x]) => [
      build([4, 5, 3], ([a = 0, k = 0, b = 0]) => (need(x).data[b * 4 + a] === k ? 2 : -1)),
    ],
    double: 'always',
  },
];

/** One operator for each element. */
export const elementwiseCases: readonly Case[] = [
  ...unary,
  ...variants,
  ...pairs,
  ...comparisons,
  ...sums,
  ...copies,
];
