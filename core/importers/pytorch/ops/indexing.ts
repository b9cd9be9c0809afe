import { Unsupported } from '../../onnx/builder.ts';
import { DataSized } from '../../onnx/data-sized.ts';
import { fromNumbers, integersOf, numbersOf, product } from '../../onnx/numeric.ts';
import {
  InputTensor,
  torchOperator,
  type Argument,
  type TorchComposer,
  type TorchOperator,
} from '../operator.ts';
import { promoted } from './promote.ts';

/** Indices counted from the front, as far as they are known. */
export function fromFront(c: TorchComposer, indices: string, size: number): string {
  const known = c.known(indices);
  if (!known) return indices;
  const values = integersOf(known);
  if (values.every((index) => index >= 0)) return indices;
  return c.constant(fromNumbers('int64', known.shape, values.map((index) => (index < 0 ? index + size : index)))); // prettier-ignore
}

/** Indices of the true elements of a known mask, one list per axis of it. */
function placesOf(c: TorchComposer, mask: string): string[] {
  const known = c.known(mask);
  if (!known) throw new DataSized();
  const marks = numbersOf(known);
  const flat = Array.from(marks, (mark, i) => (mark === 0 ? -1 : i)).filter((i) => i >= 0);
  let step = 1;
  const lists = [...known.shape].reverse().map((dim) => {
    const list = flat.map((i) => Math.floor(i / step) % dim);
    step *= dim;
    return c.ints(list);
  });
  return lists.reverse();
}

/** An index per axis; '' keeps the axis as it is. A mask stands for as many axes as it has. */
function indexLists(c: TorchComposer): string[] {
  const given = c.argument('indices');
  const items: readonly Argument[] = Array.isArray(given) ? given : [];
  return items.flatMap((item) => {
    if (!(item instanceof InputTensor)) return [''];
    const name = c.input(item.index);
    const isMask = c.type(name) === 'bool' || c.type(name) === 'uint8';
    return isMask ? placesOf(c, name) : [name];
  });
}

/** Axes that are indexed, brought together, and one index into all of them. */
interface Indexed {
  /** The tensor with the indexed axes in one place as one axis. */
  source: string;
  axis: number;
  index: string;
}

function gathered(c: TorchComposer, x: string, lists: readonly string[]): Indexed {
  const shape = c.shape(x);
  const axes = lists.flatMap((name, axis) => (name === '' ? [] : [axis]));
  if (axes.length === 0) throw c.invalid('no index is given');
  const together = axes.every((axis, i) => i === 0 || axis === axes[i - 1] + 1);
  const rest = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const front = together ? rest.filter((axis) => axis < axes[0]) : [];
  const back = rest.filter((axis) => !front.includes(axis));
  const turned = c.transpose(x, [...front, ...axes, ...back]);
  const sizes = axes.map((axis) => shape[axis]);
  const count = product(sizes);
  const source = c.reshape(turned, [
    ...front.map((axis) => shape[axis]),
    count,
    ...back.map((axis) => shape[axis]),
  ]);
  const parts = promoted(c, axes.map((axis, i) => fromFront(c, lists[axis], sizes[i]))); // prettier-ignore
  const index = parts.reduce((sum, part, i) => c.add(c.mul(sum, c.integer(sizes[i])), part));
  return { source, axis: front.length, index };
}

function index(c: TorchComposer): string {
  const { source, axis, index: at } = gathered(c, c.tensor('self'), indexLists(c));
  return c.main('Gather', [source, at], { axis });
}

function indexSelect(c: TorchComposer): string {
  const x = c.tensor('self');
  const axis = c.axis('dim', c.shape(x).length);
  const at = fromFront(c, c.tensor('index'), c.shape(x)[axis]);
  return c.main('Gather', [x, c.shape(at).length === 0 ? c.reshape(at, [1]) : at], { axis });
}

function embedding(c: TorchComposer): string {
  const indices = c.tensor('indices');
  return c.main(
    'Gather',
    [c.float(c.tensor('weight')), c.isFloat(indices) ? c.cast(indices, 'int64') : indices],
    {
      axis: 0,
    },
  );
}

function gather(c: TorchComposer): string {
  const x = c.tensor('self');
  const axis = c.axis('dim', c.shape(x).length);
  const at = c.tensor('index');
  // PyTorch's index may be smaller than the data along other axes.
  const cut = c.shape(at).reduce((y, dim, i) => (i === axis ? y : c.slice(y, i, 0, dim)), x);
  return c.main('GatherElements', [cut, fromFront(c, at, c.shape(x)[axis])], { axis });
}

/** The index is repeated along the other axes to the size of the data. */
function takeAlong(c: TorchComposer): string {
  const x = c.tensor('self');
  const axis = c.axis('dim', c.shape(x).length);
  const at = fromFront(c, c.tensor('index'), c.shape(x)[axis]);
  const shape = c.shape(x).map((dim, i) => (i === axis ? c.shape(at)[i] : Math.max(dim, c.shape(at)[i])));
  const [data, index] = [x, at].map((name, which) => {
    const wanted = shape.map((dim, i) => (which === 0 && i === axis ? c.shape(x)[i] : dim));
    return c.shape(name).join() === wanted.join() ? name : c.op('Expand', [name, c.ints(wanted)]);
  });
  return c.main('GatherElements', [data, index], { axis });
}

function take(c: TorchComposer): string {
  const x = c.tensor('self');
  const count = product(c.shape(x));
  return c.main('Gather', [c.reshape(x, [count]), fromFront(c, c.tensor('index'), count)], { axis: 0 });
}

function oneHot(c: TorchComposer): string {
  const classes = c.int('num_classes', -1);
  if (classes < 1) throw new Unsupported('a number of classes that depends on the data');
  const values = c.ints([0, 1]);
  return c.main('OneHot', [c.tensor('self'), c.integer(classes), values], { axis: -1 });
}

/** Operators that pick elements by indices. */
export const indexing: Readonly<Record<string, TorchOperator>> = {
  'aten::index': torchOperator('self indices', index, { integers: ['indices'] }),
  'aten::index_select': torchOperator('self dim index', indexSelect, { integers: ['index'] }),
  'aten::embedding': torchOperator('weight indices padding_idx scale_grad_by_freq sparse', embedding, { integers: ['indices'] }),
  'aten::gather': torchOperator('self dim index sparse_grad', gather, { integers: ['index'] }),
  'aten::take_along_dim': torchOperator('self index dim', takeAlong),
  'aten::take': torchOperator('self index', take),
  'aten::one_hot': torchOperator('self num_classes', oneHot, { integers: ['self'] }),
  'aten::masked_select': torchOperator('self mask', (c) => {
    const lists = placesOf(c, c.tensor('mask'));
    const { source, axis, index: at } = gathered(c, c.tensor('self'), lists);
    return c.main('Gather', [source, at], { axis });
  }),
  'aten::nonzero': torchOperator('self', (c) => {
    const lists = placesOf(c, c.tensor('self')).map((list) => c.reshape(list, [c.shape(list)[0], 1]));
    return c.concat(lists, 1);
  }),
}; // prettier-ignore
