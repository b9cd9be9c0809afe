import { Unsupported } from '../../onnx/builder.ts';
import type { Builder } from '../../onnx/builder.ts';
import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { scalarOf } from '../../onnx/numeric.ts';
import type { Operator, OperatorFamily } from '../../onnx/operator.ts';
import { codesOf, codesOfNode, fakeRanges, realsOf, rounded } from '../codes.ts';
import { convolve } from './convolution.ts';
import { composition, integer, integers, upTo } from './operands.ts';
import { windowedPool } from './pooling.ts';

/** Constants are rounded; what is computed keeps its reals, and the range becomes its entry of the table. */
function fakeQuantize(node: OnnxNode, builder: Builder): void {
  const constant = builder.constant(node, 0);
  const ranges = fakeRanges(node, builder);
  if (constant && ranges) builder.emitConstant(node, 0, rounded(constant, ranges));
  else builder.alias(node);
}

function dequantize(node: OnnxNode, builder: Builder): void {
  const stored = builder.constant(node, 0);
  if (!stored) return builder.alias(node);
  if (node.int('axis', -1) !== -1) throw new Unsupported('ranges per index of an axis');
  const codes = codesOfNode(node, builder);
  if (!codes) throw new Unsupported('a range that is not a constant');
  builder.emitConstant(node, 0, realsOf(stored, codes));
}

/**
 * Integers of quantized graphs are imported as the reals they stand for; ranges then are only words. Where a range is
 * computed, nobody can say it: it is not a number.
 */
function real(write: (c: Composer, node: OnnxNode) => string, ranges: readonly number[] = []): Operator {
  return composition((c, node) => {
    c.output(0, write(c, node));
    [1, 2].forEach((port, i) => {
      if (c.wants(port)) c.output(port, ranges.length > 0 ? c.input(ranges[i]) : c.scalar(NaN));
    });
  });
}

/** An operand, which is a constant of integers with a range, or computed. */
function operand(c: Composer, index: number, min: number): string {
  const name = c.input(index);
  const stored = c.known(name);
  if (!stored || stored.type === 'float32') return name;
  const [low, high] = [min, min + 1].map((at) => scalarOf(c.known(c.input(at))) ?? NaN);
  const codes = codesOf(stored.type, 'MIN_FIRST', low, high, false);
  if (!codes) throw new Unsupported('a range that is not a constant');
  return c.constant(realsOf(stored, codes));
}

/** Two operands with their four ranges behind them. */
const pair = (write: (c: Composer, a: string, b: string, node: OnnxNode) => string): Operator =>
  real((c, node) => write(c, operand(c, 0, 2), operand(c, 1, 4), node));

function product(c: Composer, a: string, b: string, node: OnnxNode): string {
  const turned = (name: string, flag: string): string =>
    node.int(flag, 0) === 0 ? name : c.transpose(name, [1, 0]);
  return c.main('MatMul', [turned(a, 'transpose_a'), turned(b, 'transpose_b')]);
}

/** Inputs: axis, values, smallest ends, largest ends. */
const concat = real((c, node) => {
  const count = (node.inputs.length - 1) / 3;
  const names = upTo(count).map((i) => c.input(i + 1));
  return c.main('Concat', names, { axis: integer(c, node, 0, 'an axis') });
});

const unknownRange = composition((c) => [0, 1].forEach((port) => c.output(port, c.scalar(NaN))));

/** Quantization, real and pretended. */
export const quantization: OperatorFamily = {
  'tf:Dequantize': { convert: dequantize },
  'tf:FakeQuantWithMinMaxArgs': { convert: fakeQuantize },
  'tf:FakeQuantWithMinMaxVars': { convert: fakeQuantize },
  'tf:FakeQuantWithMinMaxVarsPerChannel': { convert: fakeQuantize },
  'tf:QuantizeV2': real((c) => c.input(0), [1, 2]),
  'tf:QuantizedAdd': pair((c, a, b) => c.main('Add', [a, b])),
  'tf:QuantizedAvgPool': real((c, node) => windowedPool(c, node, 'AveragePool'), [1, 2]),
  'tf:QuantizedBiasAdd': pair((c, a, b) => c.main('Add', [a, b])),
  'tf:QuantizedConcat': concat,
  'tf:QuantizedConv2D': pair((c, a, b, node) => convolve(c, node, a, b)),
  'tf:QuantizedMatMul': pair(product),
  'tf:QuantizedMaxPool': real((c, node) => windowedPool(c, node, 'MaxPool'), [1, 2]),
  'tf:QuantizedMul': pair((c, a, b) => c.main('Mul', [a, b])),
  'tf:QuantizedRelu': real((c) => c.main('Relu', [c.input(0)]), [1, 2]),
  'tf:QuantizedRelu6': real((c) => c.main('Clip', [c.input(0), c.scalar(0), c.scalar(6)]), [1, 2]),
  'tf:QuantizedReshape': real(
    (c) => c.main('Reshape', [c.input(0), c.ints(integers(c, 1, 'a target shape'))]),
    [2, 3],
  ),
  'tf:RequantizationRange': unknownRange,
  'tf:Requantize': real((c) => c.input(0), [3, 4]),
};
