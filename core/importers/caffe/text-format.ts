import { decodeText } from '../../files/atomic.ts';
import { StudioError } from '../../network/errors.ts';
import { Message, type Scalar, type Value } from './message.ts';
import { malformedAt, Tokens, type Token } from './text-tokens.ts';

/** Messages in messages: protobuf's own limit. */
const MAX_DEPTH = 100;

/** Characters of the largest text that is read; real ones have some hundred thousand. */
const MAX_TEXT = 2 ** 24;

const CLOSING: Readonly<Record<string, string>> = { '{': '}', '<': '>' };

/** A message that is being read, and how it ends; '' is the end of the file. */
interface Open {
  message: Message;
  close: string;
  /** The message is an item of a list of this field. */
  listOf?: string;
}

/**
 * Reads protobuf's text format (.prototxt) without a schema: fields keep what was written, and whoever reads
 * one says what it should be.
 * @throws StudioError file-malformed with line and column
 */
export function parseTextFormat(bytes: Uint8Array): Message {
  if (bytes.length > MAX_TEXT)
    throw new StudioError('file-malformed', `a text of ${bytes.length} bytes is no network description`);
  if (bytes.includes(0)) {
    const hint = 'Give the .prototxt as the model and the .caffemodel as its weights.';
    throw new StudioError('file-malformed', 'this is not a text but a binary file', {}, hint);
  }
  return new Parser(decodeText(bytes)).parse();
}

class Parser {
  private readonly tokens: Tokens;
  private token: Token;
  private readonly stack: Open[] = [];

  constructor(text: string) {
    this.tokens = new Tokens(text);
    this.token = this.tokens.next();
  }

  parse(): Message {
    const whole = new Message('', this.token);
    this.stack.push({ message: whole, close: '' });
    for (let open = this.stack.at(-1); open; open = this.stack.at(-1)) this.step(open);
    return whole;
  }

  /** One field, or the end of the innermost message. */
  private step(open: Open): void {
    const { kind, text } = this.token;
    if (kind === 'end') {
      if (open.close !== '') {
        const { line, name } = open.message;
        throw malformedAt(this.token, `"${open.close}" is missing: ${name} of line ${line} is not closed`);
      }
      this.stack.pop();
    } else if (kind === 'mark' && text === open.close) {
      this.advance();
      this.stack.pop();
      if (open.listOf === undefined) this.separator();
      else this.restOfList(this.inner(), open.listOf, true);
    } else {
      this.field(open.message);
    }
  }

  private inner(): Message {
    const open = this.stack.at(-1);
    if (!open) throw new Error('a list outside of all messages');
    return open.message;
  }

  private field(message: Message): void {
    const name = this.fieldName();
    const colon = this.accept(':');
    if (this.isMark('{') || this.isMark('<')) {
      this.open(message, name);
    } else if (!colon && !this.isMark('[')) {
      throw malformedAt(this.token, `":" or "{" expected behind ${name}, found ${shown(this.token)}`);
    } else if (this.accept('[')) {
      this.restOfList(message, name, false);
    } else {
      message.add(name, this.scalar());
      this.separator();
    }
  }

  /** An identifier, or the name of an extension in brackets. */
  private fieldName(): string {
    if (this.token.kind === 'word') return this.advance().text;
    if (!this.accept('[')) throw malformedAt(this.token, `a field name expected, found ${shown(this.token)}`);
    let name = '';
    while (this.isKind('word') || this.isMark('.') || this.isMark('/')) name += this.advance().text;
    this.expect(']');
    return `[${name}]`;
  }

  private open(message: Message, name: string, listOf?: string): void {
    if (this.stack.length > MAX_DEPTH)
      throw malformedAt(this.token, `messages are nested more than ${MAX_DEPTH} deep`);
    const inner = new Message(name, this.token);
    const close = CLOSING[this.advance().text];
    message.add(name, inner);
    this.stack.push({ message: inner, close, ...(listOf === undefined ? {} : { listOf }) });
  }

  /** Items of a list up to a message, whose end comes back here, or to the closing bracket. */
  private restOfList(message: Message, name: string, behindItem: boolean): void {
    for (let first = !behindItem; !this.isMark(']'); first = false) {
      if (!first) this.expect(',');
      if (this.isMark('{') || this.isMark('<')) return this.open(message, name, name);
      message.add(name, this.scalar());
    }
    this.advance();
    this.separator();
  }

  private scalar(): Value {
    const { line, column } = this.token;
    const make = (text: string, quoted: boolean): Scalar => ({ text, quoted, line, column });
    if (this.token.kind === 'string') {
      let text = '';
      while (this.token.kind === 'string') text += this.advance().text;
      return make(text, true);
    }
    const sign = this.accept('-') ? '-' : '';
    const value = this.advance();
    if (value.kind !== 'number' && value.kind !== 'word')
      throw malformedAt(value, `a value expected, found ${shown(value)}`);
    return make(sign + value.text, false);
  }

  /** Fields may be followed by one `;` or `,`. */
  private separator(): void {
    if (!this.accept(';')) this.accept(',');
  }

  private isMark(text: string): boolean {
    return this.token.kind === 'mark' && this.token.text === text;
  }

  private isKind(kind: Token['kind']): boolean {
    return this.token.kind === kind;
  }

  private accept(text: string): boolean {
    const found = this.isMark(text);
    if (found) this.advance();
    return found;
  }

  private expect(text: string): void {
    if (!this.accept(text)) throw malformedAt(this.token, `"${text}" expected, found ${shown(this.token)}`);
  }

  private advance(): Token {
    const token = this.token;
    this.token = this.tokens.next();
    return token;
  }
}

function shown({ kind, text }: Token): string {
  if (kind === 'end') return text;
  return kind === 'string' ? 'a string' : `"${text.length > 40 ? `${text.slice(0, 40)}...` : text}"`;
}
