import { StudioError } from '../network/errors.ts';
import { Real } from '../network/layer.ts';
import { clipped } from '../network/clip.ts';

/** A JSON object: members in file order. A Map, so that `__proto__` is a key like any other. */
export class JsonObject {
  readonly members = new Map<string, JsonValue>();
  /** 1-based line of its opening brace. */
  readonly line: number;
  constructor(line = 0) {
    this.line = line;
  }
}

/** Any JSON value; numbers that Python would call float are {@link Real}. */
export type JsonValue = number | Real | string | boolean | null | JsonValue[] | JsonObject;

/** Real files nest 6 deep. */
const MAX_DEPTH = 200;

/** The largest real network has 40,000 values; a value costs more memory than its text. */
const MAX_VALUES = 2_000_000;

/** Beyond 64 bits no tool of the family can have written the number. */
const MAX_INTEGER_DIGITS = 20;

const numberPattern = /-?(?:Infinity|(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?)/y;
/** Everything but the quote, the backslash and control characters. */
const plainPattern = /[ !#-[\]-\uffff]*/y;
const wordPattern = /[A-Za-z]+/y;
const words = new Map<string, JsonValue>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', new Real(NaN)],
  ['Infinity', new Real(Infinity)],
]);
const escapes = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/**
 * Reads JSON as Python's `json` does: also `NaN`, `Infinity`, `-Infinity`. Depth is limited, and a key that
 * occurs twice in one object is an error because the second would silently hide the first.
 * @throws StudioError 'file-malformed' with the line
 */
export function parseJson(text: string, file?: string): JsonValue {
  return new JsonReader(text, file).read();
}

/** A container that is being filled. */
interface Frame {
  container: JsonValue[] | JsonObject;
  /** The key that waits for its value. */
  key: string;
}

/** One pass over the text with an explicit stack, so that depth costs no call stack. */
class JsonReader {
  private position = 0;
  private line = 1;
  private values = 0;
  private readonly stack: Frame[] = [];
  private readonly text: string;
  private readonly file: string | undefined;

  constructor(text: string, file: string | undefined) {
    this.text = text;
    this.file = file;
    if (text.startsWith('\ufeff')) this.position = 1;
  }

  read(): JsonValue {
    let value = this.value();
    for (let frame = this.stack.at(-1); frame; frame = this.stack.at(-1)) {
      if (value !== undefined) this.put(frame, value);
      const more = this.next(frame, value === undefined);
      value = more ? this.value() : frame.container;
      if (!more) this.stack.pop();
    }
    if (value === undefined) throw this.fail('is empty');
    if (this.peek() !== '') throw this.fail(`something follows the end: ${this.seen()}`);
    return value;
  }

  /** A finished value, or undefined when a container has been opened. */
  private value(): JsonValue | undefined {
    const first = this.peek();
    if (++this.values > MAX_VALUES) throw this.fail('it has too many values');
    if (first === '{') return this.open(new JsonObject(this.line));
    if (first === '[') return this.open([]);
    if (first === '"') return this.string();
    if (first === '-' || (first >= '0' && first <= '9')) return this.number();
    const word = this.match(wordPattern);
    const value = words.get(word);
    if (value === undefined) throw this.fail(`expected a value, found ${word === '' ? this.seen() : word}`);
    return value;
  }

  private open(container: JsonValue[] | JsonObject): undefined {
    if (this.stack.length >= MAX_DEPTH) throw this.fail(`nested deeper than ${MAX_DEPTH} levels`);
    this.position++;
    this.stack.push({ container, key: '' });
  }

  private put(frame: Frame, value: JsonValue): void {
    if (frame.container instanceof JsonObject) frame.container.members.set(frame.key, value);
    else frame.container.push(value);
  }

  /** Moves to the next item; false at the end of the container. */
  private next(frame: Frame, isFirst: boolean): boolean {
    const close = frame.container instanceof JsonObject ? '}' : ']';
    const found = this.peek();
    if (found === close) {
      this.position++;
      return false;
    }
    if (!isFirst) {
      if (found !== ',') throw this.fail(`expected "," or "${close}", found ${this.seen()}`);
      this.position++;
    }
    if (frame.container instanceof JsonObject) frame.key = this.key(frame.container);
    return true;
  }

  private key(object: JsonObject): string {
    if (this.peek() !== '"') throw this.fail(`expected a key in quotes, found ${this.seen()}`);
    const key = this.string();
    if (object.members.has(key)) throw this.fail(`the key ${JSON.stringify(key)} occurs twice`);
    if (this.peek() !== ':') throw this.fail(`expected ":" after a key, found ${this.seen()}`);
    this.position++;
    return key;
  }

  private number(): number | Real {
    numberPattern.lastIndex = this.position;
    const match = numberPattern.exec(this.text);
    if (!match) throw this.fail('expected a number');
    this.position = numberPattern.lastIndex;
    const isFloat = match[1] !== undefined || match[2] !== undefined || match[0].endsWith('y');
    if (isFloat) return new Real(Number(match[0]));
    if (match[0].length > MAX_INTEGER_DIGITS) throw this.fail('an integer of more than 64 bits');
    return Number(match[0]);
  }

  private string(): string {
    this.position++;
    let result = this.match(plainPattern);
    for (;;) {
      const found = this.text[this.position++];
      if (found === '"') return result;
      if (found !== '\\')
        throw this.fail(
          found === undefined ? 'the text ends inside a string' : 'a control character inside a string',
        );
      result += this.escape() + this.match(plainPattern);
    }
  }

  private escape(): string {
    const letter = this.text[this.position++] ?? '';
    if (letter !== 'u') {
      const meaning = escapes.get(letter);
      if (meaning === undefined) throw this.fail(`unknown escape \\${letter}`);
      return meaning;
    }
    const digits = this.text.slice(this.position, this.position + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.fail(`bad escape \\u${digits}`);
    this.position += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.position += found.length;
    return found;
  }

  /** The next character that is not white space, '' at the end. */
  private peek(): string {
    for (; this.position < this.text.length; this.position++) {
      const code = this.text.charCodeAt(this.position);
      if (code === 10) this.line++;
      else if (code !== 32 && code !== 13 && code !== 9) return this.text[this.position];
    }
    return '';
  }

  private seen(): string {
    return this.position < this.text.length
      ? JSON.stringify(this.text[this.position])
      : 'the end of the file';
  }

  private fail(problem: string): StudioError {
    return new StudioError('file-malformed', `not valid JSON: ${clipped(problem)}`, {
      file: this.file,
      line: this.line,
    });
  }
}
