import { StudioError } from '../../network/errors.ts';
import { listBuiltins } from './builtins-lists.ts';
import { tensorBuiltins } from './builtins-tensors.ts';
import { binary, contains, isScalar, itemsOf, limited, scalarOfValue, shown, truthOf, unary } from './scalars.ts'; // prettier-ignore
import type { Tracer } from './tracer.ts';
import { TensorRef, type Value } from './values.ts';

/** What functions of plain values may use. */
export interface BuiltinContext {
  readonly tracer: Tracer;
}

/** A function of plain values; undefined when it is one of tensors in this case. */
export type Builtin = (args: readonly Value[], context: BuiltinContext) => Value | undefined;

const anyTensor = (args: readonly Value[]): boolean => args.some((value) => value instanceof TensorRef);

/** A binary operator under its name. */
const operator =
  (symbol: string): Builtin =>
  (args, context) =>
    anyTensor(args) || args.length < 2 ? undefined : binary(symbol, args[0], args[1], context);

/** A function of one float. */
const real =
  (apply: (x: number) => number): Builtin =>
  ([x, ...rest]) =>
    isScalar(x) && rest.length === 0 ? apply(Number(x)) : undefined;

/** A function of one float that gives an int. */
const rounded =
  (apply: (x: number) => number): Builtin =>
  ([x]) =>
    isScalar(x) ? BigInt(apply(Number(x))) : undefined;

const identity: Builtin = ([x]) => x;

/** `"{} of {}".format(a, b)` */
const format: Builtin = ([pattern, ...values]) => {
  let next = 0;
  return limited(shown(pattern).replaceAll('{}', () => shown(values[next++])));
};

const raise: Builtin = ([message, type]) => {
  const kind = typeof type === 'string' ? `${type.replace('builtins.', '')}: ` : '';
  throw new StudioError(
    'op-unsupported',
    `the program refuses these inputs: ${kind}${shown(message)}`,
    {},
    'Check --input-size-list.',
  );
};

/** The largest or smallest of numbers or of a list of them. */
function extreme(pick: (a: number, b: number) => boolean): Builtin {
  return (args) => {
    const numbers = args.length === 1 ? itemsOf(args[0]) : args;
    if (!numbers?.every(isScalar) || numbers.length === 0) return undefined;
    return numbers.reduce((best, value) => (pick(Number(value), Number(best)) ? value : best));
  };
}

/** The sum of a list. */
const total: Builtin = ([value], context) => {
  const items = itemsOf(value);
  return items?.every(isScalar)
    ? items.reduce<Value>((sum, item) => binary('+', sum, item, context), 0n)
    : undefined;
};

const integerOf: Builtin = ([value], context) => {
  if (typeof value === 'string') return BigInt(value.trim());
  const scalar = scalarOfValue(value, context);
  return typeof scalar === 'number' ? BigInt(Math.trunc(scalar)) : BigInt(scalar);
};

const realOf: Builtin = ([value], context) => {
  if (typeof value === 'string')
    return value === '-inf' ? -Infinity : value === 'inf' ? Infinity : Number(value);
  return Number(scalarOfValue(value, context));
};

const scalarFunctions: readonly (readonly [string, Builtin])[] = [
  ['add', operator('+')], ['sub', operator('-')], ['mul', operator('*')], ['div', operator('/')],
  ['floordiv', operator('//')], ['remainder', operator('%')], ['pow', operator('**')],
  ['eq', operator('==')], ['ne', operator('!=')],
  ['lt', operator('<')], ['gt', operator('>')], ['le', operator('<=')], ['ge', operator('>=')],
  ['__and__', operator('&')], ['__or__', operator('|')], ['__xor__', operator('^')],
  ['__is__', ([a, b], c) => binary('is', a, b, c)],
  ['__isnot__', ([a, b], c) => binary('is not', a, b, c)],
  ['__contains__', ([container, item]) => contains(container, item)],
  ['__not__', ([x], c) => !truthOf(x, c)],
  ['neg', ([x], c) => (isScalar(x) ? unary('-', x, c) : undefined)],
  ['abs', ([x]) => typeof x === 'bigint' ? (x < 0n ? -x : x) : typeof x === 'number' ? Math.abs(x) : undefined],
  ['sqrt', real(Math.sqrt)], ['exp', real(Math.exp)], ['log', real(Math.log)], ['log2', real(Math.log2)],
  ['sin', real(Math.sin)], ['cos', real(Math.cos)], ['tan', real(Math.tan)],
  ['ceil', rounded(Math.ceil)], ['floor', rounded(Math.floor)],
  ['sum', total],
  ['min', extreme((a, b) => a < b)], ['max', extreme((a, b) => a > b)],
  ['Int', integerOf], ['int', integerOf], ['IntImplicit', integerOf],
  ['Float', realOf], ['float', realOf], ['FloatImplicit', realOf],
  ['Bool', ([x], c) => truthOf(x, c)], ['bool', ([x], c) => truthOf(x, c)],
  ['item', ([x], c) => scalarOfValue(x, c)], ['ScalarImplicit', ([x], c) => scalarOfValue(x, c)],
  ['str', ([x]) => limited(shown(x))], ['format', format],
  ['RaiseException', raise], ['warn', () => null], ['print', () => null], ['Print', () => null],
  ['unchecked_unwrap_optional', identity], ['_unwrap_optional', identity], ['unchecked_cast', identity],
  ['device', ([x]) => (x instanceof TensorRef || typeof x === 'string' ? 'cpu' : undefined)],
  ['is_scripting', () => true], ['is_tracing', () => false], ['_get_tracing_state', () => false],
  ['is_grad_enabled', () => false], ['is_autocast_enabled', () => false],
  ['set_grad_enabled', () => null], ['Uninitialized', () => null],
]; // prettier-ignore

/** Functions that work on plain values, or on what is known of tensors, by the last part of their name. */
export const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ...scalarFunctions,
  ...listBuiltins,
  ...tensorBuiltins,
]);
