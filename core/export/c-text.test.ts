import { describe, expect, it } from 'vitest';
import { commentText, floatLiteral, initializer, integerLiteral, stringLiteral } from './c-text.ts';
import { caseNames } from './names.ts';

describe('text of a model in C', () => {
  it.each([
    ['conv_1', 'conv_1'],
    ['a*/b', 'a* /b'],
    ['a/*b', 'a/ *b'],
    ['/*/*/', '/ * / * /'],
    ['end\\', 'end_'],
    ['*\\\n/', '*__/'],
    ['what??/', 'what? ?/'],
    ['two\nlines', 'two_lines'],
    ['\u202eevil', '_evil'],
  ])('%j becomes the comment %j', (text, comment) => {
    expect(commentText(text)).toBe(comment);
  });

  it('shortens endless names', () => {
    expect(commentText('x'.repeat(1e6)).length).toBeLessThan(300);
  });

  it.each([
    ['plain.nb', '"plain.nb"'],
    ['"quote\\', '"\\042quote\\134"'],
    ['a\n??/é', '"a\\012\\077\\077/\\303\\251"'],
  ])('%j becomes the literal %s', (text, literal) => {
    expect(stringLiteral(text)).toBe(literal);
  });
});

describe('numbers in C', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [0.0078125, '0.0078125'],
    [1e-7, '1.0000000116860974e-7'],
    [3.4028234663852886e38, '3.4028234663852886e+38'],
    [1e39, 'INFINITY'],
    [-Infinity, '-INFINITY'],
  ])('%d is written as %s', (value, literal) => {
    expect(floatLiteral(value)).toBe(literal);
  });

  it('reads back as the same float32', () => {
    for (const value of [0.1, 1 / 3, 1e-40, 0.00035122252302244306, 16777217]) {
      expect(Math.fround(Number(floatLiteral(value)))).toBe(Math.fround(value));
    }
  });

  it('writes integers that fit their type', () => {
    expect(integerLiteral(-1, true)).toBe('(uint32_t)-1');
    expect(integerLiteral(-1, false)).toBe('-1');
    expect(integerLiteral(4294967295, true)).toBe('4294967295u');
    expect(integerLiteral(-2147483648, false)).toBe('(-2147483647 - 1)');
  });

  it('wraps long lists', () => {
    expect(initializer(['1', '2'])).toEqual(['{ 1, 2 }']);
    expect(initializer(['1', '2', '3'], 2)).toEqual(['{', '    1, 2,', '    3,', '}']);
  });
});

describe('names of a case', () => {
  it.each([
    ['Match0719_uint8', 'match0719uint8', 'Match0719Uint8', 'Match0719_uint8.export.data'],
    ['yolov5s_uint8', 'yolov5suint8', 'Yolov5sUint8', 'yolov5s_uint8.export.data'],
    ['../../etc/x', 'etcx', 'EtcX', '_.._etc_x.export.data'],
    ['模型', 'network', 'Network', '模型.export.data'],
    ['Global', 'globalnet', 'GlobalNet', 'Global.export.data'],
    ['', 'network', 'Network', 'network.export.data'],
    ['a"; system("rm");', 'asystemrm', 'ASystemRm', 'a_; system(_rm_);.export.data'],
  ])('%j', (name, file, suffix, data) => {
    expect(caseNames(name)).toEqual({ file, suffix, data, guard: `_VNN_${file.toUpperCase()}_H` });
  });
});
