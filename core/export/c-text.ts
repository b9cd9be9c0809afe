import { StudioError } from '../network/errors.ts';

const MAX_COMMENT = 240;

/**
 * Text of a model made safe for a block comment: one line of printable ASCII in which no comment can end
 * or begin, and no line splice or trigraph hides.
 */
export function commentText(text: string): string {
  const shown = text.length > MAX_COMMENT ? `${text.slice(0, MAX_COMMENT)}...` : text;
  return shown.replace(/[^\x20-\x7e]|\\/g, '_').replace(/\*(?=\/)|\/(?=\*)|\?(?=\?)/g, '$& ');
}

/** A C string literal with this content, as UTF-8. */
export function stringLiteral(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const escaped = Array.from(bytes, (byte) => {
    const isPlain = byte >= 0x20 && byte < 0x7f && !'"\\?'.includes(String.fromCharCode(byte));
    return isPlain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `"${escaped.join('')}"`;
}

/** A C literal that reads back as the same float32. Infinity needs math.h. */
export function floatLiteral(value: number): string {
  if (Number.isNaN(value)) throw new StudioError('parameter-invalid', 'a parameter is not a number');
  if (!Number.isFinite(value)) return value < 0 ? '-INFINITY' : 'INFINITY';
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return single < 0 ? '-INFINITY' : 'INFINITY';
  const digits = Object.is(single, -0) ? '-0' : String(single);
  return /[.e]/.test(digits) ? digits : `${digits}.0`;
}

/** A C literal of an integer; unsigned fields take -1 as a cast. */
export function integerLiteral(value: number, isUnsigned: boolean): string {
  if (isUnsigned && value < 0) return `(uint32_t)${value}`;
  if (value === -(2 ** 31)) return '(-2147483647 - 1)';
  return isUnsigned && value > 2 ** 31 - 1 ? `${value}u` : String(value);
}

/** A braced initializer, wrapped to lines of readable length. */
export function initializer(items: readonly string[], perLine = 12): string[] {
  if (items.length <= perLine) return [`{ ${items.join(', ')} }`];
  const lines: string[] = [];
  for (let start = 0; start < items.length; start += perLine) {
    lines.push(`    ${items.slice(start, start + perLine).join(', ')},`);
  }
  return ['{', ...lines, '}'];
}
