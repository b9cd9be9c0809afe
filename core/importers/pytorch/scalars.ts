import { StudioError } from '../../network/errors.ts';
import { numbersOf } from '../onnx/numeric.ts';
import type { BuiltinContext } from './builtins.ts';
import { DictValue, ListValue, NameValue, ObjectValue, TensorRef, TupleValue, type Value } from './values.ts';

/** Longer texts and lists are no part of a network. */
const MAX_LENGTH = 2 ** 20;

/** A plain number; int is bigint, float is number. */
export type Scalar = bigint | number | boolean;

/** Whether a value is a plain number. */
export const isScalar = (value: Value | undefined): value is Scalar =>
  typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean';

const int64 = (value: bigint): bigint => BigInt.asIntN(64, value);

/** The error for what only the input tells. */
export function atRunTime(what: string): StudioError {
  return new StudioError(
    'op-unsupported',
    `${what} depends on the numbers of the input, and the NPU runs a fixed program`,
    {},
    'Trace the model instead of scripting it, or export the part that does not depend on them.',
  );
}

/** The error for wrong operands. */
export function wrongOperands(operator: string): StudioError {
  return new StudioError(
    'op-unsupported',
    `the program uses "${operator}" on values that it is not known for`,
  );
}

/** The number of a plain value or of a tensor whose number is known. @throws StudioError op-unsupported */
export function scalarOfValue(value: Value | undefined, context: BuiltinContext): Scalar {
  if (isScalar(value)) return value;
  if (!(value instanceof TensorRef)) throw wrongOperands('a number');
  const tensor = context.tracer.known(value);
  if (!tensor) {
    context.tracer.shape(value);
    throw atRunTime('a number that the program computes with');
  }
  if (tensor.data.length !== 1) throw wrongOperands('the number of a tensor with several');
  const [number] = Array.from(numbersOf(tensor));
  if (tensor.type === 'bool') return number !== 0;
  return tensor.type.startsWith('float') ? number : BigInt(Math.trunc(number));
}

/** What Python's `bool` says. */
export function truthOf(value: Value, context: BuiltinContext): boolean {
  if (value === null) return false;
  if (typeof value === 'string') return value !== '';
  if (value instanceof ListValue || value instanceof TupleValue) return value.items.length > 0;
  if (value instanceof DictValue) return value.entries.size > 0;
  if (value instanceof TensorRef) {
    const tensor = context.tracer.known(value);
    if (tensor?.data.length === 1) return Number(tensor.data[0]) !== 0;
    context.tracer.shape(value);
    throw atRunTime('a condition');
  }
  if (isScalar(value)) return Boolean(value);
  return true;
}

type Ints = (a: bigint, b: bigint) => Value;
type Reals = (a: number, b: number) => Value;

