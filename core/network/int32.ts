import { StudioError, type ErrorCode } from './errors.ts';

const LOW = -(2 ** 31);
const HIGH = 2 ** 31 - 1;

/** What int64's smallest and largest number become as a double: they stand for "no bound". */
const NO_BOUND = 2 ** 63;

/**
 * Integers as the NPU carries them: 32 bits with sign. Fractions are cut off. The extremes of int64 become those
 * of int32: models use them as bounds that nothing reaches, and against 32-bit data they mean the same.
 * @param name the tensor, for the error
 * @throws StudioError with the first value that does not fit
 */
export function toInt32(
  values: ArrayLike<number | bigint>,
  name: string,
  code: ErrorCode = 'op-unsupported',
): Int32Array {
  const result = new Int32Array(values.length);
  for (let index = 0; index < result.length; index++) {
    const value = Math.trunc(Number(values[index]));
    if (value >= LOW && value <= HIGH) result[index] = value;
    else if (Math.abs(value) === NO_BOUND) result[index] = value < 0 ? LOW : HIGH;
    else {
      throw new StudioError(
        code,
        `element ${index} of "${name}" is ${String(values[index])}; the NPU carries integers in 32 bits with sign`,
        {},
        `Values must be from ${LOW} to ${HIGH}.`,
      );
    }
  }
  return result;
}
