import { expect, test } from 'vitest';
import { jsonFloat, parseFloatText, pythonFloat, yamlFloat } from './float-text.ts';

test.each([
  [1, '1.0'],
  [0, '0.0'],
  [-0, '-0.0'],
  [0.1, '0.1'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [3.0517578125e-5, '3.0517578125e-05'],
  [1e15, '1000000000000000.0'],
  [1e16, '1e+16'],
  [123456789012345680, '1.2345678901234568e+17'],
  [5e-324, '5e-324'],
  [1e22, '1e+22'],
  [-0.9921875, '-0.9921875'],
  [Math.fround(6 / 255), '0.0235294122248888'],
  [NaN, 'nan'],
  [-Infinity, '-inf'],
])('pythonFloat(%d) is %s', (value, text) => {
  expect(pythonFloat(value)).toBe(text);
  expect(parseFloatText(text)).toBe(value);
});

test('the special values have a spelling per format', () => {
  expect([jsonFloat(NaN), jsonFloat(-Infinity), yamlFloat(NaN), yamlFloat(Infinity)]).toEqual([
    'NaN',
    '-Infinity',
    '.nan',
    '.inf',
  ]);
  expect(yamlFloat(1e-5)).toBe('1.0e-05');
  expect(yamlFloat(1.5e-5)).toBe('1.5e-05');
});

test('what is no number is not read as one', () => {
  for (const text of ['', '.', '1,5', '0x10', 'e5', '1e', '--1', 'infinite']) {
    expect(parseFloatText(text)).toBeUndefined();
  }
});
