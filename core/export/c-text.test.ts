import { describe, expect, it } from 'vitest';
import { commentText, floatLiteral, initializer, integerLiteral, stringLiteral } from './c-text.ts';
import { seededRandom } from '../testing/hostile.ts';
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
    ['a\u0000b\r\nc', 'a_b__c'],
    ['"quoted" \'text\' %n', '"quoted" \'text\' %n'],
    ['*/*/*/', '* / * / * /'],
    ['\u{1f4a3}\u2028', '___'],
    ['??????/', '? ? ? ? ? ?/'],
  ])('%j becomes the comment %j', (text, comment) => {
    expect(commentText(text)).toBe(comment);
  });

  it('of any kind neither ends a comment nor begins one nor leaves its line', () => {
    const random = seededRandom(11);
    const alphabet = Array.from('*/?\\\n\r"\'a \u0000\u202e\u00e9');
    for (let round = 0; round < 5000; round++) {
      const text = Array.from({ length: 24 }, () => alphabet[Math.floor(random() * alphabet.length)]).join(
        '',
      );
      expect(commentText(text)).not.toMatch(/\*\/|\/\*|\?\?|\\|[^\x20-\x7e]/);
    }
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
    ['line\nbreak */ ??/', 'linebreak', 'LineBreak', 'line_break __ ___.export.data'],
    ['x'.repeat(10_000), 'x'.repeat(100), `X${'x'.repeat(99)}`, `${'x'.repeat(100)}.export.data`],
    ['a"; system("rm");', 'asystemrm', 'ASystemRm', 'a_; system(_rm_);.export.data'],
  ])('%j', (name, file, suffix, data) => {
    expect(caseNames(name)).toEqual({
      file,
      suffix,
      data,
      guard: `_VNN_${file.toUpperCase()}_H`,
      fused: data.replace('.export.data', '_fused.json'),
    });
  });

  it('fit into any file system, and end where a character ends', () => {
    const { data } = caseNames('\u{1f4a3}'.repeat(90));
    expect(Buffer.byteLength(data)).toBeLessThanOrEqual(255);
    expect(data).not.toMatch(/\p{Surrogate}/u);
  });
});
