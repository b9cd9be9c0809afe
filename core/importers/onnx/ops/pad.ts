import { Unsupported, type Builder } from '../builder.ts';
import { identityOrder } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import { filled, frontAxis, scalarOf } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';
import { emitCut } from './slicing.ts';

/** ONNX padding modes and what the `pad` layer calls them. */
const PAD_MODES: Readonly<Record<string, string>> = {
  constant: 'CONSTANT',
  reflect: 'REFLECT',
  edge: 'REPLICATE',
};

/** Amounts per axis: attribute `pads` (or `paddings`) before opset 11, input since; axes since opset 18. */
function padAmounts(node: OnnxNode, builder: Builder, rank: number): { begin: number[]; end: number[] } {
  const given = node.ints('pads') ?? node.ints('paddings') ?? builder.integers(node, 1, 'the padding') ?? [];
  const axes =
    builder.integers(node, 3, 'the axes')?.map((axis) => frontAxis(axis, rank)) ?? identityOrder(rank);
  if (given.length !== axes.length * 2) throw node.invalid(`${given.length} pads for ${axes.length} axes`);
  const begin = filled(rank, 0);
  const end = filled(rank, 0);
  axes.forEach((axis, i) => {
    begin[axis] = given[i];
    end[axis] = given[i + axes.length];
  });
  return { begin, end };
}

function padFill(node: OnnxNode, builder: Builder): number {
  if (node.opset < 11) return node.float('value', 0);
  return builder.present(node, 2) ? (scalarOf(builder.requireConstant(node, 2, 'the fill value')) ?? 0) : 0;
}

function convertPad(node: OnnxNode, builder: Builder): void {
  const value = builder.value(node, 0);
  const { begin, end } = padAmounts(node, builder, value.shape.length);
  const mode = PAD_MODES[node.text('mode', 'constant')];
  if (!mode) throw new Unsupported(`padding mode "${node.text('mode', 'constant')}"`);
  const fill = padFill(node, builder);
  const grow = (pad: number): number => Math.max(0, pad);
  const crop = (pad: number): number => Math.max(0, -pad);
  // Negative padding crops.
  const kept = emitCut(node, builder, value, {
    begin: begin.map(crop),
    step: value.shape.map(() => 1),
    size: value.shape.map((dim, axis) => Math.max(0, dim - crop(begin[axis]) - crop(end[axis]))),
  });
  if ([...begin, ...end].every((pad) => pad <= 0)) return builder.emitView(node, 0, kept);
  const amounts = kept.order.map((axis) => [grow(begin[axis]), grow(end[axis])]);
  const draft = builder.layer(node, {
    op: 'pad',
    parameters: [
      ['padding_value', amounts],
      ['padding_mode', mode],
      ['padding_const', fill],
    ],
    inputs: [kept.ref],
  });
  const shape = kept.shape.map((dim, axis) => dim + grow(begin[axis]) + grow(end[axis]));
  builder.emit(node, 0, { shape, type: kept.type, order: kept.order, ref: { draft, port: 0 } });
}

/** Padding and, by negative amounts, cropping. */
export const padding: OperatorFamily = { Pad: { convert: convertPad } };
