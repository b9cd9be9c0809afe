import type { DeviceParam, DeviceQuantization, DeviceType } from '../device/graph.ts';
import {
  deviceOps,
  deviceTypeOf,
  enumValue,
  opInfo,
  quantizationKindOf,
  type FieldInfo,
} from '../device/vocabulary.ts';
import { StudioError } from '../network/errors.ts';

/** A parameter as it is stored; integers are unsigned words. */
export interface StoredParam {
  name: string;
  /** A field of vx_param; those follow from the others. */
  isVx: boolean;
  values: readonly number[];
}

const unknown = (what: string, value: number | string): StudioError =>
  new StudioError('file-malformed', `the packed network has the unknown ${what} ${value}`);

const opNames = new Map(Object.entries(deviceOps).map(([name, { value }]) => [value, name]));

/** An op by its number. */
export function opOf(value: number): string {
  const name = opNames.get(value);
  if (name === undefined) throw unknown('operator', value);
  return name;
}

/** An element type by its number. */
export function typeOf(value: number): DeviceType {
  const type = deviceTypeOf(value);
  if (type === undefined) throw unknown('data type', value);
  return type;
}

/** A kind of quantization by its number. */
export function quantizationKind(value: number): DeviceQuantization['kind'] {
  const kind = quantizationKindOf(value);
  if (kind === undefined) throw unknown('quantization', value);
  return kind;
}

/** Parameters of a node as a device graph has them. */
export function nodeParams(op: string, stored: readonly StoredParam[]): Record<string, DeviceParam> {
  const { fields } = opInfo(op);
  const own = stored.filter(({ isVx }) => !isVx);
  return Object.fromEntries(
    own.map(({ name, values }) => {
      if (!Object.hasOwn(fields, name)) throw unknown(`parameter of ${op}`, `"${name}"`);
      return [name, paramValue(fields[name], values)];
    }),
  );
}

function paramValue({ type, values: constants }: FieldInfo, words: readonly number[]): DeviceParam {
  const signed = words.map((word) => (type.startsWith('i32') ? word | 0 : word));
  if (type.endsWith('*') || type.endsWith('[]')) return signed;
  if (signed.length !== 1) throw unknown('number of values', signed.length);
  if (type === 'bool') return signed[0] !== 0;
  if (type !== 'enum') return signed[0];
  const name = constants?.find((constant) => enumValue(constant) === signed[0]);
  if (name === undefined) throw unknown('constant', signed[0]);
  return name;
}
