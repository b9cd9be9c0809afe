import type { QuantizeEntry } from '../network/quantize-table.ts';
import type { EntryView } from './contract-inspect.ts';

/** An entry of the table as the page shows it. */
export function entryView(entry: QuantizeEntry): EntryView {
  const { quantizer, qtype, min, max, scale, zeroPoint, fl, scales } = entry;
  return {
    quantizer,
    qtype,
    min,
    max,
    scale: scale ?? null,
    zeroPoint: zeroPoint ?? null,
    fl: fl ?? null,
    perChannel: scales !== undefined,
  };
}
