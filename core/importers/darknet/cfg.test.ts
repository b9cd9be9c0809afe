import { describe, expect, test } from 'vitest';
import { StudioError } from '../../network/errors.ts';
import { parseCfg } from './cfg.ts';
import { SectionOptions } from './options.ts';

const parse = (text: string) => parseCfg(Buffer.from(text));

const optionsOf = (text: string): SectionOptions => new SectionOptions(parse(`[net]\n${text}`).sections[0]);

function problemOf(work: () => unknown): StudioError {
  try {
    work();
  } catch (error) {
    if (error instanceof StudioError) return error;
  }
  throw new Error('it was not refused');
}

describe('a .cfg file is read as Darknet reads it', () => {
  test('blanks count nowhere, comments begin a line, names are case-sensitive', () => {
    const { sections, notes } = parse(
      '# a comment\r\n [ n e t ]\r\n width = 4 1 6\r\n\t;another\n\n[Gaussian_yolo]\nMask=1\nmask = 0, 1\n',
    );
    expect(sections.map(({ type, line }) => [type, line])).toEqual([
      ['net', 2],
      ['Gaussian_yolo', 6],
    ]);
    expect(new SectionOptions(sections[0]).int('width', 0)).toBe(416);
    expect(new SectionOptions(sections[1]).ints('mask')).toEqual([0, 1]);
    expect(notes).toEqual([]);
  });

  test('the first of two equal keys counts, keys without a value are skipped; both are told', () => {
    const { sections, notes } = parse('[net]\nwidth=3\nwidth=4\nheight=\nflag\n');
    expect(new SectionOptions(sections[0]).int('width', 0)).toBe(3);
    expect(sections[0].options.has('height')).toBe(false);
    expect(notes).toEqual([
      'line 3: width is there twice in its section; the first one counts',
      'line 4: "height=" has no value and is ignored',
      'line 5: "flag" has no value and is ignored',
    ]);
  });

  test.each([
    ['width=3.9', 'int', 3],
    ['width=+7px', 'int', 7],
    ['width=-2#c', 'int', -2],
    ['width=.5', 'float', 0.5],
    ['width=1e-3x', 'float', Math.fround(0.001)],
    ['height=1', 'int', 5],
  ] as const)('numbers end where C stops reading: %s', (text, kind, value) => {
    expect(optionsOf(text)[kind]('width', 5)).toBe(value);
  });

  test('lists may end with a comment', () => {
    expect(optionsOf('anchors = 10,13,  16.5,30 # three').floats('anchors')).toEqual([10, 13, 16.5, 30]);
  });

  test.each<[string, string, number | undefined]>([
    ['width=3\n[net]\n', 'there is something in front of the first [section]', 1],
    ['[net]\nwidth=3\n[yolo\n', '"[yolo" is not a [section]', 3],
    ['[net]\n[]\n', '"[]" is not a [section]', 2],
    ['[net]\nwid\0th=3\n', 'this is not text', 2],
    ['[net]\n' + '[cost]\n'.repeat(20_000), 'more than 20000 sections', 20_001],
  ])('%j is refused with its line', (text, message, line) => {
    const problem = problemOf(() => parse(text));
    expect(problem.message).toBe(message);
    expect(problem.place.line).toBe(line);
  });

  test('a file of a size that no .cfg has is refused', () => {
    expect(problemOf(() => parseCfg(new Uint8Array(2 ** 24 + 1))).message).toContain('no .cfg file has');
  });

  test.each([
    ['filters=many', (options: SectionOptions) => options.int('filters', 1), 'filters=many is not a number'],
    ['mask=0,,1', (options: SectionOptions) => options.ints('mask'), 'mask= is not a number'],
    [
      'filters=-4',
      (options: SectionOptions) => options.count('filters', 1),
      'filters is -4, it must be from 1 to 16777216',
    ],
    [
      'filters=99999999999',
      (options: SectionOptions) => options.count('filters', 1),
      'filters is 99999999999, it must be from 1 to 16777216',
    ],
  ])('%s is no number of its kind', (text, read, message) => {
    const problem = problemOf(() => read(optionsOf(text)));
    expect(problem.message).toBe(`[net] ${message}`);
    expect(problem.place.line).toBe(2);
  });
});
