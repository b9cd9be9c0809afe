import { Composer } from '../compose.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { identityOrder, type Value } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import { filled, frontAxis, scalarOf } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';
import { emitCut } from './slicing.ts';

/** ONNX padding modes and what the `pad` layer calls them; it has none for `wrap`. */
const PAD_MODES: Readonly<Record<string, string | undefined>> = {
  constant: 'CONSTANT',
  reflect: 'REFLECT',
  edge: 'REPLICATE',
  wrap: undefined,
};

/** Elements to add in front of and behind each axis. */
interface Amounts {
  begin: number[];
  end: number[];
}

/** Amounts per axis: attribute `pads` (or `paddings`) before opset 11, input since; axes since opset 18. */
function padAmounts(node: OnnxNode, builder: Builder, rank: number): Amounts {
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

/** The place that an element outside 0..size-1 is copied from. */
const sources: Readonly<Record<string, (at: number, size: number) => number>> = {
  edge: (at, size) => Math.max(0, Math.min(size - 1, at)),
  wrap: (at, size) => ((at % size) + size) % size,
  reflect: (at, size) => {
    if (size === 1) return 0;
    const period = 2 * (size - 1);
    const inside = ((at % period) + period) % period;
    return inside < size ? inside : period - inside;
  },
};

/** Pads axis by axis with copies of elements, for what the layer can't do. */
function padCopies(c: Composer, name: string, { begin, end }: Amounts, mode: string): string {
  return begin.reduce((result, before, axis) => {
    if (before === 0 && end[axis] === 0) return result;
    const size = c.shape(result)[axis];
    const places = Array.from({ length: before + size + end[axis] }, (_, i) =>
      sources[mode](i - before, size),
    );
    return c.op('Gather', [result, c.ints(places)], { axis });
  }, name);
}

/** ovxlib 1.1.34 pads with whole numbers only; others are joined as constants. */
function padConstants(c: Composer, name: string, { begin, end }: Amounts, fill: number): string {
  return begin.reduce((result, before, axis) => {
    const block = (count: number): string[] => {
      const shape = c.shape(result).map((dim, i) => (i === axis ? count : dim));
      return count === 0 ? [] : [c.filled(fill, shape, c.type(result))];
    };
    return c.concat([...block(before), result, ...block(end[axis])], axis);
  }, name);
}

/** Whether ovxlib's PAD can do it: mirrored elements must be there, numbers whole. */
function layerCan(shape: readonly number[], { begin, end }: Amounts, mode: string, fill: number): boolean {
  if (mode === 'reflect') return shape.every((dim, axis) => Math.max(begin[axis], end[axis]) < dim);
  if (mode === 'constant') return Number.isInteger(fill) && Math.abs(fill) < 2 ** 31;
  return mode === 'edge';
}

function emitPad(node: OnnxNode, builder: Builder, kept: Value, amounts: Amounts, fill: number): void {
  const mode = node.text('mode', 'constant');
  if (!layerCan(kept.shape, amounts, mode, fill)) {
    const c = new Composer(node, builder);
    const name = `${node.outputs[0]}_cropped`;
    builder.values.set(name, kept);
    const padded =
      mode === 'constant' ? padConstants(c, name, amounts, fill) : padCopies(c, name, amounts, mode);
    return c.output(0, padded);
  }
  const { begin, end } = amounts;
  const draft = builder.layer(node, {
    op: 'pad',
    parameters: [
      ['padding_value', kept.order.map((axis) => [begin[axis], end[axis]])],
      ['padding_mode', PAD_MODES[mode] ?? mode],
      ['padding_const', fill],
    ],
    inputs: [kept.ref],
  });
  const shape = kept.shape.map((dim, axis) => dim + begin[axis] + end[axis]);
  builder.emit(node, 0, { shape, type: kept.type, order: kept.order, ref: { draft, port: 0 } });
}

function convertPad(node: OnnxNode, builder: Builder): void {
  const value = builder.value(node, 0);
  const { begin, end } = padAmounts(node, builder, value.shape.length);
  const mode = node.text('mode', 'constant');
  if (!Object.hasOwn(PAD_MODES, mode)) throw new Unsupported(`padding mode "${mode}"`);
  const fill = padFill(node, builder);
  const grow = (pad: number): number => Math.max(0, pad);
  const crop = (pad: number): number => Math.max(0, -pad);
  // Negative padding crops.
  const kept = emitCut(node, builder, value, {
    begin: begin.map(crop),
    step: value.shape.map(() => 1),
    size: value.shape.map((dim, axis) => Math.max(0, dim - crop(begin[axis]) - crop(end[axis]))),
  });
  if ([...begin, ...end].every((pad) => pad <= 0)) return builder.emit(node, 0, kept);
  emitPad(node, builder, kept, { begin: begin.map(grow), end: end.map(grow) }, fill);
}

/** Padding and, by negative amounts, cropping. */
export const padding: OperatorFamily = { Pad: { convert: convertPad } };
