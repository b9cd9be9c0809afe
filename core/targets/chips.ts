/** Which data types run on the NN cores of a chip's NPU; the others run on the slow shader cores or not at all. */
export interface ChipTypes {
  /** asymmetric_affine uint8 */
  uint8: boolean;
  /** dynamic_fixed_point int8 */
  int8: boolean;
  /** asymmetric_affine int8 activations */
  asymmetricInt8: boolean;
  /** dynamic_fixed_point int16 */
  int16: boolean;
  /** int8 weights with a scale per output channel; undefined = nobody knows. */
  perChannel: boolean | undefined;
  bfloat16: boolean;
  float16: boolean;
}

/** One NPU, named by its PID (Vivante's customer id). */
export interface Chip {
  /** As the user guide spells it: `0X88`. */
  pid: string;
  /** Value of `--optimize`. */
  optimize: string;
  /** Names of the chips that have it. */
  chips: readonly string[];
  /** First four hexadecimal digits of the Serial in /proc/cpuinfo. */
  serials: readonly string[];
  /** NN cores. */
  cores: number;
  /** Version of the NN cores: the two differ in how precisely sums become codes, among others. */
  nnVersion: 7 | 8;
  /** 8-bit operations per second in units of 10^12; undefined = unknown. */
  tops: number | undefined;
  types: ChipTypes;
  /** What is said of this chip is a guess. */
  uncertain?: boolean;
}

const types = (overrides: Partial<ChipTypes> = {}): ChipTypes => ({
  uint8: true,
  int8: true,
  asymmetricInt8: false,
  int16: true,
  perChannel: false,
  bfloat16: false,
  float16: false,
  ...overrides,
});

const optimize = (pid: string): string => `VIPNANOQI_PID${pid}`;

/**
 * The NPUs of user guide 3.4, with abilities from the vendor driver's published feature database and the guide's
 * note on per-channel quantization (p. 13).
 */
export const chips: readonly Chip[] = [
  {
    pid: '0X7D',
    optimize: optimize('0X7D'),
    chips: ['A311D (early, G12B revision A)'],
    serials: ['290a'],
    cores: 8,
    nnVersion: 7,
    tops: 2.5,
    types: types(),
  },
  {
    pid: '0X88',
    optimize: optimize('0X88'),
    chips: ['A311D'],
    serials: ['290b'],
    cores: 8,
    nnVersion: 7,
    tops: 5,
    types: types(),
  },
  {
    pid: '0X99',
    optimize: optimize('0X99'),
    chips: ['S905D3', 'T962X3 / T962E2 (TM2 revision A)'],
    serials: ['2b0a', '2b0b', '2f0a'],
    cores: 2,
    nnVersion: 7,
    tops: 1.2,
    types: types({ int16: false }),
  },
  {
    pid: '0XA1',
    optimize: optimize('0XA1'),
    chips: ['C308X'],
    serials: ['300a', '300b'],
    cores: 8,
    nnVersion: 7,
    tops: 4,
    types: types(),
  },
  {
    pid: '0XB9',
    optimize: optimize('0XB9'),
    chips: ['T962X3 (TM2 revision B)'],
    serials: ['2f0b'],
    cores: 4,
    nnVersion: 8,
    tops: 1.2,
    types: types(),
  },
  {
    pid: '0XBE',
    optimize: optimize('0XBE'),
    chips: ['C305X'],
    serials: ['330a', '330b'],
    cores: 8,
    nnVersion: 8,
    tops: 2.2,
    types: types(),
  },
  {
    pid: '0XE8',
    optimize: optimize('0XE8'),
    chips: ['T982'],
    serials: ['380a', '380b'],
    cores: 8,
    nnVersion: 8,
    tops: 2.5,
    types: types({ perChannel: true, asymmetricInt8: true }),
  },
  {
    pid: '0X1E',
    optimize: optimize('0X1E'),
    chips: ['A113X2 (probably)'],
    serials: [],
    cores: 4,
    nnVersion: 8,
    tops: undefined,
    types: types({ perChannel: undefined, bfloat16: true, float16: true }),
    uncertain: true,
  },
];

/** The chip that a PID, an --optimize name or a chip name means, whatever its case; undefined when none does. */
export function findChip(name: string): Chip | undefined {
  const wanted = name.trim().toUpperCase();
  const pid = wanted.replace(/^VIPNANOQI_PID/, '').replace(/^(?!0X)/, '0X');
  const named = (spell: (title: string) => string) =>
    chips.find((chip) => chip.chips.some((title) => spell(title.toUpperCase()) === wanted));
  // A plain name means the chip that has no other, not an early revision.
  return (
    chips.find((chip) => chip.pid === pid) ??
    named((title) => title) ??
    named((title) => title.split(/[ (/]+/)[0])
  );
}
