import { StudioError } from '../network/errors.ts';
import { Real } from '../network/layer.ts';
import { jsonFloat } from './float-text.ts';
import { JsonObject, type JsonValue } from './json-text.ts';

/** The parser's limit and some; deeper values are a mistake of the caller. */
const MAX_DEPTH = 250;

/** The text `json.dumps(value, indent=4)` of Python gives: ASCII only, no newline at the end. */
export function formatJson(value: JsonValue): string {
  const parts: string[] = [];
  emit(value, '\n', parts);
  return parts.join('');
}

/** @param newline line break and indentation of the line the value stands on */
function emit(value: JsonValue, newline: string, parts: string[]): void {
  if (newline.length > MAX_DEPTH * 4) throw new StudioError('network-invalid', 'values are nested too deep');
  if (Array.isArray(value)) emitArray(value, newline, parts);
  else if (value instanceof JsonObject) emitObject(value, newline, parts);
  else parts.push(formatScalar(value));
}

function emitArray(items: readonly JsonValue[], newline: string, parts: string[]): void {
  const inner = `${newline}    `;
  items.forEach((item, index) => {
    parts.push(index === 0 ? `[${inner}` : `,${inner}`);
    emit(item, inner, parts);
  });
  parts.push(items.length === 0 ? '[]' : `${newline}]`);
}

function emitObject(object: JsonObject, newline: string, parts: string[]): void {
  const inner = `${newline}    `;
  let opening = '{';
  for (const [key, value] of object.members) {
    parts.push(`${opening}${inner}${jsonString(key)}: `);
    emit(value, inner, parts);
    opening = ',';
  }
  parts.push(object.members.size === 0 ? '{}' : `${newline}}`);
}

function formatScalar(value: number | Real | string | boolean | null): string {
  if (typeof value === 'string') return jsonString(value);
  if (value instanceof Real) return jsonFloat(value.value);
  if (typeof value === 'number') return Number.isInteger(value) ? integerText(value) : jsonFloat(value);
  return String(value);
}

/** "To the end" of a slice is the largest int64, which a JavaScript number rounds up by one. */
function integerText(value: number): string {
  return value === 2 ** 63 ? '9223372036854775807' : BigInt(value).toString();
}

const shortEscapes = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** A string as Python writes it with `ensure_ascii`: everything but printable ASCII is escaped. */
export function jsonString(text: string): string {
  const escaped = text.replace(/["\\]|[^ -~]/g, (found) => shortEscapes.get(found) ?? escapeUnits(found));
  return `"${escaped}"`;
}

function escapeUnits(found: string): string {
  return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
