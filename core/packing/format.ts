/**
 * The layout of packed networks; docs/formats/packed-network.md describes it, native-sim/src/packed/format.h is
 * the same in C++. All numbers are little-endian.
 */

/** What a file begins with, for people who look into it. */
export const TITLE = 'Nibble Studio packed network';
/** The whole text in front of the header's numbers. */
export const TEXT = `${TITLE}, not a vendor NBG file.\nIt runs in Nibble Studio's simulator only; no NPU driver takes it.\n`;

/** Bytes before the header's numbers. */
export const TEXT_BYTES = 160;
/** "NBPK" */
export const MAGIC = 0x4b50424e;
/** Format version that is written, and the newest that is read. */
export const VERSION = { major: 1, minor: 0 } as const;
/** Bytes of the header, its text included. */
export const HEADER_BYTES = 256;
/** Bytes of one entry of the section table. */
export const SECTION_BYTES = 32;
/** Sections and constants begin at multiples of this. */
export const ALIGNMENT = 64;
/** Stands for an input that is left out. */
export const ABSENT = 0xffffffff;

/** The sections in their order in the file, and the size of their records. */
export const sections = {
  strings: 1,
  tensors: 104,
  nodes: 48,
  params: 24,
  words: 4,
  ports: 8,
  constants: 1,
} as const;

/** Name of a section. */
export type SectionName = keyof typeof sections;

/** Names of the sections in their order in the file. */
export const sectionNames = Object.keys(sections) as SectionName[];

/** Roles of tensors by number. */
export const roles = ['input', 'output', 'virtual', 'const'] as const;

/** First offset at or behind `offset` where a section may begin. */
export function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}
