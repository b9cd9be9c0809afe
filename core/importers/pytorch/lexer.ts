import { StudioError } from '../../network/errors.ts';

/** What the source is made of. Indentation is told by the tokens indent and dedent. */
export interface Token {
  kind: 'name' | 'integer' | 'float' | 'text' | 'symbol' | 'newline' | 'indent' | 'dedent' | 'end';
  /** As written; the content of texts. */
  text: string;
  line: number;
}

/** Digits of a 64-bit integer are at most 19. */
const MAX_DIGITS = 40;

const SPACE = /[ \t\r]*/y;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?/y;
const SYMBOL = /\*\*|\/\/|->|==|!=|<=|>=|<<|>>|[-+*/%@&|^~<>()[\]{},:.;=]/y;
const TEXT = /"((?:[^"\\\n]|\\[^])*)"|'((?:[^'\\\n]|\\[^])*)'/y;

const escapes: Readonly<Record<string, string>> = {
  n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', '\n': '',
}; // prettier-ignore

function unescaped(text: string): string {
  return text.replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|[0-7]{1,3}|[^])/g, (_, code: string) => {
    if (/^[xu]./.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    return escapes[code] ?? code;
  });
}

/** Cuts serialized TorchScript into tokens. @throws StudioError file-malformed with file and line */
export function* tokens(source: string, file: string): Generator<Token, void> {
  const lexer = new Lexer(source, file);
  yield* lexer.run();
}

class Lexer {
  private readonly source: string;
  private readonly file: string;
  private position = 0;
  private line = 1;
  private brackets = 0;
  private readonly indents = [0];

  constructor(source: string, file: string) {
    this.source = source;
    this.file = file;
  }

  *run(): Generator<Token, void> {
    while (this.position < this.source.length) {
      const depth = this.match(SPACE).length;
      const next = this.source[this.position];
      if (next === '#') this.skipComment();
      else if (next === '\n' || next === undefined) this.skipNewline();
      else {
        yield* this.indentation(depth);
        yield* this.logicalLine();
      }
    }
    yield* this.indentation(0);
    yield this.token('end', '');
  }

  private *indentation(depth: number): Generator<Token, void> {
    if (depth > (this.indents.at(-1) ?? 0)) {
      this.indents.push(depth);
      yield this.token('indent', '');
    }
    while (depth < (this.indents.at(-1) ?? 0)) {
      this.indents.pop();
      yield this.token('dedent', '');
    }
    if (depth !== this.indents.at(-1)) throw this.invalid('the indentation fits no block');
  }

  /** Up to the end of the line; lines inside brackets belong together. */
  private *logicalLine(): Generator<Token, void> {
    while (this.position < this.source.length) {
      this.match(SPACE);
      const next = this.source[this.position];
      if (next === '#') this.skipComment();
      else if (next === '\n') {
        if (this.brackets === 0) break;
        this.skipNewline();
      } else if (next !== undefined) yield this.next(next);
    }
    yield this.token('newline', '');
    this.skipNewline();
  }

  private next(first: string): Token {
    if (first === '"' || first === "'") return this.text();
    if (/[\d.]/.test(first)) {
      const number = this.match(NUMBER);
      if (number !== '') return this.number(number);
    }
    const name = this.match(NAME);
    if (name !== '') return this.token('name', name);
    const symbol = this.match(SYMBOL);
    if (symbol === '') throw this.invalid(`"${first}" has no meaning here`);
    if ('([{'.includes(symbol)) this.brackets += 1;
    if (')]}'.includes(symbol)) this.brackets = Math.max(0, this.brackets - 1);
    return this.token('symbol', symbol);
  }

  private text(): Token {
    const whole = this.match(TEXT);
    if (whole === '') throw this.invalid('a text has no end');
    const token = this.token('text', unescaped(whole.slice(1, -1)));
    this.line += whole.split('\n').length - 1;
    return token;
  }

  private number(text: string): Token {
    if (/^\d+$/.test(text)) {
      if (text.length > MAX_DIGITS) throw this.invalid('an integer has too many digits');
      return this.token('integer', text);
    }
    return this.token('float', text);
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.source)?.[0] ?? '';
    this.position += found.length;
    return found;
  }

  private skipComment(): void {
    const end = this.source.indexOf('\n', this.position);
    this.position = end < 0 ? this.source.length : end;
  }

  private skipNewline(): void {
    if (this.source[this.position] === '\n') this.line += 1;
    this.position += 1;
  }

  private token(kind: Token['kind'], text: string): Token {
    return { kind, text, line: this.line };
  }

  private invalid(why: string): StudioError {
    return new StudioError('file-malformed', `its code in ${this.file}, line ${this.line}: ${why}`);
  }
}
