import type { QuantizeEntry, QuantizeTable } from '../network/quantize-table.ts';
import { yamlFloat } from './float-text.ts';
import { yamlQuoted, yamlText } from './yaml-values.ts';

const header = ['%YAML 1.2', '---', '# !!!This file disallow TABs!!!', 'quantize_parameters:'];
const FIELD = '        ';

/**
 * The text of NAME.quantize in the dialect of ACUITY 6.0, byte for byte: activations have scalar ranges,
 * coefficients lists of one, unknown numbers stay blank.
 * Per-channel entries have not been seen in that dialect; ours: `method: channel`, all scales as one list,
 * then `channel_dim`.
 */
export function formatQuantizeTable(table: QuantizeTable): string {
  const lines = [...header];
  for (const [key, entry] of table.entries) {
    lines.push(`    ${yamlQuoted(key)}:`);
    for (const line of entryLines(entry, isActivation(key))) lines.push(FIELD + line);
  }
  lines.push(...customizedLines(table.customized));
  return `${lines.join('\n')}\n`;
}

function isActivation(key: string): boolean {
  return /:out\d+$/.test(key);
}

function entryLines(entry: QuantizeEntry, activation: boolean): string[] {
  const range = (name: string, value: number | null): string[] =>
    value === null || !activation ? list(name, value, yamlFloat) : [`${name}: ${yamlFloat(value)}`];
  return [
    `dtype: ${entry.quantizer}`,
    `method: ${entry.scales ? 'channel' : 'layer'}`,
    ...range('max_value', entry.max),
    ...range('min_value', entry.min),
    ...numberLines(entry),
    `qtype: ${entry.qtype}`,
  ];
}

function numberLines(entry: QuantizeEntry): string[] {
  const { zeroPoint, scale, scales, channelDim, fl } = entry;
  if (scales) {
    return [
      'scale:',
      ...scales.map((value) => `-   ${yamlFloat(value)}`),
      ...(channelDim === undefined ? [] : [`channel_dim: ${channelDim}`]),
    ];
  }
  return [
    ...(zeroPoint === undefined ? [] : list('zero_point', zeroPoint, String)),
    ...(scale === undefined ? [] : list('scale', scale, yamlFloat)),
    ...(fl === undefined ? [] : list('fl', fl, String)),
  ];
}

function list(name: string, value: number | null, spell: (value: number) => string): string[] {
  return value === null ? [`${name}:`] : [`${name}:`, `-   ${spell(value)}`];
}

function customizedLines(customized: ReadonlyMap<string, string>): string[] {
  if (customized.size === 0) return ['customized_quantize_layers: {}'];
  return [
    'customized_quantize_layers:',
    ...[...customized].map(([key, type]) => `    ${yamlText(key)}: ${yamlText(type)}`),
  ];
}
