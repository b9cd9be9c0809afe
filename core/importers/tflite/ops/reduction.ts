import { composed } from '../../onnx/compose.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { knownIntegers } from './helpers.ts';

const reduce = (type: string) =>
  composed((c, node) => {
    const axes = knownIntegers(c, node, 1, 'the axes');
    const attributes = { keepdims: node.int('keep_dims', 0), noop_with_empty_axes: 1 };
    c.output(0, c.main(type, [c.input(0), c.ints(axes)], attributes));
  });

/** Whether any flag, or all flags, are set. */
const flags = (type: 'ReduceMax' | 'ReduceMin') =>
  composed((c, node) => {
    const axes = knownIntegers(c, node, 1, 'the axes');
    const numbers = c.op('Cast', [c.input(0)], { to: 6 });
    const found = c.op(type, [numbers, c.ints(axes)], { keepdims: node.int('keep_dims', 0) });
    c.output(0, c.main('Cast', [found], { to: 9 }));
  });

/** The place of the largest or smallest element along an axis. */
const argument = (type: 'ArgMax' | 'ArgMin') =>
  composed((c, node) => {
    const [axis = 0] = knownIntegers(c, node, 1, 'the axis');
    c.output(0, c.main(type, [c.input(0)], { axis, keepdims: 0 }));
  });

/** Operators that make one element of many. */
export const reduction: OperatorFamily = {
  'tflite:ARG_MAX': { convert: argument('ArgMax') },
  'tflite:ARG_MIN': { convert: argument('ArgMin') },
  'tflite:MEAN': { convert: reduce('ReduceMean') },
  'tflite:REDUCE_ALL': { convert: flags('ReduceMin') },
  'tflite:REDUCE_ANY': { convert: flags('ReduceMax') },
  'tflite:REDUCE_MAX': { convert: reduce('ReduceMax') },
  'tflite:REDUCE_MIN': { convert: reduce('ReduceMin') },
  'tflite:REDUCE_PROD': { convert: reduce('ReduceProd') },
  'tflite:SUM': { convert: reduce('ReduceSum') },
};
