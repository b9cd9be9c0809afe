/** A value that stands in the source as it is; int is bigint, float is number. */
export type Literal = bigint | number | string | boolean | null;

/** An expression of serialized TorchScript, which is a subset of Python. */
export type Expression =
  | { kind: 'literal'; value: Literal }
  | { kind: 'name'; name: string }
  | { kind: 'attribute'; object: Expression; name: string }
  | { kind: 'subscript'; object: Expression; index: Expression }
  | { kind: 'slice'; begin?: Expression; end?: Expression; step?: Expression }
  | { kind: 'call'; callee: Expression; args: Expression[]; keywords: [string, Expression][] }
  | { kind: 'list' | 'tuple'; items: Expression[] }
  | { kind: 'dict'; entries: [Expression, Expression][] }
  | { kind: 'unary'; operator: string; operand: Expression }
  | { kind: 'binary'; operator: string; left: Expression; right: Expression }
  | { kind: 'choice'; condition: Expression; yes: Expression; no: Expression };

/** A statement; `line` counts from 1 in its file. */
export type Statement = { line: number } & (
  | { kind: 'assign'; target: Expression; value: Expression }
  | { kind: 'expression'; value: Expression }
  | { kind: 'if'; condition: Expression; yes: Statement[]; no: Statement[] }
  | { kind: 'while'; condition: Expression; body: Statement[] }
  | { kind: 'for'; target: Expression; items: Expression; body: Statement[] }
  | { kind: 'return'; value: Expression | undefined }
  | { kind: 'with'; body: Statement[] }
  | { kind: 'break' | 'continue' | 'pass' }
);

/** A parameter of a function. */
export interface Parameter {
  name: string;
  /** Its type as written; undefined for self of old files. */
  type: Expression | undefined;
  fallback: Expression | undefined;
}

/** A function or method. */
export interface FunctionDefinition {
  name: string;
  parameters: Parameter[];
  body: Statement[];
}

/** A class: a module, a named tuple, an enumeration or a plain TorchScript class. */
export interface ClassDefinition {
  name: string;
  /** E.g. Module, NamedTuple; empty for plain classes. */
  bases: string[];
  /** Names of declared attributes in order, with their defaults where written. */
  attributes: Map<string, Expression | undefined>;
  methods: Map<string, FunctionDefinition>;
}

/** One parsed source file. */
export interface SourceFile {
  path: string;
  classes: Map<string, ClassDefinition>;
  functions: Map<string, FunctionDefinition>;
  /** `op_version_set` of files before PyTorch 1.4. */
  constants: Map<string, Expression>;
}
