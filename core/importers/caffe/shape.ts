import type { Shape } from '../../network/tensor.ts';

/** Product of dimensions. */
export const product = (dims: Shape): number => dims.reduce((all, dim) => all * dim, 1);

/** Axes from `first` up to `end`. */
export const axesBetween = (first: number, end: number): number[] =>
  Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
