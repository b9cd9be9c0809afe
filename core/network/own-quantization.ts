import { sameFormat } from './number-format.ts';
import type { QuantizeEntry } from './quantize-table.ts';

/**
 * What a model says itself about how its tensors are quantized, as an importer found it: entries by `@layer:out0` and
 * `@layer:weight`. Tensors it says nothing about are missing; `core/quantization/own-table.ts` makes a table of it.
 */
export interface OwnQuantization {
  entries: Map<string, QuantizeEntry>;
  /** Sentences for people about what could not be taken over. */
  notes: string[];
}

/** Integer types whose parameters can be taken over. */
export type OwnType = 'u8' | 'i8' | 'i16';

/** One set of parameters: real = (q - zero) * scale. */
export interface OwnParameters {
  type: OwnType;
  scale: number;
  zero: number;
}

const TYPES: ReadonlyMap<string, OwnType> = new Map([
  ['uint8', 'u8'],
  ['int8', 'i8'],
  ['int16', 'i16'],
]);

/** The short name of an element type whose parameters can be taken over. */
export const ownTypeOf = (elementType: string): OwnType | undefined => TYPES.get(elementType);

const LIMITS: Readonly<Record<OwnType, readonly [number, number]>> = {
  u8: [0, 255],
  i8: [-128, 127],
  i16: [-32768, 32767],
};

/** Smallest and largest integer of the type. */
export const limitsOf = (type: OwnType): readonly [number, number] => LIMITS[type];

/**
 * The table entry of a tensor with one set of parameters. 16 bits exist on these NPUs as dynamic fixed point only: the
 * entry then has the next larger power of two as its step ({@link keepsSteps}).
 * @returns undefined for int16 with a zero point, and for impossible scales
 */
export function ownEntry({ type, scale, zero }: OwnParameters): QuantizeEntry | undefined {
  if (!(scale > 0 && Number.isFinite(scale))) return undefined;
  const [min, max] = limitsOf(type).map((limit) => Math.fround((limit - zero) * scale));
  if (type !== 'i16')
    return { quantizer: 'asymmetric_affine', qtype: type, max, min, scale, zeroPoint: zero };
  if (zero !== 0) return undefined;
  return { quantizer: 'dynamic_fixed_point', qtype: type, max, min, fl: Math.floor(-Math.log2(scale)) };
}

/** Whether the tensor's integers stay what they are: always with 8 bits, at powers of two with 16. */
export const keepsSteps = ({ type, scale }: OwnParameters): boolean =>
  type !== 'i16' || Number.isInteger(Math.log2(scale));

/** The entry of a symmetric int8 weight with one scale per index of the last axis. */
export function ownChannelEntry(scales: readonly number[]): QuantizeEntry {
  const largest = scales.reduce((most, scale) => Math.max(most, scale), 0);
  return {
    quantizer: 'perchannel_symmetric_affine',
    qtype: 'i8',
    max: Math.fround(largest * LIMITS.i8[1]),
    min: Math.fround(largest * LIMITS.i8[0]),
    scales,
    channelDim: -1,
  };
}

/** Whether two entries store the same number as the same integer. */
export function sameStorage(a: QuantizeEntry, b: QuantizeEntry): boolean {
  return sameFormat(a, b) && a.scale === b.scale && a.zeroPoint === b.zeroPoint && a.fl === b.fl;
}
