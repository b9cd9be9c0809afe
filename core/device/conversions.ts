import { affineParameters, fixedPointLength } from '../quantization/formulas.ts';
import type { DeviceNode } from './graph.ts';
import { ABSENT, kindOf, legalRows, type Kind, type LegalRow } from './legal-types.ts';
import { deviceLength, isFloatType, type StoredType } from './stored-constant.ts';

/** Smallest and largest real value of a tensor. */
export interface RealRange {
  min: number;
  max: number;
}

/** Kinds that a real tensor can be converted to, and what they are where nothing else decides. */
const CONVERTIBLE: Readonly<Record<Kind, StoredType['type']>> = {
  f32: 'float32',
  f16: 'float16',
  bf16: 'bfloat16',
  u8a: 'uint8',
  i8d: 'int8',
  i16d: 'int16',
};

const FLOATS: ReadonlySet<Kind> = new Set(['f32', 'f16', 'bf16']);

/** Whether a kind holds floats. */
export const isFloatKind = (kind: Kind): boolean => FLOATS.has(kind);

/** The real values that the codes of a stored integer reach; undefined for floats and plain integers. */
export function reachOf({ type, quantization }: StoredType): RealRange | undefined {
  const [low, high] = type === 'int16' ? [-32768, 32767] : type === 'uint8' ? [0, 255] : [-128, 127];
  switch (quantization.kind) {
    case 'affine': {
      const { scale, zeroPoint } = quantization;
      return { min: (low - zeroPoint) * scale, max: (high - zeroPoint) * scale };
    }
    case 'dfp': {
      // The largest power of two is what the fractional length stands for (formats.md c.4).
      const step = 2 ** -quantization.fl;
      return { min: low * step, max: -low * step };
    }
    case 'none':
    case 'perchannel':
      return undefined;
  }
}

/**
 * How a tensor of this range is stored in a kind.
 * @param like decides between int8 and uint8
 * @returns undefined for kinds that nothing is converted to, and for integers of an unknown range
 */
export function storedInKind(
  kind: Kind,
  range: RealRange | undefined,
  like: StoredType,
): StoredType | undefined {
  const type = kind === kindOf(like) ? like.type : CONVERTIBLE[kind];
  if (type === undefined || !Object.hasOwn(CONVERTIBLE, kind)) return undefined;
  if (isFloatType(type)) return { type, quantization: { kind: 'none' } };
  if (!range) return undefined;
  if (kind === 'u8a') {
    const { scale, zeroPoint } = affineParameters(range.min, range.max, type === 'uint8' ? 'u8' : 'i8');
    return { type, quantization: { kind: 'affine', scale, zeroPoint } };
  }
  const fl = fixedPointLength(range.min, range.max, type === 'int16' ? 'i16' : 'i8');
  return { type, quantization: { kind: 'dfp', fl: deviceLength(fl) } };
}

/** What it takes to have a tensor in another kind: storing a constant otherwise is free. */
export type Effort = 'free' | 'conversion' | 'impossible';

/** A node's tensors as the search for a row sees them. */
export interface TypedNode extends Pick<DeviceNode, 'op'> {
  inputs: readonly Kind[];
  outputs: readonly Kind[];
  /** What it takes to read input `index` in a kind. */
  effort(index: number, kind: Kind): Effort;
  /** Whether output `index` can be written in a kind and converted then. */
  canWrite(index: number, kind: Kind): boolean;
}

/** Row costs: one conversion each; among equal numbers the type of the output is preferred, then a precise one. */
const CONVERSION = 100;
const RESTORED = 1;
const NOT_THE_OUTPUTS = 1;
const NOT_PRECISE = 2;

/**
 * The kinds a node's tensors should have: its own where ovxlib accepts them, else the accepted row that needs the
 * fewest conversions; its own as well where no row can be reached.
 */
export function cheapestRow(node: TypedNode): LegalRow {
  let best: LegalRow = node;
  let least = Infinity;
  for (const row of legalRows(node.op) ?? []) {
    const fitted = fit(row, node);
    const cost = costOf(fitted, node);
    if (cost === 0) return node;
    if (cost < least) [best, least] = [fitted, cost];
  }
  return best;
}

/** The row with as many columns as the node has tensors. */
function fit(row: LegalRow, node: TypedNode): LegalRow {
  const inputs = node.inputs.map((kind, index) => row.inputs[index] ?? kind);
  const outputs = node.outputs.map((_, index) => row.outputs[Math.min(index, row.outputs.length - 1)]);
  const missing = row.inputs.slice(node.inputs.length).filter((kind) => kind !== ABSENT);
  return { inputs: [...inputs, ...missing], outputs };
}

function costOf({ inputs, outputs }: LegalRow, node: TypedNode): number {
  if (inputs.length > node.inputs.length) return Infinity;
  const [own] = node.outputs;
  // What bfloat16 reaches, float16 may not.
  const precise = own === 'bf16' ? 'f32' : 'f16';
  const conversion = (kind: Kind): number =>
    CONVERSION + (kind === own ? 0 : kind === precise ? NOT_THE_OUTPUTS : NOT_PRECISE);
  const costs: Readonly<Record<Effort, (kind: Kind) => number>> = {
    free: () => RESTORED,
    conversion,
    impossible: () => Infinity,
  };
  let cost = 0;
  for (const [index, kind] of inputs.entries()) {
    if (kind !== node.inputs[index]) cost += costs[node.effort(index, kind)](kind);
  }
  for (const [index, kind] of outputs.entries()) {
    if (kind !== node.outputs[index]) cost += node.canWrite(index, kind) ? conversion(kind) : Infinity;
  }
  return cost;
}

/** Whether one DATACONVERT can turn a kind into another. */
export function converts(from: Kind, to: Kind): boolean {
  return (
    Object.hasOwn(CONVERTIBLE, from) &&
    Object.hasOwn(CONVERTIBLE, to) &&
    (legalRows('DATACONVERT') ?? []).some(({ inputs, outputs }) => inputs[0] === from && outputs[0] === to)
  );
}
