import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary.ts';
import { resolveOptimize } from './optimize.ts';

const folder = temporaryFolder();

describe('--optimize', () => {
  it.each([
    ['None', 0, undefined, false],
    ['default', 0, undefined, false],
    ['VIPNANOQI_PID0X88', 0x88, 'VIPNANOQI_PID0X88', true],
    ['vipnanoqi_pid0xe8', 0xe8, 'VIPNANOQI_PID0XE8', true],
    ['A311D', 0x88, 'VIPNANOQI_PID0X88', true],
    ['VIP9000NANODI_PLUS_PID0X1000003B', 0x1000003b, 'VIP9000NANODI_PLUS_PID0X1000003B', true],
  ])('%s', async (value, pid, config, isChosen) => {
    expect(await resolveOptimize(value)).toEqual({ pid, config, isChosen });
  });

  it('takes the device from a configuration file', async () => {
    const [named, plain] = [join(folder, 'VIPNANOQI_PID0X99.config'), join(folder, 'plain.config')];
    await writeFile(named, '# nothing\n');
    await writeFile(plain, 'cores = 8\nname = VIPNANOQI_PID0XA1\n');
    expect(await resolveOptimize(named)).toMatchObject({ pid: 0x99, isChosen: true });
    expect(await resolveOptimize(plain)).toMatchObject({ pid: 0xa1, config: 'VIPNANOQI_PID0XA1' });
    await writeFile(plain, 'cores = 8\n');
    expect(await resolveOptimize(plain)).toEqual({ pid: 0, config: undefined, isChosen: true });
  });

  it('refuses other words, folders and endless files', async () => {
    await expect(resolveOptimize('Pentium')).rejects.toThrow(/neither a known device nor a readable/);
    await expect(resolveOptimize(folder)).rejects.toThrow(/neither a known device nor a readable/);
    await writeFile(join(folder, 'endless'), new Uint8Array(2 ** 20 + 1));
    await expect(resolveOptimize(join(folder, 'endless'))).rejects.toThrow(/neither a known device/);
  });
});
