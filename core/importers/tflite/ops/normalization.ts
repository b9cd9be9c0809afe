import { composed } from '../../onnx/compose.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { activated, onChannelFirst, requireRank } from './helpers.ts';

/** Smallest length that a vector is divided by. */
const L2_EPSILON = 1e-6;

/** exp(beta x) along the last axis, divided by its sum. */
const softmax = composed((c, node) => {
  const beta = node.float('beta', 1);
  const x = c.input(0);
  c.output(0, c.main('Softmax', [beta === 1 ? x : c.mul(x, c.scalar(beta))], { axis: -1 }));
});

/** Vectors of the last axis, divided by their length. */
const l2 = composed((c, node) => {
  const x = c.input(0);
  const length = c.op('Sqrt', [c.op('ReduceSumSquare', [x, c.ints([-1])], { keepdims: 1 })]);
  c.output(0, activated(c, node, c.main('Div', [x, c.op('Max', [length, c.scalar(L2_EPSILON)])])));
});

/** ONNX divides alpha by the number of channels in the window. */
const localResponse = composed((c, node) => {
  const x = c.input(0);
  requireRank(c, node, x, 4);
  const size = 2 * node.int('radius', 0) + 1;
  const attributes = {
    size,
    alpha: node.float('alpha', 0) * size,
    beta: node.float('beta', 0),
    bias: node.float('bias', 0),
  };
  c.output(
    0,
    onChannelFirst(c, x, (first) => c.main('LRN', [first], attributes)),
  );
});

/** Operators that bring vectors to a common size. */
export const normalization: OperatorFamily = {
  'tflite:SOFTMAX': { convert: softmax },
  'tflite:LOG_SOFTMAX': {
    convert: composed((c) => c.output(0, c.main('LogSoftmax', [c.input(0)], { axis: -1 }))),
  },
  'tflite:L2_NORMALIZATION': { convert: l2 },
  'tflite:LOCAL_RESPONSE_NORMALIZATION': { convert: localResponse },
};
