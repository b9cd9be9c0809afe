import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';

function ranked(c: TorchComposer, axis: number, count: number, largest: boolean): string[] {
  const x = c.float(c.tensor('self'));
  const attributes = { axis, largest: Number(largest), sorted: 1 };
  return c.ops('TopK', [x, c.ints([count])], attributes, 2, c.layerName);
}

const axisOf = (c: TorchComposer): number => c.axis('dim', c.shape(c.tensor('self')).length, -1);

function topk(c: TorchComposer): string[] {
  return ranked(c, axisOf(c), c.int('k'), c.flag('largest', true));
}

function sorted(c: TorchComposer): string[] {
  const axis = axisOf(c);
  return ranked(c, axis, c.shape(c.tensor('self'))[axis], c.flag('descending'));
}

/** The middle of the sorted elements; the lower one of two. */
function median(c: TorchComposer): string[] {
  const flat = !c.given('dim');
  if (flat) throw c.invalid('the median of all elements is not an operation of one axis');
  const axis = axisOf(c);
  const place = Math.floor((c.shape(c.tensor('self'))[axis] - 1) / 2);
  return ranked(c, axis, place + 1, false).map((name) => {
    const middle = c.slice(name, axis, place, 1);
    return c.flag('keepdim') ? middle : c.op('Squeeze', [middle, c.ints([axis])]);
  });
}

const TWO = { results: 2 };

/** Sorting and sums along an axis. */
export const ranking: Readonly<Record<string, TorchOperator>> = {
  'aten::topk': torchOperator('self k dim largest sorted', topk, TWO),
  'aten::sort': torchOperator('self dim descending', sorted, TWO),
  'aten::argsort': torchOperator('self dim descending', (c) => sorted(c)[1]),
  'aten::median': torchOperator('self dim keepdim', median, TWO),
  'aten::cumsum': torchOperator('self dim dtype', (c) => {
    const x = c.tensor('self');
    return c.main('CumSum', [c.type(x) === 'bool' ? c.cast(x, 'int64') : x, c.integer(axisOf(c))]);
  }),
};
