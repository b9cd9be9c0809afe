import type { NumberFormat, QuantizedFormat } from '../network/number-format.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import type { Chip } from '../targets/chips.ts';
import { chipName } from '../targets/describe.ts';
import type { Scheme } from './schemes.ts';

/** What a chip's NN cores lack for a format, and what to use instead: both parts of a sentence. */
export interface Misfit {
  reason: string;
  remedy: string;
}

/**
 * What a chip's NN cores can't do of a scheme, and what to use instead: one sentence each. Such layers still run, on
 * the slow shader cores.
 */
export function chipProblems({ activation, weight }: Scheme, chip: Chip): string[] {
  const problems = [formatProblem(weight, chip) ?? formatProblem(activation, chip)];
  return problems.filter((problem) => problem !== undefined);
}

/** {@link Misfit}s of a table that may mix schemes, each once, with the number of tensors. */
export function tableMisfits({ entries }: QuantizeTable, chip: Chip): (Misfit & { tensors: number })[] {
  const found = new Map<string, Misfit & { tensors: number }>();
  for (const format of entries.values()) {
    const misfit = entryMisfit(format, chip);
    if (!misfit) continue;
    const known = found.get(misfit.reason);
    if (known) known.tensors++;
    else found.set(misfit.reason, { ...misfit, tensors: 1 });
  }
  return [...found.values()];
}

/** What a chip's NN cores lack for an entry of a table. */
export function entryMisfit(format: QuantizedFormat, chip: Chip): Misfit | undefined {
  // Biases are added in 32 bits on every chip.
  return format.qtype === 'i32' ? undefined : formatMisfit(format, chip);
}

/** {@link chipProblems} of a table that may mix schemes: one sentence each, with the number of tensors. */
export function tableProblems(table: QuantizeTable, chip: Chip): string[] {
  return tableMisfits(table, chip).map(
    ({ tensors, reason, remedy }) => `${tensors} of ${table.entries.size} tensors: ${reason}: ${remedy}`,
  );
}

/** {@link formatMisfit} as one sentence. */
export function formatProblem(format: NumberFormat, chip: Chip): string | undefined {
  const misfit = formatMisfit(format, chip);
  return misfit && `${misfit.reason}: ${misfit.remedy}`;
}

/** What a chip's NN cores lack for a format; undefined when they have it. */
function formatMisfit(format: NumberFormat, chip: Chip): Misfit | undefined {
  const missing = missingType(format, chip);
  if (missing !== undefined) {
    const reason = `the NN cores of the ${chipName(chip)} have no ${missing}`;
    return { reason, remedy: 'use asymmetric_affine uint8' };
  }
  if (format === 'float32' || format.quantizer !== 'perchannel_symmetric_affine') return undefined;
  switch (chip.types.perChannel) {
    case true:
      return undefined;
    case false:
      return {
        reason: `the ${chipName(chip)} has no per-channel quantization, only PID 0XE8 does`,
        remedy: 'use asymmetric_affine uint8, with --cross-layer-equalization for depthwise networks',
      };
    case undefined:
      return {
        reason: `whether the ${chipName(chip)} has per-channel quantization is not known`,
        remedy: 'asymmetric_affine uint8 is safe',
      };
  }
}

function missingType(format: NumberFormat, { types }: Chip): string | undefined {
  if (format === 'float32') return 'float32';
  const { quantizer, qtype } = format;
  if (quantizer === 'asymmetric_affine' && qtype === 'i8' && !types.asymmetricInt8) return 'asymmetric int8';
  if (qtype === 'i16' && !types.int16) return 'int16';
  if (qtype === 'bf16' && !types.bfloat16) return 'bfloat16';
  if (qtype === 'f16' && !types.float16) return 'float16';
  return undefined;
}
