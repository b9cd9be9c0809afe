import { JsonObject, type JsonValue } from '../../../files/json-text.ts';
import { Real } from '../../../network/layer.ts';
import { fromNumbers, integersOf } from '../../onnx/numeric.ts';
import { numberOf } from '../config.ts';
import type { LayerContext } from '../context.ts';
import { InputAt, type Operand } from '../flatten.ts';

/** An argument by place or name: of the call, else of the operation's settings. */
export function argument(layer: LayerContext, index: number, ...names: string[]): Operand | undefined {
  const given = layer.argument(index, ...names);
  if (given !== undefined && given !== null) return given;
  return names.map((name) => layer.config.value(name)).find((value) => value !== undefined);
}

/** A tensor argument; plain numbers become constants of the type of the other operand. */
export function tensor(layer: LayerContext, value: Operand | undefined, like?: string): string {
  if (value instanceof InputAt) return layer.c.input(value.index);
  const numbers = flat(layer, value);
  if (numbers.length === 0) throw layer.node.invalid('an operand is missing');
  const type = like === undefined ? 'float32' : layer.c.type(like);
  // A real number makes the result real, whatever the other operand is.
  const own = type.startsWith('float') || isReal(value) ? 'float32' : type;
  return layer.c.constant(fromNumbers(own, shapeOf(value), numbers));
}

const isReal = (value: Operand | undefined): boolean =>
  Array.isArray(value) ? value.some(isReal) : value instanceof Real;

function flat(layer: LayerContext, value: Operand | undefined): number[] {
  if (Array.isArray(value)) return value.flatMap((item) => flat(layer, item));
  const number = typeof value === 'boolean' ? Number(value) : numberOf(plain(value));
  if (number === undefined) throw layer.node.invalid('an operand is neither a tensor nor numbers');
  return [number];
}

function shapeOf(value: Operand | undefined): number[] {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

/** A value that is no tensor and no list. */
function plain(value: Operand | undefined): Exclude<JsonValue, JsonValue[]> | undefined {
  return value instanceof InputAt || Array.isArray(value) ? undefined : value;
}

/** The tensors of an argument that is a list of them, or of the whole call. */
export function tensors(layer: LayerContext, value: Operand | undefined): string[] {
  const list = Array.isArray(value) ? value : [value];
  const first = list.flatMap((item) => layer.tensorsOf(item)).at(0);
  return list.map((item) => tensor(layer, item, first));
}

/** Two operands, of which one may be a number; of one type. */
export function pair(layer: LayerContext): [string, string] {
  const a = argument(layer, 0, 'x1', 'x', 'a');
  const b = argument(layer, 1, 'x2', 'y', 'b');
  const like = [...layer.tensorsOf(a), ...layer.tensorsOf(b)].at(0);
  const both: [string, string] = [tensor(layer, a, like), tensor(layer, b, like)];
  const { c } = layer;
  const types = both.map((name) => c.type(name));
  if (types[0] === types[1]) return both;
  return [c.float(both[0]), c.float(both[1])];
}

/** Whole numbers: a list, a single one, or tensors that are known (as parts of a shape are). */
export function ints(layer: LayerContext, value: Operand | undefined): number[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value.flatMap((item) => ints(layer, item) ?? []);
  if (value instanceof InputAt) {
    const known = layer.c.known(layer.c.input(value.index));
    return known ? integersOf(known) : layer.refuse('a shape or axis that is only known at run time');
  }
  const number = numberOf(plain(value));
  if (number === undefined || !Number.isSafeInteger(number))
    throw layer.node.invalid('an argument is not a whole number');
  return [number];
}

/** One whole number. */
export function int(layer: LayerContext, value: Operand | undefined, fallback: number): number {
  return ints(layer, value)?.[0] ?? fallback;
}

/** A plain number. */
export function float(value: Operand | undefined, fallback: number): number {
  return numberOf(plain(value)) ?? fallback;
}

export function text(value: Operand | undefined, fallback: string): string {
  const found = plain(value);
  return typeof found === 'string' ? found : fallback;
}

export const flag = (value: Operand | undefined): boolean => plain(value) === true;

/** Members of a record of an argument. */
export const record = (value: Operand | undefined): JsonObject | undefined => {
  const found = plain(value);
  return found instanceof JsonObject ? found : undefined;
};
