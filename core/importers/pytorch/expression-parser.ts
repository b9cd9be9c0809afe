import { StudioError } from '../../network/errors.ts';
import { tokens, type Token } from './lexer.ts';
import type { Expression } from './syntax.ts';

/** Honest files stay far below: their writer breaks long expressions into lines. */
const MAX_DEPTH = 200;

/** How strongly operators bind. */
const strengths = new Map<string, number>([
  ['or', 1], ['and', 2],
  ['in', 4], ['not', 4], ['is', 4],
  ['<', 4], ['>', 4], ['<=', 4], ['>=', 4], ['==', 4], ['!=', 4],
  ['|', 5], ['^', 6], ['&', 7], ['<<', 8], ['>>', 8],
  ['+', 9], ['-', 9], ['*', 10], ['/', 10], ['//', 10], ['%', 10], ['@', 10],
  ['**', 12],
]); // prettier-ignore
const NOT = 3;
const SIGN = 11;

const constants = new Map<string, number | boolean | null>([
  ['None', null],
  ['True', true],
  ['False', false],
  ['inf', Infinity],
  ['nan', NaN],
]);

/** Reads tokens one ahead and parses expressions. Nesting is limited, so that no file can exhaust the stack. */
export class ExpressionParser {
  protected readonly path: string;
  private readonly source: Generator<Token, void>;
  private token: Token;
  private depth = 0;

  constructor(source: string, path: string) {
    this.path = path;
    this.source = tokens(source, path);
    this.token = { kind: 'end', text: '', line: 1 };
    this.advance();
  }

  protected get line(): number {
    return this.token.line;
  }

  protected nested<Result>(work: () => Result): Result {
    if (++this.depth > MAX_DEPTH) throw this.invalid(`it nests deeper than ${MAX_DEPTH} levels`);
    const result = work();
    this.depth -= 1;
    return result;
  }

  /** One expression, or several with commas as a tuple. */
  protected expressions(): Expression {
    const first = this.expression();
    if (!this.atSymbol(',')) return first;
    const items = [first];
    while (this.take(',')) {
      if (this.atKind('newline') || this.atSymbol('=')) break;
      items.push(this.expression());
    }
    return { kind: 'tuple', items };
  }

  /** What `for` assigns to. */
  protected targets(): Expression {
    const items = [this.postfix()];
    let several = false;
    while (this.take(',')) {
      several = true;
      if (!this.atName('in')) items.push(this.postfix());
    }
    return several ? { kind: 'tuple', items } : items[0];
  }

  protected expression(): Expression {
    return this.nested(() => {
      const value = this.operation(0);
      if (!this.takeName('if')) return value;
      const condition = this.operation(0);
      this.name('else');
      return { kind: 'choice', condition, yes: value, no: this.expression() };
    });
  }

  private operation(minimum: number): Expression {
    let left = this.prefix();
    for (;;) {
      let operator = this.peekOperator();
      const strength = strengths.get(operator) ?? 0;
      if (strength <= minimum) return left;
      this.advance();
      if (operator === 'is' && this.takeName('not')) operator = 'is not';
      if (operator === 'not') {
        this.name('in');
        operator = 'not in';
      }
      const right = this.nested(() => this.operation(operator === '**' ? strength - 1 : strength));
      left = { kind: 'binary', operator, left, right };
    }
  }

  /** The operator in front; of `is not` and `not in` only the first word. */
  private peekOperator(): string {
    const { kind, text } = this.token;
    return kind === 'symbol' || kind === 'name' ? text : '';
  }

  private prefix(): Expression {
    for (const operator of ['-', '+', '~'])
      if (this.take(operator))
        return { kind: 'unary', operator, operand: this.nested(() => this.operation(SIGN)) };
    if (this.takeName('not'))
      return { kind: 'unary', operator: 'not', operand: this.nested(() => this.operation(NOT)) };
    return this.postfix();
  }

  private postfix(): Expression {
    let value = this.atom();
    for (;;) {
      if (this.take('.')) value = { kind: 'attribute', object: value, name: this.identifier() };
      else if (this.take('(')) value = this.call(value);
      else if (this.take('[')) value = { kind: 'subscript', object: value, index: this.index() };
      else return value;
    }
  }

