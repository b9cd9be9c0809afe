import { describe, expect, it } from 'vitest';
import { commentStarts, highlightC } from './highlight-c.ts';

const kinds = (line: string, inside = false) =>
  highlightC(line, inside)
    .filter(({ text }) => text.trim() !== '')
    .map(({ text, kind }) => `${kind}:${text.trim()}`);

describe('highlightC', () => {
  it('tells the parts of a line and loses nothing', () => {
    const line = 'static int f(const char *s) { return g("a\\"b", 0x1Fu) / 2.5f; } // done';
    expect(
      highlightC(line, false)
        .map(({ text }) => text)
        .join(''),
    ).toBe(line);
    expect(kinds(line)).toEqual([
      'keyword:static',
      'keyword:int',
      'call:f',
      'plain:(',
      'keyword:const',
      'keyword:char',
      'plain:*',
      'plain:s',
      'plain:) {',
      'keyword:return',
      'call:g',
      'plain:(',
      String.raw`string:"a\"b"`,
      'plain:,',
      'number:0x1Fu',
      'plain:) /',
      'number:2.5f',
      'plain:; }',
      'comment:// done',
    ]);
    expect(kinds('#include "a.h"')).toEqual(['directive:#include', 'string:"a.h"']);
  });

  it('follows comments over lines, and none in strings', () => {
    const lines = ['int a; /* one', 'two', 'three */ int b; /*/', '*/ int c;', 's = "/*";', 'int d; /* x */'];
    expect(commentStarts(lines)).toEqual([false, true, true, true, false, false]);
    expect(kinds(lines[2], true).slice(0, 2)).toEqual(['comment:three */', 'keyword:int']);
    expect(kinds('all of it', true)).toEqual(['comment:all of it']);
  });

  it('takes any line without going back and forth over it', () => {
    for (const line of [
      '"'.repeat(50_000),
      '/*'.repeat(50_000),
      "'\\".repeat(50_000),
      'a'.repeat(100_000),
      '#a'.repeat(50_000),
    ]) {
      commentStarts([line, line]);
      highlightC(line, false);
      expect(
        highlightC(line, false)
          .map(({ text }) => text)
          .join(''),
      ).toBe(line);
    }
  });
});
