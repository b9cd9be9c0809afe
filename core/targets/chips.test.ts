import { expect, test } from 'vitest';
import { chips, findChip } from './chips.ts';

test.each([
  ['0X88', '0X88'],
  ['0x88', '0X88'],
  ['88', '0X88'],
  ['VIPNANOQI_PID0X99', '0X99'],
  ['A311D', '0X88'],
  ['s905d3', '0X99'],
  ['C308X', '0XA1'],
  ['C305X', '0XBE'],
  ['T962X3', '0X99'],
])('%s means PID %s', (name, pid) => {
  expect(findChip(name)?.pid).toBe(pid);
});

test.each(['', 'A311D2', 'Pentium', '0X'])('"%s" is no chip', (name) => {
  expect(findChip(name)).toBeUndefined();
});

test('no serial belongs to two chips', () => {
  const serials = chips.flatMap((chip) => chip.serials);
  expect(new Set(serials).size).toBe(serials.length);
});