  private call(callee: Expression): Expression {
    const args: Expression[] = [];
    const keywords: [string, Expression][] = [];
    while (!this.take(')')) {
      const value = this.expression();
      if (this.take('=')) {
        if (value.kind !== 'name') throw this.invalid('an argument has no name');
        keywords.push([value.name, this.expression()]);
      } else args.push(value);
      if (!this.atSymbol(')')) this.symbol(',');
    }
    return { kind: 'call', callee, args, keywords };
  }

  private index(): Expression {
    const items = [this.part()];
    let several = false;
    while (this.take(',')) {
      several = true;
      if (!this.atSymbol(']')) items.push(this.part());
    }
    this.symbol(']');
    return several ? { kind: 'tuple', items } : items[0];
  }

  private part(): Expression {
    const bound = (): Expression | undefined =>
      this.atSymbol(':') || this.atSymbol(']') || this.atSymbol(',') ? undefined : this.expression();
    const begin = bound();
    if (!this.take(':')) {
      if (!begin) throw this.invalid('an index is missing');
      return begin;
    }
    const end = bound();
    const step = this.take(':') ? bound() : undefined;
    return {
      kind: 'slice',
      ...(begin ? { begin } : {}),
      ...(end ? { end } : {}),
      ...(step ? { step } : {}),
    };
  }

  private atom(): Expression {
    const { kind, text } = this.token;
    if (kind === 'name') {
      this.advance();
      const constant = constants.get(text);
      return constant === undefined ? { kind: 'name', name: text } : { kind: 'literal', value: constant };
    }
    if (kind === 'integer' || kind === 'float' || kind === 'text') {
      this.advance();
      return {
        kind: 'literal',
        value: kind === 'integer' ? BigInt(text) : kind === 'float' ? Number(text) : text,
      };
    }
    if (this.take('(')) return this.parenthesis();
    if (this.take('[')) return { kind: 'list', items: this.list(']') };
    if (this.take('{')) return this.dictionary();
    throw this.invalid(`"${text}" is out of place`);
  }

  private parenthesis(): Expression {
    if (this.take(')')) return { kind: 'tuple', items: [] };
    const first = this.expression();
    if (this.take(')')) return first;
    this.symbol(',');
    return { kind: 'tuple', items: [first, ...this.list(')')] };
  }

  private list(end: string): Expression[] {
    const items: Expression[] = [];
    while (!this.take(end)) {
      items.push(this.expression());
      if (!this.atSymbol(end)) this.symbol(',');
    }
    return items;
  }

  private dictionary(): Expression {
    const entries: [Expression, Expression][] = [];
    while (!this.take('}')) {
      const key = this.expression();
      this.symbol(':');
      entries.push([key, this.expression()]);
      if (!this.atSymbol('}')) this.symbol(',');
    }
    return { kind: 'dict', entries };
  }

  // Tokens.

  private advance(): void {
    const next = this.source.next();
    if (!next.done) this.token = next.value;
  }

  protected atKind(kind: Token['kind']): boolean {
    return this.token.kind === kind;
  }

  protected takeKind(kind: Token['kind']): boolean {
    const found = this.atKind(kind);
    if (found) this.advance();
    else if (this.atKind('end')) throw this.invalid('it ends too early');
    return found;
  }

  protected atName(text: string): boolean {
    return this.token.kind === 'name' && this.token.text === text;
  }

  protected takeName(text: string): boolean {
    const found = this.atName(text);
    if (found) this.advance();
    return found;
  }

  protected name(text: string): void {
    if (!this.takeName(text)) throw this.invalid(`"${text}" is missing`);
  }

  protected identifier(): string {
    const { kind, text } = this.token;
    if (kind !== 'name') throw this.invalid(`a name is missing in front of "${text}"`);
    this.advance();
    return text;
  }

  private atSymbol(text: string): boolean {
    return this.token.kind === 'symbol' && this.token.text === text;
  }

  protected take(text: string): boolean {
    const found = this.atSymbol(text);
    if (found) this.advance();
    else if (this.atKind('end')) throw this.invalid('it ends too early');
    return found;
  }

  protected symbol(text: string): void {
    if (!this.take(text)) throw this.invalid(`"${text}" is missing in front of "${this.token.text}"`);
  }

  protected endLine(): void {
    if (!this.takeKind('newline')) throw this.invalid(`"${this.token.text}" is out of place`);
  }

  protected skipLine(): void {
    while (!this.takeKind('newline')) this.advance();
  }

  protected invalid(why: string): StudioError {
    return new StudioError('file-malformed', `its code in ${this.path}, line ${this.line}: ${why}`);
  }
}
