import { composed } from '../compose.ts';
import { Unsupported } from '../builder.ts';
import { identityOrder } from '../draft.ts';
import { frontAxis, scalarOf } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';

/** ovxlib's TOPK is along the innermost axis and descending: the smallest are the largest negated. */
const topK = composed((c, node) => {
  const data = c.input(0);
  const shape = c.shape(data);
  const axis = frontAxis(node.int('axis', -1), shape.length);
  const k = node.has('k') ? node.int('k', 1) : scalarOf(c.known(c.input(1)));
  if (k === undefined) throw new Unsupported('a k that is only known at run time');
  if (k < 1 || k > shape[axis]) {
    if (k === 0) throw new Unsupported('an empty result');
    throw node.invalid(`k is ${k}, the axis has ${shape[axis]} elements`);
  }
  const smallest = node.int('largest', 1) === 0;
  const last = shape.length - 1;
  const perm = [...identityOrder(shape.length).filter((i) => i !== axis), axis];
  const back = identityOrder(shape.length).map((i) => perm.indexOf(i));
  const moved = c.transpose(smallest ? c.op('Neg', [data]) : data, perm);
  const result = perm.map((i) => (i === axis ? k : shape[i]));
  const [values, indices] = c.layer(
    'topk',
    [['topk', k]],
    [moved],
    [
      { shape: result, type: c.type(data) },
      { shape: result, type: 'int64' },
    ],
  );
  const inPlace = (name: string): string => (axis === last ? name : c.transpose(name, back));
  c.output(0, inPlace(smallest ? c.op('Neg', [values]) : values));
  c.output(1, inPlace(indices));
});

/** The k largest or smallest elements. */
export const ranking: OperatorFamily = { TopK: { convert: topK } };
