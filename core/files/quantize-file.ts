import { StudioError } from '../network/errors.ts';
import type { QuantizeEntry, Quantizer, QuantizeTable } from '../network/quantize-table.ts';
import { decodeText, MAX_TEXT_BYTES, readTextOf, writeChecked } from './atomic.ts';
import { defaultQType, parseQType, parseQuantizer } from '../network/number-format.ts';
import { formatQuantizeTable } from './quantize-text.ts';
import { parseYaml } from './yaml-tree.ts';
import { isBlank, YamlReader } from './yaml-values.ts';

/** The largest table known has some 5,000 entries. */
const MAX_ENTRIES = 1_000_000;

/** Reads NAME.quantize. @throws StudioError as {@link parseQuantizeTable}, 'file-missing', 'file-unreadable' */
export async function readQuantizeFile(path: string): Promise<QuantizeTable> {
  return parseQuantizeTable(await readTextOf(path), path);
}

/**
 * Reads the bytes of a quantize table.
 * @throws StudioError as {@link parseQuantizeTable}, 'file-unreadable' above 256 MiB, 'file-malformed' when it is no text
 */
export function parseQuantizeBytes(bytes: Uint8Array, file: string): QuantizeTable {
  const { byteLength } = bytes;
  if (byteLength > MAX_TEXT_BYTES) {
    throw new StudioError(
      'file-unreadable',
      `it has ${byteLength} bytes, more than the limit of ${MAX_TEXT_BYTES}`,
      { file },
      'Choose the .quantize file of a network.',
    );
  }
  return parseQuantizeTable(decodeText(bytes, file), file);
}

/** Writes NAME.quantize in the dialect of 6.0. @throws StudioError 'file-unwritable' */
export async function writeQuantizeFile(path: string, table: QuantizeTable): Promise<void> {
  await writeChecked(path, formatQuantizeTable(table), (text) => parseQuantizeTable(text, path));
}

/**
 * Reads a quantize table of either dialect: 6.0 (`dtype`, numbers in lists) and 6.12 and later
 * (`quantizer`, scalar numbers). Old names are translated, `customized` texts are kept as written.
 * @throws StudioError 'quantize-invalid' with the line
 */
export function parseQuantizeTable(text: string, file?: string): QuantizeTable {
  const root = new YamlReader(
    parseYaml(text, 'quantize-invalid', file),
    'the file',
    'quantize-invalid',
    file,
  );
  if (!root.has('quantize_parameters')) {
    throw new StudioError(
      'quantize-invalid',
      'there is no "quantize_parameters"; this is no quantize table',
      { file },
    );
  }
  const table: QuantizeTable = { entries: new Map(), customized: customizedOf(root) };
  const parameters = root.child('quantize_parameters');
  for (const [key, node] of parameters?.map.entries ?? []) {
    const reader = new YamlReader(node, `"${key}"`, 'quantize-invalid', file);
    table.entries.set(key, entryOf(reader));
  }
  if (table.entries.size > MAX_ENTRIES) {
    throw new StudioError('quantize-invalid', `${table.entries.size} entries are too many`, { file });
  }
  return table;
}

function customizedOf(root: YamlReader): Map<string, string> {
  const section = root.child('customized_quantize_layers');
  const customized = new Map<string, string>();
  if (!section) return customized;
  for (const [layer, node] of section.map.entries) {
    if (node.kind !== 'scalar' || isBlank(node)) {
      throw section.failAt(layer, `layer "${layer}" needs a type like dynamic_fixed_point-i16`);
    }
    customized.set(layer, node.text);
  }
  return customized;
}

function entryOf(reader: YamlReader): QuantizeEntry {
  const quantizer = quantizerOf(reader);
  return {
    quantizer,
    qtype: qtypeOf(reader, quantizer),
    max: extreme(reader, 'max_value', Math.max),
    min: extreme(reader, 'min_value', Math.min),
    ...affineOf(reader, quantizer),
    ...fixedPointOf(reader),
  };
}

/** The range over all channels where a file lists one per channel. */
function extreme(reader: YamlReader, key: string, pick: (a: number, b: number) => number): number | null {
  return reader.numbers(key)?.reduce((range, value) => pick(range, value)) ?? null;
}

/** 6.0 calls it `dtype`, 6.12 `quantizer`. */
function quantizerOf(reader: YamlReader): Quantizer {
  const field = reader.node('quantizer') ? 'quantizer' : 'dtype';
  const name = reader.text(field, '');
  const quantizer = parseQuantizer(name) ?? parseQuantizer(name.replace(/-[a-z]*\d+$/, ''));
  if (!quantizer)
    throw reader.failAt(field, name === '' ? '"dtype" is missing' : `"${name}" is no known quantizer`);
  return quantizer;
}

function qtypeOf(reader: YamlReader, quantizer: Quantizer): QuantizeEntry['qtype'] {
  const suffix = /-([a-z]*\d+)$/.exec(reader.text('dtype', ''))?.[1];
  const name = reader.text('qtype', suffix);
  const qtype = name === undefined ? defaultQType(quantizer) : parseQType(name);
  if (!qtype)
    throw reader.failAt('qtype', name === undefined ? '"qtype" is missing' : `"${name}" is no known qtype`);
  return qtype;
}

function affineOf(reader: YamlReader, quantizer: Quantizer): Partial<QuantizeEntry> {
  const scales = reader.numbers('scale');
  const bad = scales?.find((scale) => !(scale > 0 && Number.isFinite(scale)));
  if (bad !== undefined) throw reader.failAt('scale', `a scale of ${bad} is impossible, it must be above 0`);
  const isPerChannel = quantizer === 'perchannel_symmetric_affine' || (scales?.length ?? 0) > 1;
  if (scales && isPerChannel) return perChannelOf(reader, scales);
  return {
    ...(reader.has('scale') && { scale: scales?.[0] ?? null }),
    ...(reader.has('zero_point') && { zeroPoint: zeroPointOf(reader) }),
  };
}

/** One scale per channel; its zero points, where a file lists them, can only be 0. */
function perChannelOf(reader: YamlReader, scales: readonly number[]): Partial<QuantizeEntry> {
  if (reader.integers('zero_point')?.some((value) => value !== 0)) {
    throw reader.failAt('zero_point', 'per-channel quantization is symmetric, every zero point must be 0');
  }
  const channelDim = reader.integers('channel_dim')?.[0];
  return { scales, ...(channelDim !== undefined && { channelDim }) };
}

function zeroPointOf(reader: YamlReader): number | null {
  const values = reader.integers('zero_point');
  if (values && values.length > 1) throw reader.failAt('zero_point', 'several zero points, but one scale');
  return values?.[0] ?? null;
}

/** All-zero tensors have fl 300; beyond a thousand 2^fl leaves the floats. */
function fixedPointOf(reader: YamlReader): Partial<QuantizeEntry> {
  if (!reader.has('fl')) return {};
  const values = reader.integers('fl');
  const fl = values?.[0];
  if ((values?.length ?? 0) > 1 || (fl !== undefined && Math.abs(fl) > 1000)) {
    throw reader.failAt('fl', '"fl" must be one whole number between -1000 and 1000');
  }
  return { fl: fl ?? null };
}
