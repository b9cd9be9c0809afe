/** The requantization of NN cores as native-sim/README.md defines it, in fractions of big integers. */
import type { Affine } from './quant.ts';

export const npuModes = ['npu7', 'npu8'] as const;
export type NpuMode = (typeof npuModes)[number];
const BITS = { npu7: 15, npu8: 23 } as const;

const words = new DataView(new ArrayBuffer(4));

/** A float32 multiplier whose mantissa keeps only the leading bits: numerator / 2^power. */
function truncated(multiplier: number, mode: NpuMode): { numerator: bigint; power: number } {
  words.setFloat32(0, multiplier);
  const raw = words.getUint32(0);
  const exponent = raw >>> 23;
  if (exponent === 0) return { numerator: 0n, power: 0 };
  const dropped = 23 - BITS[mode];
  const mantissa = (0x800000 + (raw % 0x800000)) >>> dropped;
  return { numerator: BigInt(mantissa), power: BITS[mode] - (exponent - 127) };
}

/** numerator / 2^power to the nearest integer, ties to even. */
function rounded(numerator: bigint, power: number): bigint {
  if (power <= 0) return numerator << BigInt(-power);
  const unit = 1n << BigInt(power);
  const rest = ((numerator % unit) + unit) % unit;
  const below = (numerator - rest) / unit;
  if (2n * rest !== unit) return 2n * rest > unit ? below + 1n : below;
  return below % 2n === 0n ? below : below + 1n;
}

/**
 * The code of a sum.
 * @param step input scale times weight scale; the multiplier is step / y.scale, both steps of it rounded to float32
 */
export function npuCode(sum: bigint, step: number, y: Affine, mode: NpuMode): number {
  const { numerator, power } = truncated(Math.fround(Math.fround(step) / y.scale), mode);
  const code = rounded(sum * numerator, power) + BigInt(y.zero);
  if (code < BigInt(y.lo)) return y.lo;
  return code > BigInt(y.hi) ? y.hi : Number(code);
}
