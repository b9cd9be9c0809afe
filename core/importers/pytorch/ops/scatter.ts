import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';
import { fromFront } from './indexing.ts';

/** What is written: a tensor cut to the index, or one number for all. */
function updates(c: TorchComposer, index: string, type: 'src' | 'value'): string {
  const x = c.tensor('self');
  const shape = c.shape(index);
  if (!c.isTensor(type)) return c.filled(c.number(type), shape, c.isFloat(x) ? 'float32' : c.type(x));
  const source = c.tensor(type);
  if (c.shape(source).length === 0) return c.op('Expand', [source, c.ints(shape)]);
  return shape.reduce((y, dim, axis) => c.slice(y, axis, 0, dim), source);
}

const scatter = (reduction: string): TorchOperator =>
  torchOperator('self dim index src reduce include_self', (c) => {
    const x = c.tensor('self');
    const axis = c.axis('dim', c.shape(x).length);
    const index = fromFront(c, c.tensor('index'), c.shape(x)[axis]);
    const way = c.text('reduce', reduction);
    return c.main('ScatterElements', [x, index, updates(c, index, c.given('src') ? 'src' : 'value')], {
      axis,
      reduction: ({ sum: 'add', add: 'add', multiply: 'mul', prod: 'mul', amax: 'max', amin: 'min' })[way] ?? 'none',
    });
  }); // prettier-ignore

/** Rows of an axis replaced or added to: the axis in front is what ScatterND writes. */
const alongAxis = (reduction: string): TorchOperator =>
  torchOperator('self dim index source alpha', (c) => {
    const x = c.tensor('self');
    const rank = c.shape(x).length;
    const axis = c.axis('dim', rank);
    const perm = [axis, ...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis)];
    const back = perm.map((_, i) => perm.indexOf(i));
    const index = fromFront(c, c.tensor('index'), c.shape(x)[axis]);
    const rows = c.reshape(index, [c.shape(index)[0] ?? 1, 1]);
    const source = c.isTensor('source') && c.shape(c.tensor('source')).length > 0 ? c.transpose(c.tensor('source'), perm) : c.filled(c.number('source'), [c.shape(rows)[0], ...perm.slice(1).map((i) => c.shape(x)[i])], c.type(x)); // prettier-ignore
    const written = c.main('ScatterND', [c.transpose(x, perm), rows, source], { reduction });
    return c.transpose(written, back);
  });

/** Operators that write elements at indices. */
export const scatters: Readonly<Record<string, TorchOperator>> = {
  'aten::scatter': scatter('none'),
  'aten::scatter_add': scatter('add'),
  'aten::scatter_reduce': scatter('none'),
  'aten::index_copy': alongAxis('none'),
  'aten::index_add': alongAxis('add'),
  'aten::index_fill': alongAxis('none'),
};
