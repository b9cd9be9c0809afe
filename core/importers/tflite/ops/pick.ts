import { real } from '../../../network/layer.ts';
import { elementCount } from '../../../network/tensor.ts';
import { Unsupported } from '../../onnx/builder.ts';
import { composed, type Composer } from '../../onnx/compose.ts';
import { DataSized } from '../../onnx/data-sized.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { filled, frontAxis, numbersOf } from '../../onnx/numeric.ts';
import type { Operator, OperatorFamily } from '../../onnx/operator.ts';
import { computed, knownIntegers, knownTensor } from './helpers.ts';

/** Pictures of a batch that are picked from one by one. */
const MOST_BATCHES = 256;

/** Elements at indices along an axis; the first `batch_dims` axes of both belong together. */
const gather = composed((c, node) => {
  const [x, indices] = [c.input(0), c.input(1)];
  const shape = c.shape(x);
  const places = c.shape(indices);
  const axis = frontAxis(node.int('axis', 0), shape.length);
  const given = node.int('batch_dims', 0);
  const batchDims = given < 0 ? given + places.length : given;
  if (batchDims < 0 || batchDims > axis || batchDims > places.length)
    throw node.invalid(`${given} batch axes of [${places.join(',')}] in front of axis ${axis}`);
  if (batchDims === 0) return c.output(0, c.main('Gather', [x, indices], { axis }));
  const [rows, columns] = [shape.slice(batchDims), places.slice(batchDims)];
  const batch = elementCount(shape.slice(0, batchDims));
  if (batch > MOST_BATCHES) throw new Unsupported(`${batch} batches of indices`);
  const [all, at] = [c.reshape(x, [batch, ...rows]), c.reshape(indices, [batch, ...columns])];
  const parts = Array.from({ length: batch }, (_, i) => {
    const own = c.reshape(c.slice(all, 0, i, 1), rows);
    const picked = c.reshape(c.slice(at, 0, i, 1), columns);
    const result = c.op('Gather', [own, picked], { axis: axis - batchDims });
    return c.reshape(result, [1, ...c.shape(result)]);
  });
  const joined = c.concat(parts, 0);
  c.output(0, c.reshape(joined, [...shape.slice(0, batchDims), ...c.shape(joined).slice(1)]));
});

/** Rows of a table; inputs: indices, table. */
const embedding = composed((c) => c.output(0, c.main('Gather', [c.input(1), c.input(0)], { axis: 0 })));

/** Inputs: indices, updates, shape. Updates of one place add up. */
const scatterNd = composed((c, node) => {
  const shape = knownIntegers(c, node, 2, 'the shape');
  const zeros = c.filled(0, shape, c.type(c.input(1)));
  c.output(0, c.main('ScatterND', [zeros, c.input(0), c.input(1)], { reduction: 'add' }));
});

/** Inputs: indices, shape, values, what fills the rest. */
const sparseToDense = composed((c, node) => {
  const shape = knownIntegers(c, node, 1, 'the shape');
  const [indices, values] = [c.input(0), c.input(2)];
  const count = c.shape(indices).length === 0 ? 1 : c.shape(indices)[0];
  const depth = c.shape(indices)[1] ?? 1;
  const spread = c.shape(values).length === 0 ? c.op('Expand', [values, c.ints([count])]) : values;
  const rest = c.op('Expand', [c.input(3), c.ints(shape)]);
  c.output(0, c.main('ScatterND', [rest, c.reshape(indices, [count, depth]), spread], { reduction: 'none' }));
});

/** Inputs: indices, depth, value where they are, value elsewhere. */
const oneHot = composed((c, node) => {
  const [on, off] = [2, 3].map((index) => c.reshape(c.input(index), [1]));
  const values = c.concat([off, on], 0);
  c.output(0, c.main('OneHot', [c.input(0), c.input(1), values], { axis: node.int('axis', -1) }));
});

const topK = composed((c, node) => {
  const [count = 1] = knownIntegers(c, node, 1, 'the number of elements');
  const made = c.ops(
    'TopK',
    [c.input(0), c.ints([count])],
    { axis: -1, largest: 1, sorted: 1 },
    2,
    node.layerName,
  );
  made.forEach((name, index) => c.output(index, name));
});

const reverseSequence = composed((c, node) => {
  const attributes = { time_axis: node.int('seq_dim', 0), batch_axis: node.int('batch_dim', 0) };
  c.output(0, c.main('ReverseSequence', [c.input(0), c.input(1)], attributes));
});

const cumulative = composed((c, node) => {
  const axis = c.ints(knownIntegers(c, node, 1, 'the axis').slice(0, 1));
  const attributes = { exclusive: node.int('exclusive', 0), reverse: node.int('reverse', 0) };
  c.output(0, c.main('CumSum', [c.input(0), c.reshape(axis, [])], attributes));
});

/** 1 on the diagonal of the last two axes. */
function diagonal(c: Composer, rows: number, columns: number): string {
  return computed(c, 'bool', [rows, columns], (i) => Number(i % columns === Math.floor(i / columns)));
}

const matrixDiag = composed((c) => {
  const x = c.input(0);
  const [size = 1] = c.shape(x).slice(-1);
  const raised = c.unsqueeze(x, -1);
  c.output(0, c.main('Where', [diagonal(c, size, size), raised, c.filled(0, [], c.type(x))]));
});

