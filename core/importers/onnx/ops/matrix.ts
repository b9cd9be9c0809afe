import type { Tensor } from '../../../network/tensor.ts';
import { floatCopy, floatTransposed, Unsupported, type Builder } from '../builder.ts';
import { Composer } from '../compose.ts';
import { identityOrder, sameOrder, type Draft, type DraftRef, type Value } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import { broadcastShapes, numbersOf, padRank, scalarOf } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';

/** A dense layer on [rows, in]; weight [in, out]. */
function dense(
  node: OnnxNode,
  builder: Builder,
  ref: DraftRef,
  weight: Tensor,
  bias: Tensor,
  helper: boolean,
): Draft {
  return builder.layer(node, {
    ...(helper ? { name: 'fullconnect', kind: 'helper' as const } : {}),
    op: 'fullconnect',
    parameters: [
      ['weights', weight.shape[1]],
      ['bias', true],
      ['regularize', false],
      ['axis', 1],
    ],
    inputs: [ref],
    coefficients: [
      ['weight', weight],
      ['bias', bias],
    ],
  });
}

const zeros = (count: number): Tensor => ({ type: 'float32', shape: [count], data: new Float32Array(count) });

/** Times a constant matrix [in, out]: a dense layer, between two reshapes when the input is not [rows, in]. */
function convertDense(node: OnnxNode, builder: Builder, matrix: Tensor): void {
  const input = builder.value(node, 0);
  const rank = input.shape.length;
  const [inputs, outputs] = matrix.shape;
  if (input.shape[rank - 1] !== inputs) {
    throw node.invalid(`[${input.shape.join(',')}] times [${matrix.shape.join(',')}]`);
  }
  const plain = builder.ordered(input, identityOrder(rank));
  const weight = floatCopy(matrix);
  const shape = [...input.shape.slice(0, -1), outputs];
  const order = identityOrder(rank);
  if (rank === 2) {
    const draft = dense(node, builder, plain, weight, zeros(outputs), false);
    return builder.emit(node, 0, { shape, type: 'float32', order, ref: { draft, port: 0 } });
  }
  const rows = dense(node, builder, builder.reshape(plain, [-1, inputs]), weight, zeros(outputs), true);
  const ref = builder.reshape({ draft: rows, port: 0 }, [
    ...shape.slice(0, -1).map((dim, i) => (i === 0 && rank > 1 ? -1 : dim)),
    outputs,
  ]);
  builder.emit(node, 0, { shape, type: 'float32', order, ref });
}

/** An operand of a matrix product, at least of rank 2; a swap of its last two axes is left to the layer. */
function matrixOperand(builder: Builder, value: Value, rank: number): { ref: DraftRef; swapped: boolean } {
  const order = identityOrder(value.shape.length);
  const last = order.length - 1;
  const swap = [...order.slice(0, -2), last, last - 1];
  if (value.shape.length === rank && last >= 1 && sameOrder(value.order, swap))
    return { ref: value.ref, swapped: true };
  const ref = builder.ordered(value, order);
  if (value.shape.length === rank) return { ref, swapped: false };
  return { ref: builder.reshape(ref, padRank(value.shape, rank)), swapped: false };
}

function convertMatMul(node: OnnxNode, builder: Builder): void {
  const matrix = builder.constant(node, 1);
  if (matrix?.shape.length === 2 && builder.shapeOf(node, 0).length >= 2)
    return convertDense(node, builder, matrix);
  const left = builder.value(node, 0);
  const right = asColumn(builder, builder.value(node, 1));
  const vector = right !== builder.values.get(node.inputs[1]) && builder.shapeOf(node, 1).length === 1;
  const rank = Math.max(2, left.shape.length, right.shape.length);
  const a = padRank(left.shape, rank);
  const b = padRank(right.shape, rank);
  if (a[rank - 1] !== b[rank - 2])
    throw node.invalid(`[${left.shape.join(',')}] times [${right.shape.join(',')}]`);
  const batch = broadcastShapes([a.slice(0, -2), b.slice(0, -2)]);
  const x = matrixOperand(builder, left, rank);
  const y = matrixOperand(builder, right, rank);
  // ovxlib rejects a product with both operands transposed.
  const both = x.swapped && y.swapped;
  const draft = builder.layer(node, {
    op: 'matmul',
    parameters: [
      ['transpose_a', x.swapped && !both],
      ['transpose_b', y.swapped],
    ],
    inputs: [both ? builder.ordered(left, identityOrder(rank)) : x.ref, y.ref],
  });
  const full = [...batch, a[rank - 2], b[rank - 1]];
  const shape = [
    ...batch,
    ...(left.shape.length === 1 ? [] : [a[rank - 2]]),
    ...(vector ? [] : [b[rank - 1]]),
  ];
  const output: DraftRef = { draft, port: 0 };
  const ref = shape.length === full.length ? output : builder.reshape(output, shape);
  builder.emit(node, 0, { shape, type: 'float32', order: identityOrder(shape.length), ref });
}

