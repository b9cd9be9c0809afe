import type { Dense } from '../../reference/ops.ts';
import { joinSteps, type Round, roundTo, same } from '../../reference/recurrent.ts';
import type { Scheme } from '../../reference/schemes.ts';
import { type Port, reals } from '../conform.ts';

/** Sizes of the small networks here. */
export const [WIDTH, UNITS, BATCH, STEPS] = [5, 4, 2, 3];
/** Constants that a node multiplies with. */
export const weights = (inputs: number, outputs: number): Port => ({
  ...reals([inputs, outputs], 0.7),
  constant: true,
});
/** Constants that are added or multiplied element by element. */
export const bias = (n: number): Port => ({ ...reals([n], 0.5), constant: true });
/** Stands where a row of types has no tensor. */
export const NONE = reals([1]);
/** Whole numbers, both ends among them. */
export const numbers = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Element `b` of the batch of a state [n, batch]; zeros where there is none. */
export const element = (t: Dense | null | undefined, b: number, n: number): number[] =>
  t ? t.data.slice(b * n, (b + 1) * n) : new Array<number>(n).fill(0);

/** How inputs are stored; null stands for an absent one. */
export type Schemes = readonly (Scheme | null)[];

/** What output `i` keeps of a number. */
export const round = (to: readonly Scheme[], i: number): Round => (to[i] ? roundTo(to[i]) : same);

/** Types by what a tensor is for: data, weights, bias; states and results. */
export interface Kinds {
  x: string;
  w: string;
  b: string;
  h: string;
  c: string;
}
/** Combinations of types that recurrent operators meet. */
export const TYPES: readonly Kinds[] = [
  { x: 'f32', w: 'f32', b: 'f32', h: 'f32', c: 'f32' },
  { x: 'f16', w: 'f16', b: 'f16', h: 'f16', c: 'f16' },
  { x: 'f16', w: 'f16', b: 'f32', h: 'f16', c: 'f32' },
  { x: 'bf16', w: 'bf16', b: 'f32', h: 'bf16', c: 'f16' },
  { x: 'u8a', w: 'u8a', b: 'i32a', h: 'u8a', c: 'f16' },
  { x: 'i8d', w: 'i8d', b: 'i32d', h: 'i8d', c: 'i16d' },
  { x: 'i16d', w: 'i16d', b: 'i64d', h: 'i16d', c: 'f32' },
  { x: 'f16', w: 'u8a', b: 'f32', h: 'f16', c: 'f16' },
];

/** Lowest and highest numbers of outputs: output, hidden state, cell state. */
export const RANGES = [
  [-1, 1],
  [-1, 1],
  [-2, 2],
] as const;

/** Size of a sequence whose steps come last. */
export const SEQUENCE = [WIDTH, BATCH, STEPS];
/** What a cell makes of a sequence, forwards or (way 1) backwards, in the order of the sequence. */
export function direction(
  way: number,
  steps: number[][],
  run: (steps: number[][]) => number[][],
): number[][] {
  return way === 0 ? run(steps) : run(steps.toReversed()).toReversed();
}

/** Outputs of both ways, by element of the batch and step: two tensors, or rows side by side. */
export function joinWays([forward = [], backward = []]: number[][][][], merge: boolean): Dense[] {
  if (!merge) return [joinSteps(forward, true), joinSteps(backward, true)];
  return [
    joinSteps(
      forward.map((steps, b) => steps.map((row, t) => [...row, ...(backward[b]?.[t] ?? [])])),
      true,
    ),
  ];
}
