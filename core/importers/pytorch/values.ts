import type { PickledObject } from './unpickle.ts';
import type { ClassDefinition, FunctionDefinition } from './syntax.ts';

/**
 * A tensor while the program is evaluated: a name in the graph. Operators in place give it another name, for
 * everybody who holds it.
 */
export class TensorRef {
  name: string;
  /** Counts the changes in place. */
  version = 0;
  /** Of which tensor it is a view, and how to read it again when that one changed. */
  readonly view: TensorView | undefined;

  constructor(name: string, view?: TensorView) {
    this.name = name;
    this.view = view;
  }
}

/** A tensor that shares the elements of another. */
export interface TensorView {
  base: TensorRef;
  /** Version of the base that the view shows. */
  seen: number;
  operator: string;
  args: readonly Value[];
}

/** A mutable sequence. */
export class ListValue {
  readonly items: Value[];
  constructor(items: Value[]) {
    this.items = items;
  }
}

/** An immutable sequence; the fields of a named tuple have names. */
export class TupleValue {
  readonly items: readonly Value[];
  readonly fields: readonly string[];
  constructor(items: readonly Value[], fields: readonly string[] = []) {
    this.items = items;
    this.fields = fields;
  }
}

/** A dictionary; keys are compared by value. */
export class DictValue {
  readonly entries: Map<Value, Value>;
  constructor(entries = new Map<Value, Value>()) {
    this.entries = entries;
  }
}

/** A module or another object of a class. */
export class ObjectValue {
  /** Full name of its class. */
  readonly type: string;
  /** Attributes as far as somebody asked for them. */
  readonly attributes = new Map<string, Value>();
  /** Where it is: `features.0`; '' for the model itself. */
  readonly path: string;
  readonly pickled: PickledObject | undefined;

  constructor(type: string, path: string, pickled?: PickledObject) {
    this.type = type;
    this.path = path;
    this.pickled = pickled;
  }
}

/** A function of the archive, or a method with its object. */
export class FunctionValue {
  readonly definition: FunctionDefinition;
  readonly file: string;
  readonly self: ObjectValue | undefined;
  constructor(definition: FunctionDefinition, file: string, self?: ObjectValue) {
    this.definition = definition;
    this.file = file;
    this.self = self;
  }
}

/** A class of the archive; calling it makes an object. */
export class ClassValue {
  readonly definition: ClassDefinition;
  readonly name: string;
  constructor(definition: ClassDefinition, name: string) {
    this.definition = definition;
    this.name = name;
  }
}

/** A dotted name that is not resolved yet: `torch.conv2d`, `__torch__.nets.LeNet5`, or a type. */
export class NameValue {
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }
}

/** What an expression of the program can be; int is bigint, float is number. */
export type Value =
  | bigint
  | number
  | boolean
  | string
  | null
  | TensorRef
  | ListValue
  | TupleValue
  | DictValue
  | ObjectValue
  | FunctionValue
  | ClassValue
  | NameValue;
