import { appendFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { InputMeta } from '../network/input-meta.ts';
import { packNetwork } from '../packing/write.ts';
import { smallNetwork } from '../testing/device-graphs.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { caseFiles, packedCaseFiles, PACKED_FILE, type CaseFiles } from './case-files.ts';
import { verifyCase } from './verify.ts';
import { writeCase } from './write-case.ts';

const noMeta: InputMeta = { databases: [] };
const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
let files: CaseFiles;

describe('a written case', () => {
  beforeEach(async () => {
    files = caseFiles(smallNetwork(), noMeta, { name: 'net' });
    const packed = packedCaseFiles(smallNetwork(), noMeta, { name: 'net' });
    files.set('nbg_meta.json', packed.get('nbg_meta.json') ?? '');
    files.set(PACKED_FILE, packNetwork(smallNetwork(), 0));
    await writeCase(folder, files);
  });

  it('is as it should be', async () => {
    await expect(verifyCase(folder, files)).resolves.toBeUndefined();
  });

  it.each(['main.c', 'net.export.data', PACKED_FILE])(
    'is refused when %s is not what was written',
    async (name) => {
      await appendFile(at(name), 'x');
      await expect(verifyCase(folder, files)).rejects.toThrow(/it has \d+ bytes, \d+ were written/);
      await truncate(at(name), 10);
      await expect(verifyCase(folder, files)).rejects.toThrow(/it has 10 bytes/);
      const content = Buffer.from(files.get(name) ?? '');
      content[7] ^= 1;
      await writeFile(at(name), content);
      await expect(verifyCase(folder, files)).rejects.toThrow(/other bytes from 0/);
      await rm(at(name));
      await expect(verifyCase(folder, files)).rejects.toThrow(/no such file|ENOENT/);
    },
  );

  it('is refused when its files do not fit together', async () => {
    const change = async (name: string, content: string | Uint8Array): Promise<void> => {
      files.set(name, content);
      await writeFile(at(name), content);
    };
    const source = await readFile(at('vnn_net.c'), 'utf8');
    const at4 = source.replace(/(NEW_CONST_TENSOR\(const_tensor\[0\], attr, \w+, )\d+/, '$14');
    await change('vnn_net.c', at4);
    await expect(verifyCase(folder, files)).rejects.toThrow(/reads a constant at 4/);
    await change('vnn_net.c', source);
    await change(
      'net.export.data',
      Buffer.concat([Buffer.from(files.get('net.export.data') ?? ''), Buffer.of(0)]),
    );
    await expect(verifyCase(folder, files)).rejects.toThrow(/the C code reads \d+ bytes of it, it has \d+/);
  });

  it.each([
    ['nbg_meta.json', '{', /no JSON/],
    [PACKED_FILE, 'Nibble Studio packed network', /cut off/],
  ])('is refused when %s does not read back', async (name, content, message) => {
    files.set(name, content);
    await writeFile(at(name), content);
    await expect(verifyCase(folder, files)).rejects.toThrow(message);
  });
});
