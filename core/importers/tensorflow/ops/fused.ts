import { Unsupported } from '../../onnx/builder.ts';
import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { filled } from '../../onnx/numeric.ts';
import type { Operator, OperatorFamily } from '../../onnx/operator.ts';
import { convolve, convolveDepthwise } from './convolution.ts';
import { activate } from './elementwise.ts';
import { asGiven, channelsFirst, layoutOf } from './layout.ts';
import { multiply } from './matrix.ts';
import { addBias } from './normalization.ts';
import { formula, upTo } from './operands.ts';

/** x normalized with four inputs from `first` on: scale, offset, mean, variance. */
function normalize(c: Composer, node: OnnxNode, x: string, first: number): string {
  const layout = layoutOf(node, c.shape(x).length);
  const statistics = upTo(4).map((i) => c.input(first + i));
  const epsilon = node.float('epsilon', Math.fround(1e-4));
  return asGiven(
    c,
    layout,
    c.op('BatchNormalization', [channelsFirst(c, layout, x), ...statistics], { epsilon }),
  );
}

/**
 * What TensorFlow's optimizer makes of a product and what follows it: `fused_ops` names the steps, which read their
 * operands from input 2 on.
 */
function fused(product: (c: Composer, node: OnnxNode) => string): Operator {
  return formula((c, node) => {
    const steps = node.text('fused_ops', '').split(',').filter((step) => step !== ''); // prettier-ignore
    let result = product(c, node);
    let next = 2;
    for (const step of steps) {
      if (step === 'BiasAdd') {
        result = addBias(c, node, result, c.input(next));
        next += 1;
      } else if (step === 'FusedBatchNorm') {
        result = normalize(c, node, result, next);
        next += 4;
      } else if (step === 'Add') {
        result = c.op('Add', [result, c.input(next)]);
        next += 1;
      } else {
        result = activate(c, node, result, step);
      }
    }
    return result;
  });
}

/** A picture resized and mirrored at its edges, then convolved: resized or padded pictures are no tensors of the graph. */
const paddedConvolution = formula((c, node) => {
  const paddings = c.known(c.input(1));
  const x = c.input(0);
  const { length: rank } = c.shape(x);
  if (!paddings) throw new Unsupported('a padding that is only known at run time');
  const amounts = Array.from(paddings.data, Number);
  const pads = [0, 1].flatMap((side) => filled(rank, 0).map((_, axis) => amounts[2 * axis + side] ?? 0));
  const symmetric = node.text('mode', 'REFLECT') !== 'REFLECT';
  if (symmetric) throw new Unsupported('edges that are mirrored with themselves');
  return convolve(c, node, c.op('Pad', [x, c.ints(pads)], { mode: 'reflect' }), c.input(2));
});

/** Operators that TensorFlow's own optimizers write. */
export const fusedOperators: OperatorFamily = {
  'tf:FusedPadConv2D': paddedConvolution,
  'tf:_FusedConv2D': fused((c, node) => convolve(c, node)),
  'tf:_FusedDepthwiseConv2dNative': fused(convolveDepthwise),
  'tf:_FusedMatMul': fused(multiply),
};
