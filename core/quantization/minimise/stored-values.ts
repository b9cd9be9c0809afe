import type { QuantizeEntry } from '../../network/quantize-table.ts';
import { toFloat32, type Tensor } from '../../network/tensor.ts';
import { roundHalfEven } from '../formulas.ts';
import { gridOfEntry, type Grid } from '../ranges/grid.ts';

/**
 * What is left of a weight after it was stored with an entry: quantized and back, float32. Scales per channel count
 * along the last axis and use -127..127. Undefined for short floats.
 */
export function storedValues(tensor: Tensor, entry: QuantizeEntry): Float32Array | undefined {
  const { scales } = entry;
  const grid = gridOfEntry(entry);
  if (scales) {
    return toFloat32(tensor).map((value, index) =>
      nearest(value, { step: scales[index % scales.length], low: -127, high: 127 }),
    );
  }
  return grid && toFloat32(tensor).map((value) => nearest(value, grid));
}

function nearest(value: number, { step, low, high }: Grid): number {
  const level = roundHalfEven(Math.fround(value / step));
  return Math.min(Math.max(level, low), high) * step || 0;
}
