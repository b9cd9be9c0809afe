import type { Attributes } from '../onnx/compose.ts';

/** Fields of an options struct of MediaPipe's operators: int32 each. */
const STRUCTS: Readonly<Record<string, readonly string[]>> = {
  Convolution2DTransposeBias: ['padding', 'stride_w', 'stride_h'],
  MaxPoolingWithArgmax2D: ['padding', 'stride_w', 'stride_h', 'filter_w', 'filter_h'],
  MaxUnpooling2D: ['padding', 'stride_w', 'stride_h', 'filter_w', 'filter_h'],
};

/** In these structs, 1 = SAME and 2 = VALID; in the schema 0 and 1. */
const PADDING = 'padding';

/** Options of the custom operators we know, as attributes; none of others. */
export function customOptions(type: string, bytes: Uint8Array = new Uint8Array()): Attributes {
  if (!Object.hasOwn(STRUCTS, type)) return {};
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields = STRUCTS[type].filter((_, i) => 4 * i + 4 <= bytes.length);
  return Object.fromEntries(
    fields.map((name, i) => [name, view.getInt32(4 * i, true) - (name === PADDING ? 1 : 0)]),
  );
}
