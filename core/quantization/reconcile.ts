import type { QuantizeEntry, QuantizeTable } from '../network/quantize-table.ts';
import { tensorEntry } from './entries.ts';

/** Parameters that differ from those of their range by more are taken for an edited range, not for rounding. */
const SAME = 1e-3;

/**
 * Entries whose range a person changed: their scale and zero point, or fractional length, no longer follow from
 * `min_value` and `max_value` (or are blank). The range wins, and the parameters are made anew from it.
 * Entries without a range and with a scale per channel stay as they are.
 * @returns the references that changed
 */
export function reconcileRanges(table: QuantizeTable): string[] {
  const changed: string[] = [];
  for (const [ref, entry] of table.entries) {
    const { quantizer, qtype, min, max } = entry;
    if (min === null || max === null || entry.scales || !(max >= min)) continue;
    const wanted = tensorEntry({ quantizer, qtype }, { min, max });
    if (agrees(entry, wanted)) continue;
    table.entries.set(ref, wanted);
    changed.push(ref);
  }
  return changed;
}

function agrees(entry: QuantizeEntry, wanted: QuantizeEntry): boolean {
  if (typeof wanted.fl === 'number') return entry.fl === wanted.fl;
  if (typeof wanted.scale !== 'number') return true;
  if (typeof entry.scale !== 'number' || typeof entry.zeroPoint !== 'number') return false;
  const sameScale = Math.abs(entry.scale - wanted.scale) <= SAME * wanted.scale;
  return sameScale && Math.abs(entry.zeroPoint - (wanted.zeroPoint ?? 0)) <= 1;
}
