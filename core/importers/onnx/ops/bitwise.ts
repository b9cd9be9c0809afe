import type { ElementType } from '../../../network/tensor.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { identityOrder, type DraftRef } from '../draft.ts';
import { Formula, typeOf } from '../formula.ts';
import type { OnnxNode } from '../node.ts';
import {
  broadcastShapes,
  broadcastStrides,
  foldedCount,
  fromNumbers,
  numbersOf,
  padRank,
  walk,
} from '../numeric.ts';
import { needed, type Operator, type OperatorFamily } from '../operator.ts';

/** Bits below the sign of the integer types the device can carry exactly. */
const MAGNITUDE: Partial<Record<ElementType, number>> = {
  uint8: 8,
  uint16: 16,
  int8: 7,
  int16: 15,
  int32: 31,
};

/** How two bits become one: as arithmetic on 0 and 1. */
type Rule = (f: Formula, a: DraftRef, b: DraftRef) => DraftRef;

const rules: Readonly<Record<string, { rule: Rule; apply: (a: number, b: number) => number }>> = {
  BitwiseAnd: { rule: (f, a, b) => f.mul(a, b), apply: (a, b) => a & b },
  BitwiseOr: { rule: (f, a, b) => f.max(a, b), apply: (a, b) => a | b },
  BitwiseXor: { rule: (f, a, b) => f.apply('abs', [f.sub(a, b)]), apply: (a, b) => a ^ b },
};

/** The value with a new last axis of size 1, at full rank. */
function column(node: OnnxNode, builder: Builder, index: number, rank: number): DraftRef {
  const value = builder.value(node, index);
  const plain = builder.ordered(value, identityOrder(value.shape.length));
  return builder.reshape(plain, [...padRank(value.shape, rank), 1]);
}

/**
 * Takes the numbers apart along a new last axis: bit k of x is floor(x / 2^k) mod 2, also for negative x in
 * two's complement. The rule combines the planes, and a weighted sum puts them together again.
 */
function convert(node: OnnxNode, builder: Builder): void {
  const type = typeOf(node, builder, 0);
  const bits = MAGNITUDE[type];
  if (bits === undefined) throw new Unsupported(`${type}: the device carries integers in 32 signed bits`);
  const shape = broadcastShapes([builder.shapeOf(node, 0), builder.shapeOf(node, 1)]);
  const rank = shape.length;
  const order = identityOrder(rank + 1);
  const f = new Formula(node, builder, { shape: [...shape, bits], order, type: 'int32' });
  const terms = [0, 1].map((index) => f.cast(column(node, builder, index, rank), 'float32', 'int32'));
  const powers = Array.from({ length: bits }, (_, k) => 2 ** k);
  const planes = terms.map((term) => {
    const shifted = f.apply('floor_div', [term, f.along(rank, powers)]);
    return f.sub(shifted, f.mul(f.apply('floor_div', [shifted, 2]), 2));
  });
  const { rule } = rules[node.opType];
  const sum = f.reduce('reducesum', f.mul(rule(f, planes[0], planes[1]), f.along(rank, powers)), [rank]);
  const signs = terms.map((term) => f.where(f.apply('less', [term, 0]), 1, 0));
  const signed = type.startsWith('u') ? sum : f.add(sum, f.mul(rule(f, signs[0], signs[1]), -(2 ** bits)));
  builder.emit(node, 0, { shape, type, order: identityOrder(rank), ref: builder.reshape(signed, shape) });
}

const bitwiseOperator: Operator = {
  convert,
  fold: (node, inputs) => {
    const [left, right] = [needed(node, inputs, 0), needed(node, inputs, 1)];
    const shape = broadcastShapes([left.shape, right.shape]);
    const values = new Float64Array(foldedCount(shape));
    const [a, b] = [numbersOf(left), numbersOf(right)];
    const strides = [broadcastStrides(left.shape, shape), broadcastStrides(right.shape, shape)];
    walk(shape, strides, (target, [i, j]) => {
      values[target] = rules[node.opType].apply(a[i], b[j]);
    });
    return [fromNumbers(left.type, shape, values)];
  },
};

/** Operators that combine integers bit by bit. */
export const bitwise: OperatorFamily = {
  BitwiseAnd: bitwiseOperator,
  BitwiseOr: bitwiseOperator,
  BitwiseXor: bitwiseOperator,
};
