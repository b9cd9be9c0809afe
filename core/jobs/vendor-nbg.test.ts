import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../files/package-root.ts';
import { at, folder, imported, model } from '../testing/quantize-sample.ts';
import { quietContext } from '../testing/temporary.ts';
import { VIP_LITE } from '../testing/vip-lite.ts';
import { exportOvxlibJob } from './export.ts';

const ours = join(packageRoot(), 'out/sdk');
const CHIP = 'VIPNANOQI_PID0X88';

/**
 * What the vendor's driver does at the end of a run when it is asked to save the network it compiled: a file with
 * the magic of the real ones and the PID of the configured device.
 */
const DRIVER = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
__attribute__((destructor)) static void save(void) {
  const char *on = getenv("VIV_VX_ENABLE_SAVE_NETWORK_BINARY");
  const char *path = getenv("VIV_VX_SAVE_NETWORK_BINARY_PATH");
  const char *config = getenv("VSIMULATOR_CONFIG");
  const char *pid = config ? strstr(config, "PID0X") : NULL;
  unsigned int words[2] = {0x00010009, pid ? (unsigned int)strtoul(pid + 5, NULL, 16) : 0};
  FILE *fp = on && atoi(on) == 1 ? fopen(path, "wb") : NULL;
  if (getenv("STAND_IN_PID")) words[1] = (unsigned int)atoi(getenv("STAND_IN_PID"));
  if (!fp) return;
  fwrite("VPMN", 1, 4, fp);
  fwrite(words, 4, 2, fp);
  fputs(getenv("VIVANTE_SDK_DIR"), fp);
  fclose(fp);
}
`;

/** A folder like vcmdtools: our simulator, and an object that acts as the driver. */
function makeSdk(name: string): string {
  const sdk = at(name);
  mkdirSync(join(sdk, 'lib'), { recursive: true });
  cpSync(join(ours, 'include'), join(sdk, 'include'), { recursive: true });
  for (const file of ['libovxlib.so', 'libjpeg.a'])
    symlinkSync(join(ours, 'lib', file), join(sdk, 'lib', file));
  writeFileSync(at('driver.c'), DRIVER);
  execFileSync('gcc', ['-c', at('driver.c'), '-o', at('driver.o')]);
  // The linker takes the object under the library's name, whether anything calls it or not.
  writeFileSync(join(sdk, 'lib/libOpenVX.a'), `INPUT(${at('driver.o')})\n`);
  return sdk;
}

const pack = (vivSdk: string, name: string, options = {}, context = quietContext()) =>
  exportOvxlibJob(
    {
      model,
      modelData: imported,
      withInputMeta: at('calibration.yml'),
      outputPath: at(`${name}/net`),
      packNbgUnify: true,
      optimize: CHIP,
      vivSdk,
      ...options,
    },
    context,
  );

const leftOvers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('nibble-pack-'));

describe.skipIf(!existsSync(join(ours, 'include')))(
  'packing with a vendor SDK (skipped without out/sdk)',
  () => {
    let sdk = '';
    beforeAll(() => {
      // make would stop at the space and run what is in the brackets.
      sdk = makeSdk('vcmd tools $(error never)');
    });

    test('builds the case against it, runs it and takes what the driver saved', async () => {
      const log: string[] = [];
      const context = {
        ...quietContext(),
        log: (level: string, text: string) => log.push(`${level} ${text}`),
      };
      const { packed } = await pack(sdk, 'real', {}, context);
      expect(packed).toMatchObject({ folder: at('real_nbg_unify'), packer: 'vendor' });
      const file = readFileSync(at('real_nbg_unify/network_binary.nb'));
      expect([file.toString('latin1', 0, 4), file.readUInt32LE(8)]).toEqual(['VPMN', 0x88]);
      expect(file.toString('latin1', 12)).toBe(sdk);
      expect(log.filter((line) => line.startsWith('W'))).toEqual([]);
    });

    test('finds the folder inside cmdtools, and says when the PID is another', async () => {
      mkdirSync(at('cmdtools'));
      symlinkSync(sdk, at('cmdtools/vsimulator'));
      const log: string[] = [];
      const context = {
        ...quietContext(),
        log: (level: string, text: string) => log.push(`${level} ${text}`),
      };
      process.env.STAND_IN_PID = '153';
      try {
        await pack(at('cmdtools'), 'other', {}, context);
      } finally {
        delete process.env.STAND_IN_PID;
      }
      expect(log.filter((line) => line.startsWith('W'))).toEqual([
        'W the SDK packed for PID 0x99, --optimize asks for 0x88',
      ]);
    });

    test('says what went wrong, writes no folder and leaves nothing behind', async () => {
      const before = leftOvers();
      await expect(pack(ours, 'silent')).rejects.toThrow(/ran but wrote no network_binary\.nb/);
      mkdirSync(at('empty/include'), { recursive: true });
      mkdirSync(at('empty/lib'));
      await expect(pack(at('empty'), 'empty-case')).rejects.toThrow(/does not compile: .*vsi_nn_pub\.h/);
      copyFileSync(at('driver.c'), at('broken.c'));
      writeFileSync(
        at('broken.c'),
        '__attribute__((constructor)) static void stop(void) { __builtin_trap(); }\n',
      );
      execFileSync('gcc', ['-c', at('broken.c'), '-o', at('broken.o')]);
      cpSync(sdk, at('broken'), { recursive: true });
      writeFileSync(at('broken/lib/libOpenVX.a'), `INPUT(${at('broken.o')})\n`);
      await expect(pack(at('broken'), 'crash')).rejects.toThrow(/ended with code 13\d/);
      const controller = new AbortController();
      const cancelled = pack(sdk, 'cancelled', {}, quietContext(controller.signal));
      setTimeout(() => controller.abort(), 300);
      await expect(cancelled).rejects.toThrow(/abort|cancel/i);
      const made = readdirSync(folder).filter((name) => /^(silent|empty-case|crash|cancelled)/.test(name));
      expect([made, leftOvers()]).toEqual([[], before]);
    });
  },
);

describe.skipIf(!existsSync(join(ours, 'include')))('the VIPLite folder (skipped without a compiler)', () => {
  test('holds a host program that compiles without warnings and passes data through', async () => {
    const { packed } = await pack(at('nowhere'), 'vip', { packNbgUnify: false, packNbgViplite: true });
    expect(packed).toEqual({
      folder: at('vip_nbg_viplite'),
      kind: 'viplite',
      packer: 'simulator',
      files: ['main.c', 'makefile.linux', 'nbg_meta.json', 'network_binary.nb'],
    });
    mkdirSync(at('viplite/include'), { recursive: true });
    writeFileSync(at('viplite/include/vip_lite.h'), VIP_LITE);
    const cwd = at('vip_nbg_viplite');
    const args = [`VIPLITE_SDK_DIR=${at('viplite')}`, 'CFLAGS=-Wextra -Werror'];
    execFileSync('make', ['-f', 'makefile.linux', ...args], { cwd, stdio: 'pipe' });
    writeFileSync(at('eight.dat'), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    execFileSync(join(cwd, 'net'), ['network_binary.nb', at('eight.dat')], { cwd });
    expect([...readFileSync(join(cwd, 'output0_4_2.dat'))]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    writeFileSync(at('nine.dat'), new Uint8Array(9));
    const failing = (): unknown =>
      execFileSync(join(cwd, 'net'), ['network_binary.nb', at('nine.dat')], { cwd, stdio: 'pipe' });
    expect(failing).toThrow(/does not hold the 8 bytes/);
  });
});
