import { StudioError } from '../network/errors.ts';
import type { DeviceParam, DeviceQuantization, DeviceType } from './graph.ts';
import { convolutionOps, elementwiseOps, normalizationOps, structureOps } from './vocabulary-compute.ts';
import { enumFamilies } from './vocabulary-enums.ts';
import type { OpInfo } from './vocabulary-fields.ts';
import { selectionOps, shapeOps } from './vocabulary-shape.ts';

export type { FieldInfo, FieldType, OpInfo } from './vocabulary-fields.ts';

/** The version of ovxlib whose ops, fields and numbers these are. */
export const OVXLIB_VERSION = '1.1.34';

/** Every ovxlib op a lowered network may use, by name without `VSI_NN_OP_`. */
export const deviceOps: Readonly<Record<string, OpInfo>> = {
  ...convolutionOps,
  ...elementwiseOps,
  ...normalizationOps,
  ...structureOps,
  ...shapeOps,
  ...selectionOps,
};

/** Number of every C constant that parameter fields take. */
export const enumConstants: ReadonlyMap<string, number> = new Map(
  Object.values(enumFamilies).flatMap((family) => Object.entries(family)),
);

/** What ovxlib calls an element type. */
export interface DeviceTypeInfo {
  /** e.g. `VSI_NN_TYPE_FLOAT16` */
  constant: string;
  value: number;
  /** Bytes of one element. */
  bytes: number;
}

const type = (suffix: string, value: number, bytes: number): DeviceTypeInfo => ({
  constant: `VSI_NN_TYPE_${suffix}`,
  value,
  bytes,
});

const deviceTypes: Readonly<Record<DeviceType, DeviceTypeInfo>> = {
  float32: type('FLOAT32', 10, 4),
  float16: type('FLOAT16', 15, 2),
  bfloat16: type('BFLOAT16', 2074, 2),
  uint8: type('UINT8', 3, 1),
  int8: type('INT8', 2, 1),
  int16: type('INT16', 4, 2),
  uint16: type('UINT16', 5, 2),
  int32: type('INT32', 6, 4),
  uint32: type('UINT32', 7, 4),
  int64: type('INT64', 8, 8),
  bool8: type('BOOL8', 17, 1),
};

const quantizations: Readonly<Record<DeviceQuantization['kind'], { constant: string; value: number }>> = {
  none: { constant: 'VSI_NN_QNT_TYPE_NONE', value: 0 },
  dfp: { constant: 'VSI_NN_QNT_TYPE_DFP', value: 1 },
  affine: { constant: 'VSI_NN_QNT_TYPE_AFFINE_ASYMMETRIC', value: 2 },
  perchannel: { constant: 'VSI_NN_QNT_TYPE_AFFINE_PERCHANNEL_SYMMETRIC', value: 3 },
};

/** An op by its name without prefix. Throws when ovxlib 1.1.34 has none, or we never use it. */
export function opInfo(name: string): OpInfo {
  if (Object.hasOwn(deviceOps, name)) return deviceOps[name];
  throw new StudioError('op-unsupported', `ovxlib ${OVXLIB_VERSION} has no operator "${name}"`);
}

/** The number of a C constant. Throws when it is not one that parameter fields take. */
export function enumValue(name: string): number {
  const value = enumConstants.get(name);
  if (value === undefined)
    throw new StudioError('parameter-invalid', `"${name}" is not a constant of ovxlib`);
  return value;
}

/** What ovxlib calls this element type. */
export function deviceTypeInfo(name: DeviceType): DeviceTypeInfo {
  return deviceTypes[name];
}

/** The `VSI_NN_QNT_TYPE_*` constant of a kind of quantization. */
export function quantizationInfo(kind: DeviceQuantization['kind']): { constant: string; value: number } {
  return quantizations[kind];
}

/** The element type with this number; undefined when we have none. */
export function deviceTypeOf(value: number): DeviceType | undefined {
  return keyOf(deviceTypes, value);
}

