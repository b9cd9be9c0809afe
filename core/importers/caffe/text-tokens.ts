import { StudioError } from '../../network/errors.ts';

/** A place in a text file, both counted from 1. */
export interface TextPlace {
  line: number;
  column: number;
}

/** One token of protobuf's text format. */
export interface Token extends TextPlace {
  /** `word` is an identifier, `number` an unsigned number as it was spelled, `mark` a punctuation character. */
  kind: 'word' | 'number' | 'string' | 'mark' | 'end';
  /** Spelling; of a string its value. */
  text: string;
}

const WORD = /[A-Za-z_]\w*/y;
const NUMBER = /0[xX][\dA-Fa-f]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?/y;
const BLANKS = ' \t\r\v\f\n';
const MARKS = '{}<>[]:;,-./';

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, "'": 39, '?': 63, '\\': 92,
}; // prettier-ignore

/** The error for something wrong at a place of the text. */
export function malformedAt({ line, column }: TextPlace, problem: string, hint?: string): StudioError {
  return new StudioError('file-malformed', `column ${column}: ${problem}`, { line }, hint);
}

/** Cuts a text into tokens, one at a time. */
export class Tokens {
  private readonly text: string;
  private at = 0;
  private line = 1;
  private lineStart = 0;

  constructor(text: string) {
    this.text = text.startsWith('\ufeff') ? text.slice(1) : text;
  }

  /** The next token. @throws StudioError file-malformed with line and column */
  next(): Token {
    this.skipBlank();
    const place = this.place();
    if (this.at >= this.text.length) return { kind: 'end', text: 'the end of the file', ...place };
    const first = this.text[this.at];
    if (first === '"' || first === "'") return { kind: 'string', text: this.string(first, place), ...place };
    const word = this.match(WORD);
    if (word !== undefined) return { kind: 'word', text: word, ...place };
    const number = this.match(NUMBER);
    if (number !== undefined) return { kind: 'number', text: number, ...place };
    if (!MARKS.includes(first)) throw malformedAt(place, `unexpected character ${JSON.stringify(first)}`);
    this.at += 1;
    return { kind: 'mark', text: first, ...place };
  }

  private place(): TextPlace {
    return { line: this.line, column: this.at - this.lineStart + 1 };
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text) ?? [];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** White space and comments; counts the lines. */
  private skipBlank(): void {
    for (; this.at < this.text.length; this.at++) {
      if (this.text[this.at] === '#') {
        const end = this.text.indexOf('\n', this.at);
        this.at = end < 0 ? this.text.length : end;
      }
      const character = this.text[this.at];
      if (character === undefined || !BLANKS.includes(character)) return;
      if (character !== '\n') continue;
      this.line += 1;
      this.lineStart = this.at + 1;
    }
  }

  private string(quote: string, place: TextPlace): string {
    this.at += 1;
    const bytes: Uint8Array[] = [];
    const encoder = new TextEncoder();
    for (;;) {
      const start = this.at;
      let end = start;
      while (end < this.text.length && !`${quote}\\\n`.includes(this.text[end])) end++;
      if (end > start) bytes.push(encoder.encode(this.text.slice(start, end)));
      this.at = end + 1;
      const stop = this.text[end];
      if (stop === quote) return new TextDecoder().decode(Buffer.concat(bytes));
      if (stop !== '\\') throw malformedAt(place, 'the string does not end on its line');
      bytes.push(this.escape(place));
    }
  }

  /** The bytes that an escape behind a backslash stands for. */
  private escape(place: TextPlace): Uint8Array {
    const simple = SIMPLE_ESCAPES[this.text[this.at] ?? ''];
    if (simple !== undefined) {
      this.at += 1;
      return Uint8Array.of(simple);
    }
    const octal = this.match(/[0-7]{1,3}/y);
    if (octal !== undefined) return Uint8Array.of(parseInt(octal, 8) & 255);
    const hex = this.match(/[xX][\dA-Fa-f]{1,2}/y);
    if (hex !== undefined) return Uint8Array.of(parseInt(hex.slice(1), 16));
    const unicode = this.match(/u[\dA-Fa-f]{4}|U00(?:0[\dA-Fa-f]|10)[\dA-Fa-f]{4}/y);
    if (unicode === undefined) throw malformedAt(place, 'the string has an escape that does not exist');
    return new TextEncoder().encode(String.fromCodePoint(parseInt(unicode.slice(1), 16)));
  }
}
