import { StudioError } from '../network/errors.ts';
import type { Shape } from '../network/tensor.ts';

/** 0, 1, ..., rank-1. */
export function identity(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis);
}

/** The order that puts channels (last in the stored layout) right after the batch; NHWC → NCHW. */
export function channelFirst(rank: number): number[] {
  return rank < 3 ? identity(rank) : [0, rank - 1, ...identity(rank).slice(1, -1)];
}

export function isIdentity(order: readonly number[]): boolean {
  return order.every((from, to) => from === to);
}

export function sameOrder(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((axis, index) => axis === b[index]);
}

/** `shape` with its axes in `order`. */
export function reorder(shape: Shape, order: readonly number[]): number[] {
  return order.map((axis) => shape[axis]);
}

/** The inverse permutation. */
export function inverse(order: readonly number[]): number[] {
  const result = new Array<number>(order.length).fill(0);
  order.forEach((from, to) => (result[from] = to));
  return result;
}

/** Device sizes (W,H,C,N) of a network shape whose device axes are in `order`. */
export function deviceSize(shape: Shape, order: readonly number[]): number[] {
  return reorder(shape, order).reverse();
}

/** W,H,C,N index of network axis `axis` when device axes are in `order`. */
export function deviceAxis(axis: number, order: readonly number[]): number {
  return order.length - 1 - order.indexOf(axis);
}

/** Axis counted from the front; negative counts from the end. Throws when out of range. */
export function normalizeAxis(axis: number, rank: number, layer: string): number {
  const result = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(result) || result < 0 || result >= rank) {
    throw new StudioError('parameter-invalid', `axis ${axis} is outside a tensor of rank ${rank}`, { layer });
  }
  return result;
}

/** The PERMUTE parameter (W,H,C,N) that turns device axes `from` into `to`. */
export function devicePermutation(from: readonly number[], to: readonly number[]): number[] {
  const rank = from.length;
  const perm = to.map((axis) => from.indexOf(axis));
  return identity(rank).map((index) => rank - 1 - perm[rank - 1 - index]);
}

/** True when going from one order to another moves only dimensions of size 1, so bytes stay in place. */
export function movesOnlyOnes(shape: Shape, from: readonly number[], to: readonly number[]): boolean {
  const large = (order: readonly number[]) => order.filter((axis) => shape[axis] !== 1);
  return sameOrder(large(from), large(to));
}
