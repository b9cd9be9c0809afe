import { StudioError } from '../../network/errors.ts';
import { malformed } from './exported-schema.ts';
import { storageTypes, type StorageType } from './storage.ts';
import { ListValue, type Value } from './values.ts';

/** torch.export's numbers of element types: what is stored, and PyTorch's own number. */
const TYPES: readonly (readonly [storage: string, number: bigint] | undefined)[] = [
  undefined, ['Byte', 0n], ['Char', 1n], ['Short', 2n], ['Int', 3n], ['Long', 4n], ['Half', 5n], ['Float', 6n],
  ['Double', 7n], undefined, undefined, undefined, ['Bool', 11n], ['BFloat16', 15n],
]; // prettier-ignore

/** How elements are stored, by torch.export's number. */
export const scalarTypes: readonly (StorageType | undefined)[] = TYPES.map(
  (type) => type && storageTypes[`torch.${type[0]}Storage`],
);

type Environment = ReadonlyMap<string, Value>;

/** A tensor or size by its name. */
function lookUp(value: unknown, values: Environment): Value {
  const name = typeof value === 'object' && value !== null ? ('name' in value ? value.name : 'as_name' in value ? value.as_name : undefined) : undefined; // prettier-ignore
  const found = typeof name === 'string' ? values.get(name) : undefined;
  if (found === undefined) throw malformed(`"${String(name)}" is read before it is there`);
  return found;
}

function integer(value: unknown): bigint {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  throw malformed('an integer is none');
}

/** Infinite and undefined numbers are written as texts. */
function real(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return Number(value);
  throw malformed('a number is none');
}

function truth(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw malformed('a truth is none');
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw malformed('a text is none');
}

type Reader = (value: unknown, values: Environment) => Value;

const list =
  (read: Reader): Reader =>
  (value, values) => {
    if (!Array.isArray(value)) throw malformed('a list is none');
    return new ListValue(value.map((item) => read(item, values)));
  };

/** A number, or the name of one that the program computes. */
const symbolic: Reader = (value, values) => {
  if (typeof value === 'object' && value !== null) {
    if ('as_int' in value) return integer(value.as_int);
    if ('as_float' in value) return real(value.as_float);
    if ('as_bool' in value) return truth(value.as_bool);
  }
  return lookUp(value, values);
};

const optional: Reader = (value, values) =>
  typeof value === 'object' && value !== null && 'as_tensor' in value
    ? lookUp(value.as_tensor, values)
    : null;

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['as_none', () => null],
  ['as_tensor', lookUp],
  ['as_tensors', list(lookUp)],
  ['as_optional_tensor', optional],
  ['as_optional_tensors', list(optional)],
  ['as_int', integer],
  ['as_ints', list(integer)],
  ['as_float', real],
  ['as_floats', list(real)],
  ['as_bool', truth],
  ['as_bools', list(truth)],
  ['as_string', text],
  ['as_strings', list(text)],
  ['as_sym_int', symbolic],
  ['as_sym_ints', list(symbolic)],
  ['as_sym_float', symbolic],
  ['as_sym_bool', symbolic],
  ['as_scalar_type', (value) => TYPES[Number(integer(value))]?.[1] ?? null],
  ['as_device', () => 'cpu'],
  ['as_layout', () => null],
  ['as_memory_format', () => null],
]);

/** An argument of an exported program as a value. @throws StudioError for subgraphs and objects */
export function argumentOf(argument: Readonly<Record<string, unknown>>, values: Environment): Value {
  const [entry] = Object.entries(argument);
  if (!entry) throw malformed('an argument is empty');
  const [kind, value] = entry;
  const read = readers.get(kind);
  if (read) return read(value, values);
  throw new StudioError('op-unsupported', `an argument of the kind "${kind}": control flow and objects of torch.export can not be imported`); // prettier-ignore
}
