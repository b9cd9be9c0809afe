import type { DraftRef } from '../draft.ts';
import { FLOAT8, largestFloat8 } from '../float8.ts';
import type { Formula } from '../formula.ts';

/**
 * Rounds to the nearest value that an 8-bit float format has. The step between neighbours is a power of two
 * that follows from the size of x; below the smallest normal number it stays the same.
 * @param saturate whether what is too large becomes the largest number, or infinity or NaN
 */
export function roundToFloat8(f: Formula, x: DraftRef, onnxType: number, saturate: boolean): DraftRef {
  const format = FLOAT8.get(onnxType);
  if (!format) return x;
  const largest = largestFloat8(format);
  const limit = saturate ? largest : 2 * largest;
  const bounded = f.clip(x, -limit, limit);
  const exponent = f.apply('floor', [f.mul(f.apply('log', [f.apply('abs', [bounded])]), Math.LOG2E)]);
  const step = f.apply('pow', [2, f.sub(f.max(exponent, 1 - format.bias), format.mantissa)]);
  const rounded = f.mul(f.apply('round', [f.div(bounded, step)]), step);
  if (saturate) return f.clip(rounded, -largest, largest);
  const [above, below] = format.infinite ? [Infinity, -Infinity] : [NaN, NaN];
  const low = f.where(f.apply('less', [rounded, -largest]), below, rounded);
  return f.where(f.apply('greater', [rounded, largest]), above, low);
}
