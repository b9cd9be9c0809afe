import type { Composer } from '../../onnx/compose.ts';
import { composed } from '../../onnx/compose.ts';
import { Unsupported } from '../../onnx/builder.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { frontAxis, integersOf, numbersOf, type Numbers } from '../../onnx/numeric.ts';
import type { Operator } from '../../onnx/operator.ts';

/** An operator that is only a composition. */
export const composition = (write: (c: Composer, node: OnnxNode) => void): Operator => ({
  convert: composed(write),
});

/** An operator with one output, which the composition answers. */
export const formula = (write: (c: Composer, node: OnnxNode) => string): Operator =>
  composition((c, node) => c.output(0, write(c, node)));

/** Numbers of an input that have to be known at import. @param what it is, for the message */
export function numbers(c: Composer, index: number, what: string): Numbers {
  const known = c.known(c.input(index));
  if (!known) throw new Unsupported(`${what} that is only known at run time`);
  return numbersOf(known);
}

/** Integers of an input that have to be known at import. */
export function integers(c: Composer, index: number, what: string): number[] {
  const known = c.known(c.input(index));
  if (!known) throw new Unsupported(`${what} that is only known at run time`);
  return integersOf(known);
}

/** One integer of an input. */
export function integer(c: Composer, node: OnnxNode, index: number, what: string): number {
  const [value] = integers(c, index, what);
  if (value === undefined) throw node.invalid(`${what} is empty`);
  return value;
}

/** Axes of an input, counted from the front. */
export const axesOf = (c: Composer, index: number, rank: number): number[] =>
  integers(c, index, 'an axis').map((axis) => frontAxis(axis, rank));

/** Every input of the node. */
export const allInputs = (c: Composer, node: OnnxNode): string[] =>
  node.inputs.map((_, index) => c.input(index));

/** The numbers 0 to count - 1. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** The permutation that undoes another. */
export const inverse = (perm: readonly number[]): number[] =>
  upTo(perm.length).map((axis) => perm.indexOf(axis));
