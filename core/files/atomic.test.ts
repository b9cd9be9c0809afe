import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFileOf, readTextOf, writeAtomically, writeChecked, writeFileAtomic } from './atomic.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nibble-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a file is written whole or not at all', async () => {
  const path = join(folder, 'a.txt');
  await writeFileAtomic(path, 'old');
  const failing = writeAtomically(path, async (write) => {
    await write(Buffer.from('new'));
    throw new Error('stopped');
  });
  await expect(failing).rejects.toThrow('stopped');
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['a.txt']);
});

test('a link stays a link', async () => {
  await writeFileAtomic(join(folder, 'target'), '1');
  await symlink(join(folder, 'target'), join(folder, 'link'));
  await writeFileAtomic(join(folder, 'link'), '2');
  expect(await readFile(join(folder, 'target'), 'utf8')).toBe('2');
});

test('reasons are told in words', async () => {
  await mkdir(join(folder, 'sub'));
  await expect(writeFileAtomic(join(folder, 'none/a'), '')).rejects.toMatchObject({
    code: 'file-unwritable',
    message: 'cannot write a: the folder does not exist',
  });
  await expect(writeFileAtomic(join(folder, 'sub'), '')).rejects.toMatchObject({
    message: 'cannot write sub: it is a folder',
  });
  await expect(readFileOf(join(folder, 'none'))).rejects.toMatchObject({ code: 'file-missing' });
  await expect(readFileOf(join(folder, 'a.txt/b'))).rejects.toMatchObject({ code: 'file-missing' });
  await expect(readFileOf(join(folder, 'sub'))).rejects.toMatchObject({
    code: 'file-unreadable',
    message: expect.stringMatching(/folder/) as string,
  });
  await expect(readFileOf('/dev/null')).rejects.toMatchObject({
    code: 'file-unreadable',
    message: expect.stringMatching(/ordinary/) as string,
  });
  await expect(readFileOf('a\0b')).rejects.toMatchObject({
    code: 'file-unreadable',
    message: expect.stringMatching(/zero byte/) as string,
  });
  await writeFile(join(folder, 'big'), Buffer.alloc(100));
  await expect(readFileOf(join(folder, 'big'), { limit: 99 })).rejects.toMatchObject({
    message: expect.stringMatching(/limit of 99/) as string,
  });
  await writeFile(join(folder, 'latin'), Buffer.from([0xe4]));
  await expect(readTextOf(join(folder, 'latin'))).rejects.toMatchObject({ code: 'file-malformed' });
});

test('a text that does not read back is not written', async () => {
  const path = join(folder, 'checked.json');
  await writeChecked(path, '{"a": 1}', JSON.parse);
  await expect(writeChecked(path, '{"a": ', JSON.parse)).rejects.toMatchObject({ code: 'file-unwritable' });
  expect(await readFile(path, 'utf8')).toBe('{"a": 1}');
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});