function floorDivide(a: bigint, b: bigint): bigint {
  if (b === 0n) throw wrongOperands('division by zero');
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

function power(a: bigint, b: bigint): Value {
  if (b < 0n) return Number(a) ** Number(b);
  if (b > 64n && a > 1n) throw wrongOperands('a power beyond 64 bits');
  return int64(a ** b);
}

/** Arithmetic and comparison, for ints and for floats. */
const numeric: Readonly<Record<string, [Ints, Reals]>> = {
  '+': [(a, b) => int64(a + b), (a, b) => a + b],
  '-': [(a, b) => int64(a - b), (a, b) => a - b],
  '*': [(a, b) => int64(a * b), (a, b) => a * b],
  '/': [(a, b) => Number(a) / Number(b), (a, b) => a / b],
  '//': [floorDivide, (a, b) => Math.floor(a / b)],
  '%': [(a, b) => a - floorDivide(a, b) * b, (a, b) => a - Math.floor(a / b) * b],
  '**': [power, (a, b) => a ** b],
  '<': [(a, b) => a < b, (a, b) => a < b],
  '>': [(a, b) => a > b, (a, b) => a > b],
  '<=': [(a, b) => a <= b, (a, b) => a <= b],
  '>=': [(a, b) => a >= b, (a, b) => a >= b],
  '&': [(a, b) => a & b, () => { throw wrongOperands('&'); }],
  '|': [(a, b) => a | b, () => { throw wrongOperands('|'); }],
  '^': [(a, b) => a ^ b, () => { throw wrongOperands('^'); }],
}; // prettier-ignore

function onNumbers(operator: string, a: Scalar, b: Scalar): Value {
  const rules = Object.hasOwn(numeric, operator) ? numeric[operator] : undefined;
  if (!rules) throw wrongOperands(operator);
  if (typeof a === 'boolean' && typeof b === 'boolean' && '&|^'.includes(operator))
    return Boolean(rules[0](BigInt(a), BigInt(b)));
  if (typeof a === 'number' || typeof b === 'number') return rules[1](Number(a), Number(b));
  return rules[0](BigInt(a), BigInt(b));
}

/** Deep equality of plain values. */
export function equal(a: Value, b: Value): boolean {
  if (isScalar(a) && isScalar(b)) return Number(a) === Number(b);
  const [x, y] = [itemsOf(a), itemsOf(b)];
  if (x && y) return x.length === y.length && x.every((item, i) => equal(item, y[i]));
  return a === b;
}

/** Whether two values are the same object; null is only null. */
const same = (a: Value, b: Value): boolean => (isScalar(a) || isScalar(b) ? equal(a, b) : a === b);

/** The items of a list or tuple. */
export function itemsOf(value: Value | undefined): readonly Value[] | undefined {
  return value instanceof ListValue || value instanceof TupleValue ? value.items : undefined;
}

/** Whether `item` is in a container. */
export function contains(container: Value, item: Value): boolean {
  if (container instanceof DictValue) return container.entries.has(item);
  if (typeof container === 'string') return typeof item === 'string' && container.includes(item);
  const items = itemsOf(container);
  if (!items) throw wrongOperands('in');
  return items.some((one) => equal(one, item));
}

/** The result of a binary operator; on tensors it is an operator of the network. */
export function binary(operator: string, a: Value, b: Value, context: BuiltinContext): Value {
  if (operator === 'is') return same(a, b);
  if (operator === 'is not') return !same(a, b);
  if (operator === 'in') return contains(b, a);
  if (operator === 'not in') return !contains(b, a);
  if (a instanceof TensorRef || b instanceof TensorRef) return onTensors(operator, a, b, context);
  if (operator === '==') return equal(a, b);
  if (operator === '!=') return !equal(a, b);
  if (isScalar(a) && isScalar(b)) return onNumbers(operator, a, b);
  return onSequences(operator, a, b);
}

function onSequences(operator: string, a: Value, b: Value): Value {
  if (operator === '+' && typeof a === 'string' && typeof b === 'string') return limited(a + b);
  const [x, y] = [itemsOf(a), itemsOf(b)];
  if (operator === '+' && x && y) {
    if (x.length + y.length > MAX_LENGTH) throw wrongOperands('a list of more than a million items');
    return a instanceof TupleValue ? new TupleValue([...x, ...y]) : new ListValue([...x, ...y]);
  }
  if (operator === '*' && x && typeof b === 'bigint') {
    if (b * BigInt(x.length) > MAX_LENGTH) throw wrongOperands('a list of more than a million items');
    return new ListValue(Array.from({ length: Math.max(0, Number(b)) }, () => x).flat());
  }
  throw wrongOperands(operator);
}

/** A text that is not longer than sense. */
export function limited(text: string): string {
  if (text.length > MAX_LENGTH) throw wrongOperands('a text of more than a million characters');
  return text;
}

const tensorOperators: Readonly<Record<string, string>> = {
  '+': 'add', '-': 'sub', '*': 'mul', '/': 'div', '//': 'floor_divide', '%': 'remainder', '**': 'pow', '@': 'matmul',
  '<': 'lt', '>': 'gt', '<=': 'le', '>=': 'ge', '==': 'eq', '!=': 'ne',
  '&': 'bitwise_and', '|': 'bitwise_or', '^': 'bitwise_xor',
}; // prettier-ignore

function onTensors(operator: string, a: Value, b: Value, { tracer }: BuiltinContext): Value {
  const name = Object.hasOwn(tensorOperators, operator) ? tensorOperators[operator] : undefined;
  if (name === undefined) throw wrongOperands(operator);
  return tracer.call('aten', name, [a, b], new Map(), name);
}

/** The result of `-x`, `+x`, `~x` or `not x`. */
export function unary(operator: string, value: Value, context: BuiltinContext): Value {
  if (operator === 'not') return !truthOf(value, context);
  if (operator === '+') return value;
  if (value instanceof TensorRef) {
    const name = operator === '-' ? 'neg' : 'bitwise_not';
    return context.tracer.call('aten', name, [value], new Map(), name);
  }
  if (!isScalar(value)) throw wrongOperands(operator);
  if (operator === '~') return ~BigInt(value);
  return typeof value === 'number' ? -value : int64(-BigInt(value));
}

/** A value in a text, as Python shows it. */
export function shown(value: Value | undefined, depth = 0): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string' || isScalar(value)) return String(value);
  const items = itemsOf(value);
  if (items && depth < 4) return `[${items.slice(0, 64).map((item) => shown(item, depth + 1)).join(', ')}]`; // prettier-ignore
  if (value instanceof NameValue) return value.path;
  return value instanceof ObjectValue ? value.type : '...';
}
