import { composed, type Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { knownIntegers } from './helpers.ts';

/** Amounts [rank, 2], before and behind each axis, as ONNX lists them. */
function amounts(c: Composer, node: OnnxNode): string {
  const list = knownIntegers(c, node, 1, 'the padding');
  const { length: rank } = c.shape(c.input(0));
  if (list.length !== 2 * rank) throw node.invalid(`${list.length} amounts of padding for rank ${rank}`);
  const column = (side: number): number[] => list.filter((_, i) => i % 2 === side);
  return c.ints([...column(0), ...column(1)]);
}

const pad = composed((c, node) => {
  const fill = c.has(2) ? [c.input(2)] : [];
  c.output(0, c.main('Pad', [c.input(0), amounts(c, node), ...fill], { mode: 'constant' }));
});

/** Reflection leaves out the border itself, symmetry repeats it. */
const mirror = composed((c, node) => {
  const x = c.input(0);
  const given = amounts(c, node);
  if (node.int('mode', 0) === 0) return c.output(0, c.main('Pad', [x, given], { mode: 'reflect' }));
  const list = knownIntegers(c, node, 1, 'the padding');
  const padded = c.shape(x).reduce((name, dim, axis) => {
    const [before, behind] = [list[2 * axis], list[2 * axis + 1]];
    if (before > dim || behind > dim) throw node.invalid(`padding of ${before} and ${behind} around ${dim}`);
    const front = before > 0 ? [c.slice(name, axis, before - 1, before, -1)] : [];
    const back = behind > 0 ? [c.slice(name, axis, dim - 1, behind, -1)] : [];
    return c.concat([...front, name, ...back], axis);
  }, x);
  c.output(0, padded);
});

/** Operators that put elements around a tensor. */
export const padding: OperatorFamily = {
  'tflite:PAD': { convert: pad },
  'tflite:PADV2': { convert: pad },
  'tflite:MIRROR_PAD': { convert: mirror },
};
