import { JsonObject, type JsonValue } from '../../files/json-text.ts';
import { StudioError } from '../../network/errors.ts';
import { Real } from '../../network/layer.ts';

/** A number of a JSON value, whole or not. */
export function numberOf(value: JsonValue | undefined): number | undefined {
  if (value instanceof Real) return value.value;
  return typeof value === 'number' ? value : undefined;
}

/** The settings of a layer as the model file has them; absent or null settings take their fallback. */
export class Config {
  /** Name of the layer, for messages. */
  readonly layer: string;
  private readonly object: JsonObject;

  constructor(object: JsonObject, layer: string) {
    this.object = object;
    this.layer = layer;
  }

  /** The setting as it is; undefined when it is absent or null. */
  value(key: string): JsonValue | undefined {
    return this.object.members.get(key) ?? undefined;
  }

  /** Whether the file names the setting, be it null. */
  names(key: string): boolean {
    return this.object.members.has(key);
  }

  has(key: string): boolean {
    return this.value(key) !== undefined;
  }

  text(key: string, fallback: string): string {
    const value = this.value(key) ?? fallback;
    return typeof value === 'string' ? value : this.fail(key, 'a text');
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.value(key) ?? fallback;
    return typeof value === 'boolean' ? value : Boolean(numberOf(value) ?? this.fail(key, 'true or false'));
  }

  /** A number; records that hold one in `value` (as NumPy scalars are written) count too. */
  float(key: string, fallback: number): number {
    const value = this.value(key);
    if (value === undefined) return fallback;
    const inner = value instanceof JsonObject ? value.members.get('value') : value;
    return numberOf(inner) ?? this.fail(key, 'a number');
  }

  int(key: string, fallback: number): number {
    const value = this.float(key, fallback);
    return Number.isSafeInteger(value) ? value : this.fail(key, 'a whole number');
  }

  /** A setting that must be there: a number from 1 to 2^24, as sizes are. */
  size(key: string): number {
    const value = this.int(key, 0);
    return value >= 1 && value <= 2 ** 24 ? value : this.fail(key, 'a size');
  }

  /** Whole numbers; undefined when absent. A single one is a list of one. */
  ints(key: string): number[] | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    const list = Array.isArray(value) ? value : [value];
    return list.map((item) => {
      const number = numberOf(item);
      return number !== undefined && Number.isSafeInteger(number) ? number : this.fail(key, 'whole numbers');
    });
  }

  /** One whole number per spatial axis; a single one is for all. */
  intsOf(key: string, count: number, fallback: number): number[] {
    const given = this.ints(key) ?? [fallback];
    if (given.length === count) return given;
    if (given.length !== 1) this.fail(key, `${count} numbers`);
    return Array.from({ length: count }, () => given[0]);
  }

  /** Numbers of nested lists, flat. */
  floats(key: string): number[] | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    const flat = (item: JsonValue): number[] =>
      Array.isArray(item) ? item.flatMap(flat) : [numberOf(item) ?? this.fail(key, 'numbers')];
    return flat(value);
  }

  /** A record inside the settings. */
  child(key: string): JsonObject | undefined {
    const value = this.value(key);
    if (value === undefined || value instanceof JsonObject) return value;
    return this.fail(key, 'a record');
  }

  /** @throws StudioError network-invalid */
  fail(key: string, expected: string): never {
    throw new StudioError('network-invalid', `"${key}" is not ${expected}`, { layer: this.layer });
  }
}

/** A member that is a record, or an error that names the place. */
export function recordOf(value: JsonValue | undefined, what: string): JsonObject {
  if (value instanceof JsonObject) return value;
  throw new StudioError('file-malformed', `the model's configuration has no ${what}`);
}

/** A member of a record that is a text; '' for anything else. */
export function textIn(record: JsonObject, key: string): string {
  const value = record.members.get(key);
  return typeof value === 'string' ? value : '';
}
