import { Unsupported } from '../../onnx/builder.ts';
import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { channelFirstOrder, channelLastOrder } from '../../onnx/draft.ts';

/** How a node orders the axes of its pictures. */
export interface Layout {
  channelsLast: boolean;
  /** Axes between batch and channels. */
  spatial: number;
}

/** Reads `data_format`: NHWC, NCHW, NDHWC, NCDHW, NWC or NCW. */
export function layoutOf(node: OnnxNode, rank: number): Layout {
  const format = node.text('data_format', '');
  if (format.includes('VECT')) throw new Unsupported(`the data format ${format}`);
  if (rank < 3) throw node.invalid(`the input has rank ${rank}`);
  return { channelsLast: format === '' || format.endsWith('C'), spatial: rank - 2 };
}

/** A picture as ONNX wants it: [N, C, ...]. */
export function channelsFirst(c: Composer, { channelsLast, spatial }: Layout, name: string): string {
  return channelsLast ? c.transpose(name, channelFirstOrder(spatial + 2)) : name;
}

/** The way back from {@link channelsFirst}. */
export function asGiven(c: Composer, { channelsLast, spatial }: Layout, name: string): string {
  return channelsLast ? c.transpose(name, channelLastOrder(spatial + 2)) : name;
}

/** Those of one number per axis, in the node's order, that belong to spatial axes. */
export function ofSpace({ channelsLast, spatial }: Layout, values: readonly number[]): number[] {
  return channelsLast ? values.slice(1, 1 + spatial) : values.slice(2, 2 + spatial);
}

/** A list attribute with one number per axis as one per spatial axis; others have to be 1. */
export function spatialAttribute(node: OnnxNode, layout: Layout, name: string): number[] {
  const values = node.intsOf(name, layout.spatial + 2, 1);
  const [batch, channels] = [values[0], values[layout.channelsLast ? layout.spatial + 1 : 1]];
  if (batch !== 1 || channels !== 1) throw new Unsupported(`${name} along batch or channels`);
  return ofSpace(layout, values);
}

/** SAME, VALID or EXPLICIT padding in ONNX's words. */
export function padding(node: OnnxNode, layout: Layout): { auto_pad: string } | { pads: number[] } {
  const mode = node.text('padding', 'VALID');
  if (mode !== 'EXPLICIT') return { auto_pad: mode === 'SAME' ? 'SAME_UPPER' : 'VALID' };
  const given = node.intsOf('explicit_paddings', 2 * (layout.spatial + 2), 0);
  const sides = [0, 1].map((side) =>
    ofSpace(
      layout,
      given.filter((_, i) => i % 2 === side),
    ),
  );
  return { pads: sides.flat() };
}
