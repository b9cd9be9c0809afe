import { frontAxis, product } from '../../onnx/numeric.ts';
import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';

const VIEW = { isView: true };

/** A reshape that keeps the node's name; nothing when the shape is that already. */
export function reshaped(c: TorchComposer, x: string, shape: readonly number[]): string {
  return c.shape(x).join() === shape.join() ? x : c.main('Reshape', [x, c.ints(shape)], { allowzero: 1 });
}

/** The shape asked for, with -1 resolved. */
function resolved(c: TorchComposer, x: string, asked: readonly number[]): number[] {
  const known = product(asked.filter((dim) => dim !== -1));
  return asked.map((dim) => (dim === -1 ? product(c.shape(x)) / known : dim));
}

function view(c: TorchComposer): string {
  const x = c.tensor('self');
  return reshaped(c, x, resolved(c, x, c.integers('size')));
}

function flatten(c: TorchComposer): string {
  const x = c.tensor('self');
  const shape = c.shape(x);
  if (shape.length === 0) return reshaped(c, x, [1]);
  const begin = c.axis('start_dim', shape.length, 0);
  const end = c.axis('end_dim', shape.length, -1);
  return reshaped(c, x, [
    ...shape.slice(0, begin),
    product(shape.slice(begin, end + 1)),
    ...shape.slice(end + 1),
  ]);
}

function unflatten(c: TorchComposer): string {
  const x = c.tensor('self');
  const shape = c.shape(x);
  const axis = c.axis('dim', shape.length);
  const sizes = c.integers('sizes');
  const known = product(sizes.filter((dim) => dim !== -1));
  const whole = sizes.map((dim) => (dim === -1 ? shape[axis] / known : dim));
  return reshaped(c, x, [...shape.slice(0, axis), ...whole, ...shape.slice(axis + 1)]);
}

function squeeze(c: TorchComposer): string {
  const x = c.tensor('self');
  const shape = c.shape(x);
  const asked = c.axes('dim', shape.length) ?? shape.map((_, axis) => axis);
  const axes = asked.filter((axis) => shape[axis] === 1);
  return axes.length === 0 ? x : c.main('Squeeze', [x, c.ints(axes)]);
}

function unsqueeze(c: TorchComposer): string {
  const x = c.tensor('self');
  return c.main('Unsqueeze', [x, c.ints([frontAxis(c.int('dim'), c.shape(x).length + 1)])]);
}

/** The permutation that a node asks for. */
function permutation(c: TorchComposer, rank: number): number[] {
  const axes = c.axes('dims', rank);
  if (axes?.length === rank) return axes;
  throw c.invalid(`dims do not permute ${rank} axes`);
}

function swapped(rank: number, a: number, b: number): number[] {
  return Array.from({ length: rank }, (_, axis) => (axis === a ? b : axis === b ? a : axis));
}

const turned =
  (perm: (c: TorchComposer, rank: number) => number[]) =>
  (c: TorchComposer): string => {
    const x = c.tensor('self');
    const axes = perm(c, c.shape(x).length);
    return axes.every((axis, i) => axis === i) ? x : c.main('Transpose', [x], { perm: axes });
  };

const transposition = (c: TorchComposer, rank: number): number[] =>
  rank === 0 ? [] : swapped(rank, c.axis('dim0', rank), c.axis('dim1', rank));

const plainTransposition = (_: TorchComposer, rank: number): number[] =>
  rank < 2 ? Array.from({ length: rank }, (__, axis) => axis) : swapped(rank, rank - 2, rank - 1);

const movement = (c: TorchComposer, rank: number): number[] => {
  const [from, to] = [c.axes('source', rank) ?? [], c.axes('destination', rank) ?? []];
  const rest = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !from.includes(axis));
  return Array.from({ length: rank }, (_, axis) =>
    to.includes(axis) ? from[to.indexOf(axis)] : (rest.shift() ?? 0),
  );
};

/** Repeats axes of size 1; -1 keeps an axis. */
function expanded(c: TorchComposer, x: string, asked: readonly number[]): string {
  const shape = c.shape(x);
  const size = asked.map((dim, axis) => (dim === -1 ? shape[axis - asked.length + shape.length] : dim));
  return size.join() === shape.join() ? x : c.main('Expand', [x, c.ints(size)]);
}

function repeat(c: TorchComposer, asked: readonly number[]): string {
  const x = c.tensor('self');
  const shape = c.shape(x);
  const rank = Math.max(asked.length, shape.length);
  const repeats = [...Array.from({ length: rank - asked.length }, () => 1), ...asked];
  const full = c.reshape(x, [...Array.from({ length: rank - shape.length }, () => 1), ...shape]);
  return repeats.every((count) => count === 1) ? full : c.main('Tile', [full, c.ints(repeats)]);
}

