import type { QuantizeTable } from '../network/quantize-table.ts';
import { formatProblem, tableProblems } from '../quantization/chip-check.ts';
import { chips, findChip, type Chip } from '../targets/chips.ts';
import type { JobContext } from './context.ts';

/** What decides how fast a network runs on its chip. */
export interface ChipChoice {
  /** Value of `--optimize`: None, default, a chip's name, or a configuration file. */
  optimize: string;
  /** The float type of a network without table; `float` is float16. */
  dtype: 'float' | 'float16' | 'float32' | 'quantized';
  table?: QuantizeTable | undefined;
}

/**
 * Says what the chip's NN cores lack for the types of a network, and what to use instead. Such a network is slow, not
 * wrong, so these are warnings.
 * @returns the sentences
 */
export function warnAboutChip(choice: ChipChoice, context: JobContext): string[] {
  const notes = notesOf(choice);
  for (const note of notes) context.log('W', note);
  return notes;
}

function notesOf({ optimize, dtype, table }: ChipChoice): string[] {
  const chip = findChip(optimize);
  if (!chip) return unknownChip(optimize);
  if (table) return tableProblems(table, chip);
  return dtype === 'quantized' ? [] : floatProblem(dtype, chip);
}

function floatProblem(dtype: string, chip: Chip): string[] {
  const format = dtype === 'float32' ? dtype : ({ quantizer: 'float16', qtype: 'f16' } as const);
  const problem = formatProblem(format, chip);
  return problem === undefined ? [] : [`--dtype ${dtype}: ${problem}, with --dtype quantized`];
}

/** A name like VIPNANOQI_PID0XFF that is none of the chips; other words name configuration files. */
function unknownChip(optimize: string): string[] {
  if (!/^VIP\w*_PID0X\w+$/i.test(optimize)) return [];
  const known = chips.map((chip) => chip.optimize).join(', ');
  return [
    `--optimize ${optimize}: this version does not know that chip, so nothing is checked for it; known: ${known}`,
  ];
}
