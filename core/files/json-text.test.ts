import { expect, test } from 'vitest';
import { Real } from '../network/layer.ts';
import { attack } from '../testing/hostile.ts';
import { JsonObject, parseJson } from './json-text.ts';
import { formatJson, jsonString } from './json-writer.ts';

test('numbers keep being float or integer', () => {
  expect(parseJson('[1, 1.0, 1e3, -0.5, NaN, -Infinity, Infinity]')).toEqual([
    1,
    new Real(1),
    new Real(1000),
    new Real(-0.5),
    new Real(NaN),
    new Real(-Infinity),
    new Real(Infinity),
  ]);
});

test('a text is written back as Python writes it', () => {
  const text = `{
    "a": [
        1,
        1.0,
        1e-05,
        Infinity
    ],
    "empty": [],
    "none": {},
    "text": "\\u00e4\\ud83d\\ude00\\u007f\\n\\"\\\\/",
    "flags": [
        true,
        false,
        null
    ],
    "max": 9223372036854775807
}`;
  expect(formatJson(parseJson(text))).toBe(text);
});

test('dangerous keys are keys', () => {
  const object = parseJson('{"__proto__": {"polluted": 1}, "constructor": 2}');
  expect(object).toBeInstanceOf(JsonObject);
  expect([...(object as JsonObject).members.keys()]).toEqual(['__proto__', 'constructor']);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test.each([
  ['{\n  "a": 1,\n  "a": 2\n}', 3, 'occurs twice'],
  ['[1,\n2', 2, 'end of the file'],
  ['[1,\n2,]', 2, 'expected a value'],
  ['[1\n\n2]', 3, 'expected ","'],
  ['', 1, 'expected a value'],
  ['{} {}', 1, 'follows the end'],
  ['"a\nb"', 1, 'control character'],
  ['[01]', 1, 'expected ","'],
  ['["\\x"]', 1, 'unknown escape'],
  ['[123456789012345678901]', 1, '64 bits'],
  ['[undefined]', 1, 'undefined'],
])('%j is refused at its line', (text, line, part) => {
  let caught: unknown;
  try {
    parseJson(text, 'net.json');
  } catch (error) {
    caught = error;
  }
  expect(caught).toMatchObject({ code: 'file-malformed', place: { file: 'net.json', line } });
  expect(String(caught)).toContain(part);
});

test('deep nesting is an error, not a crash', () => {
  expect(() => parseJson('['.repeat(1_000_000))).toThrow(/deeper/);
  expect(() => parseJson('{"a":'.repeat(1_000_000))).toThrow(/deeper/);
  expect(parseJson('['.repeat(150) + ']'.repeat(150))).toBeInstanceOf(Array);
});

test('damaged files are read or refused', () => {
  const bytes = Buffer.from('{"a": [1, 2.5e3, "\\u00e4", true], "b": {"c": null, "d": -Infinity}}');
  expect(attack(bytes, (variant) => parseJson(Buffer.from(variant).toString('utf8')))).toBeGreaterThan(1000);
});

test('jsonString escapes everything but printable ASCII', () => {
  expect(jsonString('a/b\t\u0001\u2028é')).toBe('"a/b\\t\\u0001\\u2028\\u00e9"');
});