/** Each element several times in a row. */
function repeatInterleave(c: TorchComposer): string {
  const x = c.tensor('self');
  const shape = c.shape(x);
  const count = c.int('repeats');
  const flat = !c.given('dim');
  const dims = flat ? [product(shape)] : [...shape];
  const axis = flat ? 0 : c.axis('dim', shape.length);
  const source = c.reshape(x, [...dims.slice(0, axis + 1), 1, ...dims.slice(axis + 1)]);
  const tiled = c.op('Tile', [source, c.ints([...dims.slice(0, axis + 1).map(() => 1), count, ...dims.slice(axis + 1).map(() => 1)])]); // prettier-ignore
  return reshaped(
    c,
    tiled,
    dims.map((dim, i) => (i === axis ? dim * count : dim)),
  );
}

/** A change of a view becomes a change of what it is a view of: the elements in the other shape. */
const shapeBack = (signature: string): TorchOperator =>
  torchOperator(`self src ${signature}`, (c) => c.reshape(c.tensor('src'), c.shape(c.tensor('self'))));

const turnBack = (signature: string, perm: (c: TorchComposer, rank: number) => number[]): TorchOperator =>
  torchOperator(`self src ${signature}`, (c) => {
    const axes = perm(c, c.shape(c.tensor('self')).length);
    return c.transpose(
      c.tensor('src'),
      axes.map((_, axis) => axes.indexOf(axis)),
    );
  });

/** Operators that read the same elements in another shape or order. */
export const shapes: Readonly<Record<string, TorchOperator>> = {
  'aten::view': torchOperator('self size', view, VIEW),
  'aten::reshape': torchOperator('self size', view, VIEW),
  'aten::_reshape_alias': torchOperator('self size stride', view, VIEW),
  'aten::_unsafe_view': torchOperator('self size', view),
  'aten::view_as': torchOperator('self other', (c) =>
    reshaped(c, c.tensor('self'), c.shape(c.tensor('other'))),
  ),
  'aten::reshape_as': torchOperator('self other', (c) =>
    reshaped(c, c.tensor('self'), c.shape(c.tensor('other'))),
  ),
  'aten::flatten': torchOperator('self start_dim end_dim', flatten, VIEW),
  'aten::unflatten': torchOperator('self dim sizes names', unflatten, VIEW),
  'aten::squeeze': torchOperator('self dim', squeeze, VIEW),
  'aten::unsqueeze': torchOperator('self dim', unsqueeze, VIEW),
  'aten::permute': torchOperator('self dims', turned(permutation), VIEW),
  'aten::transpose': torchOperator('self dim0 dim1', turned(transposition), VIEW),
  'aten::t': torchOperator('self', turned(plainTransposition), VIEW),
  'aten::numpy_T': torchOperator(
    'self',
    turned((_, rank) => swapped(rank, 0, 0).reverse()),
    VIEW,
  ),
  'aten::movedim': torchOperator('self source destination', turned(movement), VIEW),
  'aten::expand': torchOperator('self size implicit', (c) =>
    expanded(c, c.tensor('self'), c.integers('size')),
  ),
  'aten::expand_as': torchOperator('self other', (c) =>
    expanded(c, c.tensor('self'), c.shape(c.tensor('other'))),
  ),
  'aten::broadcast_to': torchOperator('self size', (c) => expanded(c, c.tensor('self'), c.integers('size'))),
  'aten::repeat': torchOperator('self repeats', (c) => repeat(c, c.integers('repeats'))),
  'aten::tile': torchOperator('self dims', (c) => repeat(c, c.integers('dims'))),
  'aten::repeat_interleave': torchOperator('self repeats dim output_size', repeatInterleave),
  'views::view': shapeBack('size'),
  'views::reshape': shapeBack('size'),
  'views::_reshape_alias': shapeBack('size stride'),
  'views::flatten': shapeBack('start_dim end_dim'),
  'views::unflatten': shapeBack('dim sizes names'),
  'views::squeeze': shapeBack('dim'),
  'views::unsqueeze': shapeBack('dim'),
  'views::permute': turnBack('dims', permutation),
  'views::transpose': turnBack('dim0 dim1', transposition),
  'views::t': turnBack('', plainTransposition),
  'views::numpy_T': turnBack('', (_, rank) => swapped(rank, 0, 0).reverse()),
  'views::movedim': turnBack('source destination', movement),
};
