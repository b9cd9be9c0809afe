import { axesBetween } from '../shape.ts';
import type { CaffeFamily, Scope } from '../scope.ts';
import { product } from '../../onnx/numeric.ts';

const ELTWISE = { PROD: 0, SUM: 1, MAX: 2 } as const;
const REDUCTION = { SUM: 1, ASUM: 2, SUMSQ: 3, MEAN: 4 } as const;

function checkSameShapes(scope: Scope): void {
  const first = scope.shape().join();
  const other = scope.inputs.findIndex((_, index) => scope.shape(index).join() !== first);
  if (other >= 0) throw scope.invalid(`it combines [${first}] with [${scope.shape(other).join()}]`);
}

/** Product, maximum, or sum with a coefficient per input. */
function eltwise(scope: Scope): void {
  const { c, inputs } = scope;
  const parameters = scope.parameters('eltwise_param');
  const operation = parameters.choice('operation', ELTWISE, 'SUM');
  checkSameShapes(scope);
  if (operation !== 'SUM') return joinAll(scope, operation === 'PROD' ? 'Mul' : 'Max', inputs);
  const given = parameters.reals('coeff');
  if (given.length > 0 && given.length !== inputs.length)
    throw scope.invalid(`${given.length} coefficients for ${inputs.length} inputs`);
  const factors = inputs.map((_, index) => Math.fround(given[index] ?? 1));
  if (factors.join() === '1,-1') return scope.main('Sub', inputs);
  const terms = inputs.map((input, i) => (factors[i] === 1 ? input : c.mul(input, c.scalar(factors[i]))));
  joinAll(scope, 'Add', terms);
}

/** All of them one after the other; the last step has the name of the layer. */
function joinAll(scope: Scope, type: string, terms: readonly string[]): void {
  const [first, ...rest] = terms;
  if (first === undefined) throw scope.invalid('it reads no blobs');
  const sum = rest.slice(0, -1).reduce((all, term) => scope.c.op(type, [all, term]), first);
  const last = rest.at(-1);
  if (last === undefined) scope.emit(sum);
  else scope.main(type, [sum, last]);
}

/** a * x + y with one a for each channel. */
function axpy(scope: Scope): void {
  const { c } = scope;
  const [a, x, y] = [0, 1, 2].map((index) => scope.input(index));
  const [batch, channels] = scope.shape(1);
  const factor = c.reshape(a, [
    batch,
    channels,
    ...scope
      .shape(1)
      .slice(2)
      .map(() => 1),
  ]);
  scope.main('Add', [c.mul(factor, x), y]);
}

/** Sum, sum of sizes, of squares, or mean over all axes from `axis` on. */
function reduction(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('reduction_param');
  const operation = parameters.choice('operation', REDUCTION, 'SUM');
  const axis = scope.axis(parameters, 'axis', 0);
  const factor = parameters.real('coeff', 1);
  const types = { SUM: 'ReduceSum', ASUM: 'ReduceL1', SUMSQ: 'ReduceSumSquare', MEAN: 'ReduceMean' } as const;
  const axes = c.ints(axesBetween(axis, scope.shape().length));
  const inputs = [scope.input(), axes];
  if (factor === 1) return scope.main(types[operation], inputs, { keepdims: 0 });
  scope.main('Mul', [c.op(types[operation], inputs, { keepdims: 0 }), c.scalar(factor)]);
}

function softmax(scope: Scope): void {
  scope.main('Softmax', [scope.input()], { axis: scope.axis(scope.parameters('softmax_param'), 'axis', 1) });
}

/**
 * Places of the largest values along an axis, or over the whole picture as [N, 1, k]; with `out_max_val` the values
 * instead, or places and values as [N, 2, k] where there is no axis.
 */
function argMax(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('argmax_param');
  const shape = scope.shape();
  const alongAxis = parameters.has('axis');
  const rows = alongAxis ? scope.input() : c.reshape(scope.input(), [shape[0], 1, product(shape.slice(1))]);
  const axis = alongAxis ? scope.axis(parameters, 'axis', 0) : 2;
  const count = parameters.int('top_k', 1);
  if (count < 1 || count > c.shape(rows)[axis]) throw scope.invalid(`top_k is ${count}`);
  const wanted = parameters.flag('out_max_val', false);
  const [values, places] = largest(scope, rows, axis, count);
  const behind = Array.from({ length: alongAxis ? 0 : Math.max(0, shape.length - 3) }, () => 1);
  const shaped = (name: string): string => c.reshape(name, [...c.shape(name), ...behind]);
  if (!wanted) {
    // Caffe counts in floats; as a result of the network integers stay what they are.
    const ends = scope.builder.endsHere(scope.node, 0);
    return scope.emit(shaped(ends ? places() : c.float(places())));
  }
  scope.emit(shaped(alongAxis ? values() : c.op('Concat', [c.float(places()), values()], { axis: 1 })));
}

/** Values and places of the `count` largest elements, made when they are asked for. */
function largest(scope: Scope, rows: string, axis: number, count: number): [() => string, () => string] {
  const { c, node } = scope;
  if (count === 1) {
    return [
      () => c.op('ReduceMax', [rows, c.ints([axis])], { keepdims: 1 }),
      () => c.main('ArgMax', [rows], { axis, keepdims: 1 }),
    ];
  }
  const attributes = { axis, largest: 1, sorted: 1 };
  const [values, places] = c.ops('TopK', [rows, c.ints([count])], attributes, 2, node.layerName);
  return [() => values, () => places];
}

/** Layers that combine elements of tensors. */
export const combination: CaffeFamily = {
  Eltwise: eltwise,
  Axpy: axpy,
  Reduction: reduction,
  Softmax: softmax,
  ArgMax: argMax,
};
