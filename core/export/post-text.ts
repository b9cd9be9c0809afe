import type { Frame } from '../postprocess/detection.ts';
import type { View } from '../postprocess/view.ts';
import { floatLiteral, initializer, stringLiteral } from './c-text.ts';

/** Declares `frame`. */
export function frameLine(frame: Frame): string {
  const { inputWidth, inputHeight, imageWidth, imageHeight, letterbox } = frame;
  return `const pp_frame_t frame = frame_of(${[inputWidth, inputHeight, imageWidth, imageHeight, Number(letterbox)].join(', ')});`;
}

/** A `pp_view_t` of the output at a place of `in`. */
export function viewText(view: View, place: number): string {
  const { offset, channels, height, width, channelStride, rowStride, columnStride } = view;
  return `view_of(&in[${place}], ${[offset, channels, height, width, channelStride, rowStride, columnStride].join(', ')})`;
}

/** Declares `labels`, if there are any. */
export function labelLines(labels: readonly string[]): string[] {
  if (labels.length === 0) return [];
  return declaration('static const char *const labels[]', initializer(labels.map(stringLiteral), 6));
}

/** A static array of floats. */
export function floatTable(name: string, values: ArrayLike<number>): string[] {
  const texts = Array.from(values, (value) => `${floatLiteral(value)}f`);
  return declaration(`static const float ${name}[]`, initializer(texts, 8));
}

/** An array of structures, a row each. */
export function table(type: string, name: string, rows: readonly string[]): string[] {
  return [
    `const ${type} ${name}[] = {`,
    ...indent(
      1,
      rows.map((row) => `${row},`),
    ),
    '};',
  ];
}

function declaration(head: string, [first, ...rest]: readonly string[]): string[] {
  const lines = [`${head} = ${first}`, ...rest];
  return lines.map((line, index) => (index === lines.length - 1 ? `${line};` : line));
}

/** A for loop from 0. */
export function loop(variable: string, end: string, lines: readonly string[]): string[] {
  return [`for (${variable} = 0; ${variable} < ${end}; ${variable}++)`, '{', ...indent(1, lines), '}'];
}

/** Lines moved in by four spaces a level. */
export function indent(levels: number, lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : '    '.repeat(levels) + line));
}
