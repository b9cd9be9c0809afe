import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { QuantizeEntry, QuantizeTable } from '../network/quantize-table.ts';
import { quietContext, temporaryFolder } from '../testing/temporary.ts';
import { warnAboutChip, type ChipChoice } from './chip-warnings.ts';
import { showTarget, targetJob } from './target.ts';

const folder = temporaryFolder();

const logged = (): { lines: string[]; context: ReturnType<typeof quietContext> } => {
  const lines: string[] = [];
  return {
    lines,
    context: { ...quietContext(), log: (level, text) => void lines.push(`${level} ${text}`) },
  };
};

test('a pasted console tells chip, option and types, known and unknown boards alike', async () => {
  const file = join(folder, 'console.txt');
  writeFileSync(file, 'vim3 $ cat /proc/cpuinfo\r\nSerial\t\t: 290B7000\r\nother $\r\nSerial : 290c0001\r\n');
  const { lines, context } = logged();
  const result = await targetJob({ cpuinfo: file }, context);
  const text = showTarget.text?.(result) ?? '';
  expect(text).toContain(
    'serial 290b7000\n  chip: A311D\n  PID: 0X88\n  option: --optimize VIPNANOQI_PID0X88',
  );
  expect(text).toMatch(/fast \(NN cores\): uint8, int8, int16\n.*slow or impossible: .*per-channel int8/s);
  expect(text).toMatch(/serial 290c0001\n {2}chip: not known/);
  expect(lines).toEqual([
    expect.stringMatching(/^W serial 290c0001: .*290b = A311D \(PID 0X88\), the same family.*Is yours one/),
  ]);
  expect(showTarget.failed?.(result)).toBe(false);
});

test('nothing but unknown boards is bad news', async () => {
  expect(showTarget.failed?.(await targetJob({ serial: '360b00' }, quietContext()))).toBe(true);
});

test.each([
  [{}, 'usage', /either --cpuinfo or --serial/],
  [{ cpuinfo: 'a', serial: '290b' }, 'usage', /either/],
  [{ serial: 'A311D' }, 'usage', /"A311D" is no serial number/],
  [{ cpuinfo: join(folder, 'none.txt') }, 'file-missing', /no such file/],
  [{ cpuinfo: folder }, 'file-unreadable', /directory/i],
])('%j is refused', async (options, code, message) => {
  await expect(targetJob(options, quietContext())).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
  });
});

test('a text without serial says what to paste', async () => {
  const file = join(folder, 'empty.txt');
  writeFileSync(file, 'Hardware : Amlogic\n');
  await expect(targetJob({ cpuinfo: file }, quietContext())).rejects.toMatchObject({
    code: 'file-malformed',
    hint: expect.stringContaining('cat /proc/cpuinfo') as string,
  });
});

const entry = (quantizer: QuantizeEntry['quantizer'], qtype: QuantizeEntry['qtype']): QuantizeEntry => ({
  quantizer,
  qtype,
  min: 0,
  max: 1,
});

const tableOf = (...entries: QuantizeEntry[]): QuantizeTable => ({
  entries: new Map(entries.map((item, index) => [`@l_${index}:out0`, item])),
  customized: new Map(),
});

const u8 = entry('asymmetric_affine', 'u8');
const i16 = entry('dynamic_fixed_point', 'i16');
const perChannel = entry('perchannel_symmetric_affine', 'i8');
const bias = entry('asymmetric_affine', 'i32');

test.each<[string, ChipChoice, RegExp[]]>([
  ['uint8 anywhere', { optimize: '0X99', dtype: 'quantized', table: tableOf(u8, bias) }, []],
  [
    'a hybrid table with int16 where NN cores have none',
    { optimize: 'VIPNANOQI_PID0X99', dtype: 'quantized', table: tableOf(u8, i16, i16, bias) },
    [/^2 of 4 tensors: the NN cores of the S905D3 \(PID 0X99\) have no int16: use asymmetric_affine uint8$/],
  ],
  ['int16 where they have it', { optimize: 'A311D', dtype: 'quantized', table: tableOf(u8, i16) }, []],
  [
    'per-channel on all but 0XE8',
    { optimize: '0X88', dtype: 'quantized', table: tableOf(perChannel, bias) },
    [/1 of 2 tensors: .*no per-channel quantization, only PID 0XE8 does: use asymmetric_affine uint8/],
  ],
  ['per-channel on 0XE8', { optimize: '0XE8', dtype: 'quantized', table: tableOf(perChannel) }, []],
  [
    'a float network',
    { optimize: '0X88', dtype: 'float' },
    [/--dtype float: the NN cores of the A311D .* no float16: .*--dtype quantized/],
  ],
  ['float32 everywhere', { optimize: '0X1E', dtype: 'float32' }, [/no float32/]],
  ['float16 on cores that have it', { optimize: '0X1E', dtype: 'float16' }, []],
  ['no chip', { optimize: 'default', dtype: 'float' }, []],
  ['None', { optimize: 'None', dtype: 'quantized', table: tableOf(perChannel) }, []],
  ['a configuration file', { optimize: 'conf/my.config', dtype: 'float' }, []],
  [
    'a chip nobody knows',
    { optimize: 'VIPNANOQI_PID0XFF', dtype: 'float' },
    [/does not know that chip.*VIPNANOQI_PID0X88/],
  ],
])('export for a chip: %s', (_, choice, notes) => {
  const { lines, context } = logged();
  const found = warnAboutChip(choice, context);
  expect(found).toEqual(notes.map((note) => expect.stringMatching(note) as string));
  expect(lines).toEqual(found.map((note) => `W ${note}`));
});
