import type { YamlReader } from '../files/yaml-values.ts';

/** Typed access to the `parameters` of one step; members that nobody asked for are errors. */
export class Parameters {
  private readonly asked = new Set<string>();

  constructor(
    private readonly reader: YamlReader | undefined,
    /** The item itself, for errors without a member. */
    private readonly item: YamlReader,
  ) {}

  number(key: string, fallback: number | undefined, min: number, max: number): number {
    const [value = fallback, ...rest] = this.reader?.numbers(this.note(key)) ?? [];
    if (value === undefined) throw this.missing(key);
    if (rest.length > 0 || !(value >= min && value <= max))
      throw this.fail(key, `"${key}" must be one number from ${min} to ${max}`);
    return value;
  }

  integer(key: string, fallback: number | undefined, min: number, max: number): number {
    const value = this.number(key, fallback, min, max);
    if (!Number.isInteger(value)) throw this.fail(key, `"${key}" must be a whole number`);
    return value;
  }

  /** Finite numbers; `count` of them where it is given. */
  numbers(key: string, fallback: readonly number[] | undefined, count?: number): readonly number[] {
    const values = this.reader?.numbers(this.note(key)) ?? fallback;
    if (!values) throw this.missing(key);
    if (!values.every(isUsual)) throw this.fail(key, `"${key}" must hold numbers below 1e30`);
    if (count !== undefined && values.length !== count)
      throw this.fail(key, `"${key}" needs ${count} numbers, not ${values.length}`);
    return values;
  }

  /** Width and height: whole numbers from 1. */
  size(key: string, isOptional: true): [number, number] | undefined;
  size(key: string): [number, number];
  size(key: string, isOptional = false): [number, number] | undefined {
    if (isOptional && !this.reader?.node(this.note(key))) return undefined;
    const [width, height] = this.numbers(key, undefined, 2);
    if (![width, height].every((value) => Number.isInteger(value) && value >= 1 && value <= 65535))
      throw this.fail(key, `"${key}" must be width and height from 1 to 65535`);
    return [width, height];
  }

  /** A list of number lists. */
  groups(key: string, fallback?: readonly (readonly number[])[]): readonly (readonly number[])[] {
    const groups = this.reader?.numberGroups(this.note(key)) ?? fallback;
    if (!groups) throw this.missing(key);
    if (!groups.flat().every(isUsual)) throw this.fail(key, `"${key}" must hold numbers below 1e30`);
    return groups;
  }

  flag(key: string, fallback: boolean): boolean {
    return this.reader?.flag(this.note(key), fallback) ?? fallback;
  }

  text(key: string): string | undefined {
    return this.reader?.text(this.note(key), undefined);
  }

  choice<T extends string>(key: string, allowed: readonly T[], fallback: T): T {
    const text = this.reader?.text(this.note(key), fallback) ?? fallback;
    const found = allowed.find((item) => item === text);
    if (found === undefined)
      throw this.fail(key, `"${key}" is "${text}", expected one of ${allowed.join(', ')}`);
    return found;
  }

  /** Call it last. @throws StudioError for the first member that nothing asked for */
  finish(): void {
    const unknown = [...(this.reader?.map.entries.keys() ?? [])].find((key) => !this.asked.has(key));
    if (unknown === undefined) return;
    throw this.fail(
      unknown,
      `there is no parameter "${unknown}" here; there are ${[...this.asked].join(', ')}`,
    );
  }

  fail(key: string, message: string): Error {
    return (this.reader ?? this.item).failAt(key, message);
  }

  private missing(key: string): Error {
    return this.fail(key, `the parameter "${key}" is missing`);
  }

  private note(key: string): string {
    this.asked.add(key);
    return key;
  }
}

/** Survives as float32. */
function isUsual(value: number): boolean {
  return Math.abs(value) <= 1e30;
}
