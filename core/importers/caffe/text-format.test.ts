import { describe, expect, test } from 'vitest';
import { StudioError } from '../../network/errors.ts';
import type { Message } from './message.ts';
import { parseTextFormat } from './text-format.ts';

const parse = (text: string): Message => parseTextFormat(new TextEncoder().encode(text));

function problem(text: string, read: (message: Message) => unknown = () => undefined): string {
  try {
    read(parse(text));
    return 'none';
  } catch (error) {
    if (error instanceof StudioError) return error.at({ file: 'net' }).toString();
    throw error;
  }
}

describe('what the format allows', () => {
  test('numbers of every kind', () => {
    const message = parse(
      'i: 12 i: -7 i: 0x1F i: 010 i: - 3 f: 1 f: .5 f: 2. f: -1e-3 f: 3f f: 1.5F f: inf f: -inf f: nan',
    );
    expect(message.ints('i')).toEqual([12, -7, 31, 8, -3]);
    expect(message.reals('f')).toEqual([1, 0.5, 2, -1e-3, 3, 1.5, Infinity, -Infinity, NaN]);
    expect(message.real('none', 0.1)).toBe(Math.fround(0.1));
    expect(parse('a: 1 a: 2').int('a', 0)).toBe(2);
  });

  test('strings: both quotes, escapes, pieces, what is no escape in UTF-8', () => {
    const message = parse(String.raw`a: "it's" 'a "piece"'  # comment
      "\n\t\\\"\'" b: '\x41\101\u00e9\U0001F600' c: "größe" d: "\303\244"`);
    expect(message.text('a', '')).toBe('it\'sa "piece"\n\t\\"\'');
    expect(message.text('b', '')).toBe('AAé😀');
    expect(message.text('c', '')).toBe('größe');
    expect(message.text('d', '')).toBe('ä');
  });

  test('messages in braces or angle brackets, with or without a colon, separated or not', () => {
    const message = parse('a { x: 1 } a: < x: 2; > , a { x: 3, y { z: 4 } };');
    expect(message.messages('a').map((one) => one.int('x', 0))).toEqual([1, 2, 3]);
    expect(message.message('a').message('y').int('z', 0)).toBe(4);
    expect(message.message('b').int('x', 9)).toBe(9);
  });

  test('lists of values and of messages, empty ones, lists in lists of messages', () => {
    const message = parse('a: [1, 2] a: 3 a: [] b [{ c: [4] }, < c: 5 c: [6, 7] >] d: ["x" "y", z] e: 1');
    expect(message.ints('a')).toEqual([1, 2, 3]);
    expect(message.messages('b').map((one) => one.ints('c'))).toEqual([[4], [5, 6, 7]]);
    expect(message.texts('d')).toEqual(['xy', 'z']);
    expect(message.int('e', 0)).toBe(1);
  });

  test('comments, Windows line ends, a byte order mark, names of extensions', () => {
    const message = parse('\ufeff# first\r\na: 1 # behind\r\n[caffe.more] { x: 2 } # last');
    expect(message.int('a', 0)).toBe(1);
    expect(message.message('[caffe.more]').int('x', 0)).toBe(2);
  });

  test('flags and enums, by name and number', () => {
    const message = parse('yes: true no: false one: 1 zero: 0 t: t pool: AVE number: 1');
    expect(['yes', 'no', 'one', 'zero', 't'].map((name) => message.flag(name, false))).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
    expect(message.choice('pool', { MAX: 0, AVE: 1 }, 'MAX')).toBe('AVE');
    expect(message.choice('number', { MAX: 0, AVE: 1 }, 'MAX')).toBe('AVE');
    expect(message.choice('none', { MAX: 0, AVE: 1 }, 'MAX')).toBe('MAX');
  });

  test('a message written twice is one', () => {
    const message = parse('p { a: 1 b: 1 } p { b: 2 }').message('p');
    expect([message.int('a', 0), message.int('b', 0)]).toEqual([1, 2]);
  });
});

describe('errors tell line and column', () => {
  test.each([
    ['a {\n  b: 1\n', 'net:3: column 1: "}" is missing: a of line 1 is not closed'],
    ['a: 1\n}', 'net:2: column 1: a field name expected, found "}"'],
    ['a < b: 1 }', 'net:1: column 10: a field name expected, found "}"'],
    ['a\n  b: 1', 'net:2: column 3: ":" or "{" expected behind a, found "b"'],
    ['a: ;', 'net:1: column 4: a value expected, found ";"'],
    ['# x\n\n  a: "b\n"', 'net:3: column 6: the string does not end on its line'],
    ['a: "\\q"', 'net:1: column 4: the string has an escape that does not exist'],
    ['a: [1 2]', 'net:1: column 7: "," expected, found "2"'],
    ['a: [1,', 'net:1: column 7: a value expected, found the end of the file'],
    ['[a b', 'net:1: column 5: "]" expected, found the end of the file'],
    ['a: 1 ?', 'net:1: column 6: unexpected character "?"'],
    ['a: --1', 'net:1: column 5: a value expected, found "-"'],
    ['"a": 1', 'net:1: column 1: a field name expected, found a string'],
  ])('%j', (text, expected) => {
    expect(problem(text)).toBe(expected);
  });

  test.each<[string, (message: Message) => unknown, RegExp]>([
    ['a: 1.5', (m) => m.int('a', 0), /column 4: a is "1\.5", not a whole number/],
    ['a: "1"', (m) => m.int('a', 0), /not a whole number/],
    ['a: 99999999999999999999', (m) => m.int('a', 0), /no number that fits/],
    ['a: x', (m) => m.real('a', 0), /a is "x", not a number/],
    ['a: 2', (m) => m.flag('a', true), /neither true nor false/],
    ['a: MIN', (m) => m.choice('a', { MAX: 0 }, 'MAX'), /a is "MIN", not one of MAX/],
    ['a: 1', (m) => m.message('a'), /a needs a message in braces/],
    ['a { }', (m) => m.int('a', 0), /a needs a value, not a message/],
  ])('%s, read as something else', (text, read, expected) => {
    expect(problem(text, read)).toMatch(expected);
  });
});
