import type { Chip, ChipTypes } from './chips.ts';

/** How people name the types of {@link ChipTypes}. */
const TYPE_NAMES: Readonly<Record<keyof ChipTypes, string>> = {
  uint8: 'uint8',
  int8: 'int8',
  asymmetricInt8: 'asymmetric int8',
  int16: 'int16',
  perChannel: 'per-channel int8',
  bfloat16: 'bfloat16',
  float16: 'float16',
};

/** The types a chip's NN cores compute (true), don't (false), or may (undefined = nobody knows). */
export function typeNames({ types }: Chip, able: boolean | undefined): string[] {
  return (Object.keys(TYPE_NAMES) as (keyof ChipTypes)[])
    .filter((name) => types[name] === able)
    .map((name) => TYPE_NAMES[name]);
}

/** `A311D (PID 0X88)` */
export function chipName({ pid, chips: [name] }: Chip): string {
  return `${name} (PID ${pid})`;
}

/** What a person wants to know of a chip, a few lines. */
export function describeChip(chip: Chip): string[] {
  const row = (able: boolean | undefined, title: string): string[] => {
    const names = typeNames(chip, able);
    return names.length > 0 ? [`${title}: ${names.join(', ')}`] : [];
  };
  const speed = chip.tops === undefined ? '' : `, ${chip.tops} TOPS at 8 bits`;
  return [
    `chip: ${chip.chips.join(', ')}`,
    `PID: ${chip.pid}`,
    `option: --optimize ${chip.optimize}`,
    `NPU: ${chip.cores} NN cores${speed}`,
    ...row(true, 'fast (NN cores)'),
    ...row(false, 'slow or impossible'),
    ...row(undefined, 'not known'),
    ...(chip.uncertain ? ['what is said of this chip is a guess'] : []),
  ];
}
