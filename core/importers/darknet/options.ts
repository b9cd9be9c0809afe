import { StudioError } from '../../network/errors.ts';
import { shortened, type CfgSection, type CfgValue } from './cfg.ts';

/** Typed access to the options of one section; remembers what was asked for. */
export class SectionOptions {
  readonly section: CfgSection;
  private readonly asked = new Set<string>();

  constructor(section: CfgSection) {
    this.section = section;
  }

  private find(key: string): CfgValue | undefined {
    this.asked.add(key);
    return this.section.options.get(key);
  }

  has(key: string): boolean {
    return this.find(key) !== undefined;
  }

  /** A whole number: the digits in front, as C's atoi reads them. @throws StudioError when there are none */
  int(key: string, fallback: number): number {
    const value = this.find(key);
    return value ? Math.trunc(this.number(key, value.text, /^[+-]?\d+/)) : fallback;
  }

  /** A number in front, as C's atof reads it. */
  float(key: string, fallback: number): number {
    const value = this.find(key);
    return value ? Math.fround(this.number(key, value.text, NUMBER)) : fallback;
  }

  /** Whole numbers with commas between them; undefined when the key is absent. */
  ints(key: string): number[] | undefined {
    return this.list(key, /^[+-]?\d+/);
  }

  floats(key: string): number[] | undefined {
    return this.list(key, NUMBER);
  }

  /** An int that has to be at least `least`. */
  count(key: string, fallback: number, least = 1): number {
    const number = this.int(key, fallback);
    if (number < least || number > MAX_COUNT)
      throw this.invalid(`${key} is ${number}, it must be from ${least} to ${MAX_COUNT}`, key);
    return number;
  }

  flag(key: string): boolean {
    return this.int(key, 0) !== 0;
  }

  text(key: string, fallback: string): string {
    return this.find(key)?.text ?? fallback;
  }

  /** Keys of the section that nobody asked for and that are not among `known`. */
  unknown(known: ReadonlySet<string>): { key: string; line: number }[] {
    return [...this.section.options]
      .filter(([key]) => !this.asked.has(key) && !known.has(key))
      .map(([key, { line }]) => ({ key, line }));
  }

  /** The error for a section that can't be. @param key whose line it is; default: that of the section */
  invalid(why: string, key?: string): StudioError {
    const { type, line, options } = this.section;
    const at = (key === undefined ? undefined : options.get(key)?.line) ?? line;
    return new StudioError('network-invalid', `[${type}] ${why}`, { line: at });
  }

  private number(key: string, text: string, form: RegExp): number {
    const digits = form.exec(text)?.[0];
    if (digits === undefined) throw this.invalid(`${key}=${shortened(text)} is not a number`, key);
    return Number(digits);
  }

  private list(key: string, form: RegExp): number[] | undefined {
    // Like Darknet's own lists: what follows a "#" is a comment.
    const text = this.find(key)?.text.replace(/#.*$/, '');
    return text?.split(',').map((item) => this.number(key, item, form));
  }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i;

/** No count, size or stride of a network is larger. */
const MAX_COUNT = 2 ** 24;
