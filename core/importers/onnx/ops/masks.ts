import type { Tensor } from '../../../network/tensor.ts';
import { composed } from '../compose.ts';
import { Unsupported } from '../builder.ts';
import { foldedCount, fromNumbers, numbersOf, scalarOf } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';
import { wrapped } from './pick.ts';

/** 1 where (row, column) satisfies the test. */
function matrix(rows: number, columns: number, inside: (row: number, column: number) => boolean): Tensor {
  const values = new Float64Array(foldedCount([rows, columns]));
  for (let i = 0; i < values.length; i++) values[i] = inside(Math.floor(i / columns), i % columns) ? 1 : 0;
  return fromNumbers('bool', [rows, columns], values);
}

/** Not a product with a mask: what is cut off may be infinite. */
const trilu = composed((c, node) => {
  const data = c.input(0);
  const shape = c.shape(data);
  if (shape.length < 2) throw node.invalid(`rank ${shape.length}, it needs 2 or more`);
  const diagonal = c.has(1) ? scalarOf(c.known(c.input(1))) : 0;
  if (diagonal === undefined) throw new Unsupported('a diagonal that is only known at run time');
  const upper = node.int('upper', 1) !== 0;
  const [rows, columns] = shape.slice(-2);
  const mask = matrix(rows, columns, (row, column) =>
    upper ? column - row >= diagonal : column - row <= diagonal,
  );
  const marks = numbersOf(mask);
  if (Array.from(marks).every((mark) => mark === 1)) return c.output(0, data);
  const zero = c.filled(0, [], c.type(data));
  c.output(0, c.op('Where', [c.constant(mask), data, zero]));
});

const oneHot = composed((c, node) => {
  const depth = scalarOf(c.known(c.input(1)));
  const values = c.known(c.input(2));
  if (depth === undefined || !values)
    throw new Unsupported('a depth or values that are only known at run time');
  const [off, on] = Array.from(numbersOf(values));
  const shape = c.shape(c.input(0));
  const given = node.int('axis', -1);
  const axis = given < 0 ? given + shape.length + 1 : given;
  if (axis < 0 || axis > shape.length || depth < 1)
    throw node.invalid(`axis ${given} and depth ${depth} do not fit rank ${shape.length}`);
  const indices = c.type(c.input(0)).startsWith('float') ? c.op('Cast', [c.input(0)], { to: 7 }) : c.input(0);
  const real = values.type.startsWith('float');
  const [result] = c.layer(
    'one_hot',
    [
      ['depth', Math.trunc(depth)],
      ['on_value', on],
      ['off_value', off],
      ['axis', axis === shape.length ? -1 : axis],
      ['dtype', real ? 'float32' : 'int32'],
    ],
    [wrapped(c, indices, [Math.trunc(depth)])],
    [{ shape: [...shape.slice(0, axis), Math.trunc(depth), ...shape.slice(axis)], type: values.type }],
  );
  c.output(0, result);
});

/** Operators that place ones at indices, or keep what lies on one side of a diagonal. */
export const masks: OperatorFamily = {
  Trilu: { convert: trilu },
  OneHot: { convert: oneHot },
};
