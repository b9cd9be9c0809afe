import type { DeviceType } from './graph.ts';
import { LEGAL_ROWS } from './legal-rows.ts';
import type { StoredType } from './stored-constant.ts';

/** Element type and quantization of a tensor in the spelling of {@link LEGAL_ROWS}; `-` = absent. */
export type Kind = string;

/** Kinds of all tensors of a node that ovxlib accepts together. */
export interface LegalRow {
  inputs: readonly Kind[];
  /** The last one also stands for all further outputs. */
  outputs: readonly Kind[];
}

export const ABSENT: Kind = '-';
/** uint8, and affine int8. */
export const AFFINE: Kind = 'u8a';
/** Weights with a scale for each output channel. */
export const PER_CHANNEL: Kind = 'i8c';

const SHORT: Readonly<Record<DeviceType, Kind>> = {
  float32: 'f32',
  float16: 'f16',
  bfloat16: 'bf16',
  uint8: 'u8',
  int8: 'i8',
  int16: 'i16',
  uint16: 'u16',
  int32: 'i32',
  uint32: 'u32',
  int64: 'i64',
  bool8: 'b8',
};

const LETTERS = { none: '', affine: 'a', dfp: 'd', perchannel: 'c' } as const;

/** The kind of a tensor. Affine int8 and uint8 are one: ovxlib turns the former into the latter. */
export function kindOf({ type, quantization }: StoredType): Kind {
  const kind = `${SHORT[type]}${LETTERS[quantization.kind]}`;
  return kind === 'i8a' ? 'u8a' : kind;
}

/** Operators whose last two columns are outputs. */
const TWO_OUTPUTS: ReadonlySet<string> = new Set(['MOMENTS', 'POOLWITHARGMAX']);

let parsed: ReadonlyMap<string, readonly LegalRow[]> | undefined;

/** What ovxlib accepts for an operator; undefined where it accepts anything. */
export function legalRows(op: string): readonly LegalRow[] | undefined {
  parsed ??= parseRows();
  return parsed.get(op);
}

function parseRows(): Map<string, LegalRow[]> {
  const rows = new Map<string, LegalRow[]>();
  for (const block of LEGAL_ROWS.trim().split(/\n(?! )/)) {
    const [ops, text] = block.split(': ');
    for (const op of ops.split(' ')) rows.set(op, rowsOf(text, TWO_OUTPUTS.has(op) ? 2 : 1));
  }
  return rows;
}

/** The rows of one operator in the spelling of {@link LEGAL_ROWS}, whose last `outputs` columns are outputs. */
export function rowsOf(text: string, outputs: number): LegalRow[] {
  return text
    .replace(/\s+/g, ' ')
    .split('; ')
    .flatMap((rule) => {
      const [left, right] = rule.split(' > ');
      return left.split(', ').flatMap((columns) =>
        right.split(' ').map((last) => {
          const row = [...columns.split(' '), last];
          return { inputs: row.slice(0, -outputs), outputs: row.slice(-outputs) };
        }),
      );
    });
}
