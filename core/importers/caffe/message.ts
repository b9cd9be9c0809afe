import { malformedAt, type TextPlace } from './text-tokens.ts';

/** A number, word or string as it was written. */
export interface Scalar extends TextPlace {
  /** Spelling; of a string its value. */
  text: string;
  quoted: boolean;
}

/** What a field holds. */
export type Value = Scalar | Message;

const INTEGER = /^-?(?:0[xX][\dA-Fa-f]+|\d+)$/;
const DECIMAL = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?$/;

/**
 * A message of the text format. Readers name the field and what they expect; an absent field gives the fallback.
 * Of a field that is written several times the last value counts, as in protobuf.
 */
export class Message implements TextPlace {
  /** The field that holds it. */
  readonly name: string;
  readonly line: number;
  readonly column: number;
  private readonly fields = new Map<string, Value[]>();

  constructor(name: string, { line, column }: TextPlace) {
    this.name = name;
    this.line = line;
    this.column = column;
  }

  add(name: string, value: Value): void {
    const list = this.fields.get(name);
    if (list) list.push(value);
    else this.fields.set(name, [value]);
  }

  has(name: string): boolean {
    return this.fields.has(name);
  }

  /** Every field with every value of it, in the order of the file. */
  *entries(): Generator<readonly [name: string, value: Value]> {
    for (const [name, values] of this.fields) for (const value of values) yield [name, value];
  }

  /** Messages of a repeated field. */
  messages(name: string): Message[] {
    return (this.fields.get(name) ?? []).map((value) => {
      if (value instanceof Message) return value;
      throw malformedAt(value, `${name} needs a message in braces`);
    });
  }

  /** A message field; an empty one when it is absent. Several are one, as in protobuf. */
  message(name: string): Message {
    const [first, ...more] = this.messages(name);
    if (!first) return new Message(name, this);
    if (more.length === 0) return first;
    const merged = new Message(name, first);
    for (const one of [first, ...more]) for (const [field, value] of one.entries()) merged.add(field, value);
    return merged;
  }

  /** All values of a repeated field of words or strings. */
  texts(name: string): string[] {
    return this.scalars(name).map(({ text }) => text);
  }

  text(name: string, fallback: string): string {
    return this.texts(name).at(-1) ?? fallback;
  }

  ints(name: string): number[] {
    return this.scalars(name).map((scalar) => integerOf(name, scalar));
  }

  int(name: string, fallback: number): number {
    return this.ints(name).at(-1) ?? fallback;
  }

  reals(name: string): number[] {
    return this.scalars(name).map((scalar) => realOf(name, scalar));
  }

  /** A float field, rounded to 32 bits as Caffe holds it. */
  real(name: string, fallback: number): number {
    return Math.fround(this.reals(name).at(-1) ?? fallback);
  }

  flag(name: string, fallback: boolean): boolean {
    const scalar = this.scalars(name).at(-1);
    if (!scalar) return fallback;
    if (!scalar.quoted && /^(?:true|True|t|1)$/.test(scalar.text)) return true;
    if (!scalar.quoted && /^(?:false|False|f|0)$/.test(scalar.text)) return false;
    throw malformedAt(scalar, `${name} is "${scalar.text}", neither true nor false`);
  }

  /** A value of an enum, by its name or its number. */
  choice<Name extends string>(
    name: string,
    values: Readonly<Record<Name, number>>,
    fallback: NoInfer<Name>,
  ): Name {
    const scalar = this.scalars(name).at(-1);
    if (!scalar) return fallback;
    const names = Object.keys(values) as Name[];
    const found = names.find((one) => one === scalar.text || String(values[one]) === scalar.text);
    if (found !== undefined) return found;
    throw malformedAt(scalar, `${name} is "${scalar.text}", not one of ${names.join(', ')}`);
  }

  private scalars(name: string): Scalar[] {
    return (this.fields.get(name) ?? []).map((value) => {
      if (!(value instanceof Message)) return value;
      throw malformedAt(value, `${name} needs a value, not a message`);
    });
  }
}

function integerOf(name: string, scalar: Scalar): number {
  const { text, quoted } = scalar;
  if (quoted || !INTEGER.test(text)) throw malformedAt(scalar, `${name} is "${text}", not a whole number`);
  const negative = text.startsWith('-');
  const digits = negative ? text.slice(1) : text;
  // A leading 0 means octal, as in C.
  const value = /^0\d/.test(digits) ? parseInt(digits, 8) : Number(digits);
  if (Number.isSafeInteger(value)) return negative ? -value : value;
  throw malformedAt(scalar, `${name} is "${text}", which is no number that fits`);
}

function realOf(name: string, scalar: Scalar): number {
  const { text, quoted } = scalar;
  if (!quoted && DECIMAL.test(text)) return Number(text.replace(/[fF]$/, ''));
  if (!quoted && INTEGER.test(text)) return integerOf(name, scalar);
  const special = /^(-?)(inf|infinity|nan)f?$/i.exec(text);
  if (quoted || !special) throw malformedAt(scalar, `${name} is "${text}", not a number`);
  const value = special[2].toLowerCase() === 'nan' ? NaN : Infinity;
  return special[1] === '-' ? -value : value;
}
