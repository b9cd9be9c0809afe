import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../files/package-root.ts';
import { StudioError } from '../network/errors.ts';

/** What a placeholder becomes: text inside a line, or lines in the place of a line of its own. */
export type TemplateValues = Readonly<Record<string, string | number | readonly string[]>>;

/** Text of `assets/case-code/<name>`. */
export function loadTemplate(name: string): string {
  const path = join(packageRoot(), 'assets', 'case-code', name);
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new StudioError(
      'file-missing',
      `the template ${path} is missing`,
      {},
      'Install Nibble Studio again.',
    );
  }
}

/**
 * Fills in a template. `@{key}` inside a line takes a text. A line that is only `@{key}` takes any number
 * of lines, indented as the placeholder is; with none the line goes, and so does a blank line after it.
 */
export function fillTemplate(template: string, values: TemplateValues): string {
  const output: string[] = [];
  for (const line of template.replace(/\n$/, '').split('\n')) {
    const block = /^( *)@\{(\w+)\}$/.exec(line);
    const lines = block ? blockLines(lookup(values, block[2]), block[1]) : [fillLine(line, values)];
    if (line === '' && output.at(-1) === '') continue;
    output.push(...lines);
  }
  return `${output.join('\n')}\n`;
}

/** A template from `assets/case-code`, filled in. */
export function renderTemplate(name: string, values: TemplateValues): string {
  return fillTemplate(loadTemplate(name), values);
}

function fillLine(line: string, values: TemplateValues): string {
  return line.replace(/@\{(\w+)\}/g, (_, key: string) => {
    const value = lookup(values, key);
    return typeof value === 'object' ? value.join(' ') : String(value);
  });
}

function blockLines(value: TemplateValues[string], indent: string): string[] {
  const lines = typeof value === 'object' ? value : String(value).replace(/\n$/, '').split('\n');
  return lines.map((line) => (line === '' ? '' : indent + line));
}

function lookup(values: TemplateValues, key: string): TemplateValues[string] {
  if (!Object.hasOwn(values, key)) throw new Error(`a template asks for "${key}", which has no value`);
  return values[key];
}
