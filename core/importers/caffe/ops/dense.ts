import type { CaffeFamily, Scope } from '../scope.ts';
import { product } from '../../onnx/numeric.ts';

/** Axes from `axis` on are one vector, multiplied by [outputs, inputs] (or its transpose). */
function innerProduct(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('inner_product_param');
  const axis = scope.axis(parameters, 'axis', 1);
  const shape = scope.shape();
  const outputs = parameters.int('num_output', 0);
  if (outputs < 1) throw scope.invalid(`num_output is ${outputs}`);
  const width = product(shape.slice(axis));
  const transposed = parameters.flag('transpose', false);
  const size = transposed ? [width, outputs] : [outputs, width];
  const operands = [
    c.reshape(scope.input(), [product(shape.slice(0, axis)), width]),
    scope.blob(0, 'weight', size, parameters.message('weight_filler')),
  ];
  if (parameters.flag('bias_term', true))
    operands.push(scope.blob(1, 'bias', [outputs], parameters.message('bias_filler')));
  const result = c.main('Gemm', operands, { transB: transposed ? 0 : 1 });
  scope.emit(c.reshape(result, [...shape.slice(0, axis), outputs]));
}

/** Rows of a table by their numbers. */
function embed(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('embed_param');
  const [outputs, rows] = ['num_output', 'input_dim'].map((name) => parameters.int(name, 0));
  if (outputs < 1 || rows < 1) throw scope.invalid(`num_output is ${outputs}, input_dim ${rows}`);
  const table = scope.blob(0, 'weight', [rows, outputs], parameters.message('weight_filler'));
  const indices = c.op('Cast', [scope.input()], { to: 6 });
  const picked = c.main('Gather', [table, indices], { axis: 0 });
  const bias = parameters.flag('bias_term', true)
    ? scope.blob(1, 'bias', [outputs], parameters.message('bias_filler'))
    : '';
  scope.emit(bias === '' ? picked : c.add(picked, bias));
}

/** Layers that multiply by a matrix or look up in one. */
export const dense: CaffeFamily = { InnerProduct: innerProduct, Embed: embed };
