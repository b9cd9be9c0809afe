import { PickleDict } from '../../files/pickle-values.ts';
import { StudioError } from '../../network/errors.ts';
import type { ObjectReader } from './objects.ts';
import type { Program } from './program.ts';
import type { Expression } from './syntax.ts';
import { FunctionValue, type ObjectValue, type Value } from './values.ts';

/** What members need of the evaluation that asks for them; both are short. */
export interface MemberEvaluation {
  evaluate(expression: Expression): Value;
  call(method: FunctionValue, args: readonly Value[]): void;
}

/** Attributes and methods of objects: of the file, of the class, or made from a state. */
export class Members {
  private readonly program: Program;
  private readonly objects: ObjectReader;
  private readonly evaluation: MemberEvaluation;
  private readonly restored = new Set<ObjectValue>();

  constructor(program: Program, objects: ObjectReader, evaluation: MemberEvaluation) {
    this.program = program;
    this.objects = objects;
    this.evaluation = evaluation;
  }

  /** A method of an object; undefined when its class has none of that name. */
  method(object: ObjectValue, name: string): FunctionValue | undefined {
    const method = this.program.classOf(object.type).definition.methods.get(name);
    return method && new FunctionValue(method, fileOf(object.type), object);
  }

  /** An attribute or method. @throws StudioError op-unsupported when there is none of that name */
  get(object: ObjectValue, name: string): Value {
    this.restore(object);
    // None is an attribute like any other.
    const found = this.objects.attribute(object, name);
    if (found !== undefined) return found;
    const method = this.method(object, name);
    if (method) return method;
    const { attributes } = this.program.classOf(object.type).definition;
    const fallback = attributes.get(name);
    if (fallback) return this.evaluation.evaluate(fallback);
    if (attributes.has(name)) return null;
    throw new StudioError('op-unsupported', `${object.type} has no "${name}"`);
  }

  /** Classes with a state of their own make their attributes from it, before the first is asked for. */
  private restore(object: ObjectValue): void {
    const state = object.pickled?.state;
    if (state === undefined || state instanceof PickleDict || this.restored.has(object)) return;
    this.restored.add(object);
    const method = this.method(object, '__setstate__');
    if (method) this.evaluation.call(method, [this.objects.value(state, object.path)]);
  }
}

/** The source file of a class. */
function fileOf(type: string): string {
  return `code/${type.slice(0, type.lastIndexOf('.')).replaceAll('.', '/')}.py`;
}
