import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseDatasetList, readDatasetList } from './dataset-list.ts';

test('lines, labels, comments and CRLF', () => {
  expect(parseDatasetList('\ufeff# list\r\na.jpg 6\r\n\r\n  b.jpg\t-1\nc.jpg', 1)).toEqual([
    { line: 2, paths: ['a.jpg'], label: 6 },
    { line: 4, paths: ['b.jpg'], label: -1 },
    { line: 5, paths: ['c.jpg'] },
  ]);
  expect(parseDatasetList('a.jpg b.jpg c.jpg 3', 3)).toEqual([
    { line: 1, paths: ['a.jpg', 'b.jpg', 'c.jpg'], label: 3 },
  ]);
  expect(parseDatasetList('my cat.jpg', 1)[0]?.paths).toEqual(['my cat.jpg']);
});

test('a wrong number of columns names the line', () => {
  const read = (): unknown => parseDatasetList('a b\na b c d\n', 2, 'list.txt');
  expect(read).toThrow(/4 paths on a line/);
  expect(() => parseDatasetList('\n \n', 1, 'list.txt')).toThrow(/no samples/);
});

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nibble-'));
  await mkdir(join(folder, 'data'));
  for (const name of ['here.jpg', 'data/there.jpg', 'data/here.jpg']) await writeFile(join(folder, name), '');
});
afterAll(() => rm(folder, { recursive: true }));

test('paths start from the current directory, then from the list', async () => {
  await writeFile(join(folder, 'data/list.txt'), `here.jpg\nthere.jpg\n${join(folder, 'here.jpg')} 5`);
  const items = await readDatasetList('data/list.txt', { columns: 1, cwd: folder });
  expect(items.map((item) => item.paths[0])).toEqual([
    join(folder, 'here.jpg'),
    join(folder, 'data/there.jpg'),
    join(folder, 'here.jpg'),
  ]);
});

test('all missing files are told at once, folders are no samples', async () => {
  await writeFile(join(folder, 'bad.txt'), 'here.jpg\ngone.jpg\ndata\n');
  await expect(readDatasetList('bad.txt', { columns: 1, cwd: folder })).rejects.toMatchObject({
    code: 'dataset-invalid',
    message: '2 files of the dataset cannot be found (line 2: gone.jpg, line 3: data)',
    place: { file: 'bad.txt', line: 2 },
  });
  await expect(readDatasetList('none.txt', { columns: 1, cwd: folder })).rejects.toMatchObject({
    code: 'file-missing',
  });
});
