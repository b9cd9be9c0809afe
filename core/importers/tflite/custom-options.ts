import type { Attributes } from '../onnx/compose.ts';
import { readFlexMap } from './flex-map.ts';

/** Fields of the options structs of MediaPipe's operators: int32 each. */
const STRUCTS: Readonly<Record<string, readonly string[]>> = {
  Convolution2DTransposeBias: ['padding', 'stride_w', 'stride_h'],
  MaxPoolingWithArgmax2D: ['padding', 'stride_w', 'stride_h', 'filter_w', 'filter_h'],
  MaxUnpooling2D: ['padding', 'stride_w', 'stride_h', 'filter_w', 'filter_h'],
};

/** Operators whose options are a FlexBuffers map. */
const MAPS = new Set(['TFLite_Detection_PostProcess']);

/** Options of the custom operators we know, as attributes; none of others. @throws StudioError file-malformed */
export function customOptions(type: string, bytes: Uint8Array = new Uint8Array()): Attributes {
  if (MAPS.has(type)) return readFlexMap(bytes);
  if (!Object.hasOwn(STRUCTS, type)) return {};
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields = STRUCTS[type].filter((_, i) => 4 * i + 4 <= bytes.length);
  // In these structs 1 is SAME and 2 is VALID, in the schema 0 and 1.
  return Object.fromEntries(
    fields.map((name, i) => [name, view.getInt32(4 * i, true) - (name === 'padding' ? 1 : 0)]),
  );
}
