import { composed, type Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { activated, onChannelFirst, padding, requireRank } from './helpers.ts';

/** Window attributes in ONNX's words. */
export const windowOf = (node: OnnxNode) => ({
  ...padding(node),
  kernel_shape: [node.int('filter_h', 1), node.int('filter_w', 1)],
  strides: [node.int('stride_h', 1), node.int('stride_w', 1)],
});

/** Pools a channel-last picture. Cells of the padding do not count. */
const pool = (apply: (c: Composer, first: string, node: OnnxNode) => string) =>
  composed((c, node) => {
    requireRank(c, node, c.input(0), 4);
    c.output(
      0,
      onChannelFirst(c, c.input(0), (first) => activated(c, node, apply(c, first, node))),
    );
  });

/** Windows of TensorFlow Lite's pooling. */
export const pooling: OperatorFamily = {
  'tflite:AVERAGE_POOL_2D': {
    convert: pool((c, first, node) => c.main('AveragePool', [first], windowOf(node))),
  },
  'tflite:MAX_POOL_2D': { convert: pool((c, first, node) => c.main('MaxPool', [first], windowOf(node))) },
  // The root of the mean of squares.
  'tflite:L2_POOL_2D': {
    convert: pool((c, first, node) =>
      c.main('Sqrt', [c.op('AveragePool', [c.mul(first, first)], windowOf(node))]),
    ),
  },
};
