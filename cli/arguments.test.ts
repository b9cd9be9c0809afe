import { describe, expect, test } from 'vitest';
import { formatHelp, formatUsage, parseArguments } from './arguments.ts';

const options = [
  { name: 'model', kind: 'text', required: true, help: 'the network' },
  { name: 'model-data', kind: 'text', required: false, help: 'coefficients' },
  { name: 'iterations', kind: 'int', required: false, help: 'steps' },
  { name: 'rebuild', kind: 'flag', required: false, help: 'make the table' },
  { name: 'rebuild-all', kind: 'flag', required: false, help: 'everything' },
  { name: 'device', kind: 'text', required: false, choices: ['CPU', 'GPU'], help: 'where' },
] as const;

const parse = (...words: string[]) => Object.fromEntries(parseArguments(options, words));

describe('argparse habits', () => {
  test('values follow or are joined by =', () => {
    expect(parse('--model', 'a.json', '--iterations=3')).toEqual({ model: 'a.json', iterations: 3 });
  });

  test('unambiguous prefixes are accepted, exact names win', () => {
    expect(parse('--model', 'a', '--iter', '2', '--rebuild')).toEqual({
      model: 'a',
      iterations: 2,
      rebuild: true,
    });
  });

  test.each([
    [['--model', 'a', '--reb'], 'ambiguous option: --reb could match --rebuild, --rebuild-all'],
    [['--model'], 'argument --model: expected one argument'],
    [['--model', '--rebuild'], 'argument --model: expected one argument'],
    [['--rebuild'], 'the following arguments are required: --model'],
    [['--model', 'a', 'stray'], 'unrecognized arguments: stray'],
    [['--model', 'a', '--nope', '1'], 'unrecognized arguments: --nope'],
    [['--model', 'a', '--iterations', 'many'], "argument --iterations: invalid int value: 'many'"],
    [
      ['--model', 'a', '--device', 'TPU'],
      "argument --device: invalid choice: 'TPU' (choose from 'CPU', 'GPU')",
    ],
    [['--model', 'a', '--rebuild=yes'], 'argument --rebuild: takes no value'],
    [['--model', 'a', '--rebuild', 'yes'], 'unrecognized arguments: yes'],
    [['--model', '-x'], 'argument --model: expected one argument'],
    [['--model', 'a', '--'], 'unrecognized arguments: --'],
    [['--model', 'a', '-1'], 'unrecognized arguments: -1'],
    [['--model', 'a', '--=b'], 'unrecognized arguments: --=b'],
  ])('%j is refused', (words, message) => {
    expect(() => parse(...words)).toThrow(message);
  });

  test('negative numbers are values', () => {
    expect(parse('--model', 'a', '--iterations', '-3')).toMatchObject({ iterations: -3 });
  });

  test('so are a dash alone, empty words, and texts with spaces', () => {
    for (const value of ['-', '', '-1 -1 -1 0.5', '--a b', '-.5']) {
      expect(parse('--model', value)).toEqual({ model: value });
    }
    expect(parse('--model=--rebuild')).toEqual({ model: '--rebuild' });
  });

  test('what the guide prints: one dash, underscores, a value behind a switch', () => {
    const words = ['-model', 'a', '--model_data', 'b', '--rebuild', 'True', '--rebuild-all=false'];
    expect(parse(...words)).toEqual({
      model: 'a',
      'model-data': 'b',
      rebuild: true,
      'rebuild-all': false,
    });
  });
});

test('usage and help name every option', () => {
  expect(formatUsage('pegasus quantize', options)).toBe(
    'usage: pegasus quantize [-h] --model MODEL [--model-data MODEL_DATA] [--iterations ITERATIONS]\n' +
      '       [--rebuild] [--rebuild-all] [--device {CPU,GPU}]',
  );
  const help = formatHelp('pegasus quantize', 'Calibrates.', options);
  for (const { name, help: text } of options) {
    expect(help).toContain(`--${name}`);
    expect(help.replaceAll(/\s+/g, ' ')).toContain(text);
  }
});
