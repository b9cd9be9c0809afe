import { StudioError } from '../../network/errors.ts';
import { ExpressionParser } from './expression-parser.ts';
import type {
  ClassDefinition,
  Expression,
  FunctionDefinition,
  Parameter,
  SourceFile,
  Statement,
} from './syntax.ts';

/** A source file longer than this is no network of ours. */
const MAX_SOURCE = 2 ** 26;

/**
 * Parses a source file of a TorchScript archive. Only data comes out: nothing is run.
 * @throws StudioError file-malformed with file and line
 */
export function parseSource(source: string, file: string): SourceFile {
  if (source.length > MAX_SOURCE)
    throw new StudioError('file-malformed', `its code in ${file} is longer than ${MAX_SOURCE} characters`);
  return new Parser(source, file).file();
}

class Parser extends ExpressionParser {
  file(): SourceFile {
    const found: SourceFile = {
      path: this.path,
      classes: new Map(),
      functions: new Map(),
      constants: new Map(),
    };
    while (!this.atKind('end')) {
      if (this.atName('class')) {
        const one = this.classDefinition();
        found.classes.set(one.name, one);
      } else if (this.atName('def')) {
        const one = this.functionDefinition();
        found.functions.set(one.name, one);
      } else if (this.atName('import') || this.atName('from')) {
        this.skipLine();
      } else {
        const statement = this.simple();
        if (statement.kind !== 'assign' || statement.target.kind !== 'name')
          throw this.invalid('only classes, functions and constants may stand here');
        found.constants.set(statement.target.name, statement.value);
      }
    }
    return found;
  }

  private classDefinition(): ClassDefinition {
    this.name('class');
    const name = this.identifier();
    const bases: string[] = [];
    if (this.take('(')) while (!this.take(')')) { bases.push(this.identifier()); this.take(','); } // prettier-ignore
    const made: ClassDefinition = { name, bases, attributes: new Map(), methods: new Map() };
    this.block(() => {
      if (this.atName('def')) {
        const method = this.functionDefinition();
        made.methods.set(method.name, method);
      } else this.member(made);
    });
    return made;
  }

  /** `name : Type`, `name : Final[Type] = value` or `__annotations__["0"] = Type`. */
  private member(into: ClassDefinition): void {
    if (this.atName('pass')) return this.skipLine();
    const target = this.expression();
    if (this.take(':')) {
      this.expression();
      const value = this.take('=') ? this.expression() : undefined;
      if (target.kind === 'name') into.attributes.set(target.name, value);
    } else {
      this.symbol('=');
      const value = this.expression();
      if (target.kind === 'name') into.attributes.set(target.name, value);
    }
    this.endLine();
  }

  private functionDefinition(): FunctionDefinition {
    this.name('def');
    const name = this.identifier();
    this.symbol('(');
    const parameters: Parameter[] = [];
    while (!this.take(')')) {
      parameters.push(this.parameter());
      this.take(',');
    }
    if (this.take('->')) this.expression();
    return { name, parameters, body: this.statements() };
  }

  private parameter(): Parameter {
    this.take('*');
    const name = this.identifier();
    const type = this.take(':') ? this.expression() : undefined;
    return { name, type, fallback: this.take('=') ? this.expression() : undefined };
  }

  private statements(): Statement[] {
    const body: Statement[] = [];
    this.block(() => body.push(this.statement()));
    return body;
  }

  /** `: NEWLINE INDENT item... DEDENT` */
  private block(item: () => void): void {
    this.symbol(':');
    this.endLine();
    if (!this.takeKind('indent')) throw this.invalid('a block is empty');
    this.nested(() => {
      while (!this.takeKind('dedent')) item();
    });
  }

  private statement(): Statement {
    const { line } = this;
    if (this.atName('if')) return this.branch('if');
    if (this.takeName('while')) {
      const condition = this.expression();
      return { line, kind: 'while', condition, body: this.statements() };
    }
    if (this.takeName('for')) {
      const target = this.targets();
      this.name('in');
      const items = this.expression();
      return { line, kind: 'for', target, items, body: this.statements() };
    }
    if (this.takeName('with')) {
      this.expression();
      if (this.takeName('as')) this.identifier();
      return { line, kind: 'with', body: this.statements() };
    }
    return this.simple();
  }

  private branch(word: 'if' | 'elif'): Statement {
    const { line } = this;
    this.name(word);
    const condition = this.expression();
    const yes = this.statements();
    if (this.atName('elif')) return { line, kind: 'if', condition, yes, no: [this.nested(() => this.branch('elif'))] }; // prettier-ignore
    return { line, kind: 'if', condition, yes, no: this.takeName('else') ? this.statements() : [] };
  }

  private simple(): Statement {
    const { line } = this;
    const statement = this.simpleOf(line);
    this.endLine();
    return statement;
  }

  private simpleOf(line: number): Statement {
    for (const kind of ['pass', 'break', 'continue'] as const) if (this.takeName(kind)) return { line, kind };
    if (this.takeName('return'))
      return { line, kind: 'return', value: this.atKind('newline') ? undefined : this.expressions() };
    if (this.takeName('assert')) return { line, kind: 'expression', value: this.expressions() };
    const target = this.expressions();
    if (this.take(':')) this.expression();
    if (this.take('='))
      return { line, kind: 'assign', target: this.assignable(target), value: this.expressions() };
    return { line, kind: 'expression', value: target };
  }

  private assignable(target: Expression): Expression {
    const items = target.kind === 'tuple' || target.kind === 'list' ? target.items : [target];
    if (items.every(({ kind }) => ['name', 'attribute', 'subscript', 'tuple'].includes(kind))) return target;
    throw this.invalid('this can not be assigned to');
  }
}
