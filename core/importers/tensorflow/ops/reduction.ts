import { Unsupported } from '../../onnx/builder.ts';
import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { frontAxis, product } from '../../onnx/numeric.ts';
import type { Operator, OperatorFamily } from '../../onnx/operator.ts';
import { onnxTypeOf } from '../types.ts';
import { axesOf, composition, formula, integer, upTo } from './operands.ts';

function reduce(c: Composer, node: OnnxNode, type: string, x: string): string {
  const axes = axesOf(c, 1, c.shape(x).length);
  // ONNX takes no axes for all axes.
  if (axes.length === 0) return x;
  const keepdims = node.int('keep_dims', node.int('keepdims', 0));
  return c.main(type, [x, c.ints(axes)], { keepdims });
}

const reduction = (type: string): Operator => formula((c, node) => reduce(c, node, type, c.input(0)));

/** Truth values count as 0 and 1. */
const reductionOfTruths = (type: string): Operator =>
  formula((c, node) => {
    const counted = c.op('Cast', [c.input(0)], { to: 1 });
    return c.op('Cast', [reduce(c, node, type, counted)], { to: 9 });
  });

/** sqrt(sum of squares) */
const euclidean = formula((c, node) => {
  const x = c.input(0);
  return c.op('Sqrt', [reduce(c, node, 'ReduceSum', c.mul(x, x))]);
});

/** The first place of the largest or smallest element. */
const place = (type: string): Operator =>
  formula((c, node) => {
    const x = c.input(0);
    const axis = node.inputs.length > 1 ? integer(c, node, 1, 'an axis') : 0;
    const found = c.main(type, [c.float(x)], { axis: frontAxis(axis, c.shape(x).length), keepdims: 0 });
    const to = onnxTypeOf(node.int('output_type', 9));
    return to === 7 ? found : c.op('Cast', [found], { to });
  });

/** More running products would be a graph that nobody can compile. */
const LONGEST = 1024;

/** Running products, element by element: there is no layer for them. */
const runningProduct = formula((c, node) => {
  const x = c.input(0);
  const { length: rank } = c.shape(x);
  const axis = frontAxis(integer(c, node, 1, 'an axis'), rank);
  const count = c.shape(x)[axis];
  if (count > LONGEST) throw new Unsupported(`running products over ${count} elements`);
  const order = node.int('reverse', 0) === 0 ? upTo(count) : upTo(count).reverse();
  const shape = c.shape(x).map((dim, i) => (i === axis ? 1 : dim));
  let sofar = c.filled(1, shape, c.type(x));
  const parts = new Map<number, string>();
  for (const at of order) {
    const next = c.mul(sofar, c.slice(x, axis, at, 1));
    parts.set(at, node.int('exclusive', 0) === 0 ? next : sofar);
    sofar = next;
  }
  return c.concat(upTo(count).map((at) => parts.get(at) ?? sofar), axis); // prettier-ignore
});

const runningSum = formula((c, node) => {
  const attributes = { exclusive: node.int('exclusive', 0), reverse: node.int('reverse', 0) };
  return c.main('CumSum', [c.input(0), c.integer(integer(c, node, 1, 'an axis'))], attributes);
});

/** Values and places of the k largest elements of the last axis. */
const topK = composition((c, node) => {
  const k = integer(c, node, 1, 'a k');
  const [values, places] = c.ops('TopK', [c.float(c.input(0)), c.ints([k])], {}, 2, node.layerName);
  c.output(0, values);
  c.output(1, c.op('Cast', [places], { to: 6 }));
});

/** Whether a class is among the k most likely ones, or likelier than all but k others. */
const inTopK = formula((c, node) => {
  const [predictions, targets] = [c.input(0), c.input(1)];
  const k = integer(c, node, 2, 'a k');
  const [rows, classes] = c.shape(predictions);
  const own = c.op('GatherElements', [predictions, c.reshape(targets, [rows, 1])], { axis: 1 });
  const higher = c.op('Cast', [c.op('Greater', [predictions, own])], { to: 1 });
  const count = c.op('ReduceSum', [higher, c.ints([1])], { keepdims: 0 });
  return c.main('Less', [count, c.scalar(Math.min(k, classes))]);
});

/** Numbers of elements along all axes. */
const size = formula((c) => c.constant({ type: 'int32', shape: [], data: Int32Array.of(product(c.shape(c.input(0)))) })); // prettier-ignore

/** Operators that make one element of many. */
export const reductions: OperatorFamily = {
  'tf:All': reductionOfTruths('ReduceMin'),
  'tf:Any': reductionOfTruths('ReduceMax'),
  'tf:ArgMax': place('ArgMax'),
  'tf:ArgMin': place('ArgMin'),
  'tf:Cumprod': runningProduct,
  'tf:Cumsum': runningSum,
  'tf:EuclideanNorm': euclidean,
  'tf:InTopKV2': inTopK,
  'tf:Max': reduction('ReduceMax'),
  'tf:Mean': reduction('ReduceMean'),
  'tf:Min': reduction('ReduceMin'),
  'tf:Prod': reduction('ReduceProd'),
  'tf:Size': size,
  'tf:Sum': reduction('ReduceSum'),
  'tf:TopKV2': topK,
};
