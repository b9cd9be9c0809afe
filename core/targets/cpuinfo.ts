import { chips, findChip, type Chip } from './chips.ts';

/** Hexadecimal digits of a serial that name the chip: the first two its family, the next two its revision. */
const PREFIX = 4;

/** One serial number that was found, and the NPU it means. */
export interface Target {
  /** As it was written, in lower case. */
  serial: string;
  /** The chip; undefined when no known chip has such serials. */
  chip: Chip | undefined;
  /** Known chips with the most similar serials, most similar first; empty when the chip is known. */
  nearest: readonly NearChip[];
}

/** A chip whose serials begin almost like one that is unknown. */
export interface NearChip {
  /** First four digits of its serials. */
  serial: string;
  chip: Chip;
  /** The same family of chips (first two digits), another revision. */
  sameFamily: boolean;
}

/**
 * The chips that a text names by their serial numbers, in the order of the text, each serial once. Understands
 * /proc/cpuinfo of one or more boards, whole terminal sessions around it, and bare serials.
 */
export function targetsIn(text: string): Target[] {
  const plain = withoutControls(text);
  const serials = labelled(plain);
  return [...new Set(serials.length > 0 ? serials : bare(plain))].map(targetOf);
}

/** The chip behind a serial of at least four hexadecimal digits (user guide 3.4: its first four count). */
function targetOf(serial: string): Target {
  const prefix = serial.slice(0, PREFIX);
  const chip = chips.find(({ serials }) => serials.includes(prefix));
  return { serial, chip, nearest: chip ? [] : nearestTo(prefix) };
}

// oxlint-disable-next-line no-control-regex
const ESCAPES = /\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b./g;
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u200b\ufeff]/g;

/** Without colours, cursor moves and window titles of a terminal, and whatever else is no text; line ends are \n. */
function withoutControls(text: string): string {
  return text
    .replace(ESCAPES, '')
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[\u00a0\u3000]/g, ' ')
    .replace(CONTROLS, '');
}

/** Values of `Serial : ...` lines. "Serial: 8250/16550 driver" of a boot log is none. */
function labelled(text: string): string[] {
  const found = text.matchAll(/(?<![\w-])serial[ \t]*[:=：][ \t]*(?:0x)?([\da-f]{4,64})(?=\s|$)/gi);
  return [...found].map(([, serial]) => serial.toLowerCase());
}

/** A text of nothing but serials. A311D could be one, but is a chip's name. */
function bare(text: string): string[] {
  const words = text.split(/[\s,;]+/).filter((word) => word !== '');
  const serials = words
    .filter((word) => !findChip(word))
    .flatMap((word) => /^(?:0x)?([\da-f]{4,64})$/i.exec(word)?.[1].toLowerCase() ?? []);
  return serials.length === words.length ? serials : [];
}

/** The most similar serial of each chip, the three most similar chips. */
function nearestTo(prefix: string): NearChip[] {
  const wanted = Number.parseInt(prefix, 16);
  return chips
    .flatMap((chip) => {
      const serials = [...chip.serials].sort((a, b) => distance(a, wanted) - distance(b, wanted));
      return serials.slice(0, 1).map((serial) => ({ serial, chip }));
    })
    .sort((a, b) => distance(a.serial, wanted) - distance(b.serial, wanted))
    .slice(0, 3)
    .map((near) => ({ ...near, sameFamily: near.serial.slice(0, 2) === prefix.slice(0, 2) }));
}

/** A digit of the family counts far more than one of the revision. */
function distance(serial: string, wanted: number): number {
  const number = Number.parseInt(serial, 16);
  return Math.abs((number >> 8) - (wanted >> 8)) * 256 + Math.abs((number & 0xff) - (wanted & 0xff));
}
