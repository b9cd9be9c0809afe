import type { OptionSpec } from '../core/jobs/options.ts';
import { StudioError } from '../core/network/errors.ts';

type Option = Pick<OptionSpec, 'name' | 'kind' | 'required' | 'choices' | 'help'>;

/** Values by option name; absent options are absent. */
export type Arguments = Map<string, string | number | boolean>;

/**
 * Parses long options the way Python's argparse does: `--opt value`, `--opt=value`, any order,
 * unambiguous prefixes. Throws StudioError 'usage'.
 */
export function parseArguments(options: readonly Option[], words: readonly string[]): Arguments {
  const values: Arguments = new Map();
  for (let index = 0; index < words.length; index++) {
    const { option, inline } = matchOption(options, words[index]);
    const next = words[index + 1];
    if (option.kind === 'flag') {
      // The guide prints a value after --separated-database in its usage line.
      const word = inline ?? (isTruth(next) ? next : undefined);
      if (inline === undefined && word !== undefined) index++;
      if (word !== undefined && !isTruth(word)) throw usage(`argument --${option.name}: takes no value`);
      values.set(option.name, word?.toLowerCase() !== 'false');
      continue;
    }
    if (inline === undefined && !isValue(next))
      throw usage(`argument --${option.name}: expected one argument`);
    if (inline === undefined) index++;
    values.set(option.name, convert(option, inline ?? next));
  }
  const missing = options.filter((option) => option.required && !values.has(option.name));
  if (missing.length > 0) {
    throw usage(
      `the following arguments are required: ${missing.map((option) => `--${option.name}`).join(', ')}`,
    );
  }
  return values;
}

function usage(message: string): StudioError {
  return new StudioError('usage', message);
}

const isTruth = (word: string | undefined): word is string => /^(?:true|false)$/i.test(word ?? '');

/** Words that begin with a dash are options, but for negative numbers and texts with spaces. */
function isValue(word: string | undefined): word is string {
  return word !== undefined && (!/^-./.test(word) || word.includes(' ') || /^-\d+$|^-\d*\.\d+$/.test(word));
}

function matchOption(
  options: readonly Option[],
  word: string,
): { option: Option; inline: string | undefined } {
  // The guide itself writes "-model-quantize" (3.4, step 3) and "model_quantize" (3.6.11).
  const dashes = /^--?(?=[A-Za-z])/.exec(word)?.[0].length;
  if (dashes === undefined) throw usage(`unrecognized arguments: ${word}`);
  const equals = word.indexOf('=');
  const name = word.slice(dashes, equals < 0 ? undefined : equals).replaceAll('_', '-');
  const inline = equals < 0 ? undefined : word.slice(equals + 1);
  const exact = options.find((option) => option.name === name);
  const matches = exact ? [exact] : options.filter((option) => option.name.startsWith(name));
  if (matches.length === 0) throw usage(`unrecognized arguments: ${word}`);
  if (matches.length > 1) {
    const list = matches.map((option) => `--${option.name}`).join(', ');
    throw usage(`ambiguous option: --${name} could match ${list}`);
  }
  return { option: matches[0], inline };
}

function convert(option: Option, text: string): string | number {
  if (option.choices && !option.choices.includes(text)) {
    throw usage(
      `argument --${option.name}: invalid choice: '${text}' (choose from ${option.choices.map((choice) => `'${choice}'`).join(', ')})`,
    );
  }
  if (option.kind === 'text') return text;
  const number =
    option.kind === 'int'
      ? /^[+-]?\d+$/.test(text.trim())
        ? Number(text)
        : NaN
      : text.trim() === ''
        ? NaN
        : Number(text);
  if (!Number.isFinite(number)) {
    throw usage(
      `argument --${option.name}: invalid ${option.kind === 'int' ? 'int' : 'float'} value: '${text}'`,
    );
  }
  return number;
}

/** `usage: pegasus quantize [-h] --model MODEL ...`, wrapped at 100 columns. */
export function formatUsage(program: string, options: readonly Option[]): string {
  const parts = [
    '[-h]',
    ...options.map((option) => {
      const text = option.kind === 'flag' ? `--${option.name}` : `--${option.name} ${metavar(option)}`;
      return option.required ? text : `[${text}]`;
    }),
  ];
  return wrapped(`usage: ${program}`, parts, 7);
}

const WIDTH = 100;

/** Parts behind each other, on new lines of this indentation where they leave the width. */
function wrapped(start: string, parts: readonly string[], indent: number): string {
  const lines = [start];
  for (const part of parts) {
    if (lines[lines.length - 1].length + part.length + 1 > WIDTH) lines.push(' '.repeat(indent - 1));
    lines[lines.length - 1] += ` ${part}`;
  }
  return lines.join('\n');
}

/** Where the explanations of options begin. */
const COLUMN = 34;

/** Usage and one paragraph per option. */
export function formatHelp(program: string, summary: string, options: readonly Option[]): string {
  const rows = options.map((option) => {
    const head = `  --${option.name}${option.kind === 'flag' ? '' : ` ${metavar(option)}`}`;
    const words = `${option.help}${option.required ? ' (required)' : ''}`.split(' ');
    const fits = head.length < COLUMN - 2;
    const text = wrapped(fits ? head.padEnd(COLUMN - 1) : ' '.repeat(COLUMN - 1), words, COLUMN);
    return fits ? text : `${head}\n${text}`;
  });
  return [
    formatUsage(program, options),
    '',
    summary,
    '',
    'options:',
    `${'  -h, --help'.padEnd(34)}show this help and exit`,
    ...rows,
  ].join('\n');
}

function metavar(option: Option): string {
  if (option.choices) return `{${option.choices.join(',')}}`;
  return option.name.replaceAll('-', '_').toUpperCase();
}
