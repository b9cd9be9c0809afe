import { Unsupported, type Builder } from '../builder.ts';
import { identityOrder, type DraftRef } from '../draft.ts';
import { Formula } from '../formula.ts';
import type { OnnxNode } from '../node.ts';
import type { OperatorFamily } from '../operator.ts';
import { product } from '../numeric.ts';

/** Larger matrices would take n! products, or a decomposition that the device can not do. */
const LARGEST = 3;

/** By the first row and the determinants of what is left without its column. */
function expand(
  f: Formula,
  at: (row: number, column: number) => DraftRef,
  row: number,
  columns: number[],
): DraftRef {
  if (columns.length === 1) return at(row, columns[0]);
  const terms = columns.map((column, i) => {
    const rest = expand(f, at, row + 1, [...columns.slice(0, i), ...columns.slice(i + 1)]);
    return f.mul(at(row, column), rest);
  });
  return terms.reduce((sum, term, i) => (i % 2 === 0 ? f.add(sum, term) : f.sub(sum, term)));
}

function convertDet(node: OnnxNode, builder: Builder): void {
  const value = builder.value(node, 0);
  const rank = value.shape.length;
  const size = value.shape[rank - 1];
  if (rank < 2 || value.shape[rank - 2] !== size)
    throw node.invalid(`[${value.shape.join(',')}] is not square`);
  if (size > LARGEST) throw new Unsupported(`a determinant of ${size} rows (up to ${LARGEST} are supported)`);
  const shape = value.shape.slice(0, -2);
  const count = product(shape);
  const plain = builder.ordered(value, identityOrder(rank));
  const matrices = builder.reshape(plain, [count, size * size]);
  const f = new Formula(node, builder, { shape: [count, 1], order: [0, 1], type: value.type });
  const at = (row: number, column: number): DraftRef =>
    f.apply(
      'slice',
      [matrices],
      [
        ['begin', [0, row * size + column]],
        ['size', [count, 1]],
      ],
    );
  const cells = new Map<string, DraftRef>();
  const cell = (row: number, column: number): DraftRef => {
    const key = `${row},${column}`;
    const made = cells.get(key) ?? at(row, column);
    cells.set(key, made);
    return made;
  };
  const result = expand(f, cell, 0, identityOrder(size));
  const ref = builder.reshape(result, shape.length === 0 ? [1] : shape);
  builder.emit(node, 0, { shape, type: value.type, order: identityOrder(shape.length), ref });
}

/** Determinants of small matrices. */
export const determinant: OperatorFamily = { Det: { convert: convertDet } };
