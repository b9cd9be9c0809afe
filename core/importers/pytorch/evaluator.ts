import { StudioError } from '../../network/errors.ts';
import { builtins, type BuiltinContext } from './builtins.ts';
import { packedBuiltins, unpacked } from './packed.ts';
import { Labels } from './labels.ts';
import type { ObjectReader } from './objects.ts';
import { Members } from './members.ts';
import type { Program } from './program.ts';
import { binary, shown, truthOf, unary } from './scalars.ts';
import { RangeValue } from './range.ts';
import type { Expression, FunctionDefinition, Statement } from './syntax.ts';
import type { Tracer } from './tracer.ts';
import { isOfType } from './types.ts';
import { ClassValue, DictValue, FunctionValue, ListValue, NameValue, ObjectValue, TensorRef, TupleValue, type Value } from './values.ts'; // prettier-ignore

/** Calls inside calls; modules of real networks nest some ten levels. */
const MAX_CALLS = 100;

/** Expressions that a program may evaluate: a loop without end stops here. */
const MAX_STEPS = 5_000_000;

/** What a statement does beside its effects. */
type Outcome = { value: Value } | 'break' | 'continue' | undefined;

/** A running function. */
interface Frame {
  locals: Map<string, Value>;
  /** Source file, for its constants and for messages. */
  file: string;
  line: number;
  /** The module that the layers are named after. */
  module: ObjectValue | undefined;
}

/** A step of the evaluation: control comes back to the caller from time to time. */
type Steps<Result> = Generator<void, Result>;

/** What a program is evaluated with. */
export interface Surroundings {
  program: Program;
  tracer: Tracer;
  objects: ObjectReader;
  /** `CONSTANTS.cN` of the code. */
  constant(name: string): Value | undefined;
}

/**
 * Runs the program of an archive on shapes: modules and functions are followed, loops and branches whose
 * course is known are taken, and every call of an operator on tensors is recorded. It knows no input or output,
 * and what it can not decide it refuses.
 */
