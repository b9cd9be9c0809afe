/** How numbers are quantized; names as in the .quantize file and on the command line. */
export type Quantizer =
  | 'asymmetric_affine'
  | 'dynamic_fixed_point'
  | 'symmetric_affine'
  | 'perchannel_symmetric_affine'
  | 'bfloat16'
  | 'qbfloat16'
  | 'float16';

/** Stored integer (or short float) type of a quantized tensor. */
export type QType = 'u8' | 'i8' | 'i16' | 'i32' | 'i64' | 'bf16' | 'f16';

/** One entry of the table. `null` = the file leaves the number blank. */
export interface QuantizeEntry {
  quantizer: Quantizer;
  qtype: QType;
  /** Real range; null for biases. */
  max: number | null;
  min: number | null;
  /** Affine: real = (q - zeroPoint) * scale. */
  scale?: number | null;
  zeroPoint?: number | null;
  /** Dynamic fixed point: real = q * 2^-fl. */
  fl?: number | null;
  /** Per-channel symmetric: one scale per index of `channelDim` (-1 = last). */
  scales?: readonly number[];
  channelDim?: number;
}

/** What the NAME.quantize file stores. */
export interface QuantizeTable {
  /** By `@<layer>:out0`, `@<layer>:weight`, `@<layer>:bias`, in file order. */
  entries: Map<string, QuantizeEntry>;
  /** Layer key → requested type, e.g. `dynamic_fixed_point-i16` or `float32`. */
  customized: Map<string, string>;
}

/** Key of a coefficient's entry. */
export function coefficientKey(layer: string, name: string): string {
  return `@${layer}:${name}`;
}
