import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';

/** x W^T + b. A dense layer where x is a matrix and W a constant. */
export function linearOf(c: TorchComposer, x: string, weight: string, bias: string): string {
  const swapped = (): string => c.transpose(weight, [1, 0]);
  if (c.shape(weight).length === 1) {
    const dot = c.main('MatMul', [x, weight]);
    return bias === '' ? dot : c.add(dot, bias);
  }
  if (c.shape(x).length === 2)
    return c.main('Gemm', [x, weight, ...(bias === '' ? [] : [bias])], { transB: 1 });
  if (bias === '') return c.main('MatMul', [x, swapped()]);
  return c.main('Add', [c.op('MatMul', [x, swapped()]), bias]);
}

const linear = torchOperator('input weight bias', (c) =>
  linearOf(
    c,
    c.float(c.tensor('input')),
    c.float(c.tensor('weight')),
    c.given('bias') ? c.float(c.tensor('bias')) : '',
  ),
);

const scaled = (c: TorchComposer, name: string, factor: number): string =>
  factor === 1 ? name : c.mul(name, c.scalar(factor));

/** beta * self + alpha * (a b) */
function addmm(c: TorchComposer): string {
  const [x, a, b] = ['self', 'mat1', 'mat2'].map((name) => c.float(c.tensor(name)));
  const [alpha, beta] = [c.number('alpha', 1), c.number('beta', 1)];
  return c.main('Gemm', [a, b, x], { alpha, beta });
}

function sumOfProducts(a: string, b: string) {
  return (c: TorchComposer): string => {
    const product = c.op('MatMul', [c.float(c.tensor(a)), c.float(c.tensor(b))]);
    const x = scaled(c, c.float(c.tensor('self')), c.number('beta', 1));
    return c.main('Add', [x, scaled(c, product, c.number('alpha', 1))]);
  };
}

const product = (a: string, b: string): TorchOperator =>
  torchOperator(`${a} ${b}`, (c) => c.main('MatMul', [c.float(c.tensor(a)), c.float(c.tensor(b))]));

function bilinear(c: TorchComposer): string {
  const [x, y, weight] = ['input1', 'input2', 'weight'].map((name) => c.float(c.tensor(name)));
  const result = c.op('Einsum', [x, weight, y], { equation: '...i,oij,...j->...o' });
  return c.given('bias') ? c.add(result, c.float(c.tensor('bias'))) : result;
}

/** Products of matrices and vectors. */
export const matrices: Readonly<Record<string, TorchOperator>> = {
  'aten::linear': linear,
  'aten::matmul': product('self', 'other'),
  'aten::mm': product('self', 'mat2'),
  'aten::bmm': product('self', 'mat2'),
  'aten::mv': product('self', 'vec'),
  'aten::dot': product('self', 'tensor'),
  'aten::addmm': torchOperator('self mat1 mat2 beta alpha', addmm),
  'aten::addmv': torchOperator('self mat vec beta alpha', sumOfProducts('mat', 'vec')),
  'aten::baddbmm': torchOperator('self batch1 batch2 beta alpha', sumOfProducts('batch1', 'batch2')),
  'aten::outer': torchOperator('self vec2', (c) => {
    const [a, b] = [c.float(c.tensor('self')), c.float(c.tensor('vec2'))];
    return c.main('Mul', [c.reshape(a, [c.shape(a)[0], 1]), c.reshape(b, [1, c.shape(b)[0]])]);
  }),
  'aten::einsum': torchOperator('equation tensors path', (c) =>
    c.main(
      'Einsum',
      c.tensors('tensors').map((name) => c.float(name)),
      {
        equation: c.text('equation', '').replaceAll(' ', ''),
      },
    ),
  ),
  'aten::bilinear': torchOperator('input1 input2 weight bias', bilinear),
};
