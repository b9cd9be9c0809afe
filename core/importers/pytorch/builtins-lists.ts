import type { Builtin } from './builtins.ts';
import { equal, isScalar, itemsOf, limited, shown, wrongOperands } from './scalars.ts';
import { DictValue, ListValue, TensorRef, TupleValue, type Value } from './values.ts';

/** Where an index of Python's points; undefined when it is outside. */
function place(index: Value | undefined, length: number): number | undefined {
  if (typeof index !== 'bigint') throw wrongOperands('an index');
  const at = Number(index) < 0 ? Number(index) + length : Number(index);
  return at >= 0 && at < length ? at : undefined;
}

function listOf(value: Value | undefined, operator: string): ListValue {
  if (value instanceof ListValue) return value;
  throw wrongOperands(operator);
}

/** Begin and end of Python's slices with step 1 or more. */
function bounds(begin: Value | undefined, end: Value | undefined, length: number): [number, number] {
  const at = (value: Value | undefined, fallback: number): number => {
    if (typeof value !== 'bigint') return fallback;
    const number = Number(value) < 0 ? Number(value) + length : Number(value);
    return Math.min(length, Math.max(0, number));
  };
  return [at(begin, 0), at(end, length)];
}

const slice: Builtin = ([container, begin, end, step]) => {
  if (container instanceof TensorRef) return undefined;
  const stride = typeof step === 'bigint' ? Number(step) : 1;
  const sequence = typeof container === 'string' ? Array.from(container) : itemsOf(container);
  if (!sequence || stride < 1) throw wrongOperands('slice');
  const [from, to] = bounds(begin, end, sequence.length);
  const picked = sequence.slice(from, to).filter((_, i) => i % stride === 0);
  if (typeof container === 'string') return picked.map((letter) => shown(letter)).join('');
  return container instanceof TupleValue ? new TupleValue(picked) : new ListValue(picked);
};

const getItem: Builtin = ([container, index], context) => {
  if (container instanceof DictValue) return required(container.entries.get(index));
  if (container instanceof TensorRef) {
    if (typeof index !== 'bigint') return context.tracer.call('aten', 'index', [container, new ListValue([index])], new Map(), 'index'); // prettier-ignore
    return context.tracer.call('aten', 'select', [container, 0n, index], new Map(), 'select');
  }
  const sequence = typeof container === 'string' ? Array.from(container) : itemsOf(container);
  if (!sequence) throw wrongOperands('[]');
  return required(sequence[place(index, sequence.length) ?? -1]);
};

function required(value: Value | undefined): Value {
  if (value === undefined) throw wrongOperands('an index outside of a list');
  return value;
}

const setItem: Builtin = ([container, index, value]) => {
  if (container instanceof DictValue) container.entries.set(index, value);
  else {
    const list = listOf(container, '[]=');
    const at = place(index, list.items.length);
    if (at === undefined) throw wrongOperands('an index outside of a list');
    list.items[at] = value;
  }
  return null;
};

const pop: Builtin = ([container, index]) => {
  if (container instanceof DictValue) {
    const found = required(container.entries.get(index));
    container.entries.delete(index);
    return found;
  }
  const list = listOf(container, 'pop');
  const at = place(index ?? -1n, list.items.length);
  if (at === undefined) throw wrongOperands('pop');
  return list.items.splice(at, 1)[0];
};

const insert: Builtin = ([list, index, item]) => {
  listOf(list, 'insert').items.splice(Number(index), 0, item);
  return null;
};

const sorted: Builtin = ([value, descending]) => {
  const items = itemsOf(value);
  if (!items?.every(isScalar)) return undefined;
  const order = [...items].sort((a, b) => Number(a) - Number(b));
  return new ListValue(descending === true ? order.reverse() : order);
};

const length: Builtin = ([value], { tracer }) => {
  if (typeof value === 'string') return BigInt(value.length);
  if (value instanceof DictValue) return BigInt(value.entries.size);
  if (value instanceof TensorRef) return BigInt(tracer.shape(value)[0] ?? 0);
  const items = itemsOf(value);
  return items ? BigInt(items.length) : undefined;
};

const rangeLength: Builtin = ([begin, end, step]) => {
  if (typeof begin !== 'bigint' || typeof end !== 'bigint' || typeof step !== 'bigint' || step === 0n)
    throw wrongOperands('range');
  const count = step > 0n ? (end - begin + step - 1n) / step : (begin - end - step - 1n) / -step;
  return count > 0n ? count : 0n;
};

const pairs = (value: Value | undefined): DictValue => {
  if (value instanceof DictValue) return value;
  throw wrongOperands('the entries of something that is no dictionary');
};

/** Functions of lists, tuples, dictionaries and texts. */
export const listBuiltins: readonly (readonly [string, Builtin])[] = [
  ['len', length],
  ['slice', slice],
  ['__getitem__', getItem],
  ['_set_item', setItem],
  ['append', ([list, item]) => { listOf(list, 'append').items.push(item); return list; }],
  ['extend', ([list, more]) => { for (const item of itemsOf(more) ?? []) listOf(list, 'extend').items.push(item); return null; }],
  ['insert', insert],
  ['pop', pop],
  ['clear', ([list]) => { listOf(list, 'clear').items.length = 0; return null; }],
  ['reverse', ([list]) => { listOf(list, 'reverse').items.reverse(); return null; }],
  ['list', ([value]) => { const items = typeof value === 'string' ? Array.from(value) : itemsOf(value); return items && new ListValue([...items]); }],
  ['copy', ([value]) => (value instanceof ListValue ? new ListValue([...value.items]) : undefined)],
  ['index', ([list, item]) => (list instanceof ListValue && !(item instanceof ListValue) ? BigInt(list.items.findIndex((one) => equal(one, item))) : undefined)],
  ['count', ([list, item]) => (list instanceof ListValue ? BigInt(list.items.filter((one) => equal(one, item)).length) : undefined)],
  ['sorted', sorted],
  ['__range_length', rangeLength],
  ['__derive_index', ([index, begin, step]) => BigInt(Number(begin) + Number(index) * Number(step))],
  ['keys', ([dict]) => new ListValue([...pairs(dict).entries.keys()])],
  ['values', ([dict]) => (dict instanceof DictValue ? new ListValue([...dict.entries.values()]) : undefined)],
  ['items', ([dict]) => new ListValue([...pairs(dict).entries].map((pair) => new TupleValue(pair)))],
  ['get', ([dict, key, fallback]) => pairs(dict).entries.get(key) ?? fallback ?? null],
  ['dict', ([value]) => new DictValue(new Map(value instanceof DictValue ? value.entries : []))],
  ['startswith', ([text, start]) => shown(text).startsWith(shown(start))],
  ['endswith', ([text, end]) => shown(text).endsWith(shown(end))],
  ['lower', ([text]) => limited(shown(text).toLowerCase())],
  ['upper', ([text]) => limited(shown(text).toUpperCase())],
  ['any', ([list]) => (list instanceof ListValue ? list.items.some((item) => item !== false && item !== 0n) : undefined)],
  ['all', ([list]) => (list instanceof ListValue ? list.items.every((item) => item !== false && item !== 0n) : undefined)],
]; // prettier-ignore
