import type { Expression } from './syntax.ts';
import { DictValue, ListValue, ObjectValue, TensorRef, TupleValue, type Value } from './values.ts';

/** The outer name of a type: `List` of `List[int]`. */
export function typeName(type: Expression | undefined): string {
  if (type?.kind === 'name') return type.name;
  if (type?.kind === 'subscript') return typeName(type.object);
  if (type?.kind === 'attribute') return type.name;
  if (type?.kind === 'literal' && type.value === null) return 'NoneType';
  return '';
}

const tests: Readonly<Record<string, (value: Value) => boolean>> = {
  int: (value) => typeof value === 'bigint',
  float: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  str: (value) => typeof value === 'string',
  NoneType: (value) => value === null,
  Tensor: (value) => value instanceof TensorRef,
  List: (value) => value instanceof ListValue,
  list: (value) => value instanceof ListValue,
  Tuple: (value) => value instanceof TupleValue,
  tuple: (value) => value instanceof TupleValue,
  Dict: (value) => value instanceof DictValue,
};

/** `isinstance` of the program. */
export function isOfType(value: Value, type: Expression | undefined): boolean {
  if (type?.kind === 'tuple' || type?.kind === 'list') return type.items.some((one) => isOfType(value, one));
  const name = typeName(type);
  if (name === 'Optional' && type?.kind === 'subscript') return value === null || isOfType(value, type.index);
  if (name === 'number') return typeof value === 'bigint' || typeof value === 'number';
  const test = Object.hasOwn(tests, name) ? tests[name] : undefined;
  return test ? test(value) : value instanceof ObjectValue && value.type.endsWith(`.${name}`);
}
