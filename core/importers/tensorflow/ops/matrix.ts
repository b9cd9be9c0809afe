import type { Composer } from '../../onnx/compose.ts';
import { Unsupported } from '../../onnx/builder.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { foldedCount, fromNumbers } from '../../onnx/numeric.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { formula, integer, integers, upTo } from './operands.ts';

/** A matrix with its last two axes swapped when the attribute says so. */
function operand(c: Composer, node: OnnxNode, index: number, flags: readonly string[]): string {
  const name = c.input(index);
  if (!flags.some((flag) => node.int(flag, 0) !== 0)) return name;
  const axes = upTo(c.shape(name).length);
  return c.transpose(name, [...axes.slice(0, -2), ...axes.slice(-2).reverse()]);
}

/** A matrix product. */
export const multiply = (c: Composer, node: OnnxNode): string =>
  c.main('MatMul', [
    operand(c, node, 0, ['transpose_a', 'adj_x']),
    operand(c, node, 1, ['transpose_b', 'adj_y']),
  ]);

const matMul = formula(multiply);

const einsum = formula((c, node) =>
  c.main('Einsum', node.inputs.map((_, i) => c.input(i)), { equation: node.text('equation', '') }),
); // prettier-ignore

/** Zeros outside a band around the diagonal. Negative limits keep everything on that side. */
const bandPart = formula((c, node) => {
  const x = c.input(0);
  const [rows, columns] = c.shape(x).slice(-2);
  if (rows === undefined || columns === undefined) throw node.invalid('the input is no matrix');
  const lower = integer(c, node, 1, 'a band');
  const upper = integer(c, node, 2, 'a band');
  const kept = Array.from({ length: foldedCount([rows, columns]) }, (_, i) => {
    const below = Math.floor(i / columns) - (i % columns);
    return Number((lower < 0 || below <= lower) && (upper < 0 || -below <= upper));
  });
  return c.main('Mul', [x, c.constant(fromNumbers(c.type(x), [rows, columns], kept))]);
});

/** Since their second version, diagonal operators name the diagonals they mean. @param index of that input */
function mainOnly(c: Composer, node: OnnxNode, index: number): void {
  if (node.inputs.length > index && integers(c, index, 'a diagonal').some((diagonal) => diagonal !== 0))
    throw new Unsupported('other diagonals than the main one');
}

/** The diagonal of square matrices, or of all of them. */
const diagonalOf = formula((c, node) => {
  mainOnly(c, node, 1);
  const x = c.input(0);
  const shape = c.shape(x);
  const [rows, columns] = shape.slice(-2);
  if (rows === undefined || columns === undefined) throw node.invalid('the input is no matrix');
  const flat = c.reshape(x, [...shape.slice(0, -2), rows * columns]);
  const places = upTo(Math.min(rows, columns)).map((i) => i * (columns + 1));
  return c.main('Gather', [flat, c.ints(places)], { axis: shape.length - 2 });
});

/** Vectors as the diagonals of matrices of zeros. */
const diagonalMatrix = formula((c, node) => {
  mainOnly(c, node, 1);
  const x = c.input(0);
  const shape = c.shape(x);
  const size = shape[shape.length - 1] ?? 1;
  const asked = [2, 3].map((index) => (c.has(index) ? integer(c, node, index, 'a size') : -1));
  if (asked.some((dim) => dim >= 0 && dim !== size)) throw new Unsupported('a diagonal of a larger matrix');
  const ones = upTo(foldedCount([size, size])).map((i) => Number(i % (size + 1) === 0));
  const column = c.reshape(x, [...shape, 1]);
  return c.main('Mul', [column, c.constant(fromNumbers(c.type(x), [size, size], ones))]);
});

/** Matrices with other numbers on their diagonals. */
const setDiagonal = formula((c, node) => {
  mainOnly(c, node, 2);
  const [x, diagonal] = [c.input(0), c.input(1)];
  const [rows, columns] = c.shape(x).slice(-2);
  if (rows === undefined || columns === undefined || rows !== columns)
    throw new Unsupported('the diagonal of matrices that are not square');
  const ones = upTo(foldedCount([rows, columns])).map((i) => Number(i % (columns + 1) === 0));
  const mask = c.constant(fromNumbers('bool', [rows, columns], ones));
  return c.main('Where', [mask, c.reshape(diagonal, [...c.shape(diagonal), 1]), x]);
});

/** Products and parts of matrices. */
export const matrix: OperatorFamily = {
  'tf:BatchMatMul': matMul,
  'tf:BatchMatMulV2': matMul,
  'tf:BatchMatMulV3': matMul,
  'tf:Einsum': einsum,
  'tf:MatMul': matMul,
  'tf:MatrixBandPart': bandPart,
  'tf:MatrixDiag': diagonalMatrix,
  'tf:MatrixDeterminant': formula((c) => c.main('Det', [c.input(0)])),
  'tf:MatrixDiagPart': diagonalOf,
  'tf:MatrixDiagPartV2': diagonalOf,
  'tf:MatrixDiagPartV3': diagonalOf,
  'tf:MatrixDiagV2': diagonalMatrix,
  'tf:MatrixDiagV3': diagonalMatrix,
  'tf:MatrixSetDiag': setDiagonal,
  'tf:MatrixSetDiagV2': setDiagonal,
  'tf:MatrixSetDiagV3': setDiagonal,
};
