import { StudioError } from './errors.ts';

/** Marks a number that Python wrote as a float, so that `1.0` stays `1.0` and does not become `1`. */
export class Real {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** Shorthand for {@link Real}. */
export const real = (value: number): Real => new Real(value);

/** The value of one layer parameter as the .json file has it. */
export type ParameterValue = number | Real | string | boolean | null | ParameterValue[];

/** A reference to one output of a layer; `@<layer key>:out<port>` in files. */
export interface TensorRef {
  layer: string;
  port: number;
}

/** The file spelling of a reference. */
export function formatRef(ref: TensorRef): string {
  return `@${ref.layer}:out${ref.port}`;
}

/** Parses `@key:out0`; splits at the last colon because keys may contain colons. */
export function parseRef(text: string): TensorRef {
  const match = /^@([^]*):out(\d{1,4})$/.exec(text);
  if (!match)
    throw new StudioError(
      'file-malformed',
      `"${text.slice(0, 200)}" is not a reference like "@layer_1:out0"`,
    );
  return { layer: match[1], port: Number(match[2]) };
}

/** What a {@link Layer} is made from. */
export interface LayerInit {
  /** Unique in the network: `<name>_<number>`. The identity of the layer. */
  key: string;
  /** For display; not unique. */
  name: string;
  /** ACUITY op, e.g. `convolution`. */
  op: string;
  parameters?: Iterable<readonly [string, ParameterValue]> | Record<string, ParameterValue>;
  inputs: readonly TensorRef[];
  /** Number of output ports: out0, out1, ... */
  outputs?: number;
}

/** One operation of a network. Parameters are read through typed getters that accept old spellings too. */
export class Layer {
  readonly key: string;
  readonly name: string;
  readonly op: string;
  readonly parameters: Map<string, ParameterValue>;
  inputs: TensorRef[];
  readonly outputs: number;

  constructor(init: LayerInit) {
    this.key = init.key;
    this.name = init.name;
    this.op = init.op;
    const given = init.parameters ?? [];
    this.parameters = new Map(Symbol.iterator in given ? given : Object.entries(given));
    this.inputs = [...init.inputs];
    this.outputs = init.outputs ?? 1;
  }

  /** The same layer with other inputs. */
  withInputs(inputs: readonly TensorRef[]): Layer {
    const { key, name, op, parameters, outputs } = this;
    return new Layer({ key, name, op, parameters, inputs, outputs });
  }

  /** The trailing number of the key, which case code uses as the node's uid. */
  get uid(): number {
    return Number(/_(\d+)$/.exec(this.key)?.[1] ?? 0);
  }

  /** An integer; strings of digits (old files) are accepted. */
  int(name: string, fallback?: number): number {
    const value = this.number(name, fallback);
    if (!Number.isSafeInteger(value)) this.reject(name, 'an integer');
    return value;
  }

  /** A real number; Infinity is allowed. */
  number(name: string, fallback?: number): number {
    const value = this.parameters.get(name) ?? fallback;
    const number =
      value instanceof Real ? value.value : typeof value === 'string' ? parseNumber(value) : value;
    if (typeof number !== 'number' || Number.isNaN(number)) this.reject(name, 'a number');
    return number;
  }

  /** A list of integers; also "0 3 1 2", "0,1,1,0" or one bare integer (old files). */
  ints(name: string, fallback?: readonly number[]): number[] {
    const value = this.parameters.get(name) ?? (fallback ? [...fallback] : undefined);
    const items =
      typeof value === 'string'
        ? value.split(/[\s,]+/).filter((item) => item !== '')
        : Array.isArray(value)
          ? value
          : value === undefined || value === null
            ? this.reject(name, 'a list of integers')
            : [value];
    return items.map((item) => {
      const number = typeof item === 'string' ? parseNumber(item) : item instanceof Real ? item.value : item;
      if (typeof number !== 'number' || !Number.isSafeInteger(number))
        this.reject(name, 'a list of integers');
      return number;
    });
  }

  text(name: string, fallback?: string): string {
    const value = this.parameters.get(name) ?? fallback;
    if (typeof value !== 'string') this.reject(name, 'a text');
    return value;
  }

  flag(name: string, fallback?: boolean): boolean {
    const value = this.parameters.get(name) ?? fallback;
    if (value === 0 || value === 1) return value === 1;
    if (typeof value !== 'boolean') this.reject(name, 'true or false');
    return value;
  }

  has(name: string): boolean {
    const value = this.parameters.get(name);
    return value !== undefined && value !== null;
  }

  private reject(name: string, expected: string): never {
    const value = this.parameters.get(name);
    const seen =
      value === undefined ? 'missing' : JSON.stringify(value instanceof Real ? value.value : value);
    throw new StudioError(
      'parameter-invalid',
      `parameter "${name}" of op ${this.op} is ${seen}, expected ${expected}`,
      {
        layer: this.key,
      },
    );
  }
}

function parseNumber(text: string): number {
  const trimmed = text.trim();
  if (trimmed === 'inf' || trimmed === 'Infinity') return Infinity;
  if (trimmed === '-inf' || trimmed === '-Infinity') return -Infinity;
  return trimmed === '' ? NaN : Number(trimmed);
}
