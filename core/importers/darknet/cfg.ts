import { StudioError } from '../../network/errors.ts';

/** What follows a `[type]` line of a .cfg file. */
export interface CfgSection {
  /** Without brackets, e.g. `convolutional`. */
  type: string;
  /** 1-based line of the `[type]`. */
  line: number;
  /** The first value of each key, as Darknet takes it. */
  options: ReadonlyMap<string, CfgValue>;
}

/** The text behind `key=`, without blanks. */
export interface CfgValue {
  text: string;
  line: number;
}

/** What a .cfg file says. */
export interface Cfg {
  sections: CfgSection[];
  /** What Darknet would complain about and skip, for people. */
  notes: string[];
}

/** Larger files are no networks; the largest known ones have 60 KB. */
const MAX_BYTES = 2 ** 24;
const MAX_SECTIONS = 20_000;
/** Notes of one kind that are worth reading. */
const MAX_NOTES = 20;

/**
 * Reads a .cfg file as Darknet does: blanks count nowhere, `#` and `;` begin a comment at the start of a line only,
 * names are case-sensitive, of two equal keys the first counts, lines without a value are skipped.
 * @throws StudioError file-malformed with the line
 */
export function parseCfg(bytes: Uint8Array): Cfg {
  if (bytes.length > MAX_BYTES) throw malformed(`the file has ${bytes.length} bytes, which no .cfg file has`);
  const sections: CfgSection[] = [];
  const notes: string[] = [];
  let options: Map<string, CfgValue> | undefined;
  for (const [index, raw] of new TextDecoder().decode(bytes).split('\n').entries()) {
    const line = index + 1;
    const text = raw.replace(/[ \t\r]/g, '');
    if (text === '' || text.startsWith('#') || text.startsWith(';')) continue;
    if (text.includes('\0')) throw malformed('this is not text', line);
    if (text.startsWith('[')) {
      options = new Map();
      sections.push({ type: sectionType(text, line), line, options });
      if (sections.length > MAX_SECTIONS) throw malformed(`more than ${MAX_SECTIONS} sections`, line);
    } else {
      if (!options) throw malformed('there is something in front of the first [section]', line);
      const note = addOption(options, text, line);
      if (note !== undefined && notes.length < MAX_NOTES) notes.push(note);
    }
  }
  return { sections, notes };
}

function sectionType(text: string, line: number): string {
  const type = /^\[([^\]]+)\]$/.exec(text)?.[1];
  if (type === undefined) throw malformed(`"${shortened(text)}" is not a [section]`, line);
  return type;
}

/** @returns why the line says nothing */
function addOption(options: Map<string, CfgValue>, text: string, line: number): string | undefined {
  const at = text.indexOf('=');
  if (at < 0 || at === text.length - 1)
    return `line ${line}: "${shortened(text)}" has no value and is ignored`;
  const key = text.slice(0, at);
  if (options.has(key))
    return `line ${line}: ${shortened(key)} is there twice in its section; the first one counts`;
  options.set(key, { text: text.slice(at + 1), line });
  return undefined;
}

/** A piece of the file for a message. */
export const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}...` : text);

function malformed(message: string, line?: number): StudioError {
  return new StudioError('file-malformed', message, line === undefined ? {} : { line });
}
