import type { NumberFormat } from '../network/number-format.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import type { Chip } from '../targets/chips.ts';
import { chipName } from '../targets/describe.ts';
import type { Scheme } from './schemes.ts';

/**
 * What a chip's NN cores can't do of a scheme, and what to use instead: one sentence each. Such layers still run, on
 * the slow shader cores.
 */
export function chipProblems({ activation, weight }: Scheme, chip: Chip): string[] {
  const problems = [formatProblem(weight, chip) ?? formatProblem(activation, chip)];
  return problems.filter((problem) => problem !== undefined);
}

/**
 * {@link chipProblems} of a table that may mix schemes: one sentence for each format in it that the chip's NN cores
 * lack, with the number of tensors.
 */
export function tableProblems({ entries }: QuantizeTable, chip: Chip): string[] {
  const counts = new Map<string, number>();
  for (const format of entries.values()) {
    // Biases are added in 32 bits on every chip.
    const problem = format.qtype === 'i32' ? undefined : formatProblem(format, chip);
    if (problem !== undefined) counts.set(problem, (counts.get(problem) ?? 0) + 1);
  }
  return [...counts].map(([problem, count]) => `${count} of ${entries.size} tensors: ${problem}`);
}

/** What a chip's NN cores lack for a format, and what to use instead; undefined when they have it. */
export function formatProblem(format: NumberFormat, chip: Chip): string | undefined {
  const cores = `the NN cores of the ${chipName(chip)} have no`;
  const missing = missingType(format, chip);
  if (missing !== undefined) return `${cores} ${missing}: use asymmetric_affine uint8`;
  if (format === 'float32' || format.quantizer !== 'perchannel_symmetric_affine') return undefined;
  switch (chip.types.perChannel) {
    case true:
      return undefined;
    case false:
      return `the ${chipName(chip)} has no per-channel quantization, only PID 0XE8 does: use asymmetric_affine uint8, with --cross-layer-equalization for depthwise networks`;
    case undefined:
      return `whether the ${chipName(chip)} has per-channel quantization is not known: asymmetric_affine uint8 is safe`;
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
