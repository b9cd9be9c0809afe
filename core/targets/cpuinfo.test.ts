import { expect, test } from 'vitest';
import { targetsIn } from './cpuinfo.ts';

/** /proc/cpuinfo of a board, as far as it matters here. */
const cpuinfo = (serial: string): string =>
  [
    'processor\t: 0',
    'BogoMIPS\t: 48.00',
    'Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32',
    'CPU implementer\t: 0x41',
    'CPU architecture: 8',
    '',
    `Serial\t\t: ${serial}`,
    'Hardware\t: Amlogic',
    '',
  ].join('\n');

const pids = (text: string): (string | undefined)[] => targetsIn(text).map(({ chip }) => chip?.pid);

// The table and the example of user guide 3.4.
test.each([
  ['290a70004ba55adb38423231474c4d4', '0X7D'],
  ['290b70004ba55adb38423231474c4d4', '0X88'],
  ['2b0a0f00df472d383156314d534c4d42', '0X99'],
  ['300a010245bbf1e131305631434c4d4', '0XA1'],
  ['300b010200151d00000139365838535', '0XA1'],
  ['2f0a0c00d2f1ef293156324d544c4d41', '0X99'],
  ['2f0b06009f45301d3356324d544c4d42', '0XB9'],
  ['330a0304d93895a932305632434c4d4', '0XBE'],
  ['330b0304d93895a932305632434c4d4', '0XBE'],
  ['380a0201000000008d94ad5d3256335', '0XE8'],
  ['380b0201000000008d94ad5d3256335', '0XE8'],
  ['2b0b0f0001082d000015363043575050', '0X99'],
])('serial %s means PID %s', (serial, pid) => {
  expect(pids(cpuinfo(serial))).toEqual([pid]);
  expect(pids(serial)).toEqual([pid]);
  expect(pids(` 0x${serial.toUpperCase()}\r\n`)).toEqual([pid]);
});

const board = cpuinfo('290b70004ba55adb38423231474c4d4');

test.each([
  ['Windows line ends', board.replaceAll('\n', '\r\n')],
  ['line ends of old serial consoles', board.replaceAll('\n', '\r\r\n')],
  ['upper case', board.toUpperCase()],
  ['spaces for tabs, no space before the colon', board.replaceAll(/\t+:/g, ':   ')],
  ['a log that stamps every line', board.replaceAll(/^/gm, '[18:22:03.123] ')],
  ['a colon of a Chinese keyboard', board.replace('Serial\t\t:', 'Serial：')],
  ['the line alone', 'Serial : 290b70004ba55adb38423231474c4d4'],
  ['only the first digits', 'Serial: 290b'],
  [
    'a serial-console session with colours and a window title',
    [
      '\u001B[0m[    0.531] Serial: 8250/16550 driver, 5 ports, IRQ sharing disabled',
      '\u001B]0;root@vim3: ~\u0007\u001B[01;32mroot@vim3\u001B[00m:\u001B[01;34m~\u001B[00m# cat /proc/cpuinfo',
      board.replace('Serial', '\u001B[01;31m\u001B[KSerial\u001B[m\u001B[K'),
      '\u001B[01;32mroot@vim3\u001B[00m:~# grep Serial /proc/cpuinfo',
      'Serial\t\t: 290b70004ba55adb38423231474c4d4\u001B[K',
      'root@vim3:~# ',
    ].join('\r\n'),
  ],
])('%s', (_, text) => {
  expect(pids(text)).toEqual(['0X88']);
});

test('several boards come in the order of the text, each once', () => {
  const text = `vim3$ ${board}\nvim3l$ ${cpuinfo('2b0b0f0001082d00')}\nagain: ${board}`;
  expect(pids(text)).toEqual(['0X88', '0X99']);
  expect(pids('380a0201, 290a7000')).toEqual(['0XE8', '0X7D']);
});

test('an unknown serial names the chips with the most similar ones', () => {
  const [{ serial, chip, nearest }] = targetsIn(cpuinfo('290c70004ba5'));
  expect([serial, chip]).toEqual(['290c70004ba5', undefined]);
  expect(nearest.map((near) => [near.serial, near.chip.pid, near.sameFamily])).toEqual([
    ['290b', '0X88', true],
    ['290a', '0X7D', true],
    ['2b0b', '0X99', false],
  ]);
  expect(targetsIn('0000000000000000')[0].nearest.every(({ sameFamily }) => !sameFamily)).toBe(true);
});

test.each([
  '',
  'no serial here',
  'Serial : ',
  'Serial: 8250/16550 driver',
  'Serial : zzzz',
  'androidboot.serial-number: 290b7000',
  '\u001B[2J\u0000\u0000',
])('nothing to find in %j', (text) => {
  expect(targetsIn(text)).toEqual([]);
});

test('a long text of almost-matches takes no time', () => {
  const started = performance.now();
  expect(targetsIn(`${'Serial : '.repeat(50_000)}${'\u001B['.repeat(50_000)}`)).toEqual([]);
  expect(performance.now() - started).toBeLessThan(8000);
});
