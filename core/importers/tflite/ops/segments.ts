import { Unsupported } from '../../onnx/builder.ts';
import { composed, type Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { elementCount } from '../../../network/tensor.ts';
import { computed, knownIntegers } from './helpers.ts';

/** Segments that are reduced one by one. */
const MOST_SEGMENTS = 512;

/** The segment of each row, and how many segments there are. */
function readSegments(c: Composer, node: OnnxNode): { ids: number[]; count: number } {
  const ids = knownIntegers(c, node, 1, 'the segment numbers');
  const sorted = node.opType === 'SEGMENT_SUM';
  const count = sorted
    ? ids.reduce((most, id) => Math.max(most, id), -1) + 1
    : knownIntegers(c, node, 2, 'the number of segments')[0];
  if (c.shape(c.input(1)).length !== 1 || c.shape(c.input(0))[0] !== ids.length)
    throw new Unsupported('segment numbers of more than one axis');
  return { ids, count };
}

/** Sums of rows, as a product with zeros and ones. */
const sum = composed((c, node) => {
  const { ids, count } = readSegments(c, node);
  const [rows, ...rest] = c.shape(c.input(0));
  const matrix = computed(c, 'float32', [count, rows], (i) => Number(ids[i % rows] === Math.floor(i / rows)));
  const flat = c.reshape(c.input(0), [rows, elementCount(rest)]);
  c.output(0, c.reshape(c.main('MatMul', [matrix, flat]), [count, ...rest]));
});

/** Another reduction of the rows of each segment. @param empty what segments without rows become */
const reduced = (type: string, empty: number) =>
  composed((c, node) => {
    const { ids, count } = readSegments(c, node);
    if (count > MOST_SEGMENTS) throw new Unsupported(`${count} segments`);
    const [, ...rest] = c.shape(c.input(0));
    const parts = Array.from({ length: count }, (_, segment) => {
      const rows = ids.flatMap((id, row) => (id === segment ? [row] : []));
      if (rows.length === 0) return c.filled(empty, [1, ...rest], c.type(c.input(0)));
      return c.op(type, [c.op('Gather', [c.input(0), c.ints(rows)], { axis: 0 }), c.ints([0])], {
        keepdims: 1,
      });
    });
    c.output(0, c.concat(parts, 0));
  });

const LARGEST = 3.4028234663852886e38;

/** Operators that reduce groups of rows that are known at import. */
export const segments: OperatorFamily = {
  'tflite:SEGMENT_SUM': { convert: sum },
  'tflite:UNSORTED_SEGMENT_MAX': { convert: reduced('ReduceMax', -LARGEST) },
  'tflite:UNSORTED_SEGMENT_MIN': { convert: reduced('ReduceMin', LARGEST) },
  'tflite:UNSORTED_SEGMENT_PROD': { convert: reduced('ReduceProd', 1) },
  'tflite:UNSORTED_SEGMENT_SUM': { convert: sum },
};