/** The kind of quantization with this number; undefined when we have none. */
export function quantizationKindOf(value: number): DeviceQuantization['kind'] | undefined {
  return keyOf(quantizations, value);
}

function keyOf<Key extends string>(
  table: Readonly<Record<Key, { value: number }>>,
  value: number,
): Key | undefined {
  return (Object.keys(table) as Key[]).find((key) => table[key].value === value);
}

/** Fields of `vx_param` that the case code writes for a node, with their C constants. */
export function vxParams(op: OpInfo, params: Readonly<Record<string, DeviceParam>>): Record<string, string> {
  const policies = {
    overflow_policy: 'VX_CONVERT_POLICY_SATURATE',
    rounding_policy: 'VX_ROUND_POLICY_TO_NEAREST_EVEN',
  };
  const ceil = op.vx === 'pool' && params.round_type === 'VSI_NN_ROUND_CEIL';
  const size = {
    down_scale_size_rounding: `VX_CONVOLUTIONAL_NETWORK_DS_SIZE_ROUNDING_${ceil ? 'CEILING' : 'FLOOR'}`,
  };
  if (op.vx === 'conv') return { ...policies, ...size };
  if (op.vx === 'mul') return policies;
  return op.vx === 'pool' ? size : {};
}

/**
 * A node's parameters with the lengths of its arrays filled in, in the order in which case code writes
 * them. Throws when a field is unknown or its value does not fit the field.
 */
export function checkedParams(
  name: string,
  params: Readonly<Record<string, DeviceParam>>,
): [field: string, value: DeviceParam][] {
  const info = opInfo(name);
  const unknown = Object.keys(params).find((field) => !Object.hasOwn(info.fields, field));
  if (unknown !== undefined)
    throw new StudioError('parameter-invalid', `${name} has no parameter "${unknown}"`);
  const lengths: Record<string, number> = {};
  for (const [field, { lengthField }] of Object.entries(info.fields)) {
    const value = params[field];
    if (lengthField !== undefined && Array.isArray(value)) lengths[lengthField] = value.length;
  }
  return Object.entries(info.fields).flatMap(([field, { type: kind, count, values }]) => {
    const value = params[field] ?? lengths[field];
    if (value === undefined) return [];
    if (!fits(kind, count, values, value)) {
      const shown = JSON.stringify(value);
      throw new StudioError(
        'parameter-invalid',
        `${name}.${field} is ${shown}, which does not fit a field of type ${kind}`,
      );
    }
    return [[field, value] as [string, DeviceParam]];
  });
}

function fits(
  kind: string,
  count: number,
  values: readonly string[] | undefined,
  value: DeviceParam,
): boolean {
  if (kind.endsWith('*') || kind.endsWith('[]')) {
    const list = Array.isArray(value) ? (value as readonly number[]) : undefined;
    const scalar = kind.replace(/[*[\]]/g, '');
    return (
      list !== undefined &&
      (kind.endsWith('*') || list.length === count) &&
      list.every((item) => fits(scalar, 1, undefined, item))
    );
  }
  if (kind === 'enum') return typeof value === 'string' && (values?.includes(value) ?? false);
  if (kind === 'string') return typeof value === 'string';
  if (kind === 'bool') return typeof value === 'boolean' || value === 0 || value === 1;
  if (typeof value !== 'number') return false;
  if (kind === 'f32') return !Number.isNaN(value);
  const [low, high] = integerRanges[kind] ?? [0, 0];
  return Number.isInteger(value) && value >= low && value <= high;
}

/** An unsigned -1 is how ovxlib spells "infer this dimension". */
const integerRanges: Readonly<Record<string, readonly [number, number]>> = {
  u8: [0, 255],
  u32: [-1, 2 ** 32 - 1],
  i32: [-(2 ** 31), 2 ** 31 - 1],
};
