import type { QuantizedFormat } from '../../network/number-format.ts';
import type { QuantizeEntry } from '../../network/quantize-table.ts';
import { tensorEntry, type Range } from '../entries.ts';
import { INTEGER_RANGES } from '../formulas.ts';

/** What a quantized tensor can hold: step * k for every integer k from low to high. */
export interface Grid {
  step: number;
  low: number;
  high: number;
}

/** The values a tensor of this format and range can hold; undefined for short floats. */
export function gridOf(format: QuantizedFormat, range: Range): Grid | undefined {
  return gridOfEntry(tensorEntry(format, range));
}

/** The values a tensor with this entry can hold; undefined for short floats and scales per channel. */
export function gridOfEntry({ qtype, scale, zeroPoint, fl }: QuantizeEntry): Grid | undefined {
  const limits = qtype === 'u8' || qtype === 'i8' || qtype === 'i16' ? INTEGER_RANGES[qtype] : undefined;
  if (!limits) return undefined;
  if (typeof fl === 'number') return { step: 2 ** -fl, low: limits.min, high: limits.max };
  if (typeof scale !== 'number' || typeof zeroPoint !== 'number') return undefined;
  return { step: scale, low: limits.min - zeroPoint, high: limits.max - zeroPoint };
}
