import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';
import { reduced } from './reduction.ts';

/** (sum |x|^p)^(1/p), with the limits of p. */
function norm(c: TorchComposer, p: number): string {
  const x = c.float(c.tensor('self'));
  if (p === 2) return reduced(c, 'ReduceL2', x);
  if (p === 1) return reduced(c, 'ReduceL1', x);
  const magnitude = c.op('Abs', [x]);
  if (p === Infinity) return reduced(c, 'ReduceMax', magnitude);
  if (p === -Infinity) return reduced(c, 'ReduceMin', magnitude);
  if (p === 0) return reduced(c, 'ReduceSum', c.cast(c.op('Greater', [magnitude, c.scalar(0)]), 'float32'));
  const sum = reduced(c, 'ReduceSum', c.op('Pow', [magnitude, c.scalar(p)]));
  return c.op('Pow', [sum, c.scalar(1 / p)]);
}

const ofOrder =
  (parameter: string) =>
  (c: TorchComposer): string =>
    norm(c, c.number(parameter, 2));

/** Distances of rows: the Euclidean from the products of rows, others from all differences. */
function distances(c: TorchComposer): string {
  const [x, y] = ['x1', 'x2'].map((name) => c.float(c.tensor(name)));
  const rank = c.shape(x).length;
  const difference = c.sub(c.unsqueeze(x, rank - 1), c.unsqueeze(y, rank - 2));
  const p = c.number('p', 2);
  if (p === 2) return c.main('ReduceL2', [difference, c.ints([rank])], { keepdims: 0 });
  if (p === 1) return c.main('ReduceL1', [difference, c.ints([rank])], { keepdims: 0 });
  throw c.invalid(`p = ${p}`);
}

function cosineSimilarity(c: TorchComposer): string {
  const [x, y] = ['x1', 'x2'].map((name) => c.float(c.tensor(name)));
  const axes = c.ints([c.axis('dim', c.shape(x).length, 1)]);
  const eps = c.scalar(c.number('eps', 1e-8));
  const length = (name: string): string =>
    c.op('Max', [c.op('ReduceL2', [name, axes], { keepdims: 0 }), eps]);
  const product = c.op('ReduceSum', [c.mul(x, y), axes], { keepdims: 0 });
  return c.main('Div', [product, c.mul(length(x), length(y))]);
}

/** Norms of vectors, and what is made of them. */
export const norms: Readonly<Record<string, TorchOperator>> = {
  'aten::norm': torchOperator('self p dim keepdim dtype', ofOrder('p')),
  'aten::linalg_vector_norm': torchOperator('self ord dim keepdim dtype', ofOrder('ord')),
  'aten::linalg_norm': torchOperator('self ord dim keepdim dtype', ofOrder('ord')),
  'aten::frobenius_norm': torchOperator('self dim keepdim', (c) => norm(c, 2)),
  'aten::cdist': torchOperator('x1 x2 p compute_mode', distances),
  'aten::cosine_similarity': torchOperator('x1 x2 dim eps', cosineSimilarity),
};