/** Inputs: matrices, their diagonals. */
const matrixSetDiag = composed((c) => {
  const [x, given] = [c.input(0), c.input(1)];
  const shape = c.shape(x);
  const [rows, columns] = shape.slice(-2);
  const size = Math.min(rows, columns);
  const full = c.pad(given, filled(shape.length - 1, 0), [...filled(shape.length - 2, 0), rows - size]);
  const raised = c.unsqueeze(full, -1);
  c.output(0, c.main('Where', [diagonal(c, rows, columns), raised, x]));
});

/** How many of the boundaries each element has reached. */
const bucketize = composed((c, node) => {
  const boundaries = node.floats('boundaries') ?? [];
  const x = c.float(c.unsqueeze(c.input(0), -1));
  if (boundaries.length === 0) return c.output(0, c.filled(0, c.shape(c.input(0)), 'int32'));
  const reached = c.op('Cast', [c.op('GreaterOrEqual', [x, c.floats(boundaries)])], { to: 6 });
  c.output(0, c.main('ReduceSum', [reached, c.ints([-1])], { keepdims: 0 }));
});

/** A tensor with a part of it replaced, from a known place on. */
export function updated(
  c: Composer,
  node: OnnxNode,
  x: string,
  update: string,
  asked: readonly number[],
): string {
  const [shape, part] = [c.shape(x), c.shape(update)];
  if (
    part.length !== shape.length ||
    part.some((dim, axis) => dim > shape[axis]) ||
    asked.length !== shape.length
  )
    throw node.invalid(`[${part.join(',')}] is no part of [${shape.join(',')}]`);
  // A part that would stick out is moved inside.
  const begin = asked.map((first, axis) => Math.max(0, Math.min(first, shape[axis] - part[axis])));
  const end = begin.map((first, axis) => shape[axis] - first - part[axis]);
  const inside = c.op('Pad', [c.filled(1, part, 'int32'), c.ints([...begin, ...end])], { mode: 'constant' });
  const flags = c.op('Cast', [inside], { to: 9 });
  const raised = c.op('Pad', [update, c.ints([...begin, ...end])], { mode: 'constant' });
  return c.main('Where', [flags, raised, x]);
}

/** Inputs: x, the part that replaces, where it begins. */
const updateSlice = composed((c, node) => {
  const begin = knownIntegers(c, node, 2, 'the begin of the slice');
  c.output(0, updated(c, node, c.input(0), c.input(1), begin));
});

/**
 * Boxes [count, 4], scores [count]; most boxes, overlap and score limit are known. Results have room for all boxes and
 * are filled up with zeros.
 */
const suppression = (soft: boolean) =>
  composed((c, node) => {
    const [most, overlap, threshold] = ['number of boxes', 'overlap', 'score limit'].map(
      (what, i) => numbersOf(knownTensor(c, node, i + 2, `the ${what}`))[0],
    );
    if (soft && numbersOf(knownTensor(c, node, 5, 'the softness'))[0] !== 0)
      throw new Unsupported('soft suppression, which lowers scores');
    const [indices, scores, count] = suppressed(c, c.input(0), c.input(1), most, [overlap, threshold]);
    c.output(0, indices);
    if (soft) c.output(1, scores);
    c.output(soft ? 2 : 1, c.reshape(count, []));
  });

/** Indices and scores of the kept boxes with zeros behind them, and how many there are. */
export function suppressed(
  c: Composer,
  boxes: string,
  scores: string,
  most: number,
  [overlap, threshold]: readonly [number, number],
): [string, string, string] {
  const room = Math.min(most, c.shape(scores)[0]);
  const [indices, kept, count] = c.layer(
    'nms',
    [
      ['max_output_size', room],
      ['iou_threshold', real(overlap)],
      ['score_threshold', real(threshold)],
    ],
    [boxes, scores],
    [
      { shape: [room], type: 'int32' },
      { shape: [room], type: 'float32' },
      { shape: [1], type: 'int32' },
    ],
  );
  const places = computed(c, 'int32', [room], (i) => i);
  const valid = c.op('Less', [places, count]);
  const filledUp = (x: string): string => {
    const own = c.op('Where', [valid, x, c.filled(0, [1], c.type(x))]);
    return c.pad(own, [0], [most - room]);
  };
  return [filledUp(indices), filledUp(kept), count];
}

/** Results whose size the data decides. */
const sized: Operator = {
  convert: () => {
    throw new DataSized();
  },
};

/** Operators that pick elements, or put them at places. */
export const picks: OperatorFamily = {
  'tflite:BUCKETIZE': { convert: bucketize },
  'tflite:CUMSUM': { convert: cumulative },
  'tflite:DYNAMIC_UPDATE_SLICE': { convert: updateSlice },
  'tflite:EMBEDDING_LOOKUP': { convert: embedding },
  'tflite:GATHER': { convert: gather },
  'tflite:GATHER_ND': {
    convert: composed((c) => c.output(0, c.main('GatherND', [c.input(0), c.input(1)]))),
  },
  'tflite:MATRIX_DIAG': { convert: matrixDiag },
  'tflite:MATRIX_SET_DIAG': { convert: matrixSetDiag },
  'tflite:NON_MAX_SUPPRESSION_V4': { convert: suppression(false) },
  'tflite:NON_MAX_SUPPRESSION_V5': { convert: suppression(true) },
  'tflite:ONE_HOT': { convert: oneHot },
  'tflite:REVERSE_SEQUENCE': { convert: reverseSequence },
  'tflite:SCATTER_ND': { convert: scatterNd },
  'tflite:SPARSE_TO_DENSE': { convert: sparseToDense },
  'tflite:TOPK_V2': { convert: topK },
  'tflite:UNIQUE': sized,
  'tflite:WHERE': sized,
};