export class Evaluator {
  private readonly surroundings: Surroundings;
  private readonly context: BuiltinContext;
  private readonly members: Members;
  private readonly labels = new Labels();
  private steps = 0;
  private depth = 0;
  private frame: Frame | undefined;

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings;
    this.context = { tracer: surroundings.tracer };
    this.members = new Members(surroundings.program, surroundings.objects, {
      evaluate: (expression) => finished(this.evaluate(expression)),
      call: (method, args) => void finished(this.call(method, args, new Map())),
    });
  }

  /** Where the evaluation is, for messages. */
  get place(): string {
    return this.frame ? `${this.frame.file}, line ${this.frame.line}` : 'the program';
  }

  /** A method of an object; undefined when its class has none of that name. */
  method(object: ObjectValue, name: string): FunctionValue | undefined {
    return this.members.method(object, name);
  }

  /** Calls a function of the program. */
  *call(called: FunctionValue, args: readonly Value[], keywords: ReadonlyMap<string, Value>): Steps<Value> {
    if (this.depth >= MAX_CALLS)
      throw this.refuse(`"${called.definition.name}" is called more than ${MAX_CALLS} levels deep: a recursion can not be imported`); // prettier-ignore
    const outer = this.frame;
    const { definition, file, self } = called;
    const isModule = self?.pickled !== undefined && self.path !== '';
    const module = isModule ? self : self?.path === '' ? undefined : outer?.module;
    const frame: Frame = { locals: new Map(), file, line: 0, module };
    this.frame = frame;
    this.depth += 1;
    yield* this.bind(frame, definition, self ? [self, ...args] : args, keywords);
    const outcome = yield* this.block(definition.body);
    this.depth -= 1;
    this.frame = outer;
    return typeof outcome === 'object' ? outcome.value : null;
  }

  private *bind(
    frame: Frame,
    { name, parameters }: FunctionDefinition,
    args: readonly Value[],
    keywords: ReadonlyMap<string, Value>,
  ): Steps<void> {
    if (args.length > parameters.length) throw this.refuse(`"${name}" takes ${parameters.length} arguments`);
    for (const [index, { name: parameter, fallback }] of parameters.entries()) {
      const value = args[index] ?? keywords.get(parameter);
      if (index < args.length) frame.locals.set(parameter, args[index]);
      else if (value !== undefined) frame.locals.set(parameter, value);
      else if (fallback) frame.locals.set(parameter, yield* this.evaluate(fallback));
      else throw this.refuse(`the argument "${parameter}" of "${name}" is missing`);
    }
  }

  private *block(statements: readonly Statement[]): Steps<Outcome> {
    for (const statement of statements) {
      if (this.frame) this.frame.line = statement.line;
      yield;
      const outcome = yield* this.execute(statement);
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  }

  private *execute(statement: Statement): Steps<Outcome> {
    switch (statement.kind) {
      case 'assign':
        yield* this.assign(statement.target, yield* this.evaluate(statement.value));
        return undefined;
      case 'expression':
        yield* this.evaluate(statement.value);
        return undefined;
      case 'if':
        return yield* this.block((yield* this.condition(statement.condition)) ? statement.yes : statement.no);
      case 'while':
        while (yield* this.condition(statement.condition)) {
          const outcome = yield* this.block(statement.body);
          if (outcome === 'break') break;
          if (typeof outcome === 'object') return outcome;
        }
        return undefined;
      case 'for':
        return yield* this.loop(statement.target, yield* this.evaluate(statement.items), statement.body);
      case 'return':
        return { value: statement.value ? yield* this.evaluate(statement.value) : null };
      case 'with':
        return yield* this.block(statement.body);
      case 'pass':
        return undefined;
      default:
        return statement.kind;
    }
  }

  private *loop(target: Expression, items: Value, body: readonly Statement[]): Steps<Outcome> {
    for (const item of this.iterate(items)) {
      yield* this.assign(target, item);
      const outcome = yield* this.block(body);
      if (outcome === 'break') break;
      if (typeof outcome === 'object') return outcome;
    }
    return undefined;
  }

  /** What a loop goes through. */
  private iterate(items: Value): Iterable<Value> {
    if (items instanceof ListValue || items instanceof TupleValue) return [...items.items];
    if (items instanceof DictValue) return [...items.entries.keys()];
    if (items instanceof RangeValue) return items;
    throw this.refuse('a loop goes through something that is no list');
  }

  private *condition(expression: Expression): Steps<boolean> {
    return truthOf(yield* this.evaluate(expression), this.context);
  }

  private *assign(target: Expression, value: Value): Steps<void> {
    if (target.kind === 'name') {
      this.frame?.locals.set(target.name, value);
    } else if (target.kind === 'tuple' || target.kind === 'list') {
      const items = value instanceof ListValue || value instanceof TupleValue ? value.items : undefined;
      if (items?.length !== target.items.length)
        throw this.refuse(`${target.items.length} names are given ${items?.length ?? 1} values`);
      for (const [index, part] of target.items.entries()) yield* this.assign(part, items[index]);
    } else if (target.kind === 'attribute') {
      const object = yield* this.evaluate(target.object);
      if (!(object instanceof ObjectValue)) throw this.refuse(`"${target.name}" is set on no object`);
      object.attributes.set(target.name, value);
    } else if (target.kind === 'subscript') {
      const container = yield* this.evaluate(target.object);
      const index = yield* this.evaluate(target.index);
      builtins.get('_set_item')?.([container, index, value], this.context);
    }
  }

  private *evaluate(expression: Expression): Steps<Value> {
    if (++this.steps > MAX_STEPS) throw this.refuse(`the program takes more than ${MAX_STEPS} steps`);
    switch (expression.kind) {
      case 'literal':
        return expression.value;
      case 'name':
        return this.lookUp(expression.name);
      case 'attribute':
        return this.attribute(yield* this.evaluate(expression.object), expression.name);
      case 'call':
        return yield* this.callExpression(expression);
      case 'list':
        return new ListValue(yield* this.all(expression.items));
      case 'tuple':
        return new TupleValue(yield* this.all(expression.items));
      case 'dict': {
        const entries = new Map<Value, Value>();
        for (const [key, value] of expression.entries)
          entries.set(yield* this.evaluate(key), yield* this.evaluate(value));
        return new DictValue(entries);
      }
      case 'subscript':
        return yield* this.subscript(yield* this.evaluate(expression.object), expression.index);
      case 'unary':
        return unary(expression.operator, yield* this.evaluate(expression.operand), this.context);
      case 'binary':
        return yield* this.binaryExpression(expression);
      case 'choice':
        return yield* this.evaluate(
          (yield* this.condition(expression.condition)) ? expression.yes : expression.no,
        );
      case 'slice':
        throw this.refuse('a slice stands outside of an index');
    }
  }

  private *all(expressions: readonly Expression[]): Steps<Value[]> {
    const values: Value[] = [];
    for (const expression of expressions) values.push(yield* this.evaluate(expression));
    return values;
  }

  private *binaryExpression({
    operator,
    left,
    right,
  }: Extract<Expression, { kind: 'binary' }>): Steps<Value> {
    const first = yield* this.evaluate(left);
    if (operator === 'and' || operator === 'or') {
      const decided = truthOf(first, this.context) === (operator === 'or');
      return decided ? first : yield* this.evaluate(right);
    }
    return binary(operator, first, yield* this.evaluate(right), this.context);
  }

  private *subscript(object: Value, index: Expression): Steps<Value> {
    if (object instanceof NameValue) return object;
    if (index.kind === 'slice') {
      const begin = yield* this.bound(index.begin);
      const end = yield* this.bound(index.end);
      const step = (yield* this.bound(index.step)) ?? 1n;
      const axis = object instanceof TensorRef ? [0n] : [];
      return this.operator('aten', 'slice', [object, ...axis, begin, end, step]);
    }
    return this.operator('aten', '__getitem__', [object, yield* this.evaluate(index)]);
  }

  private *bound(part: Expression | undefined): Steps<Value> {
    return part ? yield* this.evaluate(part) : null;
  }

  private lookUp(name: string): Value {
    return this.frame?.locals.get(name) ?? (this.frame?.locals.has(name) ? null : new NameValue(name));
  }

  private attribute(object: Value, name: string): Value {
    if (object instanceof NameValue) {
      if (object.path === 'CONSTANTS') {
        const constant = this.surroundings.constant(name);
        if (constant === undefined) throw this.refuse(`the archive holds no constant ${name}`);
        return constant;
      }
      const path = `${object.path}.${name}`;
      return path.startsWith('__torch__.')
        ? (this.surroundings.program.find(path) ?? new NameValue(path))
        : new NameValue(path);
    }
    if (object instanceof ObjectValue) return this.members.get(object, name);
    // A member of an enumeration is its value.
    const member = object instanceof ClassValue ? object.definition.attributes.get(name) : undefined;
    if (member?.kind === 'literal') return member.value;
    if (object instanceof TupleValue) {
      const index = object.fields.indexOf(name);
      if (index >= 0) return object.items[index];
    }
    if (object instanceof TensorRef) return this.operator('prim', name, [object]);
    throw this.refuse(`there is no "${name}"`);
  }

  private *callExpression({ callee, args, keywords }: Extract<Expression, { kind: 'call' }>): Steps<Value> {
    const target = yield* this.evaluate(callee);
    if (target instanceof NameValue && untyped.has(target.path)) return yield* this.typed(target.path, args);
    const values = yield* this.all(args);
    const named = new Map<string, Value>();
    for (const [name, value] of keywords) named.set(name, yield* this.evaluate(value));
    if (target instanceof FunctionValue) return yield* this.call(target, values, named);
    if (target instanceof ClassValue) return yield* this.construct(target, values, named);
    if (target instanceof NameValue) return this.named(target.path, values, named);
    throw this.refuse('something that is no function is called');
  }

  /** Functions whose first or second argument is a type. */
  private *typed(name: string, args: readonly Expression[]): Steps<Value> {
    if (name === 'uninitialized') return null;
    if (name === 'isinstance') return isOfType(yield* this.evaluate(args[0]), args[1]);
    return yield* this.evaluate(args[1]);
  }

  private *construct(
    { definition, name }: ClassValue,
    args: Value[],
    keywords: Map<string, Value>,
  ): Steps<Value> {
    if (definition.bases.includes('NamedTuple')) {
      const fields = [...definition.attributes.keys()];
      return new TupleValue(
        fields.map((field, i) => args[i] ?? keywords.get(field) ?? null),
        fields,
      );
    }
    const object = new ObjectValue(name, this.frame?.module?.path ?? '');
    const method = this.method(object, '__init__');
    if (method) yield* this.call(method, args, keywords);
    return object;
  }

  /** A function that is not of the program: `torch.conv2d`, `ops.torchvision.nms`, `int`. */
  private named(path: string, args: Value[], keywords: Map<string, Value>): Value {
    if (path === 'getattr') return this.attribute(args[0], shown(args[1]));
    if (path === 'range') return RangeValue.of(args, (why) => this.refuse(why));
    const parts = path.split('.');
    if (parts[0] === 'torch' && parts.length === 2) return this.operator('aten', parts[1], args, keywords);
    if (parts[0] === 'ops' && parts.length === 3) return this.operator(parts[1], parts[2], args, keywords);
    if (parts.length === 1) return this.operator('aten', path, args, keywords);
    if (parts[0] === 'torch')
      return this.operator(parts.slice(1, -1).join('.'), parts.at(-1) ?? '', args, keywords);
    throw this.refuse(`the archive holds no code of ${path}`);
  }

  private operator(
    namespace: string,
    type: string,
    args: readonly Value[],
    keywords: ReadonlyMap<string, Value> = new Map(),
  ): Value {
    const result = plain.get(namespace)?.get(type)?.(args, this.context);
    if (result !== undefined) return result;
    return this.surroundings.tracer.call(
      namespace,
      type,
      unpacked(args),
      keywords,
      this.labels.of(this.frame?.module, type),
    );
  }

  private refuse(why: string): StudioError {
    return new StudioError('op-unsupported', `its code in ${this.place}: ${why}`);
  }
}

/** Functions of plain values by namespace. */
const plain = new Map([
  ['aten', builtins],
  ['prim', builtins],
  ['quantized', packedBuiltins],
]);

const untyped = new Set(['annotate', 'unchecked_cast', 'uninitialized', 'isinstance']);

/** The result of an evaluation that is short. */
function finished<Result>(steps: Steps<Result>): Result {
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}