/** A vector on the right is a column. */
function asColumn(builder: Builder, value: Value): Value {
  if (value.shape.length !== 1) return value;
  const shape = [value.shape[0], 1];
  return { shape, type: value.type, order: [0, 1], ref: builder.reshape(value.ref, shape) };
}

/** The bias of a Gemm as one number per output, or undefined when it varies along the rows. */
function gemmBias(bias: Tensor | undefined, beta: number, outputs: number): Tensor | undefined {
  if (!bias) return zeros(outputs);
  const full = padRank(bias.shape, 2);
  if (full.length !== 2 || full[0] !== 1) return undefined;
  const values = numbersOf(bias);
  const single = scalarOf(bias);
  return {
    type: 'float32',
    shape: [outputs],
    data: Float32Array.from({ length: outputs }, (_, i) => (single ?? values[i]) * beta),
  };
}

/** A Gemm whose matrix or bias is computed, or whose bias differs from row to row: product and sum. */
function composeGemm(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const operand = (index: number, flag: string): string => {
    const name = c.float(c.input(index));
    return node.int(flag, 0) === 0 ? name : c.transpose(name, [1, 0]);
  };
  const scaled = (name: string, factor: number): string =>
    factor === 1 ? name : c.mul(name, c.scalar(factor));
  const y = scaled(c.op('MatMul', [operand(0, 'transA'), operand(1, 'transB')]), node.float('alpha', 1));
  c.output(0, c.has(2) ? c.add(y, scaled(c.float(c.input(2)), node.float('beta', 1))) : y);
}

function convertGemm(node: OnnxNode, builder: Builder): void {
  const matrix = builder.constant(node, 1);
  const bias = builder.constant(node, 2);
  const flat = bias ? padRank(bias.shape, 2)[0] === 1 : !builder.present(node, 2);
  if (matrix?.shape.length === 2 && flat && builder.values.has(node.inputs[0])) denseGemm(node, builder);
  else composeGemm(node, builder);
}

function denseGemm(node: OnnxNode, builder: Builder): void {
  const given = builder.requireConstant(node, 1, 'the matrix');
  if (given.shape.length !== 2) throw node.invalid(`the matrix has rank ${given.shape.length}`);
  const weight = node.int('transB', 0) === 0 ? floatCopy(given) : floatTransposed(given, [1, 0]);
  const alpha = node.float('alpha', 1);
  if (alpha !== 1)
    for (let i = 0; i < weight.data.length; i++) weight.data[i] = (Number(weight.data[i]) * alpha) as never;
  const input = builder.value(node, 0);
  const rows: Value = node.int('transA', 0) === 0 ? input : turnedRows(input);
  if (rows.shape.length !== 2) throw node.invalid(`the input has rank ${rows.shape.length}`);
  const [inputs, outputs] = weight.shape;
  if (rows.shape[1] !== inputs)
    throw node.invalid(`[${rows.shape.join(',')}] times [${weight.shape.join(',')}]`);
  const bias = gemmBias(
    builder.present(node, 2) ? builder.requireConstant(node, 2, 'the bias') : undefined,
    node.float('beta', 1),
    outputs,
  );
  if (!bias) throw new Unsupported('a bias that differs from row to row');
  const draft = dense(node, builder, builder.ordered(rows, [0, 1]), weight, bias, false);
  builder.emit(node, 0, {
    shape: [rows.shape[0], outputs],
    type: 'float32',
    order: [0, 1],
    ref: { draft, port: 0 },
  });
}

function turnedRows(value: Value): Value {
  return { ...value, shape: [...value.shape].reverse(), order: value.order.map((axis) => 1 - axis) };
}

/** MatMul and Gemm. */
export const matrix: OperatorFamily = {
  MatMul: { convert: convertMatMul },
  Gemm: { convert: convertGemm },
};
