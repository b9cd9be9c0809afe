import { readFileSync } from 'node:fs';
import type { DeviceGraph, DeviceTensor } from '../device/graph.ts';
import { sharedPath } from './shared.ts';

interface TypeTable {
  /** The counts may be names of constants in C. */
  io_types: Record<string, { inputs: number | string; outputs: number | string; rows: string[][] }>;
}

const path = sharedPath('reference/case-code/io-types.json');
const types = path === undefined ? undefined : (JSON.parse(readFileSync(path, 'utf8')) as TypeTable);

/** Whether the table of types is at hand. */
export const typesKnown = types !== undefined;

const NAMES: Partial<Record<DeviceTensor['type'], string>> = {
  float32: 'D_F32', float16: 'D_F16', uint8: 'D_U8', int8: 'D_I8', int32: 'D_I32', bool8: 'D_BOOL8',
}; // prettier-ignore

/** As the table of types spells it. */
const spelled = (tensor: DeviceTensor | undefined): string =>
  tensor === undefined
    ? 'D_NONE'
    : `${NAMES[tensor.type] ?? tensor.type}${tensor.quantization.kind === 'affine' ? '|Q_ASYM' : ''}`;

/** A row of the table without inputs that newer versions of the library have added. */
const ADDED: Readonly<Record<string, number>> = { SLICE: 1 };

/** Nodes whose combination of types the library does not accept, as text. */
export function refusals(graph: DeviceGraph): string[] {
  const known = types?.io_types ?? {};
  return graph.nodes.flatMap(({ op, inputs, outputs }) => {
    // Some operators have a second table for another implementation.
    const tables = Object.keys(known).filter((name) => name.split('@')[0] === op);
    const rows = tables.flatMap((name) => known[name].rows);
    if (rows.length === 0) return [];
    const least = rows[0].length - outputs.length;
    const given = Array.from({ length: least }, (_, i) => spelled(graph.tensors[inputs[i] ?? -1]));
    const row = [...given, ...outputs.map((id) => spelled(graph.tensors[id]))];
    const at = ADDED[op];
    const without = (list: readonly string[]): string => list.filter((_, i) => i !== at).join(' ');
    return rows.some((allowed) => without(allowed) === without(row)) ? [] : [`${op}: ${row.join(' ')}`];
  });
}
